//! One press of a person without scripts who changes what they have: the page as it stood, what they
//! did, and what the service did about it.

use nidan_flow::{
    Effect, Event, LoginEvent, LoginInput, Machine as _, Manage, ManageBookmark, ManageEffect,
    ManageEvent, ManageStep, Managing,
};

use super::codes::CodesPage;
use crate::Service;
use crate::api::form::asker::{challenges_of, sends};
use crate::api::form::plain::{Names, pressed};
use crate::api::form::{Sent, now};
use crate::base64url::encode;
use crate::challenge;
use crate::environment::random_bytes;
use crate::refusal::Refusal;
use crate::use_cases::{FlowCaller, manage, opening};
use nidan_store::Challenge;

/// Pages of the record that are read again, beside the newest one, when its earlier lines are asked for:
/// a screen has no more lines than three have.
const RECORD_PAGES: u32 = 1;

/// What is drawn in place of the machine's screen.
pub(super) enum Shown {
    /// Nothing: its screen is.
    Screen,
    /// New backup codes.
    Codes(Box<CodesPage>),
    /// That this needs a page with scripts.
    Elsewhere,
}

/// The page, from one press to the next.
pub(super) struct Journey<'a> {
    pub(super) service: &'a Service,
    pub(super) caller: FlowCaller,
    pub(super) locale: &'a str,
    pub(super) manage: Manage,
    pub(super) shown: Shown,
    pub(super) result_code: Option<String>,
    /// Whether nothing was sent since the page was drawn.
    is_latest: bool,
    /// The codes that the page has shown.
    pub(super) codes: Option<manage::PlainSetup>,
}

impl<'a> Journey<'a> {
    /// The page as it stood, or at its beginning.
    ///
    /// # Errors
    /// When the database does not take it now, or the flow is over.
    pub(super) async fn of(
        service: &'a Service,
        caller: FlowCaller,
        locale: &'a str,
        sent: &Sent,
        bookmark: Option<ManageBookmark>,
    ) -> Result<Self, Refusal> {
        let all = challenges_of(service, &caller).await?;
        let mut journey = Self {
            service,
            caller,
            locale,
            manage: Manage::loading(),
            shown: Shown::Screen,
            result_code: None,
            is_latest: sends(&all) == sent.sends,
            codes: sent.plain_setup(),
        };
        let view = opening::view(service, &journey.caller, locale).await?;
        let mut opening = journey.opening(view).await?;
        let of = |one: &Challenge| {
            let id = one.opened.method_id.clone()?;
            Some((id, Box::new(challenge::view(one))))
        };
        let Some(bookmark) = bookmark else {
            // Whoever opens the page anew finds the code that is on its way, and gets no other.
            let is_alive = |one: &&Challenge| {
                one.answered_at.is_none() && one.opened.expires_at > now(service).0
            };
            let on_its_way = all.iter().rfind(is_alive).and_then(of);
            opening.login.auto_send &= on_its_way.is_none();
            opening.request_prefix = encode(&random_bytes::<16>(&*service.0.random)?);
            journey.send(Event::Opened(Box::new(opening.clone()))).await;
            let begun = journey.managing().and_then(Managing::bookmark);
            if let (Some(begun), Some(_)) = (begun, &on_its_way) {
                journey.manage = Manage::resumed(opening, begun, on_its_way);
            }
            return Ok(journey);
        };
        let awaited = all.iter().find(|one| one.opened.id == sent.awaited);
        journey.manage = Manage::resumed(opening, bookmark, awaited.and_then(of));
        journey.read_lists(sent.until.parse().ok()).await;
        Ok(journey)
    }

    pub(super) fn managing(&self) -> Option<&Managing> {
        self.manage.active()
    }

