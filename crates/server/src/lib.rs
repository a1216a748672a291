//! The service behind the widget, as a library: [`Service::new`] and [`router`] mount it in any
//! axum application, over any engine of [`nidan_store::Store`].
//!
//! Layers, outermost first: `middleware` (request ids, limits, headers, problems) → `extract` (who
//! calls, what they sent) → `api` (routes) → `use_cases` → [`nidan_core`] (the rules) and
//! [`nidan_store`] (what is kept). Messages leave by [`delivery`]. Keys are in [`keys`], time and
//! randomness come through [`environment`].

mod agreement;
mod api;
mod assertion;
pub mod audit;
pub mod backup;
mod base64url;
pub mod challenge;
pub mod config;
pub mod delivery;
pub mod environment;
mod extract;
mod in_flight;
pub mod init;
pub mod keys;
mod language;
pub mod listen;
pub mod logging;
mod metrics;
mod middleware;
mod passkey;
pub mod phone;
mod problem;
mod refusal;
pub mod rotate;
mod slow_hash;
mod support;
mod use_cases;

use std::sync::Arc;

use axum::extract::FromRef;

pub use api::router;
pub use assertion::{ASSERTION_TTL_S, ASSERTION_TYP};
pub use metrics::{metrics_router, stats};
pub use nidan_core::flow::{ENROLMENT_LIFE_MAX_S, FLOW_TTL_S};
pub use support::{SupportAction, SupportError};

use assertion::{AssertionSigner, PublicKeys};
use backup::BackupHasher;
use config::{Config, ConfigError, Host};
use delivery::{Catalogue, Notices, Route};
use environment::{Clock, Random};
use in_flight::InFlight;
use keys::Keys;
use nidan_otp::TIME_STEP_S;
use nidan_store::{NewFlow, Store, StoreError};
use passkey::RelyingParties;
use tokio::sync::watch;

/// [ASVS](https://github.com/OWASP/ASVS/tree/v5.0.0) 7.5.1 wants a fresh first factor before a
/// factor changes; ours ends after five minutes.
pub const AUTH_TIME_MAX_AGE_S: u64 = 300;
/// Tries in one login: more than three ways with their tries is no person.
pub const FLOW_TRIES: u32 = 20;
/// Of these with backup codes. Their check symbol catches mistypings before they get here.
pub const BACKUP_TRIES: u32 = 5;
/// A result code is redeemed by the host's back end at once.
pub const RESULT_TTL_S: u64 = 60;
/// Posts in one enrolment that were not stored. The browser checks codes first, and tries again by
/// itself some twenty times in ten minutes when the database fails: more than that is no person.
pub const ENROLMENT_ATTEMPTS: u32 = 60;
/// Flows are kept this long after they expired, so that a late answer is "expired" and not
/// "unknown".
const FLOW_RETENTION_S: u64 = 3600;
/// What is due is written down so many at once, and logins go on in between.
const DUE_AT_ONCE: u32 = 100;
/// How far a clock may be behind the latest accepted code: a pair is accepted from that many steps
/// ahead, its second code is one more, and a minute is for clocks that were set right in between.
const CLOCK_TOLERANCE_S: u64 = (nidan_otp::PAIR_SEARCH_STEPS + 1) * TIME_STEP_S + 60;

/// Everything that a request needs. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Parts>);

struct Parts {
    config: Config,
    /// SHA-256 of each host's API key, in the order of `config.hosts`.
    api_keys: Vec<[u8; 32]>,
    keys: Arc<Keys>,
    signer: AssertionSigner,
    hasher: BackupHasher,
    /// Set-ups whose final post is being checked.
    enrolments: InFlight,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    routes: Vec<Route>,
    catalogue: Catalogue,
    /// Of the page without scripts.
    texts: api::form::Texts,
    notices: Notices,
    passkeys: RelyingParties,
    /// Of the files under `/widget/`.
    widget_version: Option<String>,
    /// Wakes a delivery worker.
    ring: tokio::sync::Notify,
    /// True from when the service is asked to stop.
    stopping: watch::Sender<bool>,
}

/// The database, for a route that looks at nothing else.
pub(crate) struct Database(pub(crate) Arc<dyn Store>);

impl FromRef<Service> for Database {
    fn from_ref(service: &Service) -> Self {
        Self(Arc::clone(&service.0.store))
    }
}

/// For the route of the public keys, which has no business with the private ones.
impl FromRef<Service> for PublicKeys {
    fn from_ref(service: &Service) -> Self {
        service.0.signer.public_keys()
    }
}

/// The service must not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The clock is behind codes that were accepted before: every code would be judged by a wrong
    /// time.
    #[error(
        "the clock is wrong: it says {now}, but a code of {latest} was accepted before (Unix seconds); if the clock was ahead then and is right now, run after-wrong-clock once"
    )]
    ClockBehind {
        /// What the clock says.
        now: u64,
        /// When the latest accepted code was made.
        latest: u64,
    },
    /// A host's RP ID is another one than that of passkeys which its people have: none of them would
    /// answer any more.
    #[error(
        "hosts.{host}.passkeys.rp_id: {count} passkeys were made for another RP ID, and none of them would answer; set it back, or have these people remove their passkeys first"
    )]
    PasskeysStranded {
        /// The host's id.
        host: String,
        /// How many.
        count: u64,
    },
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The words of messages cannot be read: this build is broken.
    #[error("the words of messages: {0}")]
    Words(#[from] serde_json::Error),
    /// A secret for notices cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The system gives no threads.
    #[error("no thread for the slow hash: {0}")]
    Threads(std::io::Error),
}

