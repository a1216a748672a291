//! Holds the flow in one signal and performs what it asks for.

mod api;
mod keepsake;
mod page;
mod read;

use std::pin::Pin;
use std::sync::Arc;

use gloo_timers::callback::Interval;
use leptos::prelude::*;
use nidan_otp::UnixSeconds;
use nidan_protocol::{CallKeys, ErrorCode};
use wasm_bindgen::prelude::*;

pub use page::Page;

use crate::flow::{Draft, Effect, Enrolment, Event, Evidence, Flow, Trouble};
use crate::messages::{Msg, fill};

/// How often waiting times on the screen move on.
const TICK_MS: u32 = 1_000;

/// The handle that screens hold. Copies are the same shell.
#[derive(Clone, Copy)]
pub(crate) struct Shell {
    flow: RwSignal<Flow, LocalStorage>,
    /// Moves once a second while the widget is on the page.
    now: RwSignal<UnixSeconds>,
    parts: StoredValue<Parts, LocalStorage>,
}

struct Parts {
    page: Page,
    /// Told by the first answer.
    expires_at: Option<UnixSeconds>,
    support_url: Option<String>,
    /// The challenge that is watched.
    watched: String,
    /// Hears how it fares.
    heard: Option<Closure<dyn FnMut(JsValue)>>,
    /// Dropped with the widget.
    _ticking: Option<Interval>,
}

impl Shell {
    pub(crate) fn start(page: Page) -> Self {
        let parts =
            Parts { page, expires_at: None, support_url: None, watched: String::new(), heard: None, _ticking: None };
        let shell = Self {
            flow: RwSignal::new_local(Flow::Loading),
            now: RwSignal::new(UnixSeconds(0)),
            parts: StoredValue::new_local(parts),
        };
        shell.parts.update_value(|parts| parts._ticking = Some(Interval::new(TICK_MS, move || shell.tick())));
        shell.parts.update_value(|parts| parts.heard = Some(Closure::new(move |heard| shell.hear(&heard))));
        shell.perform(Effect::Open);
        shell
    }

    /// Tells the state machine what happened, and does what it asks for.
    pub(crate) fn send(self, event: Event) {
        // Where the element has left the page meanwhile, there is nothing to tell.
        let Some((now, page)) = self.parts.try_with_value(|parts| (now(parts), parts.page.clone())) else {
            return;
        };
        let mut effect = None;
        let after = self.flow.try_update(|flow| {
            let (next, asked) = std::mem::replace(flow, Flow::Loading).on(event, now);
            *flow = next;
            effect = asked;
            (flow.would_lose(), flow.awaited().map(|challenge| challenge.id.clone()).unwrap_or_default())
        });
        let (would_lose, awaited) = after.unwrap_or_default();
        page.guard(would_lose);
        self.watch(&page, awaited);
        if let Some(effect) = effect {
            self.perform(effect);
        }
    }

    /// Follows the code that the person waits for, and no other.
    fn watch(self, page: &Page, awaited: String) {
        self.parts.update_value(|parts| {
            if parts.watched != awaited
                && let Some(heard) = &parts.heard
            {
                page.watch(&if awaited.is_empty() { String::new() } else { api::path(&awaited) }, heard.as_ref());
                parts.watched = awaited;
            }
        });
    }

    /// A challenge that fares differently, or the code that the browser read from a message.
    fn hear(self, heard: &JsValue) {
        match heard.as_string() {
            Some(code) => self.send(Event::CodeTyped(code)),
            None => {
                if let Some(challenge) = read::challenge_view(heard) {
                    self.send(Event::Changed(Box::new(challenge)));
                }
            }
        }
    }

    pub(crate) fn with<T>(self, read: impl FnOnce(&Flow) -> T) -> T {
        self.flow.with(read)
    }

    /// Reads the enrolment; `None` on screens that have none.
    pub(crate) fn enrolment<T>(self, read: impl FnOnce(&Enrolment) -> T) -> Option<T> {
        self.flow.with(|flow| match flow {
            Flow::Enrolling(enrolment) => Some(read(enrolment)),
            Flow::Loading | Flow::Unavailable(_) | Flow::Ended(_) | Flow::Completed => None,
        })
    }

    /// As [`enrolment`](Self::enrolment), without being called again when it changes.
    pub(crate) fn enrolment_now<T>(self, read: impl FnOnce(&Enrolment) -> T) -> Option<T> {
        untrack(|| self.enrolment(read))
    }

    pub(crate) fn t(self, msg: Msg) -> String {
        self.page(|page| page.words(msg as u32))
    }

    pub(crate) fn t_with(self, msg: Msg, places: &[(&str, &str)]) -> String {
        fill(&self.t(msg), places)
    }

    /// A number as the person's language writes it.
    pub(crate) fn number(self, value: u64) -> String {
        self.page(|page| page.number(value as f64))
    }

    /// A date as the person's language writes it.
    pub(crate) fn date(self, at: UnixSeconds) -> String {
        self.page(|page| page.date(at.0 as f64))
    }

    pub(crate) fn locale(self) -> String {
        self.page(Page::locale)
    }

    /// Most likely the phone that has the app.
    pub(crate) fn is_phone(self) -> bool {
        self.page(Page::is_phone)
    }

    /// Where people get help, once the service told.
    pub(crate) fn support_url(self) -> Option<String> {
        self.parts.with_value(|parts| parts.support_url.clone())
    }

