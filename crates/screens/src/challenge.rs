//! What is said of a code that was sent to a phone.

use nidan_flow::Now;
use nidan_protocol::{ChallengeView, Channel, DeliveryState, ErrorCode};

use crate::block::{Arg, Words};
use crate::messages::Msg;

/// What "send again" does now.
pub(crate) enum SendAgain {
    /// The code is over: a new one takes its place.
    Renew,
    /// The same code is sent once more.
    Resend,
    /// The same code may be sent once more in so many seconds.
    WaitSeconds(u64),
    /// It was sent as often as it may be, or nothing can be sent now.
    Spent,
}

impl SendAgain {
    /// What the button says; a call is not sent.
    pub(crate) const fn button(channel: Channel) -> Msg {
        match channel {
            Channel::Sms => Msg::PhoneResend,
            Channel::Voice => Msg::PhoneCallAgain,
        }
    }

    /// What is shown until the button comes.
    pub(crate) fn wait(channel: Channel, seconds: u64) -> Words<'static> {
        let msg = match channel {
            Channel::Sms => Msg::PhoneResendIn,
            Channel::Voice => Msg::PhoneCallAgainIn,
        };
        Words::Message(msg, [Arg::Number("seconds", seconds), Arg::None])
    }
}

/// Whether nothing can be sent while this refusal holds: a button beside it would promise what it
/// denies.
pub(crate) fn forbids_sending(code: ErrorCode, retry_at: Option<Now>, now: Now) -> bool {
    match code {
        ErrorCode::SendBudgetSpent | ErrorCode::ResendTooSoon => retry_at.is_none_or(|at| at > now),
        ErrorCode::MethodNotOffered | ErrorCode::CountryNotAllowed => true,
        _other => false,
    }
}

/// Where the code goes, and by what its message is known.
pub(crate) fn sent(challenge: &ChallengeView) -> Words<'_> {
    let msg = match challenge.channel {
        Channel::Sms => Msg::PhoneSmsSent,
        Channel::Voice => Msg::PhoneVoiceSent,
    };
    let reference = Arg::Text("reference", &challenge.reference);
    Words::Message(msg, [Arg::Text("hint", &challenge.hint), reference])
}

/// "Sent 12 s ago."
pub(crate) fn delivery_state(challenge: &ChallengeView, now: Now) -> Words<'_> {
    let msg = match (challenge.delivery, challenge.channel) {
        _ if now.0 >= challenge.expires_at => return Words::None,
        (DeliveryState::Queued, Channel::Sms) => Msg::PhoneQueued,
        (DeliveryState::Accepted, Channel::Sms) => Msg::PhoneAccepted,
        (DeliveryState::Delivered, Channel::Sms) => Msg::PhoneDelivered,
        (DeliveryState::Queued | DeliveryState::Accepted, Channel::Voice) => Msg::PhoneCalling,
        (DeliveryState::Delivered, Channel::Voice) => Msg::PhoneAnswered,
        (DeliveryState::Failed | DeliveryState::Unknown | DeliveryState::WrongDigits, _) => {
            return Words::None;
        }
    };
    let seconds = now.0.saturating_sub(challenge.delivery_at);
    Words::Message(msg, [Arg::Number("seconds", seconds), Arg::None])
}

/// Why nothing more is to be waited for.
pub(crate) fn delivery_end(challenge: &ChallengeView, now: Now) -> Words<'_> {
    Words::of(match challenge.delivery {
        _ if now.0 >= challenge.expires_at => Msg::PhoneCodeExpired,
        DeliveryState::Failed => failed(challenge.channel),
        DeliveryState::WrongDigits => Msg::PhoneWrongDigits,
        DeliveryState::Unknown => Msg::PhoneUnclear,
        DeliveryState::Queued | DeliveryState::Accepted | DeliveryState::Delivered => {
            return Words::None;
        }
    })
}

/// What a carrier's no is called.
pub(crate) const fn failed(channel: Channel) -> Msg {
    match channel {
        Channel::Sms => Msg::PhoneFailed,
        Channel::Voice => Msg::PhoneCallFailed,
    }
}

/// What "send again" does at this time.
pub(crate) fn send_again(challenge: &ChallengeView, now: Now) -> SendAgain {
    if now.0 >= challenge.expires_at || challenge.attempts_left == 0 {
        return SendAgain::Renew;
    }
    match challenge.resend_at {
        None => SendAgain::Spent,
        Some(at) if at <= now.0 => SendAgain::Resend,
        Some(at) => SendAgain::WaitSeconds(at.saturating_sub(now.0)),
    }
}
