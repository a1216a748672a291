//! What is said of a code that was sent to a phone.

use nidan_flow::Now;
use nidan_protocol::{ChallengeView, Channel, DeliveryState};

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
    /// It was sent as often as it may be.
    Spent,
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

/// "Handed to the carrier 12 s ago."
pub(crate) fn delivery_state(challenge: &ChallengeView, now: Now) -> Words<'_> {
    let msg = match challenge.delivery {
        _ if now.0 >= challenge.expires_at => return Words::None,
        DeliveryState::Queued => Msg::PhoneQueued,
        DeliveryState::Accepted => Msg::PhoneAccepted,
        DeliveryState::Delivered => Msg::PhoneDelivered,
        DeliveryState::Failed | DeliveryState::Unknown => return Words::None,
    };
    let seconds = now.0.saturating_sub(challenge.delivery_at);
    Words::Message(msg, [Arg::Number("seconds", seconds), Arg::None])
}

/// Why nothing more is to be waited for.
pub(crate) fn delivery_end(challenge: &ChallengeView, now: Now) -> Words<'_> {
    Words::of(match challenge.delivery {
        _ if now.0 >= challenge.expires_at => Msg::PhoneCodeExpired,
        DeliveryState::Failed => Msg::PhoneFailed,
        DeliveryState::Unknown => Msg::PhoneUnclear,
        DeliveryState::Queued | DeliveryState::Accepted | DeliveryState::Delivered => {
            return Words::None;
        }
    })
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
