//! What the page asks for on which methods are managed.

use nidan_protocol::ErrorCode;
use wasm_bindgen::JsValue;

use super::agreement::random;
use super::{Page, Perform, Shell, api, decode, decode_manage, spawn};
use nidan_flow::{
    Addition, ChangeRefusal, CodeGoes, Effect, Event, LoginAnswer, LoginEffect, LoginMethod,
    Manage, ManageAnswer, ManageEffect, ManageEvent, ManageOpening, Managing, Presented,
    RequestError, Trusted, Wish,
};

impl Perform for Manage {
    fn perform(shell: Shell<Self>, effect: Effect<Managing>) {
        match effect {
            Effect::Open => spawn(shell.open()),
            Effect::Complete(result_code) => {
                shell.page(|page| page.complete(&result_code, "managed"));
            }
            Effect::Restart => shell.page(Page::restart),
            Effect::Do(ManageEffect::Proof(effect, goes, number)) => {
                shell.proof(effect, goes, number);
            }
            Effect::Do(ManageEffect::Change(wish, request_id)) => {
                spawn(shell.change(wish, request_id));
            }
            Effect::Do(ManageEffect::SetUp(addition)) => spawn(shell.set_up(addition, false)),
            Effect::Do(ManageEffect::GoOn(addition)) => spawn(shell.set_up(addition, true)),
            Effect::Do(ManageEffect::EndSetUp) => {
                if shell.page(Page::end_adding) {
                    spawn(shell.reload());
                }
            }
            Effect::Do(ManageEffect::Reload) => {
                shell.page(Page::end_adding);
                spawn(shell.reload());
            }
            Effect::Do(ManageEffect::Browsers) => spawn(async move {
                let path = "/v1/flow/trusted_browsers";
                let answer = api::asked(shell.page(Page::clone), path).await;
                let list = answer.map(|json| decode_manage::browsers(&json));
                shell.answer(match list {
                    Ok(Some(list)) => ManageAnswer::Browsers(Box::new(list)),
                    Ok(None) => ManageAnswer::Refused(ChangeRefusal::Unreachable),
                    Err(refusal) => ManageAnswer::Refused(refusal),
                });
            }),
            Effect::Do(ManageEffect::Record(before)) => spawn(async move {
                let path = match before {
                    None => "/v1/flow/record".to_owned(),
                    Some(before) => format!("/v1/flow/record?before={before}"),
                };
                let answer = api::asked(shell.page(Page::clone), &path).await;
                let page = answer.map(|json| decode_manage::record(&json));
                shell.answer(match page {
                    Ok(Some(page)) => ManageAnswer::Record(Box::new(page)),
                    Ok(None) => ManageAnswer::Refused(ChangeRefusal::Unreachable),
                    Err(refusal) => ManageAnswer::Refused(refusal),
                });
            }),
            Effect::Do(ManageEffect::Close) => spawn(async move {
                let page = shell.page(Page::clone);
                let answer = api::changed(page, "/v1/flow/close", api::object(&[])).await;
                shell.answer(match answer {
                    Ok(json) => ManageAnswer::Closed(decode::text(&json, "result_code")),
                    Err(refusal) => ManageAnswer::Refused(refusal),
                });
            }),
        }
    }
}

/// Where a code or a passkey goes, with what else its post says.
fn path_of(goes: &CodeGoes, method_id: &str, body: &JsValue) -> String {
    match goes {
        CodeGoes::Proof => "/v1/flow/proof".to_owned(),
        // The path names the method.
        CodeGoes::Test => {
            api::drop_field(body, "method_id");
            format!("/v1/flow/methods/{method_id}/test")
        }
        CodeGoes::TurnOff(request_id) => {
            api::set_text(body, "request_id", request_id);
            "/v1/flow/turn_off".to_owned()
        }
    }
}

impl Shell<Manage> {
    fn answer(self, answer: ManageAnswer) {
        self.send(Event::On(ManageEvent::Answer(answer)));
    }

    fn proof_answer(self, number: u32, answer: LoginAnswer) {
        self.answer(ManageAnswer::OfProof(number, answer));
    }

    /// What there is now.
    async fn reload(self) {
        let answer = api::asked(self.page(Page::clone), "/v1/flow").await;
        let unread = ManageAnswer::NotReloaded(ChangeRefusal::Unreachable);
        self.answer(match answer.map(|json| self.opening(&json)) {
            Ok(opening) => opening.map_or(unread, |one| ManageAnswer::Reloaded(Box::new(one))),
            Err(refusal) => ManageAnswer::NotReloaded(refusal),
        });
    }

