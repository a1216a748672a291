//! A phone number and its code: typed, sent, answered, and what to do when nothing arrives.

use nidan_otp::Code;
use nidan_protocol::{CallConfirmation, ChallengeView, Channel, MethodClass, MethodKind};

use super::{
    Effect, EndReason, Enrolment, Event, OrderedNumber, PhoneRefusal, RequestState, Step,
    VerifiedPhone,
};
use crate::regions::Regions;

type Next = Result<(Step, Option<Effect>), EndReason>;

impl Enrolment {
    /// How the last question about a number or its code fares; `None` on other steps.
    pub fn asking(&self) -> Option<RequestState<PhoneRefusal>> {
        match &self.step {
            Step::Number { asking, .. } | Step::PhoneCode { asking, .. } => Some(*asking),
            _other => None,
        }
    }

    /// To the number of a phone; the table of regions is fetched once.
    pub(super) fn enter_number(&mut self, channel: Channel) -> (Step, Option<Effect>) {
        let missing = self.phone.regions.is_none();
        (
            Step::Number {
                channel,
                asking: RequestState::Idle,
            },
            missing.then_some(Effect::LoadRegions),
        )
    }

    pub(super) fn on_number(
        &mut self,
        event: Event,
        channel: Channel,
        asking: RequestState<PhoneRefusal>,
    ) -> Next {
        // What is typed takes a refusal away, and never the mark of a question that is still on its
        // way.
        let waits = asking == RequestState::Waiting;
        // A press that waits for the table is taken back: what is typed now is not what was meant.
        let ordered = waits && self.phone.regions.is_some();
        let edited = Step::Number {
            channel,
            asking: if ordered { asking } else { RequestState::Idle },
        };
        Ok(match event {
            Event::Back if self.has_method() => (Step::Another, None),
            Event::Back => (Step::Method, None),
            Event::Regions(table) => {
                let is_first = self.phone.regions.is_none();
                self.phone.regions = table.as_deref().map(Regions::new);
                self.phone.read();
                // Whoever went on before the table was there goes on now.
                if is_first && waits && self.phone.regions.is_some() {
                    return Ok(self.order(channel));
                }
                let lost = RequestState::Refused(PhoneRefusal::Unreachable);
                let asking = if self.phone.regions.is_some() {
                    asking
                } else {
                    lost
                };
                (Step::Number { channel, asking }, None)
            }
            Event::CountrySearched(search) => {
                self.phone.search = search;
                self.phone.searches += 1;
                (Step::Number { channel, asking }, None)
            }
            Event::CountryChosen(country) => {
                self.phone.country = country;
                self.phone.choices += 1;
                self.phone.search.clear();
                self.phone.searches += 1;
                self.phone.read();
                (edited, None)
            }
            Event::NumberTyped(typed) => {
                self.phone.typed = typed;
                self.phone.read();
                (edited, None)
            }
            Event::NameTyped(name) => {
                self.phone.name = name;
                (Step::Number { channel, asking }, None)
            }
            // One at a time: a second press sends nothing.
            Event::Next if !waits => {
                self.phone.call_confirmation = CallConfirmation::Digits;
                self.order(channel)
            }
            Event::Switch(channel) if !waits => {
                self.phone.call_confirmation = CallConfirmation::Digits;
                self.order(channel)
            }
            Event::CallUnconfirmed if !waits => {
                self.phone.call_confirmation = CallConfirmation::None;
                self.order(Channel::Voice)
            }
            Event::Ordered(challenge) if waits => (self.enter_code(challenge), None),
            // What was asked on a screen that the person has left is no news here.
            Event::NotOrdered(refusal) => match refusal.ending() {
                Some(ending) => return Err(ending),
                None if !waits => (Step::Number { channel, asking }, None),
                None => (
                    Step::Number {
                        channel,
                        asking: RequestState::Refused(refusal),
                    },
                    None,
                ),
            },
            _other => (Step::Number { channel, asking }, None),
        })
    }

    /// Orders a code for the number that stands in the field.
    fn order(&mut self, channel: Channel) -> (Step, Option<Effect>) {
        let Some(regions) = &self.phone.regions else {
            return (
                Step::Number {
                    channel,
                    asking: RequestState::Waiting,
                },
                Some(Effect::LoadRegions),
            );
        };
        match regions.read(&self.phone.typed, &self.phone.country) {
            Ok(number) => {
                let (typed, country) = (self.phone.typed.clone(), self.phone.country.clone());
                self.phone.ordered = Some(OrderedNumber {
                    typed,
                    country,
                    e164: number.e164,
                    iso: number.iso,
                });
                (
                    Step::Number {
                        channel,
                        asking: RequestState::Waiting,
                    },
                    self.order_of(channel),
                )
            }
            Err(error) => {
                let refusal = PhoneRefusal::Number(error);
                (
                    Step::Number {
                        channel,
                        asking: RequestState::Refused(refusal),
                    },
                    None,
                )
            }
        }
    }

    /// The order for the number that was read last: never read again, so that a call goes where the
    /// text went.
    fn order_of(&self, channel: Channel) -> Option<Effect> {
        let number = self.phone.ordered.clone()?;
        Some(Effect::Order {
            number,
            channel,
            confirmation: self.phone.call_confirmation,
        })
    }

