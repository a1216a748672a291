//! The secret to come: made in the browser of what both sides agreed on, shown, checked, and
//! forgotten.

use std::fmt;

use nidan_otp::{
    Agreement, BackupCodes, ClientShare, Code, KeyUri, Label, Matched, Secret, Steps, derive,
    key_uri,
};
use nidan_protocol::{BackupGate, EnrolmentDuty, MethodKind, SetupKind};

use super::Now;

/// What the service said of the flow, parsed.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The site, as it will stand in the app.
    pub issuer: Label,
    /// The account, as it will stand in the app.
    pub account: Label,
    /// As the service wrote it: it goes back unchanged.
    pub enrolment_id_text: String,
    /// What "save the [backup codes](BackupCodes)" asks for.
    pub backup_gate: BackupGate,
    /// When the flow's life ends.
    pub expires_at: Now,
    /// What is on offer, the recommended method first.
    pub methods: Vec<MethodKind>,
    /// Where codes may be sent by phone, the likely country first.
    pub countries: Vec<String>,
    /// The country of these in which the browser is, as far as it tells.
    pub home: Option<String>,
    /// Where the set-up goes on on a phone: an address of the host's; [`None`] where no phone could
    /// open one, or this is one.
    pub phone_url: Option<String>,
    /// Whether a call may read its code at once.
    pub allow_unconfirmed_calls: bool,
    /// Whether this browser can make a passkey here.
    pub browser_has_passkeys: bool,
    /// That it is required, and for how long it may wait; [`None`] where it is the person's own choice.
    pub duty: Option<EnrolmentDuty>,
    /// The one thing that is set up beside what there is; [`None`] where all of it is set up.
    pub adds: Option<SetupKind>,
}

/// What both sides agreed on makes, and what the other side needs to make it too.
pub struct PendingSecret {
    client: ClientShare,
    secret: Secret,
    backup_codes: BackupCodes,
    uri: KeyUri,
}

impl fmt::Debug for PendingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PendingSecret(<redacted>)")
    }
}

/// A code that the draft's [secret](Secret) made: the final post cannot be built without one.
pub struct ConfirmedCode {
    code: Code,
    _matched: Matched,
}

impl ConfirmedCode {
    /// The code, for the final post.
    pub const fn code(&self) -> &Code {
        &self.code
    }
}

impl PendingSecret {
    /// Derives everything, and forgets the shared secret.
    pub fn new(agreement: Agreement, opening: &Opening) -> Self {
        let (secret, backup_codes) = derive(&agreement);
        let uri = key_uri(&opening.issuer, &opening.account, &secret);
        Self {
            client: agreement.client,
            secret,
            backup_codes,
            uri,
        }
    }

    /// The browser's public key and nonce, for the final post.
    pub const fn client(&self) -> ClientShare {
        self.client
    }

    /// The [secret](Secret)'s Base32 form, for typing.
    pub fn key(&self) -> nidan_otp::Key {
        self.secret.key()
    }

    /// For the QR code and the link on a phone.
    pub const fn uri(&self) -> &KeyUri {
        &self.uri
    }

    /// Whether the QR code has so many modules that a camera reads it better large: above version
    /// 13 of [ISO/IEC 18004](https://www.iso.org/standard/83389.html) (69 modules, correction level
    /// L) one is under 3.5 pixels of the 272 that it has otherwise. `cargo xtask qr` reads codes of
    /// both kinds.
    pub fn fills_its_code(&self) -> bool {
        /// What version 13 holds at level L.
        const BYTES_MAX: usize = 425;
        self.uri.expose().len() > BYTES_MAX
    }

    /// The ten codes.
    pub const fn backup_codes(&self) -> &BackupCodes {
        &self.backup_codes
    }

    /// Wipes what was derived, once the service has it: the final post needs the browser's share
    /// only.
    pub(super) fn erase(&mut self) {
        self.secret.erase();
        self.backup_codes.erase();
        self.uri.erase();
    }

    /// Checks a code the way the service will, one step either way.
    pub fn check(&self, code: Code, now: Now) -> Result<ConfirmedCode, Code> {
        match self.secret.check(&code, &Steps::around(now)) {
            Some(matched) => Ok(ConfirmedCode {
                code,
                _matched: matched,
            }),
            None => Err(code),
        }
    }

    /// By how many seconds the phone's clock is ahead (positive) or behind, when that explains a
    /// refused code.
    pub fn clock_error_s(&self, code: &Code, now: Now) -> Option<i64> {
        self.secret.locate(code, now)
    }
}
