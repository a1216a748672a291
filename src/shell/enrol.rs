//! What an enrolment asks for.

use std::sync::Arc;

use leptos::prelude::*;
use nidan_otp::{ClientShare, UnixSeconds};
use nidan_protocol::ErrorCode;
use wasm_bindgen::JsValue;

use super::agreement::agreement;
use super::{Page, Perform, Shell, api, decode, spawn};
use nidan_flow::{
    ConfirmedFactors, Effect, Enrolment, Event, Flow, PasskeyRefusal, PendingSecret, RequestError,
    SetUpAnswer, SetUpEffect, SetUpEvent,
};
use nidan_screens::Device;

impl Perform for Flow {
    fn perform(shell: Shell, effect: Effect<Enrolment>) {
        match effect {
            Effect::Open => spawn(shell.open()),
            Effect::Complete(result_code) => {
                let outcome = shell.parts.with_value(|parts| parts.outcome);
                shell.page(|page| page.complete(&result_code, outcome));
            }
            Effect::Restart => shell.page(Page::restart),
            Effect::Do(effect) => shell.perform(effect),
        }
    }
}

impl Shell {
    fn perform(self, effect: SetUpEffect) {
        match effect {
            SetUpEffect::LoadRegions => spawn(async move {
                let table = self.page(Page::clone).regions().await;
                let table = table.ok().and_then(|table| table.as_string());
                self.answer(SetUpAnswer::Regions(table));
            }),
            SetUpEffect::ShowHelp(country, channel) => {
                self.page(|page| page.help(&country, channel.as_str()));
            }
            SetUpEffect::Order {
                number,
                channel,
                confirmation,
            } => {
                let locale = self.locale();
                let fields = [
                    ("number", number.typed.as_str()),
                    ("country", &number.country),
                    ("shown", &number.e164),
                    ("channel", channel.as_str()),
                    ("locale", &locale),
                    ("call_confirmation", confirmation.as_str()),
                ];
                self.ask(api::CHALLENGES.to_owned(), &fields);
            }
            SetUpEffect::Resend(id) => self.ask([&api::path(&id), "/resend"].concat(), &[]),
            SetUpEffect::Answer { challenge_id, code } => {
                let path = [&api::path(&challenge_id), "/answer"].concat();
                self.ask(path, &[("code", code.expose())]);
            }
            SetUpEffect::MakePasskey(named) => spawn(self.make_passkey(named)),
            SetUpEffect::Look => spawn(async move {
                let error = api::flow(self.page(Page::clone)).await.err();
                self.answer(SetUpAnswer::Looked(error));
            }),
            SetUpEffect::PutOff => spawn(async move {
                let answer = api::skip(self.page(Page::clone)).await;
                if answer.is_ok() {
                    self.parts.update_value(|parts| parts.outcome = "skipped");
                }
                self.answer(SetUpAnswer::PutOff(answer));
            }),
            SetUpEffect::Extend => spawn(async move {
                let end = api::extend(self.page(Page::clone)).await;
                if let Ok(end) = end {
                    self.parts
                        .update_value(|parts| parts.expires_at = Some(UnixSeconds(end)));
                }
                self.answer(SetUpAnswer::Extended(end));
            }),
            // The page goes back to what there is.
            SetUpEffect::Leave => self.page(Page::restart),
            SetUpEffect::Take(what) => self.take(what),
            SetUpEffect::Post(share, proof) => spawn(self.post(share, proof)),
        }
    }

    fn answer(self, answer: SetUpAnswer) {
        self.send(Event::On(SetUpEvent::Answer(answer)));
    }

    /// Asks something of a phone's code; the answer tells what it was.
    fn ask(self, path: String, fields: &[(&str, &str)]) {
        let (body, question) = (api::object(fields), self.next_question());
        spawn(async move {
            let answer = api::set_up_challenge(self.page(Page::clone), &path, body).await;
            match answer {
                // However late: the number is proved.
                Ok(challenge) if challenge.answered => {
                    self.answer(SetUpAnswer::Accepted(challenge.id))
                }
                _earlier if !self.is_latest(question) => {}
                Ok(challenge) => self.answer(SetUpAnswer::Ordered(Box::new(challenge))),
                Err(refusal) => self.answer(refusal),
            }
        });
    }

