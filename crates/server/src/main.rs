//! `nidan-server`: the service as one program.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to its terminal"
)]

mod arguments;
mod timers;

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use arguments::{Arguments, Command, SupportWords};
use clap::Parser as _;
use nidan_server::config::Config;
use nidan_server::environment::{Clock as _, Os, random_bytes};
use nidan_server::init::{Init, init};
use nidan_server::keys::Keys;
use nidan_server::rotate::rotate;
use nidan_server::{
    Service, SupportAction, delivery, listen, logging, metrics_router, router, stats,
};
use nidan_store_sqlite::{Copied, Identity, SqliteStore, backup, restore};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The interval between two notes of how new the database is, and its WAL is folded into the file.
const NOTE_EVERY: Duration = Duration::from_secs(60);
/// Somebody who watches asks from one or two places.
const METRICS_CONNECTIONS: usize = 16;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Serve => serve(&arguments.config).await,
        Command::Check => check(&arguments.config).await,
        Command::RotateSigningKey => rotate_signing_key(&arguments.config),
        Command::AfterWrongClock => take_back_future_steps(&arguments.config).await,
        Command::WellKnown { host } => print_related_origins(&arguments.config, host.as_deref()),
        Command::Stats => print_stats(&arguments.config).await,
        Command::Hold(words) => {
            let action = SupportAction::Hold(&words.method);
            support(&arguments.config, &words, action).await
        }
        Command::Release(words) => {
            let action = SupportAction::Release(&words.method);
            support(&arguments.config, &words, action).await
        }
        Command::Resume(words) => support(&arguments.config, &words, SupportAction::Resume).await,
        Command::Reset(words) => support(&arguments.config, &words, SupportAction::Reset).await,
        Command::TemporaryCode {
            words,
            minutes,
            reset,
        } => temporary_code(&arguments.config, words, (minutes, reset)).await,
        Command::Backup { file } => make_backup(&arguments.config, &file),
        Command::Restore { file, incomplete } => {
            restore_backup(&arguments.config, &file, incomplete)
        }
        Command::Init {
            folder,
            listen,
            host_id,
            host_name,
            origin,
            issuer,
            support_url,
            recovery_url,
            demo,
        } => write_files(&Init {
            folder: &folder,
            listen: &listen,
            host_id: &host_id,
            host_name: &host_name,
            origin: &origin,
            issuer: issuer.as_deref(),
            support_url: support_url.as_deref(),
            recovery_url: recovery_url.as_deref(),
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
    let _written_at_the_end = logging::start(config.log);
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let (address, metrics_address) = (config.listen, config.metrics_listen);
    let Open {
        service,
        store,
        identity,
    } = open(config).await?;
    let listener = bind(address).await?;
    let metrics = match metrics_address {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    tracing::info!(listen = %address, "serving");
    let purging = tokio::spawn(timers::purge(service.clone()));
    let looking = tokio::spawn(timers::note_what_is_due(service.clone()));
    let asked = service.clone();
    tokio::spawn(async move {
        stop_signal().await;
        asked.stop();
    });
    let stopping = || service.stopping();
    let mut asked_to_stop = stopping();
    let sending = delivery::run_until(service.clone(), async move {
        let _stops = asked_to_stop.wait_for(|stops| *stops).await;
    });
    let told = async {
        if let Some(listener) = metrics {
            listen::serve(
                listener,
                metrics_router(service.clone()),
                METRICS_CONNECTIONS,
                stopping(),
            )
            .await;
        }
    };
    let room = listen::room_for_connections();
    let noting = note_now_and_then(identity, stopping());
    // All of them end by themselves soon after the signal: no new message is taken, and what is
    // being handed over is written down, while requests in flight are answered.
    let serving = listen::serve(listener, router(service.clone()), room, stopping());
    let ((), (), (), identity) = tokio::join!(serving, sending, told, noting);
    purging.abort();
    looking.abort();
    store.close().await;
    if let Some(identity) = identity {
        release(identity);
    }
    tracing::info!("stopped");
    Ok(())
}

/// Notes how new the database is until the service stops; [`None`] when that went wrong beyond
/// mending.
async fn note_now_and_then(
    identity: Identity,
    mut stopping: watch::Receiver<bool>,
) -> Option<Identity> {
    let mut held = identity;
    while tokio::time::timeout(NOTE_EVERY, stopping.wait_for(|stops| *stops))
        .await
        .is_err()
    {
        // It waits for the disk.
        let noted = tokio::task::spawn_blocking(move || (held.note_progress(), held));
        let (noted, identity) = noted.await.ok()?;
        held = identity;
        if let Err(error) = noted {
            tracing::error!(%error, "how new the database is was not noted");
        }
    }
    Some(held)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address)
        .await
        .map_err(|error| format!("listen on {address}: {error}"))
}

async fn check(path: &Path) -> Result<(), Box<dyn Error>> {
    let config = Config::load(path, variables())?;
    println!("configuration   {}: good", path.display());
    for warning in config.warnings() {
        println!("  but           {warning}");
    }
    let (database, keys) = (config.database.clone(), config.keys_file.clone());
    open(config).await?.close().await;
    println!("keys            {}: good", keys.display());
    println!("database        {}: good", database.display());
    println!("clock           good");
    Ok(())
}

/// Prints the file of <https://www.w3.org/TR/webauthn-3/#sctn-related-origins>.
fn print_related_origins(path: &Path, id: Option<&str>) -> Result<(), Box<dyn Error>> {
    let config = Config::load(path, variables())?;
    let origins = config.related_origins(id);
    let origins = origins.ok_or("no such host has `passkeys` in this configuration")?;
    println!("{}", serde_json::json!({ "origins": origins }));
    Ok(())
}

async fn print_stats(path: &Path) -> Result<(), Box<dyn Error>> {
    let open = open(Config::load(path, variables())?).await?;
    print!("{}", stats(&open.service).await?);
    open.close().await;
    Ok(())
}

async fn support(
    path: &Path,
    words: &SupportWords,
    action: SupportAction<'_>,
) -> Result<(), Box<dyn Error>> {
    let open = open(Config::load(path, variables())?).await?;
    let whose = (words.host.as_str(), words.subject.as_str());
    let because = (words.by.clone(), words.reason.clone());
    let done = open.service.support(whose, action, because).await;
    open.close().await;
    done?;
    println!("done, and in the record of {}", words.subject);
    Ok(())
}

async fn temporary_code(
    path: &Path,
    words: SupportWords,
    code: (u32, bool),
) -> Result<(), Box<dyn Error>> {
    let open = open(Config::load(path, variables())?).await?;
    let whose = (words.host.as_str(), words.subject.as_str());
    let made = open
        .service
        .temporary_code(whose, (words.by, words.reason), code)
        .await;
    open.close().await;
    let made = made?;
    println!("{}", made.code);
    println!(
        "good once, for {} minutes; it is shown here and nowhere else",
        code.0
    );
    Ok(())
}

async fn take_back_future_steps(path: &Path) -> Result<(), Box<dyn Error>> {
    let open = open_at_any_time(Config::load(path, variables())?).await?;
    let apps = open.service.take_back_future_steps().await?;
    open.close().await;
    println!("{apps} apps had codes of a time to come, and take codes of now again");
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

/// The parts of a running service.
struct Open {
    service: Service,
    store: SqliteStore,
    identity: Identity,
}

impl Open {
    async fn close(self) {
        self.store.close().await;
        release(self.identity);
    }
}

/// A database that was not closed is as after a crash: the next start takes it.
fn release(identity: Identity) {
    if let Err(error) = identity.release() {
        tracing::warn!(%error, "the database was not closed");
    }
}

async fn open(config: Config) -> Result<Open, Box<dyn Error>> {
    let open = open_at_any_time(config).await?;
    let checked = match open.service.check_clock().await {
        Ok(()) => open.service.check_passkeys().await,
        Err(error) => Err(error),
    };
    if let Err(error) = checked {
        open.close().await;
        return Err(error.into());
    }
    Ok(open)
}

async fn open_at_any_time(config: Config) -> Result<Open, Box<dyn Error>> {
    let keys = load_keys(&config)?;
    let identity = Identity::claim(
        &config.database,
        &config.mark_path(),
        &keys,
        random_bytes(&Os)?,
    )?;
    let store = SqliteStore::open(&config.database)
        .await
        .map_err(|error| format!("database {}: {error}", config.database.display()))?;
    let routes = delivery::routes(&config)?;
    let service = Service::new(
        config,
        keys,
        routes,
        Arc::new(store.clone()),
        Arc::new(Os),
        Arc::new(Os),
    )?;
    Ok(Open {
        service,
        store,
        identity,
    })
}

fn load_keys(config: &Config) -> Result<Keys, Box<dyn Error>> {
    Ok(Keys::load(&config.keys_file, |name| {
        std::env::var(name).ok()
    })?)
}

fn make_backup(path: &Path, file: &Path) -> Result<(), Box<dyn Error>> {
    let config = Config::load(path, variables())?;
    let keys = load_keys(&config)?;
    let mut identity = Identity::claim(
        &config.database,
        &config.mark_path(),
        &keys,
        random_bytes(&Os)?,
    )?;
    let made = backup(&mut identity, file);
    release(identity);
    let Copied {
        people,
        methods,
        generation,
        ..
    } = made?;
    println!(
        "wrote {}: {people} people, {methods} methods, generation {generation}",
        file.display()
    );
    println!("Keep it apart from the keys: whoever has both can make every person's codes.");
    println!(
        "`nidan-server restore {}` puts it in place, with the service stopped.",
        file.display()
    );
    Ok(())
}

fn restore_backup(path: &Path, file: &Path, incomplete: bool) -> Result<(), Box<dyn Error>> {
    let config = Config::load(path, variables())?;
    let keys = load_keys(&config)?;
    let (database, mark) = (&config.database, config.mark_path());
    let (made, kept) = restore(
        file,
        database,
        &mark,
        &keys,
        random_bytes(&Os)?,
        Os.now_s(),
        incomplete,
    )?;
    let Copied {
        people,
        methods,
        generation,
        codes_taken_over,
    } = made;
    println!(
        "restored {}: {people} people, {methods} methods, generation {generation}",
        database.display()
    );
    if let Some(kept) = kept {
        println!("The database that was there is kept as {}.", kept.display());
    }
    println!(
        "Every browser is asked for a code again, and open logins begin anew. An app's next code counts, not this one."
    );
    println!(
        "Backup codes that were used since the backup: {codes_taken_over} known and still used; any others count again."
    );
    println!(
        "Who set up or changed a method since the backup has the state of the backup: tell them."
    );
    Ok(())
}

fn write_files(request: &Init<'_>) -> Result<(), Box<dyn Error>> {
    let written = init(request, &Os)?;
    println!(
        "wrote {} and {}",
        written.config.display(),
        written.keys.display()
    );
    println!("API key for your back end, shown once: {}", written.api_key);
    Ok(())
}

/// What is no Unicode is no setting of ours.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
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
