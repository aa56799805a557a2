//! `sandbox-server`: the whole platform in one command.

use clap::Parser;
use governor::{Quota, RateLimiter};
use sandbox_lifecycle::Policy;
use sandbox_server::{
    Platform, api, clock, controller,
    metrics::Metrics,
    options::{Options, Role},
    outbox, runner,
    store::Store,
};
use std::{
    error::Error,
    io::{IsTerminal, Write},
    net::SocketAddr,
    num::NonZeroU32,
    process::{ExitCode, Stdio},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
    sync::oneshot,
    task::JoinSet,
};
use uuid::Uuid;

/// How long a request may go on after the server was told to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// The one organization of this platform.
const ORGANIZATION: &str = "local";

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse(); // Bad options end with 2.
    if let Err(error) = log_as(&options) {
        eprintln!("error: --log: {error}");
        return ExitCode::from(2);
    }
    let ended = match options.role {
        Role::Runner => run_runner(options).await,
        Role::All | Role::Api | Role::Controller => run_server(options).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn log_as(options: &Options) -> Result<(), Box<dyn Error>> {
    let filter = tracing_subscriber::EnvFilter::try_new(&options.log)?;
    let is_seen = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(is_seen);
    if options.log_json {
        log.json().init()
    } else {
        log.init()
    }
    Ok(())
}

async fn run_runner(options: Options) -> Result<(), Box<dyn Error>> {
    let token = options.runner_token.clone().filter(|token| !token.is_empty());
    let token = token.ok_or("a runner needs SANDBOX_RUNNER_TOKEN, that of its server")?;
    Ok(runner::run(options.runner(token)).await?)
}

/// Runs the API, the controller, or both with a runner.
async fn run_server(options: Options) -> Result<(), Box<dyn Error>> {
    let listen = match (options.role, options.listen) {
        (_, Some(listen)) => Some(listen),
        (Role::Controller, None) => None,
        (_, None) => Some(SocketAddr::from(([127, 0, 0, 1], 3000))),
    };
    // The port first: if it is in use, the database is not touched.
    let listener =
        match listen {
            Some(listen) => {
                let bound = TcpListener::bind(listen).await;
                Some(bound.map_err(|error| {
                    format!("cannot listen on {listen}: {error}; choose another address with --listen")
                })?)
            }
            None => None,
        };
    let runner_token: Arc<str> = match (&options.runner_token, options.role) {
        (Some(token), _) => token.as_str().into(),
        (None, Role::All) => Uuid::new_v4().to_string().into(),
        (None, _) => {
            return Err("a server without its own runner needs SANDBOX_RUNNER_TOKEN, that of the runners".into());
        }
    };
    let metrics = Metrics::default();
    let store = Store::open(&options.database, Policy::default(), options.time_scale, metrics.clone()).await?;
    let platform = Platform {
        store,
        metrics,
        http: reqwest::Client::builder().build()?,
        runner_token,
        webhook: options.webhook.as_deref().map(Arc::from),
        backups: options.backups(),
        written: Arc::default(),
        stopping: Arc::default(),
    };
    let mut loops = JoinSet::new();
    if options.role != Role::Api {
        loops.spawn(controller::run(platform.clone()));
        loops.spawn(clock::run(platform.clone()));
        loops.spawn(outbox::run(platform.clone()));
    }
    let mut own_runner = None;
    let mut serving = None;
    if let Some(listener) = listener {
        let address = listener.local_addr()?;
        let api = api_of(&options, &platform, address);
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = axum::serve(listener, api::routes(api)).with_graceful_shutdown(async {
            let _ = stopped.await; // The sender is dropped when the server stops.
        });
        serving = Some((stop, tokio::spawn(serve.into_future())));
        if options.role == Role::All {
            let (stop, stopped) = oneshot::channel();
            own_runner = Some((stop, tokio::spawn(keep_runner(platform.clone(), address, stopped))));
        }
    }
    tracing::info!(role = ?options.role, time_scale = platform.store.time().scale, "ready");
    told_to_stop().await?;
    tracing::info!("stopping");
    platform.stopping.store(true, Ordering::Relaxed); // The streams of the dashboard end within a second.
    loops.shutdown().await; // What they had taken is taken again after the next start.
    if let Some((stop, server)) = serving {
        drop(stop);
        let _ = tokio::time::timeout(DRAIN, server).await;
    }
    if let Some((stop, runner)) = own_runner {
        drop(stop);
        let _ = tokio::time::timeout(DRAIN, runner).await;
    }
    Ok(())
}

/// Returns the API of a server that listens there, and says how to use it.
fn api_of(options: &Options, platform: &Platform, address: SocketAddr) -> api::Api {
    let key: Arc<str> = match &options.api_key {
        Some(key) => key.as_str().into(),
        None => Uuid::new_v4().simple().to_string().into(),
    };
    if options.role != Role::Controller {
        let shown = options.api_key.as_ref().map_or(&*key, |_| "…");
        let mut out = std::io::stdout().lock();
        // Nobody may read it.
        let _ = writeln!(out, "dashboard  http://{address}/#key={shown}");
        let _ = writeln!(out, "API        DAYTONA_API_URL=http://{address}/api DAYTONA_API_KEY={shown}");
    }
    api::Api {
        platform: platform.clone(),
        key,
        limiter: Arc::new(RateLimiter::direct(Quota::per_second(
            NonZeroU32::new(options.rate).unwrap_or(NonZeroU32::MIN),
        ))),
        organization_id: ORGANIZATION.into(),
        toolbox_url: format!("http://{address}/toolbox").into(),
        snapshots: Arc::new(options.snapshots()),
    }
}

/// Keeps the server's own runner running, and ends it when the sender is dropped.
async fn keep_runner(platform: Platform, server: SocketAddr, mut stopped: oneshot::Receiver<()>) {
    loop {
        match start_runner(&platform, server) {
            Ok(mut runner) => {
                let open = runner.stdin.take(); // To wait for a process would close it.
                tokio::select! {
                    ended = runner.wait() => tracing::error!(?ended, "the runner ended"),
                    _ = &mut stopped => {
                        drop(open);
                        let _ = runner.wait().await;
                        return;
                    }
                }
            }
            Err(error) => tracing::error!("the runner does not start: {error}"),
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            _ = &mut stopped => return,
        }
    }
}

/// Starts a runner with the options of this process, and those that make it a runner.
fn start_runner(platform: &Platform, server: SocketAddr) -> std::io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(std::env::args_os().skip(1));
    command.args([
        "--role",
        "runner",
        "--end-with-stdin",
        "--listen",
        "127.0.0.1:0",
        "--server",
        &format!("http://{server}"),
    ]);
    // A token among the arguments would be visible to every user of the machine.
    command.env("SANDBOX_RUNNER_TOKEN", &*platform.runner_token).env_remove("SANDBOX_API_KEY");
    // The pipe is closed when this process ends, however it ends.
    command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()
}

/// Waits for Ctrl-C or SIGTERM.
async fn told_to_stop() -> std::io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}
