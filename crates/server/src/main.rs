//! `nidan-server`: the service as one program.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to its terminal")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use nidan_server::config::{CONFIG_VARIABLE, Config, LogFormat};
use nidan_server::init::{Init, init};
use nidan_server::keys::Keys;
use nidan_server::rotate::rotate;
use nidan_server::seams::Os;
use nidan_server::store::SqliteStore;
use nidan_server::{Service, delivery, metrics_router, router, stats};
use tracing_subscriber::EnvFilter;

/// How often flows that ended are deleted.
const PURGE_EVERY: Duration = Duration::from_secs(600);

/// Two-step verification beside your own login.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The configuration file.
    #[arg(long, global = true, default_value = "nidan.toml", env = CONFIG_VARIABLE)]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service.
    Serve,
    /// Write a commented nidan.toml and fresh keys into a folder, and print an API key.
    Init {
        /// The folder.
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// Where the service will listen.
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: String,
        /// A short name of your site, for machines.
        #[arg(long, default_value = "shop")]
        host_id: String,
        /// The name that people see in their app.
        #[arg(long, default_value = "My site")]
        host_name: String,
        /// The origin of your login page.
        #[arg(long, default_value = "https://localhost")]
        origin: String,
        /// For trying out: not for production, and with an outbox that shows codes by SMS and call to the host.
        #[arg(long)]
        demo: bool,
    },
    /// Say what is wrong with the configuration, the keys, the database and the clock.
    Check,
    /// Go one step towards another signing key: publish it, sign with it, forget the old one.
    RotateSigningKey,
    /// Print how many messages were ordered in the running windows, and of how many.
    Stats,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Serve => serve(&arguments.config).await,
        Command::Check => check(&arguments.config).await,
        Command::RotateSigningKey => rotate_signing_key(&arguments.config),
        Command::Stats => print_stats(&arguments.config).await,
        Command::Init { folder, listen, host_id, host_name, origin, demo } => write_files(&Init {
            folder: &folder,
            listen: &listen,
            host_id: &host_id,
            host_name: &host_name,
            origin: &origin,
            demo,
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nidan-server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(path: &Path) -> Result<(), Box<dyn Error>> {
    let config = Config::load(path, variables())?;
    start_logging(config.log);
    let (listen, metrics_listen) = (config.listen, config.metrics_listen);
    let (service, store) = open(config).await?;
    let listener =
        tokio::net::TcpListener::bind(listen).await.map_err(|error| format!("listen on {listen}: {error}"))?;
    tracing::info!(%listen, "serving");
    let mut beside = vec![tokio::spawn(purge_now_and_then(service.clone()))];
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let sending = tokio::spawn(delivery::run_until(service.clone(), async {
        let _dropped = stopped.await;
    }));
    if let Some(listen) = metrics_listen {
        let listener =
            tokio::net::TcpListener::bind(listen).await.map_err(|error| format!("listen on {listen}: {error}"))?;
        let metrics = metrics_router(service.clone());
        beside.push(tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, metrics).await {
                tracing::error!(%error, "metrics are no longer served");
            }
        }));
    }
    axum::serve(listener, router(service)).with_graceful_shutdown(stop_signal()).await?;
    beside.iter().for_each(tokio::task::JoinHandle::abort);
    // No new message is taken; what is being handed over is written down.
    drop(stop);
    sending.await?;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn check(path: &Path) -> Result<(), Box<dyn Error>> {
    let config = Config::load(path, variables())?;
    println!("configuration   {}: good", path.display());
    let (database, keys) = (config.database.clone(), config.keys_file.clone());
    open(config).await?;
    println!("keys            {}: good", keys.display());
    println!("database        {}: good", database.display());
    println!("clock           good");
    Ok(())
}

async fn print_stats(path: &Path) -> Result<(), Box<dyn Error>> {
    let (service, _) = open(Config::load(path, variables())?).await?;
    print!("{}", stats(&service).await?);
    Ok(())
}

fn rotate_signing_key(path: &Path) -> Result<(), Box<dyn Error>> {
    let config = Config::load(path, variables())?;
    if std::env::var_os("NIDAN_SIGNING_KEY").is_some() {
        return Err("NIDAN_SIGNING_KEY stands over the key file: rotate it where it is set".into());
    }
    println!("{}", rotate(&config.keys_file, &Os)?.advice());
    Ok(())
}

async fn open(config: Config) -> Result<(Service, SqliteStore), Box<dyn Error>> {
    let keys = Keys::load(&config.keys_file, |name| std::env::var(name).ok())?;
    let store = SqliteStore::open(&config.database)
        .await
        .map_err(|error| format!("database {}: {error}", config.database.display()))?;
    let routes = delivery::routes(&config)?;
    let service = Service::new(config, keys, routes, Arc::new(store.clone()), Arc::new(Os), Arc::new(Os))?;
    service.check_clock().await?;
    Ok((service, store))
}

fn write_files(request: &Init<'_>) -> Result<(), Box<dyn Error>> {
    let written = init(request, &Os)?;
    println!("wrote {} and {}", written.config.display(), written.keys.display());
    println!("API key for your back end, shown once: {}", written.api_key);
    Ok(())
}

/// What is no Unicode is no setting of ours.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

async fn purge_now_and_then(service: Service) {
    let mut ticks = tokio::time::interval(PURGE_EVERY);
    loop {
        ticks.tick().await;
        match service.purge().await {
            Ok(0) => {}
            Ok(flows) => tracing::info!(flows, "ended flows deleted"),
            Err(error) => tracing::warn!(%error, "ended flows not deleted"),
        }
    }
}

fn start_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}

/// Ends when the process is asked to stop; requests in flight are then finished.
async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler for the other signal, this one is enough.
    let _ = interrupt.await;
}
