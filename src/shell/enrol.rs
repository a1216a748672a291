//! What an enrolment asks for.

use std::sync::Arc;

use leptos::prelude::*;
use nidan_protocol::ErrorCode;

use super::{Page, Perform, Shell, api, spawn};
use nidan_flow::{
    ConfirmedFactors, Effect, Enrolment, Event, Flow, Machine, PendingSecret, RequestError,
};

impl Perform for Flow {
    fn perform(shell: Shell, effect: Effect) {
        match effect {
            Effect::Open => spawn(shell.open()),
            Effect::LoadRegions => spawn(async move {
                let table = shell.page(Page::clone).regions().await;
                shell.send(Event::Regions(
                    table.ok().and_then(|table| table.as_string()),
                ));
            }),
            Effect::LoadHelp(country) => spawn(shell.load_help(country)),
            Effect::Order {
                number,
                channel,
                confirmation,
            } => {
                let locale = shell.locale();
                let channel = channel.as_str();
                let fields = [
                    ("number", number.typed.as_str()),
                    ("country", &number.country),
                    ("shown", &number.e164),
                    ("channel", channel),
                    ("locale", &locale),
                    ("call_confirmation", confirmation.as_str()),
                ];
                shell.ask(api::CHALLENGES.to_owned(), &fields);
            }
            Effect::Resend(id) => shell.ask([&api::path(&id), "/resend"].concat(), &[]),
            Effect::Answer { challenge_id, code } => {
                shell.ask(
                    [&api::path(&challenge_id), "/answer"].concat(),
                    &[("code", &code)],
                );
            }
            Effect::Take(what) => shell.take(what),
            Effect::Post(draft, proof) => spawn(shell.post(draft, proof)),
            Effect::Complete(result_code) => {
                shell.page(|page| page.complete(&result_code, "enrolled"))
            }
            Effect::Restart => shell.page(Page::restart),
        }
    }
}

impl Shell {
    /// Asks something of a phone's code; the answer tells what it was.
    fn ask(self, path: String, fields: &[(&str, &str)]) {
        let (body, question) = (api::object(fields), self.next_question());
        spawn(async move {
            let answer = api::challenge(self.page(Page::clone), &path, body).await;
            match answer {
                // However late: the number is proved.
                Ok(challenge) if challenge.answered => self.send(Event::Accepted(challenge.id)),
                _earlier if !self.is_latest(question) => {}
                Ok(challenge) => self.send(Event::Ordered(Box::new(challenge))),
                Err(refusal) => self.send(Event::NotOrdered(refusal)),
            }
        });
    }

    async fn open(self) {
        self.parts
            .update_value(|parts| parts.is_phone = parts.page.is_phone());
        let event = match api::flow(self.page(Page::clone)).await {
            Err(trouble) => Event::NotOpened(trouble),
            Ok(view) => {
                let told = self.note_life(view.expires_at, view.support_url.as_ref());
                match &view.enrolment {
                    _ if !told => return,
                    None => Event::NothingToEnrol,
                    Some(enrolment) => api::opening(&self.page(Page::clone), &view, enrolment)
                        .and_then(|opening| {
                            Some((
                                PendingSecret::new(client_random()?, &opening).ok()?,
                                opening,
                            ))
                        })
                        .map_or(
                            Event::NotOpened(RequestError::Refused(ErrorCode::Internal)),
                            |(draft, opening)| Event::Opened(Box::new((opening, draft))),
                        ),
                }
            }
        };
        self.send(event);
    }

    async fn load_help(self, country: String) {
        let channel = self
            .flow
            .with_untracked(|flow| flow.awaited().map(|challenge| challenge.channel));
        let Some(channel) = channel else { return };
        // Without it the rest of the help is there all the same.
        let found = self
            .page(Page::clone)
            .help(&country, channel.as_str())
            .await
            .unwrap_or_default();
        let found = js_sys::Array::from(&found)
            .iter()
            .filter_map(|one| one.as_string())
            .collect();
        self.send(Event::HelpFound(found));
    }

    async fn post(self, draft: Arc<PendingSecret>, proof: Arc<ConfirmedFactors>) {
        let id = |enrolment: &Enrolment| enrolment.opening.enrolment_id_text.clone();
        let Some(id) = self.flow.with_untracked(|flow| flow.enrolment().map(id)) else {
            return;
        };
        self.send(
            match api::enrol(self.page(Page::clone), id, &draft, &proof).await {
                Ok(answer) => Event::Answered(Box::new(answer)),
                Err(trouble) => Event::NotAnswered(trouble),
            },
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shell is where the browser's randomness comes in"
)]
fn client_random() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}
