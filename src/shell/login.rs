//! What a login asks for.

use leptos::prelude::*;
use nidan_protocol::ErrorCode;

use super::{Page, Perform, Shell, api, decode, spawn};
use nidan_flow::{Login, LoginEffect, LoginEvent, RequestError, SigningIn};

impl Perform for Login {
    fn perform(shell: Shell<Self>, effect: LoginEffect) {
        match effect {
            LoginEffect::Open => spawn(shell.open()),
            LoginEffect::Order {
                method_id,
                channel,
                confirmation,
            } => {
                let locale = shell.locale();
                let fields = [
                    ("method_id", method_id.as_str()),
                    ("channel", channel.as_str()),
                    ("locale", &locale),
                    ("call_confirmation", confirmation.as_str()),
                ];
                shell.order(api::CHALLENGES.to_owned(), &fields);
            }
            LoginEffect::Resend(id) => shell.order([&api::path(&id), "/resend"].concat(), &[]),
            LoginEffect::Verify {
                way,
                method_id,
                code,
                second,
                trust,
            } => {
                let mut fields = vec![("method_id", method_id.as_str()), ("code", &code)];
                fields.extend(second.as_deref().map(|second| ("second_code", second)));
                let body = api::object(&fields);
                api::set_flag(&body, "trust_browser", trust);
                let question = shell.next_question();
                spawn(async move {
                    let page = shell.page(Page::clone);
                    match api::verify(page.clone(), body).await {
                        Ok(mut passed) => {
                            passed.answered_at = nidan_otp::UnixSeconds(page.now() as u64);
                            shell.send(LoginEvent::Verified(Box::new(passed)));
                        }
                        // About a code that another one has taken the place of since.
                        Err(_) if !shell.is_latest(question) => {}
                        Err(refusal) => shell.send(LoginEvent::Refused(way, refusal)),
                    }
                });
            }
            LoginEffect::Report => spawn(async move {
                let page = shell.page(Page::clone);
                shell.send(match api::report(page.clone()).await {
                    Ok(reported) => {
                        page.reported();
                        LoginEvent::Reported(Box::new(reported))
                    }
                    Err(refusal) => LoginEvent::NotReported(refusal),
                });
            }),
            LoginEffect::Complete(result_code) => {
                shell.page(|page| page.complete(&result_code, "verified"))
            }
            LoginEffect::Restart => shell.page(Page::restart),
        }
    }
}

impl Shell<Login> {
    /// Reads what belongs to signing in; `None` on screens that have none of it.
    pub(crate) fn signing<T>(self, read: impl FnOnce(&SigningIn) -> T) -> Option<T> {
        self.with(|login| login.signing().map(read))
    }

    /// As [`signing`](Self::signing), without being called again when it changes.
    pub(crate) fn signing_now<T>(self, read: impl FnOnce(&SigningIn) -> T) -> Option<T> {
        untrack(|| self.signing(read))
    }

    /// The field that stood on the page before the widget did, with what was typed into it; there
    /// once.
    pub(crate) fn early_field(self) -> Option<web_sys::Element> {
        self.page(Page::early_field)
    }

    /// Whether the person is on a screen that the browser's own "back" should leave.
    pub(crate) fn aside(self, aside: bool) {
        self.page(|page| page.aside(aside));
    }

    fn order(self, path: String, fields: &[(&str, &str)]) {
        let (body, question) = (api::object(fields), self.next_question());
        spawn(async move {
            let answer = api::challenge(self.page(Page::clone), &path, body).await;
            if self.is_latest(question) {
                self.send(match answer {
                    Ok(challenge) => LoginEvent::Ordered(Box::new(challenge)),
                    Err(refusal) => LoginEvent::NotOrdered(refusal),
                });
            }
        });
    }

    async fn open(self) {
        let event = match api::login(self.page(Page::clone)).await {
            Err(trouble) => LoginEvent::NotOpened(trouble),
            Ok(json) => {
                let life = decode::life(&json);
                let told = life.is_some_and(|(expires_at, support_url)| {
                    self.note_life(expires_at, support_url.as_ref())
                });
                match decode::login_opening(&json) {
                    _ if !told => return,
                    // A page whose flow is for something else than it says.
                    None => {
                        LoginEvent::NotOpened(RequestError::Refused(ErrorCode::MethodNotOffered))
                    }
                    Some(mut opening) => {
                        self.page(|page| {
                            opening.submits_itself = page.submits_itself();
                            opening.typed = page.typed_early();
                        });
                        opening.recovery_url =
                            opening.recovery_url.filter(|url| api::is_safe_link(url));
                        opening.password_url =
                            opening.password_url.filter(|url| api::is_safe_link(url));
                        LoginEvent::Opened(Box::new(opening))
                    }
                }
            }
        };
        self.send(event);
    }
}
