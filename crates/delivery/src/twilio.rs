//! Twilio's Messages and Calls over HTTP (<https://www.twilio.com/docs/usage/api>), and what it
//! calls back with.

use std::sync::Arc;

use async_trait::async_trait;
use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use nidan_protocol::{Channel, DeliveryState};
use serde::Deserialize;
use sha1::Sha1;
use subtle::ConstantTimeEq;
use ureq::http::StatusCode;
use url::{Position, Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::{Gateway, Outgoing, SendError, TwilioConfig, http};

/// HMAC-SHA-1 of every callback, base64 (<https://www.twilio.com/docs/usage/security>).
pub const SIGNATURE_HEADER: &str = "x-twilio-signature";
/// Seconds that a person has for two keys after the prompt, or for reading them off the screen.
const KEYS_TIMEOUT_S: u8 = 10;

/// Tells Twilio's own callbacks from others, and where they go.
pub struct Callbacks {
    public_url: String,
    gateway: String,
    token: Zeroizing<String>,
}

impl Callbacks {
    /// For the [gateway](Gateway) of this id, whose account's auth token signs.
    pub fn new(settings: &TwilioConfig, gateway: &str, token: Zeroizing<String>) -> Self {
        Self {
            public_url: settings.public_url.clone(),
            gateway: gateway.to_owned(),
            token,
        }
    }

    /// The URL that Twilio asks, to the letter: it is part of what is signed.
    pub fn url(&self, message: &str, what: &str) -> String {
        format!(
            "{}/v1/gateways/{}/twilio/{message}/{what}",
            self.public_url, self.gateway
        )
    }

    /// Whether Twilio sent this form to this URL. It may sign the URL with or without the port.
    pub fn verify(&self, url: &str, form: &Form, signature: &str) -> bool {
        spellings(url)
            .iter()
            .any(|url| self.signed(url, form, signature))
    }

    fn signed(&self, url: &str, form: &Form, signature: &str) -> bool {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(self.token.as_bytes()) else {
            return false;
        };
        mac.update(url.as_bytes());
        for (name, value) in &form.0 {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        let wanted = Base64::encode_string(&mac.finalize().into_bytes());
        wanted.as_bytes().ct_eq(signature.as_bytes()).into()
    }
}

/// The URL with its port, written out or not, and without any.
fn spellings(text: &str) -> Vec<String> {
    let Ok(url) = Url::parse(text) else {
        return Vec::new();
    };
    let (before, after) = (&url[..Position::AfterHost], &url[Position::BeforePath..]);
    let port = url
        .port_or_known_default()
        .map(|port| format!("{before}:{port}{after}"));
    [text.to_owned(), format!("{before}{after}")]
        .into_iter()
        .chain(port)
        .collect()
}

/// The fields of a callback, in the order of their names, each pair once: as they are signed.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`; what is no such form has no fields.
    pub fn parse(body: &[u8]) -> Self {
        let mut fields: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
        fields.sort_unstable();
        fields.dedup();
        Self(fields)
    }

    /// The first value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    /// The delivery status of a callback; [`None`] for one that is on its way or unknown.
    pub fn state(&self) -> Option<DeliveryState> {
        match self
            .get("MessageStatus")
            .or_else(|| self.get("CallStatus"))?
        {
            // A call that was answered has reached the person.
            "delivered" | "read" | "in-progress" | "completed" => Some(DeliveryState::Delivered),
            "undelivered" | "failed" | "busy" | "no-answer" | "canceled" => {
                Some(DeliveryState::Failed)
            }
            _other => None,
        }
    }
}

/// An account at Twilio: text messages and calls.
pub struct Twilio {
    settings: TwilioConfig,
    callbacks: Arc<Callbacks>,
    authorization: Zeroizing<String>,
    agent: ureq::Agent,
}

impl Twilio {
    /// `callbacks` says where Twilio asks and reports.
    pub fn new(settings: TwilioConfig, callbacks: Arc<Callbacks>) -> Self {
        let pair = Zeroizing::new(format!("{}:{}", settings.account_sid, *callbacks.token));
        let authorization =
            Zeroizing::new(format!("Basic {}", Base64::encode_string(pair.as_bytes())));
        Self {
            settings,
            callbacks,
            authorization,
            agent: http::agent(),
        }
    }

    fn form(&self, message: &Outgoing) -> Zeroizing<String> {
        let mut form = form_urlencoded::Serializer::new(String::with_capacity(8192));
        form.append_pair("To", &message.number);
        match (message.channel, &self.settings.messaging_service_sid) {
            (Channel::Sms, Some(service)) => form.append_pair("MessagingServiceSid", service),
            _from => form.append_pair("From", self.settings.from.as_deref().unwrap_or_default()),
        };
        let status = self.callbacks.url(&message.id, "status");
        match message.channel {
            Channel::Sms => form
                .append_pair("Body", &message.text)
                .append_pair("ValidityPeriod", &message.valid_for_s.to_string())
                .append_pair("StatusCallback", &status),
            Channel::Voice => form
                .append_pair("Twiml", &self.opening(message))
                .append_pair("StatusCallback", &status)
                .append_pair("StatusCallbackEvent", "answered")
                .append_pair("StatusCallbackEvent", "completed"),
        };
        Zeroizing::new(form.finish())
    }

    /// The words that a call begins with. Whoever presses nothing hears no code: a mailbox least of
    /// all.
    fn opening(&self, message: &Outgoing) -> Zeroizing<String> {
        if message.call_digits.is_none() {
            return spoken(&message.speech, &message.text);
        }
        let say = say(&message.speech, &message.prompt);
        let action = escape(&self.callbacks.url(&message.id, "digits"));
        twiml(&format!(
            "<Gather input=\"dtmf\" numDigits=\"2\" timeout=\"{KEYS_TIMEOUT_S}\" actionOnEmptyResult=\"true\" method=\"POST\" action=\"{action}\">\
             {say}<Pause length=\"2\"/>{say}</Gather><Hangup/>"
        ))
    }
}

#[derive(Deserialize)]
struct Created {
    sid: String,
}

#[derive(Deserialize)]
struct Fault {
    code: u64,
}

#[async_trait]
impl Gateway for Twilio {
    async fn send(&self, message: &Outgoing) -> Result<Option<String>, SendError> {
        let resource = match message.channel {
            Channel::Sms => "Messages",
            Channel::Voice => "Calls",
        };
        let url = format!(
            "{}/2010-04-01/Accounts/{}/{resource}.json",
            self.settings.api_url, self.settings.account_sid
        );
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("authorization", self.authorization.as_str()),
        ];
        let (status, answer) = http::post(&self.agent, &url, &headers, self.form(message)).await?;
        if status.is_success() {
            return Ok(serde_json::from_str::<Created>(&answer)
                .ok()
                .map(|created| created.sid));
        }
        // The number of Twilio's error, never its words: they repeat what was sent.
        let code = serde_json::from_str::<Fault>(&answer).map_or(0, |fault| fault.code);
        let reason = format!("{status}, code {code}");
        match status {
            // It takes no more requests now, so it has not taken this one.
            StatusCode::TOO_MANY_REQUESTS => Err(SendError::NotReached(reason)),
            status if status.is_client_error() => Err(SendError::Refused(reason)),
            _other => Err(SendError::Unclear(reason)),
        }
    }

    /// The same request twice is two messages.
    fn is_idempotent(&self) -> bool {
        false
    }
}