    async fn open(self) {
        self.parts.update_value(|parts| {
            parts.can_print = parts.page.can_print();
            parts.device = match parts.page.phone() {
                0 => Device::Other,
                1 => Device::IPhone,
                _another => Device::Android,
            };
        });
        let event = match api::flow(self.page(Page::clone)).await {
            Err(trouble) => Event::NotOpened(trouble),
            Ok(json) => {
                let told = decode::life(&json).is_some_and(|life| self.note_life(life));
                let enrolment = decode::enrolment(&json);
                match enrolment {
                    _ if !told => return,
                    _ if !decode::is_enrolment(&json) => {
                        Event::NotOpened(RequestError::Unreachable)
                    }
                    None => Event::NothingToDo,
                    Some(enrolment) => self
                        .opened(&json, &enrolment)
                        .await
                        .unwrap_or(Event::NotOpened(RequestError::Refused(ErrorCode::Internal))),
                }
            }
        };
        self.send(event);
    }

    /// Agrees with the service on the secret to come.
    async fn opened(self, json: &JsValue, enrolment: &JsValue) -> Option<Event<Enrolment>> {
        let page = self.page(Page::clone);
        let opening = decode::opening(&page, json, enrolment)?;
        let key = decode::text(enrolment, "server_public_key")?;
        let agreed = agreement(&page, &opening.enrolment_id_text, &key).await?;
        let draft = PendingSecret::new(agreed, &opening);
        Some(Event::Opened(Box::new((opening, draft))))
    }

    async fn make_passkey(self, named: String) {
        let question = self.next_question();
        let asked = api::object(&[("named", &named)]);
        let answer = self.page(Page::clone).passkey("create", asked).await;
        // About an earlier press: the device may have put another one in its place since.
        if self.is_latest(question) {
            self.answer(self.passkey_made(answer));
        }
    }

    fn passkey_made(self, answer: Result<JsValue, JsValue>) -> SetUpAnswer {
        let Ok(answer) = answer else {
            return SetUpAnswer::PasskeyNotMade(PasskeyRefusal::Unreachable);
        };
        let answer = js_sys::Array::from(&answer);
        let texts = [1, 2].map(|place| answer.get(place).as_string().unwrap_or_default());
        let what = answer.get(0).as_string();
        match what.as_deref() {
            Some("made") => {
                let [ceremony_id, suggestion] = texts;
                SetUpAnswer::PasskeyMade(ceremony_id, suggestion)
            }
            Some("refused") => {
                let code = decode::error_code(&answer.get(1));
                SetUpAnswer::PasskeyNotMade(
                    code.map_or(PasskeyRefusal::Unreachable, PasskeyRefusal::Service),
                )
            }
            Some("cancelled") => SetUpAnswer::PasskeyNotMade(PasskeyRefusal::Cancelled),
            Some("known") => SetUpAnswer::PasskeyNotMade(PasskeyRefusal::Known),
            _of_browser => SetUpAnswer::PasskeyNotMade(PasskeyRefusal::Browser),
        }
    }

    async fn post(self, share: ClientShare, proof: Arc<ConfirmedFactors>) {
        let id = |enrolment: &Enrolment| enrolment.opening.enrolment_id_text.clone();
        let Some(id) = self.flow.with_untracked(|flow| flow.active().map(id)) else {
            return;
        };
        self.answer(
            match api::enrol(self.page(Page::clone), id, share, &proof).await {
                Ok(answer) => SetUpAnswer::Stored(Box::new(answer)),
                Err(trouble) => SetUpAnswer::NotStored(trouble),
            },
        );
    }
}
