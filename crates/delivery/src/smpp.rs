//! SMPP 3.4 to a carrier (<https://smpp.org/SMPP_v3_4_Issue1_2.pdf>): one bound connection, made
//! again when it breaks.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use nidan_protocol::DeliveryState;
use rusmpp::extra::concatenation::SubmitSmMultipartExt;
use rusmpp::extra::encoding::Encoder;
use rusmpp::extra::encoding::gsm7bit::Gsm7BitUnpacked;
use rusmpp::pdus::{BindTransceiver, DeliverSm, DeliverSmResp, SubmitSm};
use rusmpp::tlvs::TlvValue;
use rusmpp::types::{COctetString, EmptyOrFullCOctetString};
use rusmpp::values::{
    EsmClass, InterfaceVersion, MessageState, MessageType, Npi, RegisteredDelivery, Ton,
};
use rusmpp::{CommandStatus, Pdu};
use rusmppc::error::Error;
use rusmppc::{Client, ConnectionBuilder, Event};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;
use zeroize::Zeroizing;

use crate::{Gateway, Known, Outgoing, Receipts, SendError, SmppConfig, http};

/// For the connection, the log-in and each answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// A message waits this long for a connection that is being made; then the next [gateway](Gateway)
/// may take it.
const BIND_WAIT: Duration = Duration::from_secs(3);
/// A message that is not written to the connection by then is given up together with it: long
/// before its worker counts as dead and another one takes it.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
/// See [`driven`].
const DRIVE_EVERY: Duration = Duration::from_millis(20);
/// Between two connections, doubled for each that breaks at once.
const RECONNECT_MIN: Duration = Duration::from_millis(200);
const RECONNECT_MAX: Duration = Duration::from_secs(30);
/// A connection that held for so long was a good one.
const STABLE: Duration = Duration::from_secs(60);
/// Receipts at work at once; carriers send no more until these are answered.
const RECEIPTS_MAX: usize = 32;
/// [3GPP TS 23.040](https://www.3gpp.org/dynareport/23040.htm): septets in one message, one octet
/// each on the way to the carrier.
const GSM7_MAX: usize = 160;
/// 153 septets in each part of several, and six octets that join them.
const GSM7_PART_MAX: usize = 153 + 6;
/// Octets in one message of UCS-2, or in each part with what joins it.
const UCS2_MAX: usize = 140;
/// `registered_delivery`: a receipt when it was delivered or failed (§5.2.17).
const FINAL_RECEIPT: u8 = 1;

/// A carrier, over one connection that is bound while [`attend`](Gateway::attend) runs.
pub struct Smpp {
    settings: SmppConfig,
    password: Zeroizing<String>,
    bound: watch::Sender<Option<Client>>,
    /// Joins the parts of a long message.
    long: AtomicU8,
}

impl Smpp {
    /// The password has at most eight ASCII characters (§5.2.2).
    pub fn new(settings: SmppConfig, password: Zeroizing<String>) -> Self {
        Self {
            settings,
            password,
            bound: watch::Sender::new(None),
            long: AtomicU8::new(0),
        }
    }

