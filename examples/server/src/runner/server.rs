//! The server, as its runner talks to it.

use super::{
    Options,
    wire::{HELLO, Hello, Welcome},
};
use reqwest::StatusCode;
use serde::Serialize;
use std::time::Duration;
use tokio::time::sleep;

/// How long the server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest pause before a report is sent again.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The server, as its runner sees it.
pub struct Server {
    client: reqwest::Client,
    pub url: String,
    token: String,
    hello: Hello,
}

/// What the server last said to a hello.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// Nothing yet.
    Unheard,
    /// An operator has declared the runner gone.
    Gone,
    Welcome(Welcome),
}

impl Server {
    pub fn new(options: &Options, url: String) -> reqwest::Result<Self> {
        let hello = Hello {
            runner_id: options.id.clone(),
            url,
            instance: uuid::Uuid::new_v4().to_string(),
            capacity: options.capacity,
        };
        let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
        Ok(Self { client, url: options.server.trim_end_matches('/').to_owned(), token: options.token.clone(), hello })
    }

    pub async fn post(&self, path: &str, body: &(impl Serialize + ?Sized)) -> reqwest::Result<reqwest::Response> {
        self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body).send().await
    }

    pub async fn say_hello(&self) -> reqwest::Result<Standing> {
        let answer = self.post(HELLO, &self.hello).await?;
        if answer.status() == StatusCode::CONFLICT {
            return Ok(Standing::Gone);
        }
        Ok(Standing::Welcome(answer.error_for_status()?.json().await?))
    }

    /// Sends something until the server has taken it, or says that it never will.
    pub async fn post_until_taken(&self, path: &str, body: &impl Serialize) {
        let mut pause = Duration::from_millis(100);
        loop {
            match self.post(path, body).await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) if answer.status().is_client_error() => {
                    tracing::error!(path, status = %answer.status(), "the server does not take this");
                    return;
                }
                Ok(answer) => tracing::debug!(path, status = %answer.status(), "sent again"),
                Err(error) => tracing::debug!(path, %error, "sent again"),
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
