//! A code for a phone is ordered: for whose number, within which budget.

use nidan_protocol::{
    CallConfirmation, ChallengePost, ChallengeView, Channel, ErrorCode, Purpose, ReadNumber,
};
use zeroize::Zeroizing;

use super::challenges::{
    ID_LEN_BYTES, find, open_flow_with_phone, order_of, refuse_ended, refuse_unordered,
};
use super::code::{forbidden, worth_too_little};
use super::{FlowCaller, manage};
use crate::Service;
use crate::base64url::encode;
use crate::challenge::{CODE_TTL_S, Sending, call_digits, reference, view as view_of};
use crate::config::{Host, PhoneConfig};
use crate::environment::random_bytes;
use crate::keys::{HashUse, SealedFor};
use crate::phone::PhoneNumber;
use crate::refusal::Refusal;
use nidan_core::manage::Forbidden;
use nidan_core::throttle::{self, Gate, Guess, Needs};
use nidan_store::{Challenge, NewChallenge, NewFlow, Ordered};

/// A code for a phone that was ordered.
pub(crate) enum ChallengeOrder {
    /// It is sent now.
    New(ChallengeView),
    /// The same code was ordered before, and can still be answered: nothing is sent.
    OnItsWay(ChallengeView),
}

/// Makes a code for a number and orders it to be sent. The answer does not say whether the number
/// exists.
///
/// # Errors
/// [`ErrorCode::MethodNotOffered`], [`ErrorCode::CountryNotAllowed`],
/// [`ErrorCode::SendBudgetSpent`] and those of a number that cannot be read.
pub(crate) async fn order(
    service: &Service,
    caller: &FlowCaller,
    mut post: ChallengePost,
) -> Result<ChallengeOrder, Refusal> {
    let FlowCaller { flow, host } = caller;
    let typed = Zeroizing::new(std::mem::take(&mut post.number).unwrap_or_default());
    let phone = open_flow_with_phone(service, flow)?;
    refuse_unoffered(service, host, &post)?;
    let kind = post.channel.method();
    if flow
        .opened
        .acr_needed
        .is_some_and(|acr| !acr.is_met_by(kind))
    {
        return Err(worth_too_little());
    }
    let (number, codes, sending) = number_and_codes(service, caller, &typed, &post).await?;
    let flow = &flow.opened;
    refuse_unreachable(service, phone, &number, post.channel)?;
    let number_index = number_index(service, &number);
    let meant = (&number, number_index, codes);
    let mut looks = 0;
    let challenge = loop {
        let latest = service.0.store.challenges(&flow.id).await?.pop();
        let seen = latest.as_ref().map(|latest| latest.opened.id.clone());
        let now = service.0.clock.now_s();
        if let Some(live) = latest.filter(|one| is_meant(one, &post, &number_index, codes, now)) {
            // Whoever went back and asks once more has the code on its way already: waits and tries
            // go on as they were.
            return Ok(ChallengeOrder::OnItsWay(view_of(&live)));
        }
        let whose = (flow, host, sending);
        let order = order_of(service, whose, phone, &number, post.channel)?;
        let challenge = new_challenge(service, flow, host, meant, &post)?;
        let opened = service
            .0
            .store
            .open_challenge(&challenge, seen.as_deref(), &order)
            .await?;
        looks += 1;
        // A double press, a proxy's retry, another tab: its code may be the one that is meant.
        if opened != Ordered::Changed || looks == LOOKS_MAX {
            refuse_unordered(opened)?;
            break challenge;
        }
    };
    service.0.ring.notify_one();
    tracing::info!(
        flow = flow.id,
        channel = challenge.channel.as_str(),
        country = challenge.country,
        "code ordered"
    );
    let stored = find(service, flow, &challenge.id).await?;
    Ok(ChallengeOrder::New(view_of(&stored)))
}

/// The keyed hash by which a number is found again.
pub(super) fn number_index(service: &Service, number: &PhoneNumber) -> [u8; 32] {
    let number = [number.e164().as_bytes()];
    service.0.keys.hash(HashUse::NumberIndex, &number)
}