    fn proof(self, effect: LoginEffect, goes: CodeGoes, number: u32) {
        match effect {
            LoginEffect::Order {
                method_id,
                channel,
                confirmation,
            } => {
                let body = api::order_body(&self.locale(), &method_id, channel, confirmation);
                self.order(api::CHALLENGES.to_owned(), body, number);
            }
            LoginEffect::Resend(id) => {
                self.order(
                    [&api::path(&id), "/resend"].concat(),
                    api::object(&[]),
                    number,
                );
            }
            LoginEffect::Verify {
                way,
                method_id,
                presented,
                trust: _,
                lost: _,
            } => self.prove(way, &method_id, &presented, (goes, number)),
            LoginEffect::AskForPasskey {
                way,
                method_id,
                except,
                ..
            } => self.ask_for_passkey(way, (method_id, except), (goes, number)),
            // No proof is approved elsewhere.
            LoginEffect::AskForApproval => {}
            LoginEffect::ShowHelp(channel) => {
                self.page(|page| page.help("", channel.as_str()));
            }
            LoginEffect::Report => spawn(self.report(number)),
        }
    }

    fn order(self, path: String, body: JsValue, number: u32) {
        let order = self.next_order();
        spawn(async move {
            let answer = api::challenge(self.page(Page::clone), &path, body).await;
            if self.is_latest_order(order) {
                self.proof_answer(
                    number,
                    match answer {
                        Ok(challenge) => LoginAnswer::Ordered(Box::new(challenge)),
                        Err(refusal) => LoginAnswer::NotOrdered(refusal.into()),
                    },
                );
            }
        });
    }

    fn prove(
        self,
        way: LoginMethod,
        method_id: &str,
        presented: &Presented,
        (goes, number): (CodeGoes, u32),
    ) {
        let body = api::code_body(method_id, presented);
        let path = path_of(&goes, method_id, &body);
        let question = self.next_question();
        spawn(self.asked_about(way, (path, body), question, (goes, number)));
    }

    /// The latest question is the one that the person sees.
    fn ask_for_passkey(
        self,
        way: LoginMethod,
        (method_id, except): (String, Option<String>),
        goes: (CodeGoes, u32),
    ) {
        let question = self.next_question();
        spawn(async move {
            let page = self.page(Page::clone);
            let mut asked = Vec::new();
            // Only the one that is tested.
            match goes.0 {
                CodeGoes::Test => asked.push(("method_id", method_id.as_str())),
                CodeGoes::Proof | CodeGoes::TurnOff(_) => {}
            }
            asked.extend(except.as_deref().map(|except| ("except", except)));
            match api::passkey_body(&page, &asked).await {
                _earlier if !self.is_latest(question) => {}
                Ok(body) => {
                    let path = path_of(&goes.0, &method_id, &body);
                    self.asked_about(way, (path, body), question, goes).await;
                }
                Err(refusal) => self.proof_answer(goes.1, LoginAnswer::Refused(way, refusal)),
            }
        });
    }

    async fn asked_about(
        self,
        way: LoginMethod,
        (path, body): (String, JsValue),
        question: u32,
        (goes, number): (CodeGoes, u32),
    ) {
        let answer = api::code(self.page(Page::clone), &path, body).await;
        match answer {
            Ok(json) => match goes {
                CodeGoes::TurnOff(_) => {
                    self.page(|page| page.changed("turned_off"));
                    self.answer(ManageAnswer::Closed(decode::text(&json, "result_code")));
                }
                CodeGoes::Proof | CodeGoes::Test => self.proved(number, &json),
            },
            Err(_) if !self.is_latest(question) => {}
            Err((refusal, change)) => self.answer(ManageAnswer::refused(
                way,
                refusal.into(),
                change,
                &goes,
                number,
            )),
        }
    }

    async fn report(self, number: u32) {
        let page = self.page(Page::clone);
        self.proof_answer(
            number,
            match api::report(page.clone()).await {
                Ok(reported) => {
                    page.reported();
                    LoginAnswer::Reported(Box::new(reported))
                }
                Err(refusal) => LoginAnswer::NotReported(refusal),
            },
        );
    }

    async fn change(self, wish: Wish, request_id: String) {
        let (path, body, kind) = request_of(&wish, &request_id);
        let answer = api::changed(self.page(Page::clone), &path, body).await;
        if answer.is_ok() {
            self.page(|page| page.changed(kind));
        }
        let unread = ManageAnswer::NotChanged(ChangeRefusal::Unreachable);
        self.answer(match answer.map(|json| self.opening(&json)) {
            Ok(opening) => opening.map_or(unread, |one| ManageAnswer::Changed(Box::new(one))),
            Err(refusal) => ManageAnswer::NotChanged(refusal),
        });
    }