    /// A country as a list shows it; empty where the search does not fit.
    pub(crate) fn country(self, iso: &str, code: &str, search: &str) -> String {
        self.page(|page| page.country(iso, code, search))
    }

    /// The service's time, moving once a second.
    pub(crate) fn now(self) -> UnixSeconds {
        self.now.get()
    }

    /// Seconds until the flow's life ends; `None` before it is known.
    pub(crate) fn seconds_left(self) -> Option<u64> {
        let now = self.now.get();
        self.parts.with_value(|parts| parts.expires_at).map(|end| end.0.saturating_sub(now.0))
    }

    /// Puts the focus where the person goes on.
    pub(crate) fn focus_screen(self) {
        self.page(Page::focus);
    }

    fn page<T>(self, ask: impl FnOnce(&Page) -> T) -> T {
        self.parts.with_value(|parts| ask(&parts.page))
    }

    fn perform(self, effect: Effect) {
        match effect {
            Effect::Open => spawn(self.open()),
            Effect::LoadRegions => spawn(async move {
                let table = self.page(Page::clone).regions().await;
                self.send(Event::Regions(table.ok().and_then(|table| table.as_string())));
            }),
            Effect::LoadHelp(country) => spawn(self.load_help(country)),
            Effect::Order { number, channel, keys } => {
                let (locale, keys) = (self.locale(), if keys == CallKeys::None { "none" } else { "shown" });
                let channel = channel.as_str();
                let fields = [("number", number.as_str()), ("channel", channel), ("locale", &locale), ("keys", keys)];
                self.ask(api::CHALLENGES.to_owned(), &fields);
            }
            Effect::Resend(id) => self.ask([&api::path(&id), "/resend"].concat(), &[]),
            Effect::Answer { challenge_id, code } => {
                self.ask([&api::path(&challenge_id), "/answer"].concat(), &[("code", &code)]);
            }
            Effect::Post(draft, proof) => spawn(self.post(draft, proof)),
            Effect::Complete(result_code) => self.page(|page| page.complete(&result_code)),
            Effect::Restart => self.page(Page::restart),
        }
    }

    /// Asks something of a phone's code; the answer tells what it was.
    fn ask(self, path: String, fields: &[(&str, &str)]) {
        let body = api::object(fields);
        spawn(async move {
            self.send(match api::challenge(self.page(Page::clone), &path, body).await {
                Ok(challenge) if challenge.answered => Event::Accepted,
                Ok(challenge) => Event::Ordered(Box::new(challenge)),
                Err(refusal) => Event::NotOrdered(refusal),
            });
        });
    }

    async fn open(self) {
        let event = match api::flow(self.page(Page::clone)).await {
            Err(trouble) => Event::NotOpened(trouble),
            Ok(view) => {
                let told = self.parts.try_update_value(|parts| {
                    parts.expires_at = Some(UnixSeconds(view.expires_at));
                    parts.support_url = view.support_url.clone().filter(|url| api::is_safe_link(url));
                });
                // The screens' time runs from now on, and not from the first tick.
                self.tick();
                match &view.enrolment {
                    _ if told.is_none() => return,
                    None => Event::NothingToEnrol,
                    Some(enrolment) => api::opening(&self.page(Page::clone), &view, enrolment)
                        .and_then(|opening| Some((Draft::new(client_random()?, &opening).ok()?, opening)))
                        .map_or(Event::NotOpened(Trouble::Refused(ErrorCode::Internal)), |(draft, opening)| {
                            Event::Opened(Box::new((opening, draft)))
                        }),
                }
            }
        };
        self.send(event);
    }

    async fn load_help(self, country: String) {
        let channel = self.flow.with_untracked(|flow| flow.awaited().map(|challenge| challenge.channel));
        let Some(channel) = channel else { return };
        // Without it the rest of the help is there all the same.
        let found = self.page(Page::clone).help(&country, channel.as_str()).await.unwrap_or_default();
        let found = js_sys::Array::from(&found).iter().filter_map(|one| one.as_string()).collect();
        self.send(Event::HelpFound(found));
    }

    async fn post(self, draft: Arc<Draft>, proof: Arc<Evidence>) {
        let Some(id) = self.enrolment_now(|enrolment| enrolment.opening.enrolment_id_text.clone()) else { return };
        self.send(match api::enrol(self.page(Page::clone), id, &draft, &proof).await {
            Ok(answer) => Event::Answered(Box::new(answer)),
            Err(trouble) => Event::NotAnswered(trouble),
        });
    }

    fn tick(self) {
        let Some((now, end)) = self.parts.try_with_value(|parts| (now(parts), parts.expires_at)) else { return };
        let _gone = self.now.try_set(now);
        if end.is_some_and(|end| now >= end) {
            let _gone = self.parts.try_update_value(|parts| parts.expires_at = None);
            self.send(Event::TimeUp);
        } else if self.flow.with_untracked(Flow::retry_at).is_some_and(|due| now >= due) {
            self.send(Event::RetryDue);
        }
    }
}

/// One kind of task for all futures: each kind has its own code to start and wake it.
fn spawn(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    leptos::task::spawn_local(task);
}

fn now(parts: &Parts) -> UnixSeconds {
    UnixSeconds(parts.page.now() as u64)
}

#[expect(clippy::disallowed_methods, reason = "the shell is where the browser's randomness comes in")]
fn client_random() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}