/// A host that forbids a method or calls without keys gets none of them, whatever the browser
/// sends.
fn refuse_unoffered(service: &Service, host: &Host, post: &ChallengePost) -> Result<(), Refusal> {
    let offered = service.0.config.methods(host);
    let field = if !offered.contains(&post.channel.method()) {
        "channel"
    } else if post.call_confirmation == CallConfirmation::None && !host.allow_unconfirmed_calls {
        "call_confirmation"
    } else {
        return Ok(());
    };
    Err(Refusal {
        field: Some(field.to_owned()),
        ..ErrorCode::MethodNotOffered.into()
    })
}

/// The number that is meant, and how many codes its message has: in a set-up the one that was
/// typed, at login one of the person's own.
async fn number_and_codes(
    service: &Service,
    caller: &FlowCaller,
    typed: &str,
    post: &ChallengePost,
) -> Result<(PhoneNumber, u32, Sending), Refusal> {
    let flow = &caller.flow.opened;
    match (flow.purpose, &post.method_id) {
        (Purpose::Enroll, None) => Ok((typed_number(typed, post)?, 1, Sending::Typed)),
        (Purpose::Manage, None) => {
            let number = typed_number(typed, post)?;
            manage::refuse_new_number(service, caller, &number).await?;
            Ok((number, 1, Sending::Typed))
        }
        (Purpose::Verify | Purpose::Manage, Some(method_id)) if typed.is_empty() => {
            let channel = post.channel;
            let own = own_number(service, flow, &caller.host, method_id, channel);
            let (number, codes) = own.await?;
            Ok((number, codes, Sending::Own))
        }
        (Purpose::Enroll, Some(_)) => Err(Refusal::field("method_id")),
        (Purpose::Approve, _) => Err(ErrorCode::MethodNotOffered.into()),
        (Purpose::Verify, None) | (Purpose::Verify | Purpose::Manage, Some(_)) => {
            Err(Refusal::field("number"))
        }
    }
}

/// Whether the operator sends codes there, and whether the number can take them.
fn refuse_unreachable(
    service: &Service,
    phone: &PhoneConfig,
    number: &PhoneNumber,
    channel: Channel,
) -> Result<(), Refusal> {
    let country = number.country();
    let mut routes = service.0.routes.iter();
    let is_routed = routes.any(|route| route.fits(channel, country));
    let is_allowed = phone.countries.iter().any(|allowed| allowed == country);
    if !(is_routed && is_allowed) {
        return Err(of_number(ErrorCode::CountryNotAllowed));
    }
    number
        .reach(channel, &phone.calls_to_voip)
        .map_err(of_number)
}

fn of_number(code: ErrorCode) -> Refusal {
    Refusal {
        field: Some("number".to_owned()),
        ..code.into()
    }
}

/// The [challenge](Challenge) for a number, sealed for its own row; its code is derived from its
/// id.
fn new_challenge(
    service: &Service,
    flow: &NewFlow,
    host: &Host,
    (number, number_index, codes): (&PhoneNumber, [u8; 32], u32),
    post: &ChallengePost,
) -> Result<NewChallenge, Refusal> {
    let parts = &service.0;
    let id = encode(&random_bytes::<ID_LEN_BYTES>(&*parts.random)?);
    let row = SealedFor {
        host: &host.id,
        subject: &flow.subject,
        method_id: &id,
    };
    let sealed = parts.keys.seal_text(number.e164(), row, &*parts.random);
    let sealed_number = sealed.map_err(|error| {
        Refusal::logged(ErrorCode::Internal, "the number was not sealed", &*error)
    })?;
    let call_digits = match (post.channel, post.call_confirmation) {
        (Channel::Sms, _) | (Channel::Voice, CallConfirmation::None) => None,
        (Channel::Voice, CallConfirmation::Digits) => {
            Some(call_digits(random_bytes(&*parts.random)?))
        }
    };
    let expires_at = parts.clock.now_s().saturating_add(CODE_TTL_S);
    let locale = post.locale.as_deref().unwrap_or("en");
    Ok(NewChallenge {
        flow_id: flow.id.clone(),
        channel: post.channel,
        country: number.country().to_owned(),
        locale: parts.catalogue.language(locale).to_owned(),
        sealed_number,
        number_index,
        hint: number.hint(),
        reference: reference(random_bytes(&*parts.random)?),
        call_digits,
        expires_at: expires_at.min(flow.expires_at),
        method_id: post.method_id.clone(),
        codes,
        id,
    })
}