    /// From the connection to its end, which is always an error or the carrier's wish.
    async fn session(&self, receipts: &Receipts) -> Result<(), SessionError> {
        let tls = ClientConfig::builder_with_provider(http::crypto())
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)?
            .with_no_client_auth();
        let connecting = ConnectionBuilder::new()
            .enquire_link_interval(Duration::from_secs(self.settings.enquire_link_s))
            .enquire_link_response_timeout(TIMEOUT)
            .response_timeout(TIMEOUT)
            // Carriers speak 3.4.
            .disable_interface_version_check()
            .rustls_config(tls)
            .no_spawn()
            .connect(&self.settings.url);
        let (client, mut events, connection) = tokio::time::timeout(TIMEOUT, connecting)
            .await
            .map_err(|_| SessionError::Slow)??;
        // The codec logs whole commands: codes, numbers and the password. Here it has nobody to log
        // to.
        let mut tasks = JoinSet::new();
        tasks.spawn(driven(connection).with_subscriber(NoSubscriber::default()));
        client.bind_transceiver(self.log_in()?).await?;
        tracing::info!(gateway = receipts.gateway(), "bound");
        self.bound.send_replace(Some(client.clone()));
        let mut answers = JoinSet::new();
        while let Some(event) = events.next().await {
            let command = match event {
                Event::Incoming(command) => command,
                Event::Error(error) => return Err(error.into()),
            };
            match command.pdu() {
                Some(Pdu::DeliverSm(said)) => {
                    if answers.len() >= RECEIPTS_MAX {
                        answers.join_next().await;
                    }
                    answers.spawn(answer(
                        client.clone(),
                        receipts.clone(),
                        receipt(said),
                        command.sequence_number(),
                    ));
                }
                Some(Pdu::Unbind) => {
                    self.bound.send_replace(None);
                    client.unbind_resp(command.sequence_number()).await?;
                    return Ok(());
                }
                _other => {}
            }
        }
        Ok(())
    }

    fn log_in(&self) -> Result<BindTransceiver, SessionError> {
        let text = |_| SessionError::Setting;
        Ok(BindTransceiver::builder()
            .system_id(COctetString::from_string(self.settings.system_id.clone()).map_err(text)?)
            .password(COctetString::from_string(self.password.to_string()).map_err(text)?)
            .system_type(
                COctetString::from_string(self.settings.system_type.clone()).map_err(text)?,
            )
            .interface_version(InterfaceVersion::Smpp3_4)
            .build())
    }

    /// The message as the carrier gets it: one part where it fits.
    fn parts(&self, message: &Outgoing) -> Option<Vec<SubmitSm>> {
        let (source, ton, npi) = sender(&self.settings.source);
        let [hours, minutes, seconds] = [
            message.valid_for_s / 3600,
            message.valid_for_s / 60 % 60,
            message.valid_for_s % 60,
        ];
        // §7.1.1: years, months, days, hours, minutes, seconds and tenths from now.
        let validity = format!("000000{hours:02}{minutes:02}{seconds:02}000R");
        let base = SubmitSm::builder()
            .source_addr_ton(ton)
            .source_addr_npi(npi)
            .source_addr(COctetString::from_string(source.to_owned()).ok()?)
            .dest_addr_ton(Ton::International)
            .dest_addr_npi(Npi::Isdn)
            .destination_addr(
                COctetString::from_string(message.number.strip_prefix('+')?.to_owned()).ok()?,
            )
            .esm_class(EsmClass::from(0))
            .validity_period(EmptyOrFullCOctetString::from_string(validity).ok()?)
            .registered_delivery(RegisteredDelivery::from(FINAL_RECEIPT))
            .build();
        // UCS-2 has no more than the basic plane; the rest of a site's name does without.
        let text: Zeroizing<String> = message
            .text
            .chars()
            .filter(|c| u32::from(*c) <= 0xFFFF)
            .collect::<String>()
            .into();
        let long = self.long.fetch_add(1, Ordering::Relaxed);
        let multipart = base.multipart(&text).reference_u8(long);
        match Gsm7BitUnpacked::new().encode(&text) {
            Ok((septets, _)) => {
                let max = if septets.len() > GSM7_MAX {
                    GSM7_PART_MAX
                } else {
                    GSM7_MAX
                };
                multipart.max_short_message_size(max).build().ok()
            }
            Err(_) => multipart
                .ucs2()
                .max_short_message_size(UCS2_MAX)
                .build()
                .ok(),
        }
    }
}

/// Polls a connection also when nothing wakes it: the crate leaves off after a few commands and
/// waits for the next event.
async fn driven(connection: impl Future<Output = ()>) {
    let mut connection = std::pin::pin!(connection);
    loop {
        tokio::select! {
            () = &mut connection => return,
            () = tokio::time::sleep(DRIVE_EVERY) => {}
        }
    }
}

