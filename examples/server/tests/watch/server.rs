//! A listener that gives one answer after the other.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// One answer: status, headers and body.
#[derive(Clone)]
pub struct Answer {
    status: u16,
    headers: String,
    body: String,
}

impl Answer {
    pub fn json(body: impl ToString) -> Self {
        Self::error(200, body)
    }

    pub fn error(status: u16, body: impl ToString) -> Self {
        Self { status, headers: "Content-Type: application/json\r\n".into(), body: body.to_string() }
    }

    pub fn page(status: u16) -> Self {
        let body = "<!DOCTYPE html><title>Welcome</title>".into();
        Self { status, headers: "Content-Type: text/html\r\n".into(), body }
    }

    pub fn with(mut self, header: &str) -> Self {
        self.headers += &format!("{header}\r\n");
        self
    }
}

pub struct Server {
    pub api: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Listens until the test ends. The last answer is repeated.
    pub fn new(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let api = format!("http://{}/api", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for (at, stream) in listener.incoming().flatten().enumerate() {
                let answer = answers.get(at).or(answers.last()).expect("an answer");
                let request = answer_one(stream, answer);
                seen.lock().expect("no test panics here").push(request);
            }
        });
        Self { api, requests }
    }

    /// Returns the first line and the authorization of each request.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no test panics here").clone()
    }
}

fn answer_one(mut stream: TcpStream, answer: &Answer) -> String {
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle")).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let authorization = lines.take_while(|line| !line.is_empty()).find(|line| line.starts_with("authorization"));
    let Answer { status, headers, body } = answer;
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} \r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .unwrap_or_default();
    format!("{} {}", first.trim_end_matches(" HTTP/1.1"), authorization.unwrap_or_default())
}