    /// A set-up begins, or goes on: what it says next.
    async fn set_up(self, addition: Addition, goes_on: bool) {
        let page = self.page(Page::clone);
        let news = if goes_on {
            page.go_on().await
        } else {
            let replaces = addition.replaces.clone();
            let kind = addition.kind.as_str();
            page.add(kind, replaces, addition.keeps_old).await
        };
        let news: js_sys::Array = news.unwrap_or_default().into();
        let json = news.get(1);
        self.answer(match news.get(0).as_string().as_deref() {
            Some("proof") => ManageAnswer::ProofWanted(decode_manage::change_refusal(&json)),
            Some("left") => ManageAnswer::NotAdded(None),
            Some("added") => {
                self.page(|page| page.changed(addition.change()));
                match self.opening(&json) {
                    Some(opening) => ManageAnswer::Added(addition, Box::new(opening)),
                    None => ManageAnswer::NotAdded(Some(ChangeRefusal::Unreachable)),
                }
            }
            _refused => ManageAnswer::NotAdded(Some(decode_manage::change_refusal(&json))),
        });
    }

    /// A right code, with what there is now.
    fn proved(self, number: u32, json: &JsValue) {
        self.answer(match self.opening(json) {
            Some(opening) => ManageAnswer::Proved(number, Box::new(opening)),
            None => ManageAnswer::Refused(ChangeRefusal::Unreachable),
        });
    }

    fn opening(self, json: &JsValue) -> Option<ManageOpening> {
        let mut login = decode::login_opening(json)?;
        login.submits_itself = self.page(Page::submits_itself);
        let safe = |url: Option<String>| url.filter(|url| api::is_safe_link(url));
        login.recovery_url = safe(login.recovery_url);
        login.password_url = safe(login.password_url);
        Some(ManageOpening {
            login,
            intent: decode_manage::intent(json),
            account: decode_manage::management(json).map(Box::new),
            request_prefix: String::new(),
        })
    }

    async fn open(self) {
        let event = match api::flow(self.page(Page::clone)).await {
            Err(trouble) => Event::NotOpened(trouble),
            Ok(json) => {
                let told = decode::life(&json).is_some_and(|life| self.note_life(life));
                match (self.opening(&json), prefix()) {
                    _ if !told => return,
                    (Some(opening), Some(request_prefix)) => {
                        Event::Opened(Box::new(ManageOpening {
                            request_prefix,
                            ..opening
                        }))
                    }
                    // A page whose flow is for something else than it says.
                    (None, _) => {
                        Event::NotOpened(RequestError::Refused(ErrorCode::MethodNotOffered))
                    }
                    (Some(_), None) => Event::NotOpened(RequestError::Refused(ErrorCode::Internal)),
                }
            }
        };
        self.send(event);
    }
}

/// Where a change is asked for, with what, and what hosts hear it called.
fn request_of(wish: &Wish, request_id: &str) -> (String, JsValue, &'static str) {
    let method = |id: &str, word: &str| ["/v1/flow/methods/", id, word].concat();
    let body = api::object(&[("request_id", request_id)]);
    match wish {
        Wish::Name { id, name } => {
            api::set_text(&body, "name", name);
            (method(id, ""), body, "named")
        }
        Wish::Default { id, is_default } => {
            api::set_flag(&body, "is_default", *is_default);
            (method(id, ""), body, "default")
        }
        Wish::Remove { id } => (method(id, "/remove"), body, "removed"),
        Wish::Hold { id } => (method(id, "/hold"), body, "held"),
        Wish::Release { id } => (method(id, "/release"), body, "released"),
        Wish::Pause { hours, reason } => {
            api::set_number(&body, "hours", *hours);
            api::set_text(&body, "reason", reason.as_str());
            ("/v1/flow/pause".to_owned(), body, "paused")
        }
        Wish::Resume => ("/v1/flow/resume".to_owned(), body, "resumed"),
        Wish::EndTrust(which) => {
            match which {
                Trusted::One(id) => api::set_text(&body, "id", id),
                Trusted::Others => api::set_flag(&body, "except_this", true),
                Trusted::All => {}
            }
            let path = "/v1/flow/trusted_browsers/revoke".to_owned();
            (path, body, "trust_ended")
        }
    }
}

/// Random, for the ids of requests: 128 bits in hexadecimal.
fn prefix() -> Option<String> {
    let mut text = String::with_capacity(32);
    for byte in random::<16>()? {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16)?);
        }
    }
    Some(text)
}