/// Why a connection ended or was not made.
#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error("no connection in time")]
    Slow,
    #[error("system_id, system_type or password is too long")]
    Setting,
    #[error(transparent)]
    Smpp(#[from] Error),
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

#[async_trait]
impl Gateway for Smpp {
    async fn send(&self, message: &Outgoing) -> Result<Option<String>, SendError> {
        let parts = self
            .parts(message)
            .ok_or_else(|| SendError::Refused("not a text for SMPP".to_owned()))?;
        let mut bound = self.bound.subscribe();
        let client = match tokio::time::timeout(BIND_WAIT, bound.wait_for(Option::is_some)).await {
            Ok(Ok(client)) => client.clone(),
            _none => None,
        };
        let client = client
            .filter(Client::is_active)
            .ok_or_else(|| SendError::NotReached("not bound".to_owned()))?;
        let Ok(answer) = tokio::time::timeout(SEND_TIMEOUT, submit(&client, parts)).await else {
            end(client);
            return Err(SendError::Unclear("no answer in time".to_owned()));
        };
        if matches!(&answer, Err((_, Error::UnexpectedResponse { response })) if response.status() == CommandStatus::EsmeRinvbndsts)
        {
            // The carrier has forgotten the log-in: only a new connection helps.
            end(client);
        }
        match answer {
            Ok(reference) => Ok(reference.filter(|reference| !reference.is_empty())),
            // A part has left: another gateway would send it all again.
            Err((sent, error)) if sent > 0 => Err(SendError::Unclear(status(&error))),
            Err((_, error)) => Err(meaning(&error)),
        }
    }

    /// The same command twice is two messages.
    fn is_idempotent(&self) -> bool {
        false
    }

    async fn attend(&self, receipts: Receipts) {
        let mut wait = RECONNECT_MIN;
        loop {
            let began = Instant::now();
            let ended = self.session(&receipts).await;
            self.bound.send_replace(None);
            match ended {
                Ok(()) => tracing::warn!(
                    gateway = receipts.gateway(),
                    "the carrier ended the connection"
                ),
                Err(error) => tracing::warn!(
                    gateway = receipts.gateway(),
                    error = reason(&error),
                    "no connection"
                ),
            }
            wait = if began.elapsed() > STABLE {
                RECONNECT_MIN
            } else {
                (wait * 2).min(RECONNECT_MAX)
            };
            tokio::time::sleep(wait).await;
        }
    }
}

/// Hands over all parts; the last one's reference, or how many had left when one did not.
async fn submit(client: &Client, parts: Vec<SubmitSm>) -> Result<Option<String>, (usize, Error)> {
    let mut reference = None;
    for (sent, part) in parts.into_iter().enumerate() {
        let answer = client
            .submit_sm(part)
            .await
            .map_err(|error| (sent, error))?;
        reference = Some(answer.message_id().as_str().to_owned());
    }
    Ok(reference)
}

/// Ends a connection, and what waits in it; another one is made.
fn end(client: Client) {
    tokio::spawn(async move { client.close().await });
}

/// Commands may stand in errors, so that their own words are not for the log.
fn reason(error: &SessionError) -> String {
    match error {
        SessionError::Smpp(error) => status(error),
        other => other.to_string(),
    }
}

fn status(error: &Error) -> String {
    match error {
        Error::UnexpectedResponse { response } => format!("{:?}", response.status()),
        other => other.to_string(),
    }
}

fn meaning(error: &Error) -> SendError {
    let reason = status(error);
    match error {
        Error::UnexpectedResponse { response } => match response.status() {
            // §5.1.3: it did not take it, but may later.
            CommandStatus::EsmeRthrottled
            | CommandStatus::EsmeRmsgqful
            | CommandStatus::EsmeRsyserr
            | CommandStatus::EsmeRinvbndsts
            | CommandStatus::EsmeRxTAppn => SendError::NotReached(reason),
            // An answer of another kind than was asked for.
            CommandStatus::EsmeRok => SendError::Unclear(reason),
            _other => SendError::Refused(reason),
        },
        Error::Encode(_) => SendError::Refused(reason),
        _other => SendError::Unclear(reason),
    }
}

/// The sender's address and of what kind it is: a number in
/// [E.164](https://www.itu.int/rec/T-REC-E.164), a short number, or a name.
fn sender(source: &str) -> (&str, Ton, Npi) {
    match source.strip_prefix('+') {
        Some(number) => (number, Ton::International, Npi::Isdn),
        None if source.bytes().all(|byte| byte.is_ascii_digit()) => {
            (source, Ton::Unknown, Npi::Unknown)
        }
        None => (source, Ton::Alphanumeric, Npi::Unknown),
    }
}

/// Writes down what a receipt says, then tells the carrier that it arrived. What cannot be written
/// comes again.
async fn answer(
    client: Client,
    receipts: Receipts,
    said: Option<(String, DeliveryState)>,
    sequence_number: u32,
) {
    let written = match &said {
        Some((reference, state)) => receipts
            .note(Known::Reference(reference), *state)
            .await
            .map(|_| ()),
        // A message from a person, or a word that it is on its way: nobody waits for it.
        None => Ok(()),
    };
    let status = if written.is_ok() {
        CommandStatus::EsmeRok
    } else {
        CommandStatus::EsmeRxTAppn
    };
    // The connection is gone: then the receipt comes again by the next.
    let _answered = client
        .status(status)
        .deliver_sm_resp(sequence_number, DeliverSmResp::default())
        .await;
}

/// Which message a receipt is about, and how it ended: by its fields, else by its text (appendix
/// B).
fn receipt(said: &DeliverSm) -> Option<(String, DeliveryState)> {
    if said.esm_class.message_type != MessageType::ShortMessageContainsMCDeliveryReceipt {
        return None;
    }
    let text = String::from_utf8_lossy(said.short_message().as_ref());
    // The names of fields come in any case; an id is what it is.
    let word = |name: &str| {
        let of_name = |word: &str| {
            word.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        let word = text.split_whitespace().find(|word| of_name(word))?;
        word.get(name.len()..).map(str::to_owned)
    };
    let reference = said.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::ReceiptedMessageId(id)) => Some(id.as_str().to_owned()),
        _other => None,
    });
    let state = said.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::MessageState(state)) => Some(*state),
        _other => None,
    });
    let state = match (
        state,
        word("stat:")
            .map(|state| state.to_ascii_lowercase())
            .as_deref(),
    ) {
        (Some(MessageState::Delivered), _) | (None, Some("delivrd")) => DeliveryState::Delivered,
        (
            Some(
                MessageState::Expired
                | MessageState::Deleted
                | MessageState::Undeliverable
                | MessageState::Rejected,
            ),
            _,
        )
        | (None, Some("expired" | "deleted" | "undeliv" | "rejectd")) => DeliveryState::Failed,
        _on_its_way => return None,
    };
    Some((reference.or_else(|| word("id:"))?, state))
}
