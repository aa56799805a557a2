//! The command line.

use clap::Parser;
use sandbox_lifecycle::{Goal, SandboxState, record::ListQuery};
use std::{collections::BTreeMap, fmt, time::Duration};

const AFTER_HELP: &str = "\
With a sandbox, watch waits until it reaches the goal; without a goal, until the change under way ends. It prints what the \
sandbox is, holds and will do, and which commands are open, each time something changes. Without a sandbox, it prints the list.

Exit codes:
    0  the goal is reached, or what was asked for is shown (--once without a goal, the list)
    1  the goal is not reached without another command, or there is no such sandbox; the reason is on standard error
    2  the options or the API key are wrong
    3  not in time: --timeout or the time limit of the state has passed, or the goal is not reached yet (--once)
    4  the API cannot be reached, or what answers is not this API
  130  interrupted
  141  nobody reads the output";

/// The goals that a sandbox itself shows.
const GOALS: [Goal; 7] =
    [Goal::Started, Goal::Stopped, Goal::Paused, Goal::Archived, Goal::Destroyed, Goal::Recovered, Goal::Settled];

/// Follows a sandbox until it reaches a state, or lists all sandboxes
#[derive(Debug, Parser)]
#[command(name = "watch", after_help = AFTER_HELP)]
pub struct Options {
    /// The identifier or the name of a sandbox; without one, all sandboxes are listed
    pub sandbox: Option<String>,
    /// The address of the API
    #[arg(long, env = "DAYTONA_API_URL", default_value = "http://127.0.0.1:3000/api", hide_env_values = true)]
    pub api: String,
    /// The API key; the environment variable hides it from other users of this machine
    #[arg(long, env = "DAYTONA_API_KEY", hide_env_values = true)]
    pub api_key: Option<Key>,
    #[arg(long, value_parser = goal, requires = "sandbox", conflicts_with = "follow", help = help_of_goal())]
    pub goal: Option<Goal>,
    /// Give up after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "sandbox", conflicts_with = "follow")]
    pub timeout: Option<Duration>,
    /// Look once
    #[arg(long, conflicts_with_all = ["follow", "timeout"])]
    pub once: bool,
    /// Go on after the goal, until interrupted or until the sandbox is destroyed
    #[arg(long)]
    pub follow: bool,
    /// Print one JSON object for each look, whether or not something changed
    #[arg(long)]
    pub json: bool,
    /// List only sandboxes with this label; repeat it for several labels
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label, conflicts_with = "sandbox")]
    pub labels: Vec<(String, String)>,
    /// List only sandboxes in this state; repeat it for several states
    #[arg(long = "state", value_name = "STATE", conflicts_with = "sandbox")]
    pub states: Vec<SandboxState>,
}

impl Options {
    /// Returns the query of the list, with as many sandboxes on a page as the API allows.
    pub fn query(&self) -> ListQuery {
        let labels: BTreeMap<_, _> = self.labels.iter().cloned().collect();
        let labels = (!labels.is_empty()).then(|| serde_json::json!(labels).to_string());
        ListQuery { limit: Some(200), labels, states: self.states.clone(), ..ListQuery::default() }
    }
}

/// An API key, which is never printed.
#[derive(Clone)]
pub struct Key(String);

impl Key {
    pub fn secret(&self) -> &str {
        &self.0
    }
}
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[key]")
    }
}
/// Accepts every text: an error here would print it.
impl From<String> for Key {
    fn from(text: String) -> Self {
        Self(text)
    }
}

fn names() -> String {
    GOALS.map(|goal| goal.to_string()).join(", ")
}

fn help_of_goal() -> String {
    format!("Wait for this: {}; without it, for the end of the change under way", names())
}

fn goal(text: &str) -> Result<Goal, String> {
    let found = GOALS.into_iter().find(|goal| goal.to_string() == text);
    found.ok_or_else(|| format!("expected one of {}", names()))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    // More than a year is a slip, and must fit in a time.
    seconds.filter(|time| time.as_secs() < 31_536_000).ok_or_else(|| "expected a number of seconds".to_owned())
}

fn label(text: &str) -> Result<(String, String), String> {
    let label = text.split_once('=').filter(|(name, _)| !name.is_empty());
    label.map(|(name, value)| (name.into(), value.into())).ok_or_else(|| "expected NAME=VALUE".to_owned())
}
