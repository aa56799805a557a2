//! The options of the program, and what follows from them.

use crate::runner::{self, Faults};
use clap::{Parser, ValueEnum};
use std::{net::SocketAddr, num::ParseFloatError, path::PathBuf, time::Duration};

/// A small sandbox platform on one machine: HTTP API, dashboard, controller, clock, outbox and a runner.
///
/// It is not a security boundary: a sandbox is a folder and a group of processes of the user who runs it.
#[derive(Debug, Clone, Parser)]
// Later ones count, so that the server starts its runner with its own options and a few more.
#[command(name = "sandbox-server", version, args_override_self = true)]
pub struct Options {
    /// Where the API and the dashboard listen [default: 127.0.0.1:3000]; a runner: [default: 127.0.0.1:0]
    ///
    /// A controller listens only if this is given, and then for /health and /metrics.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,

    /// The database: sqlite:PATH or postgres://USER@HOST:PORT/NAME
    #[arg(long, value_name = "URL", default_value = "sqlite:./sandboxes.db")]
    pub database: String,

    /// The folder of the backups, the snapshots and the runner
    #[arg(long, value_name = "DIR", default_value = "./sandboxes")]
    pub data: PathBuf,

    /// What this process is
    ///
    /// Several processes of each role share one PostgreSQL. They need the same SANDBOX_RUNNER_TOKEN.
    #[arg(long, value_enum, default_value_t = Role::All)]
    pub role: Role,

    /// Let the platform's time pass N times as fast, for demonstrations
    ///
    /// It is stored in the database: without this option, time goes on as fast as before.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub time_scale: Option<u32>,

    /// What is logged, such as `info`, `debug` or `sandbox_server::controller=debug`
    #[arg(long, value_name = "FILTER", default_value = "info", env = "RUST_LOG")]
    pub log: String,

    /// Log one JSON object a line
    #[arg(long)]
    pub log_json: bool,

    /// The key that callers of the API show; without it, one is made and printed
    #[arg(long, value_name = "KEY", env = "SANDBOX_API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,

    /// The token that runners and servers show each other; with `--role all` one is made
    #[arg(long, value_name = "TOKEN", env = "SANDBOX_RUNNER_TOKEN", hide_env_values = true)]
    pub runner_token: Option<String>,

    /// How many requests of callers are taken in a second
    #[arg(long, value_name = "N", default_value = "1000", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: u32,

    /// Where events are posted
    #[arg(long, value_name = "URL")]
    pub webhook: Option<String>,

    /// Of a runner: where the API is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3000")]
    pub server: String,

    /// Of a runner: its name
    #[arg(long, value_name = "NAME", default_value = "runner-1")]
    pub id: String,

    /// Of a runner: end when the standard input is closed, as the server's own runner does
    #[arg(long)]
    pub end_with_stdin: bool,

    /// Of a runner: how many sandboxes it can hold
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub capacity: u32,

    /// Of a runner: how many seconds a process may take to stop before it is killed
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub stop_grace: Duration,

    /// Of a runner: after how many seconds it lists its sandboxes again
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub inventory_interval: Duration,

    /// Of a runner: how many seconds a sandbox of the template waits between two numbers
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub sandbox_tick: Duration,

    /// Of a runner: a folder where the sandboxes of the template show their numbers, for tests that look for lost disks
    #[arg(long, value_name = "DIR")]
    pub sandbox_witness: Option<PathBuf>,

    /// What goes wrong at a runner
    #[command(flatten)]
    pub faults: Faults,
}

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Everything, with one runner as a process of its own
    All,
    /// The API and the dashboard
    Api,
    /// The controller, the clock and the outbox
    Controller,
    /// A runner
    Runner,
}

impl Options {
    /// Returns the folder of the backup store.
    pub fn backups(&self) -> PathBuf {
        self.data.join("backups")
    }

    /// Returns the folder of the snapshots.
    pub fn snapshots(&self) -> PathBuf {
        self.data.join("snapshots")
    }

    /// Returns how the runner of these options runs.
    pub fn runner(self, token: String) -> runner::Options {
        runner::Options {
            listen: self.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0))),
            token,
            data: self.data.join(&self.id),
            backups: self.backups(),
            snapshots: self.snapshots(),
            id: self.id,
            server: self.server,
            capacity: self.capacity,
            stop_grace: self.stop_grace,
            inventory_interval: self.inventory_interval,
            end_with_stdin: self.end_with_stdin,
            sandbox_tick: self.sandbox_tick,
            sandbox_witness: self.sandbox_witness,
            faults: self.faults,
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|error: ParseFloatError| error.to_string())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
