//! What a page without scripts asks of the service in the widget's place, wherever codes are typed.

use nidan_flow::{LoginAnswer, LoginOpening, LoginRefusal, Presented, Reported, merge_passkeys};
use nidan_otp::UnixSeconds;
use nidan_protocol::{CallConfirmation, ChallengePost, ChallengeView, Channel, MethodKind};

use crate::Service;
use crate::refusal::Refusal;
use crate::use_cases::orders::ChallengeOrder;
use crate::use_cases::{FlowCaller, challenges, method_view, opening, orders, report};
use nidan_store::Challenge;

/// How often codes were sent in this login. A page says how often that was when it was drawn, so
/// that a page that is posted again sends nothing again.
pub(super) fn sends(challenges: &[Challenge]) -> String {
    let all: u32 = challenges.iter().map(|one| one.sends).sum();
    all.to_string()
}

/// Asks in a person's place.
pub(super) struct Asker<'a> {
    pub(super) service: &'a Service,
    pub(super) caller: &'a FlowCaller,
    pub(super) locale: &'a str,
}

impl Asker<'_> {
    /// A code for one of the person's phones.
    pub(super) async fn order(
        &self,
        method_id: String,
        channel: Channel,
        call_confirmation: CallConfirmation,
    ) -> LoginAnswer {
        let post = ChallengePost {
            number: None,
            method_id: Some(method_id),
            country: None,
            shown: None,
            channel,
            locale: Some(self.locale.to_owned()),
            call_confirmation,
        };
        let sent = orders::order(self.service, self.caller, post).await;
        ordered(sent.map(|order| match order {
            ChallengeOrder::New(view) | ChallengeOrder::OnItsWay(view) => view,
        }))
    }

    /// The same code again.
    pub(super) async fn resend(&self, id: &str) -> LoginAnswer {
        ordered(challenges::resend(self.service, self.caller, id).await)
    }

    /// "This sign-in is not mine."
    pub(super) async fn report(&self) -> LoginAnswer {
        match report::of_flow(self.service, self.caller.clone()).await {
            Ok(answer) => {
                let logins = answer.logins.into_iter();
                LoginAnswer::Reported(Box::new(Reported {
                    logins: logins
                        .map(|login| (UnixSeconds(login.at), login.client_description))
                        .collect(),
                    host_notified: answer.host_notified,
                    password_url: None,
                }))
            }
            Err(refusal) => LoginAnswer::NotReported(refused(&refusal)),
        }
    }
}

fn ordered(sent: Result<ChallengeView, Refusal>) -> LoginAnswer {
    match sent {
        Ok(view) => LoginAnswer::Ordered(Box::new(view)),
        Err(refusal) => LoginAnswer::NotOrdered(refused(&refusal)),
    }
}

pub(super) fn refused(refusal: &Refusal) -> LoginRefusal {
    LoginRefusal::Service {
        code: refusal.code,
        retry_at: refusal.retry_at.map(UnixSeconds),
        attempts_left: refusal.attempts_left,
        times: 0,
        of_two: false,
    }
}

/// A code as it is posted, and the second one where there are two.
pub(super) fn texts(presented: &Presented) -> (String, Option<String>) {
    match presented {
        Presented::Code(code) => (code.expose().to_owned(), None),
        Presented::Pair(code, second) => {
            (code.expose().to_owned(), Some(second.expose().to_owned()))
        }
        Presented::Backup(code) => (code.expose().to_string(), None),
    }
}

/// What the widget reads from the flow's first answer.
pub(super) async fn opening_of(
    service: &Service,
    caller: &FlowCaller,
) -> Result<LoginOpening, Refusal> {
    let (flow, host) = (&caller.flow.opened, &caller.host);
    let now = service.0.clock.now_s();
    let store = &service.0.store;
    let subject = store.subject(&flow.host, &flow.subject, now).await?;
    let methods = opening::offered(flow, &subject, now);
    let methods = methods.map(|method| method_view(method, host, subject.allowance, now));
    let mut methods: Vec<_> = methods.collect();
    let mut best = opening::best(&subject, host, flow, now);
    let passkeys = merge_passkeys(&mut methods, &mut best);
    Ok(LoginOpening {
        issuer: host.name.clone(),
        account: flow.account_name.clone(),
        methods,
        best,
        passkeys,
        // It takes a script to ask for one.
        browser_has_passkeys: false,
        needs_passkey: flow.acr_needed.is_some(),
        backup_codes_left: opening::backup_codes_left(flow, &subject),
        temporary_code: opening::asks_for_temporary_code(flow, &subject, now),
        // What the other browser shows comes by a script.
        approval: false,
        trust_days: host.trust_days,
        auto_send: host.auto_send,
        calls: service.0.config.methods(host).contains(&MethodKind::Voice),
        allow_unconfirmed_calls: host.allow_unconfirmed_calls,
        recovery_url: host.recovery_url.clone(),
        password_url: host.password_url.clone(),
        // Only a press does.
        submits_itself: false,
        typed: String::new(),
    })
}

/// All [challenges](Challenge) of the login, oldest first.
///
/// # Errors
/// When the database does not take it now.
pub(super) async fn challenges_of(
    service: &Service,
    caller: &FlowCaller,
) -> Result<Vec<Challenge>, Refusal> {
    Ok(service.0.store.challenges(&caller.flow.opened.id).await?)
}
