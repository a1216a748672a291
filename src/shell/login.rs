//! What a login asks for.

use leptos::prelude::*;
use nidan_protocol::ErrorCode;

use super::{Page, Perform, Shell, api, decode, spawn};
use crate::render::say;
use nidan_flow::{Login, LoginEffect, LoginEvent, RequestError};
use nidan_screens::login::summary;

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
            LoginEffect::CopySummary => spawn(async move {
                let page = shell.page(Page::clone);
                let words = shell.flow.with_untracked(|login| {
                    let now = shell.parts.with_value(super::now);
                    login
                        .signing()
                        .map(|signing| say(&page, summary(signing, now)))
                });
                let copied = page.copy(&words.unwrap_or_default()).await;
                shell.send(LoginEvent::Copied(copied.is_ok()));
            }),
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