impl Service {
    /// Puts the parts together. `config` has passed [`Config::load`]; `routes` come from
    /// [`delivery::routes`], and [`delivery::run`] sends what is ordered.
    ///
    /// # Errors
    /// [`StartError::Words`] and [`StartError::Config`].
    pub fn new(
        config: Config,
        keys: Keys,
        routes: Vec<Route>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, StartError> {
        let keys = Arc::new(keys);
        // `Config::load` refused what is no hash; an all-zero one matches no key.
        let api_keys = config
            .hosts
            .iter()
            .map(|host| config::parse_hex(&host.api_key_sha256).unwrap_or_default())
            .collect();
        Ok(Self(Arc::new(Parts {
            api_keys,
            notices: Notices::new(&config)?,
            passkeys: RelyingParties::new(&config)?,
            widget_version: config
                .widget_folder
                .as_deref()
                .map(api::widget::version)
                .transpose()?,
            signer: AssertionSigner::new(&keys),
            hasher: BackupHasher::new(Arc::clone(&keys)).map_err(StartError::Threads)?,
            enrolments: InFlight::default(),
            config,
            keys,
            store,
            clock,
            random,
            routes,
            catalogue: Catalogue::load()?,
            texts: api::form::Texts::load()?,
            ring: tokio::sync::Notify::new(),
            stopping: watch::Sender::new(false),
        })))
    }

    /// Ends event streams, and whatever else waits for [`stopping`](Self::stopping).
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }

    /// True from when the service is asked to stop.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.0.stopping.subscribe()
    }

    /// Refuses to run on a clock that is behind the latest accepted code.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn check_clock(&self) -> Result<(), StartError> {
        let now = self.0.clock.now_s();
        let latest = self
            .0
            .store
            .latest_step()
            .await?
            .unwrap_or(0)
            .saturating_mul(TIME_STEP_S);
        if now < latest.saturating_sub(CLOCK_TOLERANCE_S) {
            return Err(StartError::ClockBehind { now, latest });
        }
        Ok(())
    }

    /// Refuses to run with another RP ID than that of passkeys which are stored.
    ///
    /// # Errors
    /// [`StartError::PasskeysStranded`] and [`StartError::Store`].
    pub async fn check_passkeys(&self) -> Result<(), StartError> {
        for host in &self.0.config.hosts {
            let passkeys = host.passkeys.as_ref();
            let rp_id = passkeys.map(|passkeys| passkeys.rp_id.as_str());
            let count = self.0.store.stranded_passkeys(&host.id, rp_id).await?;
            if count > 0 {
                let host = host.id.clone();
                return Err(StartError::PasskeysStranded { host, count });
            }
        }
        Ok(())
    }

    /// Gives time steps back that a clock which was ahead has spent, once it is right: people could
    /// not sign in before those times come. Returns for how many apps. Codes of now that were typed
    /// already stay spent; those of the steps given back could be typed once more when their time
    /// comes.
    ///
    /// # Errors
    /// When the database does not take it now.
    pub async fn take_back_future_steps(&self) -> Result<u64, StoreError> {
        let now = self.0.clock.now_s();
        let beyond = now.saturating_add(CLOCK_TOLERANCE_S) / TIME_STEP_S;
        let store = &self.0.store;
        store.reset_future_steps(beyond, now / TIME_STEP_S).await
    }

    /// Deletes flows that ended long ago; how many. To be called now and then.
    ///
    /// # Errors
    /// When the database does not take it now.
    pub async fn purge(&self) -> Result<u64, StoreError> {
        let now = self.0.clock.now_s();
        self.0.store.purge_counts(now).await?;
        self.0.store.purge_trust(now).await?;
        self.0
            .store
            .purge_flows(now.saturating_sub(FLOW_RETENTION_S))
            .await
    }

    /// Writes down what has come to its hour: methods that were replaced and are gone, pauses that
    /// end soon or are over. Returns how many. To be called every minute; what has ended has ended
    /// whether it was called or not.
    ///
    /// # Errors
    /// When the database does not take it now.
    pub async fn note_what_is_due(&self) -> Result<u64, StoreError> {
        let mut noted = 0;
        for host in &self.0.config.hosts {
            let audit = self.audit_context(host, None);
            loop {
                let store = &self.0.store;
                let more = store
                    .note_what_is_due(&host.id, DUE_AT_ONCE, &audit)
                    .await?;
                noted += more;
                if more == 0 {
                    break;
                }
            }
        }
        Ok(noted)
    }

    /// Writes a host's lines into the records of its people.
    fn audit_context(
        &self,
        host: &Host,
        client_description: Option<String>,
    ) -> audit::AuditContext {
        audit::AuditContext::new(
            Arc::<Keys>::clone(&self.0.keys),
            host.notices.is_some(),
            client_description,
            self.0.clock.now_s(),
        )
    }

    fn host(&self, id: &str) -> Option<&Host> {
        self.0.config.hosts.iter().find(|host| host.id == id)
    }

    /// The host of a flow, as it is to the people of the flow's group; [`None`] where the configuration
    /// has one of them no more.
    fn host_of(&self, flow: &NewFlow) -> Option<Host> {
        self.host(&flow.host)?.of_group(flow.group.as_deref())
    }
}
