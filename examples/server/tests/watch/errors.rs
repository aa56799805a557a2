//! Each error says what to do, and none prints the key.

use crate::{KEY, Ran, platform::Platform, server::Answer, server::Server, watch};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

/// Runs the program for one sandbox, and returns its exit code and its standard error, in which `API` is the address.
fn error(answers: Vec<Answer>) -> (Option<i32>, String) {
    let server = Server::new(answers);
    let ran = watch(&server.api, &["box"]);
    assert_eq!(ran.stdout, "");
    (ran.exit, ran.stderr.replace(&server.api, "API"))
}

#[test]
fn a_wrong_key() {
    let answer = Answer::error(401, json!({"statusCode": 401, "message": format!("no such key: {KEY}")}));
    let expected = "watch: API does not accept this API key: check DAYTONA_API_KEY\n";
    assert_eq!(error(vec![answer]), (Some(2), expected.to_owned()));
}

#[test]
fn a_key_without_the_permission() {
    let answer = Answer::error(403, json!({"message": format!("{KEY} may not read")}));
    let expected = "watch: API answers 403 [key] may not read: ask for the permission\n";
    assert_eq!(error(vec![answer]), (Some(2), expected.to_owned()));
}

#[test]
fn what_is_not_this_api() {
    let page = "watch: API answers with a page and not with JSON: check that --api is the address of the API\n";
    let missing = "watch: API answers 404 Not Found, and not as this API does: check --api\n";
    let moved = "watch: API answers 308 Permanent Redirect, a redirect to https://host/api: give the final address with --api\n";
    let other = "watch: API answers in another form: missing field `id` at line 1 column 12: check that --api is the address of \
                 the API\n";
    let broken = "watch: API answers in another form: EOF while parsing an object at line 1 column 10: check that --api is the \
                  address of the API\n";
    for (answer, expected) in [
        (Answer::page(200), page),
        (Answer::page(404), missing),
        (Answer::error(308, "").with("Location: https://host/api"), moved),
        (Answer::json(r#"{"name":"n"}"#), other),
        (Answer::json(r#"{"id":"s1""#), broken),
    ] {
        assert_eq!(error(vec![answer]), (Some(4), expected.to_owned()));
    }
}

#[test]
fn nothing_listens() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let text = format!(
        "watch: cannot reach the API at http://{free}: io: Connection refused (os error 111): check --api, and whether the server \
         runs\n"
    );
    assert_eq!(watch(&format!("http://{free}/"), &["box"]), Ran::new(4, "", text));
}

#[test]
fn a_server_without_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let answering = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").expect("the client reads");
        stream.read_to_end(&mut Vec::new()).unwrap_or_default();
    });
    let text = format!(
        "watch: cannot reach the API at https://{address}: io: received corrupt message of type InvalidContentType: TLS failed; \
         the server needs a certificate of a public authority, or --api must say http\n"
    );
    assert_eq!(watch(&format!("https://{address}"), &["box"]), Ran::new(4, "", text));
    answering.join().expect("it answers");
}

#[test]
fn too_many_requests_and_a_restart_pass() {
    let started = Answer::json(Platform::started("box", |_| {}).record());
    let slow = Answer::error(429, json!({"message": "slow down"})).with("Retry-After: 1");
    let server = Server::new(vec![slow, Answer::page(502), started]);
    let ran = watch(&server.api, &["box"]);
    let expected = format!(
        "watch: {0} answers 429 slow down; next request in 1 s\nwatch: {0} answers 502 Bad Gateway; next request in 2 s\n",
        server.api
    );
    assert_eq!((ran.exit, ran.stderr), (Some(0), expected));
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_timeout_counts_while_the_api_does_not_answer() {
    let server = Server::new(vec![Answer::page(503)]);
    let ran = watch(&server.api, &["box", "--timeout", "1.5"]);
    assert_eq!(ran.exit, Some(3));
    assert!(ran.stderr.ends_with("watch: timed out: the API did not answer in time\n"), "{}", ran.stderr);
}

#[test]
fn wrong_options() {
    for (api, arguments, expected) in [
        ("http://h", &["box", "--goal", "frozen"][..], "expected one of started, stopped, paused"),
        ("http://h", &["box", "--timeout", "soon"], "expected a number of seconds"),
        ("http://h", &["--goal", "started"], "required arguments were not provided"),
        ("http://h", &["--state", "frozen"], "unknown state `frozen`, expected one of creating"),
        ("http://h", &["--label", "team"], "expected NAME=VALUE"),
        ("http://h", &["box", "--state", "started"], "cannot be used with"),
        ("http://h", &["..", "--once"], "a path cannot name a sandbox"),
        ("ftp://h", &["box"], "--api must be a URL such as https://host/api"),
        ("http://user:secret@h", &["box"], "--api must not hold a password"),
        ("http://h", &["box", "--api-key", "two words"], "the API key has a character that no key has"),
    ] {
        let ran = watch(api, arguments);
        assert_eq!((ran.exit, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ran.stderr.contains(expected) && !ran.stderr.contains("secret"), "{}", ran.stderr);
    }
}

#[test]
fn help_explains_the_exit_codes() {
    let ran = watch("http://h", &["--help"]);
    assert_eq!(ran.exit, Some(0));
    assert!(ran.stdout.contains("Exit codes:\n    0  the goal is reached"), "{}", ran.stdout);
}
