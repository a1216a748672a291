//! Holds the flow in one signal and performs what it asks for.

mod agreement;
mod api;
mod approve;
mod decode;
mod decode_manage;
mod enrol;
mod export;
mod login;
mod manage;
mod page;

use std::pin::Pin;

use gloo_timers::callback::Interval;
use leptos::prelude::*;
use nidan_otp::UnixSeconds;
use wasm_bindgen::prelude::*;

use decode::Life;
pub use page::Page;

use nidan_flow::{Flow, Machine};
use nidan_screens::{Device, Screen, Shows, View};

/// How often waiting times on the [screen](Screen) move on.
const TICK_MS: u32 = 1_000;

/// What a state machine asks for, done.
pub(crate) trait Perform: Machine {
    /// Does it; what comes of it is sent as events.
    fn perform(shell: Shell<Self>, effect: Self::Effect);
}

/// The handle that [screens](Screen) hold. Copies are the same shell. Each module has one kind of
/// state machine only: what the other one needs is not in it.
pub(crate) struct Shell<M: Machine = Flow> {
    /// It is also notified once a second: time is a part of what [screens](Screen) show.
    flow: RwSignal<M>,
    parts: StoredValue<Parts>,
}

impl<M: Machine> Clone for Shell<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Machine> Copy for Shell<M> {}

struct Parts {
    page: Page,
    /// Told by the first answer.
    expires_at: Option<UnixSeconds>,
    support_url: Option<String>,
    outage_notice: Option<String>,
    /// What hosts hear of a set-up that is over.
    outcome: &'static str,
    /// What the page is most likely shown on.
    device: Device,
    can_print: bool,
    /// Questions about codes so far: only the last one's answer is news.
    questions: u32,
    /// The last one of them that ordered a code.
    order: u32,
    /// The challenge that is watched.
    watched: String,
    /// Receives its delivery status: the function of [`Callbacks`].
    heard: JsValue,
}

/// What the page calls as long as the widget is mounted; dropped with it. Not among [`Parts`]: a
/// closure belongs to its thread, and where the signals' own storage has to watch over that, the
/// standard library's threads come into the module, with an allocator of their own.
pub(crate) struct Callbacks {
    _heard: Closure<dyn FnMut(JsValue)>,
    _ticking: Interval,
}

impl<M: Perform> Shell<M> {
    /// Opens the flow; the callbacks are kept as long as the widget is mounted.
    pub(crate) fn start(page: Page) -> (Self, Callbacks) {
        let parts = Parts {
            page,
            expires_at: None,
            support_url: None,
            outage_notice: None,
            outcome: "enrolled",
            device: Device::Other,
            can_print: false,
            questions: 0,
            order: 0,
            watched: String::new(),
            heard: JsValue::UNDEFINED,
        };
        let shell = Self {
            flow: RwSignal::new(M::loading()),
            parts: StoredValue::new(parts),
        };
        let heard = Closure::new(move |heard| shell.hear(&heard));
        shell
            .parts
            .update_value(|parts| parts.heard.clone_from(heard.as_ref()));
        M::perform(shell, M::open());
        let callbacks = Callbacks {
            _heard: heard,
            _ticking: Interval::new(TICK_MS, move || shell.tick()),
        };
        (shell, callbacks)
    }

    /// Tells the state [machine](Machine) what happened, and does what it asks for.
    pub(crate) fn send(self, event: M::Event) {
        // Where the element has left the page meanwhile, there is nothing to tell.
        let Some((now, page)) = self
            .parts
            .try_with_value(|parts| (now(parts), parts.page.clone()))
        else {
            return;
        };
        let mut effect = None;
        let after = self.flow.try_update(|flow| {
            let (next, asked) = std::mem::replace(flow, M::loading()).on(event, now);
            *flow = next;
            effect = asked;
            (
                flow.would_lose(),
                flow.awaited()
                    .map(|challenge| challenge.id.clone())
                    .unwrap_or_default(),
            )
        });
        let (would_lose, awaited) = after.unwrap_or_default();
        page.guard(would_lose);
        self.watch(&page, awaited);
        if let Some(effect) = effect {
            M::perform(self, effect);
        }
    }