/// Reads the number that was typed, as long as it is the one that the person was shown: a number
/// that two readers read differently is a stranger's for one of them.
fn typed_number(typed: &str, post: &ChallengePost) -> Result<PhoneNumber, Refusal> {
    let read = PhoneNumber::parse(typed, post.country.as_deref());
    let Some(shown) = post.shown.as_deref() else {
        return read.map_err(|error| of_number(error.into()));
    };
    match read {
        Ok(number) if number.e164() == shown => Ok(number),
        // The person is asked: it may be what the page could not read.
        Ok(another) => Err(Refusal {
            number: Some(ReadNumber(another.e164().to_owned())),
            ..of_number(ErrorCode::PhoneAmbiguous)
        }),
        Err(error) => Err(of_number(error.into())),
    }
}

/// At login: the number of one of the person's own methods, and how many codes its message needs
/// now. A mobile that is texted may be called too; a line that is called may not be texted.
async fn own_number(
    service: &Service,
    flow: &NewFlow,
    host: &Host,
    method_id: &str,
    channel: Channel,
) -> Result<(PhoneNumber, u32), Refusal> {
    let now = service.0.clock.now_s();
    let store = &service.0.store;
    let subject = store.subject(&flow.host, &flow.subject, now).await?;
    let method = subject
        .methods
        .iter()
        .find(|method| method.id == method_id)
        .ok_or(ErrorCode::MethodNotFound)?;
    if !method.detail.kind().takes(channel) {
        return Err(Refusal {
            field: Some("channel".to_owned()),
            ..ErrorCode::MethodNotOffered.into()
        });
    }
    if method.held_at.is_some() {
        return Err(ErrorCode::MethodHeld.into());
    }
    // It signs in for some hours more, and proves nothing.
    if flow.purpose == Purpose::Manage && method.retires_at.is_some() {
        return Err(forbidden(Forbidden::Retiring));
    }
    let codes = match throttle::gate(method.tries, subject.allowance, Guess::Phone, now) {
        Gate::Open(Needs::OneCode) => 1,
        Gate::Open(Needs::TwoCodes) => 2,
        Gate::Resting { until } => {
            return Err(Refusal {
                retry_at: Some(until),
                ..ErrorCode::MethodResting.into()
            });
        }
        Gate::Suspended => return Err(ErrorCode::MethodSuspended.into()),
    };
    let row = SealedFor {
        host: &host.id,
        subject: &flow.subject,
        method_id,
    };
    let e164 = service
        .0
        .keys
        .open_text(&method.sealed, row)
        .map_err(|error| Refusal::logged(ErrorCode::Internal, "a number does not open", &error))?;
    Ok((
        PhoneNumber::parse(&e164, None).map_err(|_| ErrorCode::Internal)?,
        codes,
    ))
}

/// How often an order looks for one that was made meanwhile, before it is refused.
const LOOKS_MAX: u32 = 5;

/// Whether a challenge is the code for this very wish, and can still be answered.
fn is_meant(
    challenge: &Challenge,
    post: &ChallengePost,
    number_index: &[u8; 32],
    codes: u32,
    now: u64,
) -> bool {
    let opened = &challenge.opened;
    let is_same = opened.number_index == *number_index
        && opened.channel == post.channel
        && opened.method_id == post.method_id
        && opened.codes == codes
        && match (post.channel, post.call_confirmation) {
            (Channel::Sms, CallConfirmation::Digits | CallConfirmation::None) => true,
            (Channel::Voice, CallConfirmation::Digits) => opened.call_digits.is_some(),
            (Channel::Voice, CallConfirmation::None) => opened.call_digits.is_none(),
        };
    is_same && refuse_ended(challenge, now).is_ok()
}
