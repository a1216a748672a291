//! What a login asks for.

use nidan_protocol::ErrorCode;
use wasm_bindgen::JsValue;

use super::{Page, Perform, Shell, api, decode, spawn};
use nidan_flow::{
    Effect, Event, Login, LoginAnswer, LoginEffect, LoginEvent, LoginMethod, RequestError,
    SigningIn,
};

impl Perform for Login {
    fn perform(shell: Shell<Self>, effect: Effect<SigningIn>) {
        match effect {
            Effect::Open => spawn(shell.open()),
            Effect::Complete(result_code) => {
                shell.page(|page| page.complete(&result_code, "verified"));
            }
            Effect::Restart => shell.page(Page::restart),
            Effect::Do(LoginEffect::Order {
                method_id,
                channel,
                confirmation,
            }) => {
                let body = api::order_body(&shell.locale(), &method_id, channel, confirmation);
                shell.order(api::CHALLENGES.to_owned(), body);
            }
            Effect::Do(LoginEffect::Resend(id)) => {
                shell.order([&api::path(&id), "/resend"].concat(), api::object(&[]));
            }
            Effect::Do(LoginEffect::Verify {
                way,
                method_id,
                presented,
                trust,
                lost,
            }) => {
                let body = api::code_body(&method_id, &presented);
                api::set_flag(&body, "trust_browser", trust);
                // A service of an earlier version knows no such field.
                if !lost.is_empty() {
                    api::set_text(&body, "lost_methods", &lost);
                }
                shell.verify(way, body, false);
            }
            Effect::Do(LoginEffect::AskForPasskey {
                way, trust, lost, ..
            }) => shell.ask_for_passkey(way, trust, lost),
            Effect::Do(LoginEffect::ShowHelp(channel)) => {
                shell.page(|page| page.help("", channel.as_str()));
            }
            Effect::Do(LoginEffect::AskForApproval) => shell.ask_for_approval(),
            Effect::Do(LoginEffect::Report) => spawn(shell.report()),
        }
    }
}

impl Shell<Login> {
    fn answer(self, answer: LoginAnswer) {
        self.send(Event::On(LoginEvent::Answer(answer)));
    }

    fn order(self, path: String, body: JsValue) {
        let order = self.next_order();
        spawn(async move {
            let answer = api::challenge(self.page(Page::clone), &path, body).await;
            if self.is_latest_order(order) {
                self.answer(match answer {
                    Ok(challenge) => LoginAnswer::Ordered(Box::new(challenge)),
                    Err(refusal) => LoginAnswer::NotOrdered(refusal.into()),
                });
            }
        });
    }

    fn ask_for_approval(self) {
        // An answer about an earlier code is stale from now on.
        self.next_question();
        spawn(async move {
            let page = self.page(Page::clone);
            self.answer(
                match api::answered(page, api::APPROVALS, api::object(&[])).await {
                    Ok(_) => LoginAnswer::ApprovalAsked,
                    Err(refusal) => LoginAnswer::ApprovalNotAsked(refusal.into()),
                },
            );
        });
    }

    /// The latest question is the one that the person sees.
    fn ask_for_passkey(self, way: LoginMethod, trust: bool, lost: String) {
        let question = self.next_question();
        spawn(async move {
            let page = self.page(Page::clone);
            match api::passkey_body(&page, &[]).await {
                _earlier if !self.is_latest(question) => {}
                Ok(body) => {
                    api::set_flag(&body, "trust_browser", trust);
                    api::set_text(&body, "lost_methods", &lost);
                    self.verify(way, body, true);
                }
                Err(refusal) => self.answer(LoginAnswer::Refused(way, refusal)),
            }
        });
    }

    /// `by_key` says whether a passkey answers: the next login in this browser begins with one then.
    fn verify(self, way: LoginMethod, body: JsValue, by_key: bool) {
        let question = self.next_question();
        spawn(async move {
            let page = self.page(Page::clone);
            match api::verify(page.clone(), body).await {
                Ok(mut passed) => {
                    passed.answered_at = nidan_otp::UnixSeconds(page.now() as u64);
                    page.used_passkey(by_key.into());
                    self.answer(LoginAnswer::Verified(Box::new(passed)));
                }
                // About a code that another one has taken the place of since.
                Err(_) if !self.is_latest(question) => {}
                Err(refusal) => self.answer(LoginAnswer::Refused(way, refusal)),
            }
        });
    }

    async fn report(self) {
        let page = self.page(Page::clone);
        self.answer(match api::report(page.clone()).await {
            Ok(reported) => {
                page.reported();
                LoginAnswer::Reported(Box::new(reported))
            }
            Err(refusal) => LoginAnswer::NotReported(refusal),
        });
    }

    async fn open(self) {
        let event = match api::flow(self.page(Page::clone)).await {
            Err(trouble) => Event::NotOpened(trouble),
            Ok(json) => {
                let told = decode::life(&json).is_some_and(|life| self.note_life(life));
                match decode::login_opening(&json) {
                    _ if !told => return,
                    // A page whose flow is for something else than it says.
                    None => Event::NotOpened(RequestError::Refused(ErrorCode::MethodNotOffered)),
                    Some(mut opening) => {
                        self.page(|page| {
                            opening.submits_itself = page.submits_itself();
                            opening.typed = page.typed_early();
                            // Who types a code already has it at hand.
                            let is_free = opening.typed.is_empty() && !decode::is_wanted(&json);
                            if is_free && page.used_passkey(JsValue::UNDEFINED) {
                                opening.begin_with_passkey();
                            }
                        });
                        opening.recovery_url =
                            opening.recovery_url.filter(|url| api::is_safe_link(url));
                        opening.password_url =
                            opening.password_url.filter(|url| api::is_safe_link(url));
                        Event::Opened(Box::new(opening))
                    }
                }
            }
        };
        self.send(event);
    }
}
