//! People in situations that happen, each a test: what leads on is three taps away at most, in words
//! that are on the screen.

mod account;
mod login;
mod manage;
mod passkey;
mod set_up;

use std::collections::BTreeSet;

use nidan_flow::Now;
use nidan_otp::UnixSeconds;
use nidan_protocol::{
    CallConfirmation, ChallengeView, Channel, DeliveryState, ErrorCode, MethodKind, MethodState,
    MethodView,
};

use crate::messages::Msg;
use crate::testing::{is_open, texts};
use crate::{Arg, Block, Content, Device, Input, Key as _, Screen, Shows, View, Words};

/// More than this nobody looks for, afraid and in a hurry.
const TAPS: u32 = 3;
const NOW: Now = UnixSeconds(1_800_000_000);
const READY: MethodState = MethodState::Ready;

/// What a service says to each machine.
trait Served: Shows {
    /// What it says when it can do what is asked.
    fn yes(effect: Self::Effect) -> Option<Self::Event>;

    /// What it says when it refuses.
    fn no(effect: Self::Effect, code: ErrorCode) -> Option<Self::Event>;
}

/// Somebody in front of a screen.
struct Person<M: Served> {
    machine: M,
    taps: u32,
    refusal: Option<ErrorCode>,
}

impl<M: Served> Person<M> {
    fn before(opened: M::Event) -> Self {
        let person = Self {
            machine: M::loading(),
            taps: 0,
            refusal: None,
        };
        person.hears(opened)
    }

    /// What comes from the service or the page.
    fn hears(mut self, event: M::Event) -> Self {
        let mut next = Some(event);
        while let Some(event) = next.take() {
            let (machine, effect) = self.machine.on(event, NOW);
            self.machine = machine;
            next = effect.and_then(|effect| match self.refusal.take() {
                Some(code) => M::no(effect, code),
                None => M::yes(effect),
            });
        }
        self
    }

    /// The next thing that is asked of the service is refused.
    fn meets_refusal(mut self, code: ErrorCode) -> Self {
        self.refusal = Some(code);
        self
    }

    /// Presses the button with these words.
    fn taps(mut self, words: Msg) -> Self {
        self.taps += 1;
        assert!(self.taps <= TAPS, "{words:?} is tap {}", self.taps);
        let screen = self.screen();
        let pressed = button(&screen, words).map(|block| (block.content.action(), block.index));
        let (Some(action), index) =
            pressed.unwrap_or_else(|| panic!("no {words:?}: {}", said(&screen)))
        else {
            panic!("{words:?} does nothing");
        };
        drop(screen);
        self.hears(M::event(action, index, Input::None))
    }

    /// Types into the first field.
    fn types(self, text: &str) -> Self {
        let screen = self.screen();
        let is_field = |block: &&Block<'_, M>| matches!(block.content, Content::Field { .. });
        let field = screen.blocks.iter().find(is_field);
        let field = field.unwrap_or_else(|| panic!("no field: {}", said(&screen)));
        let action = field.content.action().expect("a field does something");
        let event = M::event(action, field.index, Input::Text(text.to_owned()));
        drop(screen);
        self.hears(event)
    }

    /// Reads these words.
    fn reads(self, words: Msg) -> Self {
        let screen = self.screen();
        assert!(says(&screen, words), "no {words:?}: {}", said(&screen));
        drop(screen);
        self
    }

    /// Reads nothing like it.
    fn says_nothing_of(self, words: Msg) -> Self {
        let screen = self.screen();
        assert!(!says(&screen, words), "{words:?}: {}", said(&screen));
        drop(screen);
        self
    }

    /// Is on the screen that hosts hear called so.
    fn reaches(self, name: &str) -> Self {
        let screen = self.screen();
        assert_eq!(
            screen.scope.map(|scope| scope.name),
            Some(name),
            "{}",
            said(&screen)
        );
        drop(screen);
        self
    }

    /// Reads these words so many times, with something else each time.
    fn reads_apart(self, words: Msg, times: usize) -> Self {
        let screen = self.screen();
        let with = texts(&screen).filter(|one| one.message().is_some_and(|(msg, _)| msg == words));
        let dates = with.filter_map(|one| match one.message()?.1.first()? {
            Arg::Date(_, at) => Some(at.0),
            _other => None,
        });
        let dates: BTreeSet<_> = dates.collect();
        assert_eq!(dates.len(), times, "{words:?} {}", said(&screen));
        drop(screen);
        self
    }