/// A call that says something and hangs up.
pub fn spoken(language: &str, text: &str) -> Zeroizing<String> {
    twiml(&format!("{}<Hangup/>", slowly(language, text)))
}

/// A call that ends.
pub fn hang_up() -> Zeroizing<String> {
    twiml("<Hangup/>")
}

fn twiml(verbs: &str) -> Zeroizing<String> {
    Zeroizing::new(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{verbs}</Response>"
    ))
}

/// Digits one by one, with a second between them: a voice reads a row of them faster than people
/// write.
fn slowly(language: &str, text: &str) -> String {
    let (mut verbs, mut part, mut after_digit) = (String::new(), String::new(), false);
    for c in text.chars() {
        if c.is_ascii_digit() && after_digit {
            verbs.push_str(&say(language, &part));
            verbs.push_str("<Pause length=\"1\"/>");
            part.clear();
        }
        part.push(c);
        after_digit = c.is_ascii_digit() || after_digit && !c.is_alphanumeric();
    }
    verbs + &say(language, &part)
}

fn say(language: &str, text: &str) -> String {
    format!(
        "<Say language=\"{}\">{}</Say>",
        escape(language),
        escape(text)
    )
}

/// XML 1.0 §2.4; control characters are no part of a text.
fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut escaped, c| {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                c if c.is_control() => escaped.push(' '),
                c => escaped.push(c),
            }
            escaped
        })
}