    fn enter_code(&mut self, challenge: Box<ChallengeView>) -> Step {
        self.typed_code.clear();
        Step::PhoneCode {
            challenge,
            asking: RequestState::Idle,
            help: None,
        }
    }

    pub(super) fn on_phone_code(
        &mut self,
        event: Event,
        challenge: Box<ChallengeView>,
        asking: RequestState<PhoneRefusal>,
        help: Option<usize>,
    ) -> Next {
        let step = |challenge, asking| Step::PhoneCode {
            challenge,
            asking,
            help,
        };
        Ok(match event {
            Event::Back if help.is_some() => (
                Step::PhoneCode {
                    challenge,
                    asking,
                    help: None,
                },
                None,
            ),
            // The number is typed again; what was typed stays.
            Event::Back => (
                Step::Number {
                    channel: challenge.channel,
                    asking: RequestState::Idle,
                },
                None,
            ),
            Event::ChangeNumber => (
                Step::Number {
                    channel: challenge.channel,
                    asking: RequestState::Idle,
                },
                None,
            ),
            Event::CodeTyped(typed) => {
                self.typed_code = typed;
                match Code::from_typed(&self.typed_code) {
                    Ok(code) if asking != RequestState::Waiting => self.answer(challenge, &code),
                    Ok(_) => (step(challenge, asking), None),
                    Err(_) => (
                        step(
                            challenge,
                            if asking == RequestState::Waiting {
                                asking
                            } else {
                                RequestState::Idle
                            },
                        ),
                        None,
                    ),
                }
            }
            Event::CodeSubmitted if asking != RequestState::Waiting => {
                match Code::from_typed(&self.typed_code) {
                    Ok(code) => self.answer(challenge, &code),
                    Err(error) => (
                        step(challenge, RequestState::Refused(PhoneRefusal::Code(error))),
                        None,
                    ),
                }
            }
            Event::Ordered(fresh) => {
                // The same code once more is no reason to leave the help.
                let is_another = fresh.id != challenge.id;
                if is_another {
                    // Digits of another message are right for nothing.
                    self.typed_code.clear();
                }
                let help = help.filter(|_| !is_another);
                (
                    Step::PhoneCode {
                        challenge: fresh,
                        asking: RequestState::Idle,
                        help,
                    },
                    None,
                )
            }
            Event::Changed(fresh) if fresh.id == challenge.id => (
                Step::PhoneCode {
                    challenge: fresh,
                    asking,
                    help,
                },
                None,
            ),
            // Of an earlier number, whose screen was left: that one was not asked for any more.
            Event::Accepted(id) if id != challenge.id => (step(challenge, asking), None),
            Event::Accepted(_) => {
                self.phones.push(VerifiedPhone {
                    challenge_id: challenge.id,
                    channel: challenge.channel,
                    hint: challenge.hint,
                    name: std::mem::take(&mut self.phone.name),
                });
                self.phone.typed.clear();
                self.phone.read();
                self.typed_code.clear();
                (self.after_method(), None)
            }
            Event::NotOrdered(refusal) => match refusal.ending() {
                Some(ending) => return Err(ending),
                None => (step(challenge, RequestState::Refused(refusal)), None),
            },
            Event::Resend if asking != RequestState::Waiting => {
                let resend = Effect::Resend(challenge.id.clone());
                (step(challenge, RequestState::Waiting), Some(resend))
            }
            // The code that is awaited goes on until the new one is on its way.
            Event::Switch(channel) if asking != RequestState::Waiting => {
                self.phone.call_confirmation = CallConfirmation::Digits;
                let order = self.order_of(channel);
                (
                    Step::PhoneCode {
                        challenge,
                        asking: RequestState::Waiting,
                        help: None,
                    },
                    order,
                )
            }
            Event::Renew if asking != RequestState::Waiting => {
                self.phone.call_confirmation = challenge.call_confirmation();
                let order = self.order_of(challenge.channel);
                (step(challenge, RequestState::Waiting), order)
            }
            Event::Choose(kind) => self.choose(kind),
            Event::Help => {
                let country = self.phone.ordered.as_ref().map(|number| number.iso.clone());
                let loads = Some(Effect::LoadHelp(country.unwrap_or_default()));
                let asking = if asking == RequestState::Waiting {
                    asking
                } else {
                    RequestState::Idle
                };
                (
                    Step::PhoneCode {
                        challenge,
                        asking,
                        help: Some(0),
                    },
                    loads,
                )
            }
            Event::HelpFound(found) => {
                self.phone.help = found;
                (step(challenge, asking), None)
            }
            Event::Next => (
                Step::PhoneCode {
                    challenge,
                    asking,
                    help: help.map(|at| at.saturating_add(1)),
                },
                None,
            ),
            _other => (step(challenge, asking), None),
        })
    }

    fn answer(&mut self, challenge: Box<ChallengeView>, code: &Code) -> (Step, Option<Effect>) {
        let answer = Effect::Answer {
            challenge_id: challenge.id.clone(),
            code: code.expose().to_owned(),
        };
        (
            Step::PhoneCode {
                challenge,
                asking: RequestState::Waiting,
                help: None,
            },
            Some(answer),
        )
    }

    /// To the first screen of a method.
    pub(super) fn choose(&mut self, kind: MethodKind) -> (Step, Option<Effect>) {
        match kind.class() {
            MethodClass::Otp => (Step::GetApp, None),
            MethodClass::OutOfBand(channel) => self.enter_number(channel),
        }
    }
}
