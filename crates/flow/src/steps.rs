//! The steps of a set-up, and why one of them refuses to go on.

use std::sync::Arc;

use nidan_otp::{BackupCode, BackupCodeError, CodeError};
use nidan_protocol::{ChallengeView, Channel, EnrolmentAnswer};

use super::{
    ConfirmedCode, MadePasskey, Now, PasskeyRefusal, PhoneRefusal, RequestError, RequestState,
    VerifiedPhone,
};

/// Why a typed code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeRefusal {
    /// Not six digits.
    Shape(CodeError),
    /// Not the code of now, nor of a nearby time.
    Wrong {
        /// How often in a row.
        times: u32,
    },
    /// Right for another time: the phone's clock is off by so many seconds; negative is slow.
    Clock(i64),
}

/// Why a typed backup code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupRefusal {
    /// Mistyped: refused without asking the service.
    Typo(BackupCodeError),
    /// A good code, but none of these ten.
    Other,
    /// The box is not ticked.
    NotTicked,
}

/// The state of the final post.
#[derive(Debug)]
pub enum Delivery {
    /// On its way.
    Sending {
        /// How often it failed before.
        failed: u32,
    },
    /// Failed for now; tried again by itself.
    Waiting {
        /// How often it failed.
        failed: u32,
        /// Why.
        trouble: RequestError,
        /// When it is tried again.
        until: Now,
    },
}

/// What was proved, one method at least: the final post cannot be built without it.
pub struct ConfirmedFactors {
    pub(super) app: Option<Arc<ConfirmedCode>>,
    pub(super) phones: Vec<VerifiedPhone>,
    pub(super) passkeys: Vec<MadePasskey>,
    pub(super) typed_back: Option<BackupCode>,
}

impl ConfirmedFactors {
    /// The app's code, where an app is set up.
    pub fn app(&self) -> Option<&ConfirmedCode> {
        self.app.as_deref()
    }

    /// The backup code that was typed back, where new backup codes are all that is set up and the
    /// host asks for one.
    pub const fn typed_back(&self) -> Option<&BackupCode> {
        self.typed_back.as_ref()
    }

    /// The verified numbers, the primary one first.
    pub fn phones(&self) -> &[VerifiedPhone] {
        &self.phones
    }

    /// The passkeys.
    pub fn passkeys(&self) -> &[MadePasskey] {
        &self.passkeys
    }
}

/// Where the person is.
pub enum Step {
    /// What this is.
    Start,
    /// The set-up is about to go on on a phone: a QR code leads there.
    OnPhone {
        /// When it is looked next whether it does; [`None`] while an answer is awaited.
        look_at: Option<Now>,
    },
    /// Which method.
    Method,
    /// Which app.
    GetApp,
    /// QR code, link and key.
    AddAccount,
    /// Type the app's code.
    Confirm {
        /// Why the last one was not taken.
        refused: Option<CodeRefusal>,
    },
    /// Type a phone number.
    Number {
        /// How its code is to come.
        channel: Channel,
        /// The state of the request for a code.
        asking: RequestState<PhoneRefusal>,
    },
    /// Type the code that was sent to a phone.
    PhoneCode {
        /// What is known of it.
        challenge: Box<ChallengeView>,
        /// The state of the request that checks the code or sends it again.
        asking: RequestState<PhoneRefusal>,
        /// Whether the help for a code that does not arrive is open.
        is_helping: bool,
    },
    /// Make a passkey.
    Passkey {
        /// The state of the request.
        asking: RequestState<PasskeyRefusal>,
    },
    /// Give the passkey that was made a name.
    PasskeyName {
        /// The ceremony that has made it.
        ceremony_id: String,
    },
    /// What is set up so far, and what could come beside it.
    Another,
    /// Keep the backup codes.
    SaveCodes {
        /// Why going on was refused.
        refused: Option<BackupRefusal>,
    },
    /// The final post.
    Posting {
        /// What was proved.
        proof: Arc<ConfirmedFactors>,
        /// The state of the request.
        delivery: Delivery,
    },
    /// Stored.
    Done {
        /// Kept to ask for a fresh result code.
        proof: Arc<ConfirmedFactors>,
        /// What the service stored.
        answer: Box<EnrolmentAnswer>,
        /// When it answered; [`None`] where its result code is too old by now.
        answered_at: Option<Now>,
        /// Why the host could not be notified yet.
        trouble: Option<RequestError>,
    },
    /// A fresh result code is on its way to the host.
    Finishing {
        /// Kept to ask again.
        proof: Arc<ConfirmedFactors>,
        /// What the service stored.
        answer: Box<EnrolmentAnswer>,
    },
}

impl Step {
    /// A number to be typed, for codes that come this way.
    pub(super) const fn number(channel: Channel) -> Self {
        Self::Number {
            channel,
            asking: RequestState::Idle,
        }
    }
}