    /// Follows the code that the person waits for, and no other.
    fn watch(self, page: &Page, awaited: String) {
        self.parts.update_value(|parts| {
            if parts.watched != awaited {
                let path = if awaited.is_empty() {
                    String::new()
                } else {
                    api::path(&awaited)
                };
                page.watch(&path, &parts.heard);
                parts.watched = awaited;
            }
        });
    }

    /// A challenge whose delivery status changed, or the code that the browser read from a message.
    fn hear(self, heard: &JsValue) {
        let event = match heard.as_string() {
            Some(code) => M::code_read(code),
            None => {
                decode::challenge_view(heard).and_then(|challenge| M::changed(Box::new(challenge)))
            }
        };
        if let Some(event) = event {
            self.send(event);
        }
    }

    fn tick(self) {
        let Some((now, end)) = self
            .parts
            .try_with_value(|parts| (now(parts), parts.expires_at))
        else {
            return;
        };
        self.flow.notify();
        if end.is_some_and(|end| now >= end) {
            let _gone = self.parts.try_update_value(|parts| parts.expires_at = None);
            self.send(M::time_up());
        } else if let Some((_, event)) = self
            .flow
            .with_untracked(M::retry)
            .filter(|(due, _)| now >= *due)
        {
            self.send(event);
        }
    }

    /// What the first answer says to every kind of flow; false when the element has left the page
    /// meanwhile.
    fn note_life(
        self,
        Life {
            expires_at,
            support_url,
            outage_notice,
        }: Life,
    ) -> bool {
        let told = self.parts.try_update_value(|parts| {
            parts.expires_at = Some(UnixSeconds(expires_at));
            parts.support_url = support_url.filter(|url| api::is_safe_link(url));
            parts.outage_notice = outage_notice;
        });
        // The screens' time runs from now on, and not from the first tick.
        self.tick();
        told.is_some()
    }
}

impl<M: Machine> Shell<M> {
    pub(crate) fn locale(self) -> String {
        self.page(Page::locale)
    }

    /// `ltr` or `rtl`.
    pub(crate) fn direction(self) -> String {
        self.page(Page::direction)
    }

    /// What is to be seen now; called anew when that may have changed.
    pub(crate) fn screen<T>(self, draw: impl FnOnce(&Page, Screen<'_, M>) -> T) -> T
    where
        M: Shows,
    {
        self.flow.with(|flow| {
            self.parts.with_value(|parts| {
                let view = View {
                    now: now(parts),
                    support_url: parts.support_url.as_deref(),
                    outage_notice: parts.outage_notice.as_deref(),
                    device: parts.device,
                    can_print: parts.can_print,
                };
                draw(&parts.page, flow.screen(view))
            })
        })
    }

    /// Reads the state, for tests.
    #[cfg(test)]
    pub(crate) fn peek<T>(self, read: impl FnOnce(&M) -> T) -> T {
        self.flow.with_untracked(read)
    }

    /// A number for a question about a code that is about to be asked.
    fn next_question(self) -> u32 {
        self.parts
            .try_update_value(|parts| {
                parts.questions += 1;
                parts.questions
            })
            .unwrap_or_default()
    }

    /// Numbers the order of a code: only a later order makes its answer stale.
    fn next_order(self) -> u32 {
        let question = self.next_question();
        self.parts.update_value(|parts| parts.order = question);
        question
    }

    /// Whether no code was ordered after this one.
    fn is_latest_order(self, order: u32) -> bool {
        self.parts.try_with_value(|parts| parts.order) == Some(order)
    }

    /// Whether nothing was asked since: an earlier answer is about a code that is over, or a
    /// [screen](Screen) that was left.
    fn is_latest(self, question: u32) -> bool {
        self.parts.try_with_value(|parts| parts.questions) == Some(question)
    }

    fn page<T>(self, ask: impl FnOnce(&Page) -> T) -> T {
        self.parts.with_value(|parts| ask(&parts.page))
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