    /// The lists that the person was looking at, as far as they had read.
    async fn read_lists(&mut self, until: Option<u64>) {
        let Some(managing) = self.managing() else {
            return;
        };
        match managing.step {
            ManageStep::Browsers(_) => self.carry_out(ManageEffect::Browsers).await,
            ManageStep::Record(_) => {
                self.carry_out(ManageEffect::Record(None)).await;
                for _page in 0..RECORD_PAGES {
                    let before = self.earlier_lines();
                    let Some(before) = before.filter(|before| until.is_some_and(|at| *before > at))
                    else {
                        break;
                    };
                    self.carry_out(ManageEffect::Record(Some(before))).await;
                }
            }
            ManageStep::Proving(_)
            | ManageStep::Overview
            | ManageStep::Method(_)
            | ManageStep::Naming { .. }
            | ManageStep::Asking(_)
            | ManageStep::Kinds
            | ManageStep::List(_)
            | ManageStep::Adding(_)
            | ManageStep::PauseReason
            | ManageStep::PauseHours(_) => {}
        }
    }

    /// Where the lines of the record go on that are not shown.
    pub(super) fn earlier_lines(&self) -> Option<u64> {
        match &self.managing()?.step {
            ManageStep::Record(Some(page)) => page.before,
            _another => None,
        }
    }

    /// The ids of what there are several of on the screen: methods, and browsers.
    pub(super) fn ids(&self) -> [Vec<String>; 2] {
        let Some(managing) = self.managing() else {
            return [Vec::new(), Vec::new()];
        };
        let methods = managing.methods().iter().map(|one| one.id.clone());
        let browsers = match &managing.step {
            ManageStep::Browsers(Some(list)) => {
                list.browsers.iter().map(|one| one.id.clone()).collect()
            }
            _another => Vec::new(),
        };
        [methods.collect(), browsers]
    }

    /// What the person typed, and the button that they pressed, where it is still there.
    pub(super) async fn press(&mut self, sent: &Sent) {
        let is_sending = sent.press.starts_with("send-") || sent.press == "resend";
        if is_sending && !self.is_latest {
            return;
        }
        let proof = |input| Event::On(ManageEvent::Proof(LoginEvent::Enter(input)));
        for event in [
            Event::On(ManageEvent::Name(sent.name.clone())),
            proof(LoginInput::Code(sent.code.clone())),
            proof(LoginInput::SecondCode(sent.second_code.clone())),
            proof(LoginInput::Backup(sent.typed_backup.clone())),
        ] {
            self.send(event).await;
        }
        if sent.press == "codes-use" {
            return self.use_codes(sent).await;
        }
        let [methods, browsers] = self.ids();
        let names = Names {
            ways: self.managing().map_or(&[], super::ways_of),
            methods: &methods,
            browsers: &browsers,
        };
        let view = super::view_of(self.service, None);
        let event = pressed(&self.manage, view, names, &sent.press);
        match event {
            Some(event) => self.send(event).await,
            // A page of codes, and something that it has no button for.
            None => self.show_codes_again().await,
        }
    }

    /// Tells the machine, and does what it asks for until it asks for nothing.
    pub(super) async fn send(&mut self, event: Event<Managing>) {
        let machine = std::mem::replace(&mut self.manage, Manage::loading());
        let (machine, effect) = machine.on(event, now(self.service));
        self.manage = machine;
        match effect {
            Some(Effect::Do(effect)) => self.carry_out(effect).await,
            Some(Effect::Complete(result_code)) => self.result_code = Some(result_code),
            // Another page does both.
            Some(Effect::Open | Effect::Restart) | None => {}
        }
    }

    async fn carry_out(&mut self, effect: ManageEffect) {
        let Some(answer) = self.perform(effect).await else {
            return;
        };
        // What is asked for next knows of it.
        let token_hash = self.caller.flow.opened.token_hash;
        if let Ok(Some(flow)) = self.service.0.store.flow_by_token(&token_hash).await {
            self.caller.flow = flow;
        }
        Box::pin(self.send(Event::On(ManageEvent::Answer(answer)))).await;
    }

    /// The set-up that the next page has to know of.
    pub(super) fn setup(&self) -> Option<&manage::PlainSetup> {
        match &self.shown {
            Shown::Codes(page) => Some(&page.setup),
            Shown::Screen | Shown::Elsewhere => self.codes.as_ref(),
        }
    }
}