    /// Sees a button or a link with these words, which could be pressed.
    fn can(self, words: Msg) -> Self {
        let screen = self.screen();
        let is_there = button(&screen, words).is_some() || link(&screen, words);
        assert!(is_there, "no {words:?}: {}", said(&screen));
        drop(screen);
        self
    }

    /// Sees none.
    fn cannot(self, words: Msg) -> Self {
        let screen = self.screen();
        assert!(
            button(&screen, words).is_none(),
            "{words:?}: {}",
            said(&screen)
        );
        drop(screen);
        self
    }

    fn screen(&self) -> Screen<'_, M> {
        self.machine.screen(View {
            now: NOW,
            support_url: Some("https://help.example/"),
            outage_notice: None,
            device: Device::Other,
            can_print: true,
        })
    }
}

fn says<M: Shows>(screen: &Screen<'_, M>, words: Msg) -> bool {
    texts(screen).any(|one| one.message().is_some_and(|(msg, _)| msg == words))
}

/// The open button with these words on it, or in the blocks inside of it.
fn button<'s, 'a, M: Shows>(screen: &'s Screen<'a, M>, words: Msg) -> Option<&'s Block<'a, M>> {
    let is = |one: &Words<'_>| one.message().is_some_and(|(msg, _)| msg == words);
    let depth = |block: &Block<'_, M>| block.key.shape().depth();
    let says = |(at, block): &(usize, &Block<'a, M>)| {
        let Content::Button { label, .. } = &block.content else {
            return false;
        };
        let inside = screen.blocks.iter().skip(at + 1);
        let mut inside = inside.take_while(|inner| depth(inner) > depth(block));
        let is_inside =
            |inner: &Block<'a, M>| matches!(&inner.content, Content::Text(words) if is(words));
        is_open(block) && (is(label) || inside.any(is_inside))
    };
    let found = screen.blocks.iter().enumerate().find(says);
    found.map(|(_, block)| block)
}

fn link<M: Shows>(screen: &Screen<'_, M>, words: Msg) -> bool {
    let is = |block: &Block<'_, M>| match &block.content {
        Content::Link { label, .. } => label.message().is_some_and(|(msg, _)| msg == words),
        _other => false,
    };
    screen.blocks.iter().any(is)
}

/// What a screen says, for whoever reads why a test failed.
fn said<M: Shows>(screen: &Screen<'_, M>) -> String {
    let messages = texts(screen).filter_map(|words| words.message().map(|(msg, _)| msg));
    format!("{:?}", messages.collect::<Vec<_>>())
}

/// What somebody has, a day apart.
fn methods(of: &[(MethodKind, MethodState)]) -> Vec<MethodView> {
    let numbered = (1..).zip(of);
    numbered
        .map(|(day, (kind, state))| method(day, *kind, *state))
        .collect()
}

fn method(day: u64, kind: MethodKind, state: MethodState) -> MethodView {
    MethodView {
        id: format!("{}-{day}", kind.as_str()),
        kind,
        name: None,
        hint: Some("78".to_owned()),
        created_at: 1_700_000_000 + day * 86_400,
        state,
        resting_until: (state == MethodState::Resting).then_some(NOW.0 + 4_000),
    }
}

/// A message that was just ordered.
fn challenge(channel: Channel, confirmation: CallConfirmation) -> ChallengeView {
    let waits_for_keys = match (channel, confirmation) {
        (Channel::Voice, CallConfirmation::Digits) => true,
        (Channel::Voice, CallConfirmation::None) | (Channel::Sms, _) => false,
    };
    ChallengeView {
        id: "c".to_owned(),
        channel,
        hint: "78".to_owned(),
        reference: "R4".to_owned(),
        call_digits: waits_for_keys.then(|| "47".to_owned()),
        expires_at: NOW.0 + 300,
        resend_at: Some(NOW.0),
        attempts_left: 5,
        delivery: DeliveryState::Accepted,
        delivery_at: NOW.0,
        answered: false,
        codes: 1,
    }
}
