//! What can be typed after the program's name.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use nidan_server::config::CONFIG_VARIABLE;

/// Two-step verification beside your own login.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// The configuration file.
    #[arg(long, global = true, default_value = "nidan.toml", env = CONFIG_VARIABLE)]
    pub(crate) config: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the service.
    Serve,
    /// Print what an RP ID's own domain serves as /.well-known/webauthn, so that passkeys work on
    /// the origins that are not under it.
    WellKnown {
        /// The id of a host of that domain; the first host with passkeys when left out.
        #[arg(long)]
        host: Option<String>,
    },
    /// Write a commented nidan.toml and fresh keys into a folder, and print an API key.
    Init {
        /// The folder.
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// The address on which the service will listen.
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
        /// The service's own URL, `iss` of its results: that of the address or of the page when left out.
        #[arg(long)]
        issuer: Option<String>,
        /// Where people get help: a URL, or a mailto: or tel: link.
        #[arg(long)]
        support_url: Option<String>,
        /// Where people go who have lost every method and all backup codes.
        #[arg(long)]
        recovery_url: Option<String>,
        /// For trying out: not for production, and with an outbox that shows codes by SMS and call
        /// to the host.
        #[arg(long)]
        demo: bool,
    },
    /// Say what is wrong with the configuration, the keys, the database and the clock.
    Check,
    /// Go one step towards another signing key: publish it, sign with it, forget the old one.
    RotateSigningKey,
    /// Write all of the database into a new file, also while the service runs.
    Backup {
        /// The file; it must not be there yet.
        file: PathBuf,
    },
    /// Put a backup in the database's place. Stop the service first.
    Restore {
        /// The file.
        file: PathBuf,
        /// Take a copy of a database that was open, from which people may be missing.
        #[arg(long)]
        incomplete: bool,
    },
    /// After a clock that was ahead is right again: let the apps that were used meanwhile sign in
    /// before the time comes that it showed. Stop the service first.
    AfterWrongClock,
    /// Hold a person's method that is lost: it lets nobody in until it is released. Also while the
    /// service runs.
    Hold(SupportWords),
    /// Release a method that was held.
    Release(SupportWords),
    /// Ask for codes again, for a person who has paused them.
    Resume(SupportWords),
    /// Take out everything that a person has who has lost it all: methods, backup codes, trusted
    /// browsers. It cannot be undone. Make sure first who asks.
    Reset(SupportWords),
    /// Make a code that lets a person in once who is locked out, and print it. Make sure first who asks.
    TemporaryCode {
        #[command(flatten)]
        words: SupportWords,
        /// For how many minutes it is good: 10 to 1,440.
        #[arg(long, default_value_t = 60)]
        minutes: u32,
        /// Take out everything that the person has at the same moment, as reset does.
        #[arg(long)]
        reset: bool,
    },
    /// Print how many messages were ordered in the running windows, and of how many.
    Stats,
}

/// For whom, and on whose word.
#[derive(clap::Args)]
pub(crate) struct SupportWords {
    /// The host's id in the configuration.
    #[arg(long)]
    pub(crate) host: String,
    /// The host's user id.
    #[arg(long)]
    pub(crate) subject: String,
    /// The id of the method, to hold it or to release it.
    #[arg(long, default_value = "")]
    pub(crate) method: String,
    /// Who does it.
    #[arg(long)]
    pub(crate) by: String,
    /// Why.
    #[arg(long)]
    pub(crate) reason: String,
}
