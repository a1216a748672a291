//! What the page asks for on which logins are approved.

use nidan_protocol::{ApprovalState, ErrorCode, Purpose, ShownCode, WaitingLogin};
use wasm_bindgen::JsValue;

use super::{Page, Perform, Shell, api, decode, spawn};
use nidan_flow::{
    Approve, ApproveAnswer, ApproveEffect, ApproveEvent, ApproveOpening, Approving, Effect, Event,
    RequestError,
};

impl Perform for Approve {
    fn perform(shell: Shell<Self>, effect: Effect<Approving>) {
        match effect {
            Effect::Open => spawn(shell.open()),
            Effect::Restart => shell.page(Page::restart),
            // It has no result.
            Effect::Complete(_) => {}
            // Nobody looks at it: the service is not asked.
            Effect::Do(ApproveEffect::Look) if is_hidden() => {
                shell.answer(ApproveAnswer::NotLooked(RequestError::Unreachable));
            }
            Effect::Do(ApproveEffect::Look) => spawn(async move {
                let answer =
                    api::request(shell.page(Page::clone), api::APPROVALS, JsValue::UNDEFINED);
                let logins = answer.await.and_then(|json| read(logins(&json)));
                shell.answer(logins.map_or_else(ApproveAnswer::NotLooked, ApproveAnswer::Logins));
            }),
            Effect::Do(ApproveEffect::Show(id)) => spawn(async move {
                let path = [api::APPROVALS, "/", &id, "/show"].concat();
                let answer = api::request(shell.page(Page::clone), &path, api::object(&[]));
                shell.answer(match answer.await.and_then(|json| read(shown(&json))) {
                    Ok(code) => ApproveAnswer::Shown(id, code),
                    Err(error) => ApproveAnswer::NotShown(id, error),
                });
            }),
            Effect::Do(ApproveEffect::Report) => spawn(async move {
                let page = shell.page(Page::clone);
                let answer = api::request(page.clone(), api::REPORT, api::object(&[]));
                let reported = answer.await.and_then(|json| read(decode::reported(&json)));
                shell.answer(match reported {
                    Ok(reported) => {
                        page.reported();
                        ApproveAnswer::Reported(Box::new(reported))
                    }
                    Err(error) => ApproveAnswer::NotReported(error),
                });
            }),
        }
    }
}

impl Shell<Approve> {
    fn answer(self, answer: ApproveAnswer) {
        self.send(Event::On(ApproveEvent::Answer(answer)));
    }

    async fn open(self) {
        let event = match api::flow(self.page(Page::clone)).await {
            Err(trouble) => Event::NotOpened(trouble),
            Ok(json) => {
                let told = decode::life(&json).is_some_and(|life| self.note_life(life));
                let purpose = decode::text(&json, "purpose");
                let is_ours = purpose.as_deref() == Some(Purpose::Approve.as_str());
                let password_url = decode::text(&json, "password_url");
                let password_url = password_url.filter(|url| api::is_safe_link(url));
                match decode::text(&json, "issuer").filter(|_| is_ours) {
                    _ if !told => return,
                    // A page whose flow is for something else than it says.
                    None => Event::NotOpened(RequestError::Refused(ErrorCode::MethodNotOffered)),
                    Some(issuer) => Event::Opened(Box::new(ApproveOpening {
                        issuer,
                        password_url,
                    })),
                }
            }
        };
        self.send(event);
    }
}

/// Whether the page is behind another one.
fn is_hidden() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| document.hidden())
}

/// An answer without what it should have is none.
fn read<T>(answer: Option<T>) -> Result<T, RequestError> {
    answer.ok_or(RequestError::Unreachable)
}

fn logins(json: &JsValue) -> Option<Vec<WaitingLogin>> {
    decode::list(json, "logins")
        .iter()
        .map(|one| login(&one))
        .collect()
}

fn login(json: &JsValue) -> Option<WaitingLogin> {
    Some(WaitingLogin {
        id: decode::text(json, "id")?,
        asked_at: decode::number(json, "asked_at")?,
        expires_at: decode::number(json, "expires_at")?,
        client_description: decode::text(json, "client_description"),
        state: match decode::text(json, "state")?.as_str() {
            "shown" => ApprovalState::Shown,
            "answered" => ApprovalState::Answered,
            _waiting => ApprovalState::Waiting,
        },
    })
}

fn shown(json: &JsValue) -> Option<ShownCode> {
    Some(ShownCode {
        code: decode::text(json, "code")?,
        expires_at: decode::number(json, "expires_at")?,
    })
}
