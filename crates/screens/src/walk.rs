//! Random people, who press whatever a screen offers, and a service that answers anything, late and
//! in any order.

use std::collections::BTreeSet;
use std::fmt::Debug;

use nidan_flow::Now;
use nidan_otp::UnixSeconds;
use nidan_protocol::{CallConfirmation, ChallengeView, Channel, DeliveryState};

use crate::testing::{Chance, contradicts_nothing, fills_every_place, is_open, is_well_formed};
use crate::{Content, Device, Input, Screen, Shows, View};

/// What is another thing on each machine's [screens](Screen).
pub(crate) trait Walked: Shows + Debug {
    /// What somebody may type into this field.
    fn typed(walk: &mut Walk<Self>, key: Self::Key) -> String;

    /// The message that this orders, and for whom: one that is on its way is not ordered again.
    fn orders(effect: &Self::Effect) -> Option<String>;

    /// What the shell or the service says to this; [`None`] where nothing comes back.
    fn answer(walk: &mut Walk<Self>, effect: Self::Effect) -> Option<Self::Event>;
}

/// A machine, what its service has not answered yet, and what happens next.
pub(crate) struct Walk<M: Shows> {
    pub(crate) chance: Chance,
    pub(crate) machine: M,
    /// Seconds since 1970.
    pub(crate) now: u64,
    pending: Vec<M::Effect>,
    sent: u32,
    device: Device,
    seed: u64,
}

impl<M: Walked> Walk<M> {
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let device = chance.one(&[Device::Other, Device::IPhone, Device::Android]);
        Self {
            chance,
            machine: M::loading(),
            now: 1_800_000_000,
            pending: vec![M::open()],
            sent: 0,
            device,
            seed,
        }
    }

    pub(crate) fn view(&self) -> View<'static> {
        let support_url = self.now.is_multiple_of(2).then_some("https://help.example");
        View {
            now: UnixSeconds(self.now),
            support_url,
            outage_notice: self.now.is_multiple_of(3).then_some("One carrier is down."),
            device: self.device,
            can_print: self.device != Device::Android,
        }
    }

    fn send(&mut self, event: M::Event) {
        let machine = std::mem::replace(&mut self.machine, M::loading());
        let (machine, effect) = machine.on(event, UnixSeconds(self.now));
        self.machine = machine;
        let order = effect.as_ref().and_then(M::orders);
        let mut pending = self.pending.iter().filter_map(M::orders);
        assert!(
            order.is_none() || !pending.any(|one| Some(one) == order),
            "seed {}, ordered twice: {order:?}, {:?}",
            self.seed,
            self.machine
        );
        self.pending.extend(effect);
    }

    /// Some seconds, and then a press, an answer or news.
    fn step(&mut self) {
        self.now += self.chance.one(&[0, 0, 0, 1, 5, 40, 200]);
        let event = match self.chance.below(9) {
            0..5 => self.press(),
            5..8 if !self.pending.is_empty() => {
                let which = self.chance.below(self.pending.len());
                let effect = self.pending.swap_remove(which);
                M::answer(self, effect)
            }
            _ => self.news(),
        };
        if let Some(event) = event {
            self.send(event);
        }
    }

    fn press(&mut self) -> Option<M::Event> {
        let screen = self.machine.screen(self.view());
        let offered: Vec<_> = screen
            .blocks
            .iter()
            .filter(|block| is_open(block))
            .map(|block| {
                let action = block
                    .content
                    .action()
                    .expect("an open block does something");
                let takes_text = matches!(block.content, Content::Field { .. });
                let takes_tick = matches!(block.content, Content::Checkbox { .. });
                (block.key, block.index, action, takes_text, takes_tick)
            })
            .collect();
        drop(screen);
        if offered.is_empty() {
            return None;
        }
        let (key, index, action, takes_text, takes_tick) = self.chance.one(&offered);
        let input = match (takes_text, takes_tick) {
            (true, _) => Input::Text(M::typed(self, key)),
            (_, true) => Input::Ticked(self.chance.flip()),
            _neither => Input::None,
        };
        Some(M::event(action, index, input))
    }

    /// What comes without being asked for.
    fn news(&mut self) -> Option<M::Event> {
        if let Some((_, event)) = self.machine.retry().filter(|(due, _)| due.0 <= self.now) {
            return Some(event);
        }
        if self.chance.below(70) == 0 {
            return Some(M::time_up());
        }
        let mut awaited = self.machine.awaited()?.clone();
        awaited.delivery = self.chance.one(&[
            DeliveryState::Queued,
            DeliveryState::Accepted,
            DeliveryState::Unknown,
            DeliveryState::Delivered,
            DeliveryState::Failed,
            DeliveryState::WrongDigits,
        ]);
        M::changed(Box::new(awaited))
    }

    /// A message that was just ordered.
    pub(crate) fn challenge(
        &mut self,
        channel: Channel,
        confirmation: CallConfirmation,
    ) -> ChallengeView {
        self.sent += 1;
        let call_digits = match (channel, confirmation) {
            (Channel::Voice, CallConfirmation::Digits) => {
                Some(format!("{:02}", self.chance.below(100)))
            }
            (Channel::Voice, CallConfirmation::None) | (Channel::Sms, _) => None,
        };
        ChallengeView {
            id: format!("c{}", self.sent),
            channel,
            hint: format!("{:02}", self.chance.below(100)),
            reference: format!("R{}", self.chance.below(100)),
            call_digits,
            expires_at: self.now + 300,
            resend_at: self.chance.flip().then_some(self.now + 30),
            attempts_left: 5,
            delivery: DeliveryState::Queued,
            delivery_at: self.now,
            answered: false,
            codes: 1,
        }
    }

    /// The same message once more, where it is still awaited.
    pub(crate) fn again(&self, id: &str) -> Option<ChallengeView> {
        self.machine
            .awaited()
            .filter(|awaited| awaited.id == id)
            .cloned()
    }
}

/// So many people walk in each run, 60 or 80 steps each: more than a million steps in all.
/// `WALK_STEPS` asks for another number of steps.
const PEOPLE: u64 = 7_200;

/// Walks many times, holds every [screen](Screen) to `holds`, and names those that were reached.
pub(crate) fn reaches<M: Walked>(
    steps: u32,
    holds: impl Fn(&M, &Screen<'_, M>, Now, &str),
) -> Vec<&'static str> {
    let mut reached = BTreeSet::new();
    let people = std::env::var("WALK_STEPS")
        .ok()
        .and_then(|all| all.parse::<u64>().ok());
    for seed in 0..people.map_or(PEOPLE, |all| all / u64::from(steps)) {
        let mut walk = Walk::<M>::new(seed);
        for step in 0..steps {
            walk.step();
            let trace = format!("seed {seed}, step {step}: {:?}", walk.machine);
            let screen = walk.machine.screen(walk.view());
            is_well_formed(&screen, &trace);
            fills_every_place(&screen, &trace);
            contradicts_nothing(&screen, &trace);
            holds(&walk.machine, &screen, UnixSeconds(walk.now), &trace);
            reached.extend(screen.scope.map(|scope| scope.name));
        }
    }
    reached.into_iter().collect()
}
