//! Challenges, their messages, and the counts of budgets.

use async_trait::async_trait;
use nidan_core::challenge::{self, ChallengeState};
use nidan_core::{budget::Budget, delivery};
use nidan_protocol::{Authenticator, DeliveryState, EventKind};
use nidan_store::{
    Attempt, AuditDetail, Challenge, Count, DeliveryOutcome, LeasedMessage, NewChallenge, Order,
    Ordered, PhoneStore, Scope, StoreError,
};

use super::Memory;
use super::tables::{ChallengeRow, FlowRow, MessageRow, Tables};

impl ChallengeRow {
    pub(crate) fn state(&self) -> ChallengeState {
        ChallengeState {
            sends: self.sends,
            attempts: self.attempts,
            is_answered: self.answered_at.is_some(),
            expires_at: self.opened.expires_at,
        }
    }
}

impl Tables {
    pub(crate) fn flows_of<'a>(
        &'a self,
        (host, subject): (&'a str, &'a str),
    ) -> impl Iterator<Item = &'a FlowRow> {
        self.flows
            .iter()
            .filter(move |row| row.opened.host == host && row.opened.subject == subject)
    }

    fn challenge(&mut self, id: &str) -> Option<&mut ChallengeRow> {
        self.challenges.iter_mut().find(|row| row.opened.id == id)
    }

    fn counted<'a>(&self, budgets: &'a [Budget], now: u64) -> Vec<(&'a Budget, u32)> {
        let count = |budget: &'a Budget| {
            let key = (
                budget.scope.as_str(),
                budget.key.clone(),
                budget.window(now).start,
            );
            (
                budget,
                self.counts.get(&key).map_or(0, |(_end, count)| *count),
            )
        };
        budgets.iter().map(count).collect()
    }

    fn store_message(&mut self, challenge_id: &str, order: &Order) {
        let now = order.now_ms / 1_000;
        for budget in &order.budgets {
            let window = budget.window(now);
            let key = (budget.scope.as_str(), budget.key.clone(), window.start);
            self.counts.entry(key).or_insert((window.end, 0)).1 += 1;
        }
        self.messages.push(MessageRow {
            id: order.message_id.clone(),
            challenge_id: challenge_id.to_owned(),
            state: DeliveryState::Queued,
            state_at: now,
            due_at_ms: order.now_ms,
            tries: 0,
            refused: 0,
            doubt: false,
            is_in_hand: false,
            gateway: None,
            reference: None,
        });
        let Some(audit) = &order.audit else { return };
        let sent = self
            .challenges
            .iter()
            .find(|row| row.opened.id == challenge_id);
        let flow = sent.and_then(|sent| {
            let mut flows = self.flows.iter();
            flows.find(|row| row.opened.id == sent.opened.flow_id)
        });
        if let (Some(sent), Some(flow)) = (sent, flow) {
            let detail = AuditDetail {
                method: Some(Authenticator::Method(sent.opened.channel.method())),
                hint: Some(sent.opened.hint.clone()),
                count: None,
            };
            let whose = super::tables::own((&flow.opened.host, &flow.opened.subject));
            self.append((&whose.0, &whose.1), EventKind::CodeSent, detail, audit);
        }
    }

    fn leased(&self, message: &MessageRow) -> Option<LeasedMessage> {
        let mut challenges = self.challenges.iter();
        let challenge = challenges.find(|row| row.opened.id == message.challenge_id)?;
        let mut flows = self.flows.iter();
        let flow = flows.find(|row| row.opened.id == challenge.opened.flow_id)?;
        Some(LeasedMessage {
            id: message.id.clone(),
            challenge: challenge.opened.clone(),
            host: flow.opened.host.clone(),
            subject: flow.opened.subject.clone(),
            origin: flow.opened.origin.clone(),
            tries: message.tries,
            refused: message.refused,
            doubt: message.doubt,
            state: message.state,
        })
    }

    /// The messages that a gateway has.
    fn of_gateway<'a>(&'a self, gateway: &'a str) -> impl Iterator<Item = &'a MessageRow> {
        self.messages
            .iter()
            .filter(move |row| row.gateway.as_deref() == Some(gateway))
    }
}

#[async_trait]
impl PhoneStore for Memory {
    async fn open_challenge(
        &self,
        new: &NewChallenge,
        seen: Option<&str>,
        order: &Order,
    ) -> Result<Ordered, StoreError> {
        self.transact(|tables| {
            let now = order.now_ms / 1_000;
            let of_flow = |row: &&ChallengeRow| row.opened.flow_id == new.flow_id;
            let latest = tables.challenges.iter().rfind(of_flow);
            let latest = latest.map(|row| row.opened.id.clone());
            let counted = tables.counted(&order.budgets, now);
            let ordered = challenge::open(counted, now, latest.as_deref(), seen);
            if ordered == Ordered::Yes {
                for other in &mut tables.challenges {
                    if other.opened.flow_id == new.flow_id {
                        let ends = challenge::expires_when_ended(&other.state(), now);
                        other.opened.expires_at = ends;
                    }
                }
                tables.challenges.push(ChallengeRow {
                    opened: new.clone(),
                    sends: 1,
                    sent_at: now,
                    attempts: 0,
                    answered_at: None,
                });
                tables.store_message(&new.id, order);
            }
            ordered
        })
    }

    async fn resend(
        &self,
        challenge_id: &str,
        sends: u32,
        order: &Order,
    ) -> Result<Ordered, StoreError> {
        self.transact(|tables| {
            let now = order.now_ms / 1_000;
            let counted = tables.counted(&order.budgets, now);
            let Some(row) = tables.challenge(challenge_id) else {
                return Ordered::Changed;
            };
            let ordered = challenge::resend(&row.state(), sends, counted, now);
            if ordered == Ordered::Yes {
                row.sends += 1;
                row.sent_at = now;
                for message in &mut tables.messages {
                    if message.challenge_id == challenge_id
                        && delivery::is_dropped_by_resend(message.state)
                    {
                        message.state = DeliveryState::Failed;
                        message.state_at = now;
                    }
                }
                tables.store_message(challenge_id, order);
            }
            ordered
        })
    }

    async fn challenge(&self, flow_id: &str, id: &str) -> Result<Option<Challenge>, StoreError> {
        let mut challenges = self.challenges(flow_id).await?.into_iter();
        Ok(challenges.find(|challenge| challenge.opened.id == id))
    }

    async fn challenges(&self, flow_id: &str) -> Result<Vec<Challenge>, StoreError> {
        self.transact(|tables| {
            let ours = tables.challenges.iter();
            let ours = ours.filter(|row| row.opened.flow_id == flow_id);
            ours.filter_map(|row| {
                let mut newest = tables.messages.iter().rev();
                let latest = newest.find(|message| message.challenge_id == row.opened.id)?;
                Some(Challenge {
                    opened: row.opened.clone(),
                    sends: row.sends,
                    sent_at: row.sent_at,
                    attempts: row.attempts,
                    answered_at: row.answered_at,
                    delivery: latest.state,
                    delivery_at: latest.state_at,
                })
            })
            .collect()
        })
    }

    async fn reserve_answer(&self, id: &str, limit: u32, now: u64) -> Result<Attempt, StoreError> {
        self.transact(|tables| {
            let Some(row) = tables.challenge(id) else {
                return Attempt::Exhausted;
            };
            let attempt = challenge::reserve(&row.state(), limit, now);
            if let Attempt::Reserved { .. } = attempt {
                row.attempts += 1;
            }
            attempt
        })
    }

    async fn answered(&self, id: &str, budget: &Budget, now: u64) -> Result<bool, StoreError> {
        self.transact(|tables| {
            let Some(row) = tables.challenge(id) else {
                return false;
            };
            let Some(sends) = challenge::answer(&row.state(), now) else {
                return false;
            };
            row.answered_at = Some(now);
            let key = (
                budget.scope.as_str(),
                budget.key.clone(),
                budget.window(now).start,
            );
            if let Some((_end, count)) = tables.counts.get_mut(&key) {
                *count = count.saturating_sub(sends);
            }
            true
        })
    }

    async fn take_messages(
        &self,
        now_ms: u64,
        lease_ms: u64,
        count: u32,
    ) -> Result<Vec<LeasedMessage>, StoreError> {
        self.transact(|tables| {
            let due = tables.messages.iter_mut().enumerate();
            let mut due: Vec<_> = due
                .filter(|(_, row)| row.state == DeliveryState::Queued && row.due_at_ms <= now_ms)
                .collect();
            due.sort_by_key(|(_, row)| row.due_at_ms);
            let taken = due.into_iter().take(count as usize).map(|(place, row)| {
                row.tries += 1;
                row.due_at_ms = now_ms + lease_ms;
                row.doubt |= row.is_in_hand;
                row.is_in_hand = true;
                place
            });
            let taken: Vec<_> = taken.collect();
            let rows = taken
                .into_iter()
                .filter_map(|place| tables.messages.get(place));
            rows.filter_map(|row| tables.leased(row)).collect()
        })
    }

    async fn settle(
        &self,
        id: &str,
        outcome: &DeliveryOutcome,
        now: u64,
    ) -> Result<(), StoreError> {
        self.transact(|tables| {
            let mut messages = tables.messages.iter_mut();
            let Some(row) = messages.find(|row| row.id == id) else {
                return;
            };
            if !delivery::is_settled_by_outcome(row.state) {
                return;
            }
            row.state = outcome.state();
            match outcome {
                DeliveryOutcome::Accepted { gateway, reference } => {
                    row.gateway = Some(gateway.clone());
                    row.reference.clone_from(reference);
                    row.state_at = now;
                }
                DeliveryOutcome::Unclear { gateway } => {
                    row.gateway = Some(gateway.clone());
                    row.state_at = now;
                }
                DeliveryOutcome::Again {
                    due_at_ms,
                    refused,
                    doubt,
                } => {
                    row.due_at_ms = *due_at_ms;
                    row.refused = *refused;
                    row.doubt = *doubt;
                    row.is_in_hand = false;
                }
                DeliveryOutcome::Failed => row.state_at = now,
            }
        })
    }

    async fn receipt(
        &self,
        gateway: &str,
        id: &str,
        state: DeliveryState,
        now: u64,
    ) -> Result<bool, StoreError> {
        self.transact(|tables| {
            let challenges = &tables.challenges;
            let mut messages = tables.messages.iter_mut();
            let row = messages.find(|row| row.id == id && row.gateway.as_deref() == Some(gateway));
            row.is_some_and(|row| {
                let asks_digits = challenges.iter().any(|one| {
                    one.opened.id == row.challenge_id && one.opened.call_digits.is_some()
                });
                let moves = delivery::is_moved_by_report(row.state, state, asks_digits);
                if moves {
                    row.state = state;
                    row.state_at = now;
                }
                moves
            })
        })
    }

    async fn message_by_reference(
        &self,
        gateway: &str,
        reference: &str,
    ) -> Result<Option<String>, StoreError> {
        self.transact(|tables| {
            let mut ours = tables.of_gateway(gateway);
            let row = ours.find(|row| row.reference.as_deref() == Some(reference))?;
            Some(row.id.clone())
        })
    }

    async fn message(&self, gateway: &str, id: &str) -> Result<Option<LeasedMessage>, StoreError> {
        self.transact(|tables| {
            let row = tables.of_gateway(gateway).find(|row| row.id == id)?;
            tables.leased(row)
        })
    }

    async fn messages(
        &self,
        gateway: &str,
        host: &str,
        since: u64,
    ) -> Result<Vec<(LeasedMessage, u64)>, StoreError> {
        self.transact(|tables| {
            let ours = tables
                .of_gateway(gateway)
                .filter(|row| row.state_at >= since);
            ours.filter_map(|row| Some((tables.leased(row)?, row.state_at)))
                .filter(|(message, _)| message.host == host)
                .collect()
        })
    }

    async fn queue(&self) -> Result<(u64, Option<u64>), StoreError> {
        self.transact(|tables| {
            let queued = tables.messages.iter();
            let queued = queued.filter(|row| row.state == DeliveryState::Queued);
            let due: Vec<_> = queued.map(|row| row.due_at_ms).collect();
            (due.len() as u64, due.into_iter().min())
        })
    }

    async fn deliveries(&self) -> Result<Vec<(String, DeliveryState, u64)>, StoreError> {
        self.transact(|tables| {
            let mut all: Vec<(String, DeliveryState, u64)> = Vec::new();
            for row in &tables.messages {
                let gateway = row.gateway.clone().unwrap_or_default();
                let known = all
                    .iter_mut()
                    .find(|(name, state, _)| name == &gateway && *state == row.state);
                match known {
                    Some((_, _, count)) => *count += 1,
                    None => all.push((gateway, row.state, 1)),
                }
            }
            all
        })
    }

    async fn counts(&self, now: u64) -> Result<Vec<Count>, StoreError> {
        self.transact(|tables| {
            let mut all: Vec<Count> = Vec::new();
            for ((scope, key, start), (end, count)) in &tables.counts {
                if *start > now || *end <= now {
                    continue;
                }
                let is_readable = Scope::ALL
                    .into_iter()
                    .any(|known| known.as_str() == *scope && known.has_readable_keys());
                let key = is_readable.then(|| String::from_utf8_lossy(key).into_owned());
                let count = u64::from(*count);
                match all
                    .iter_mut()
                    .find(|row| row.scope == *scope && row.key == key)
                {
                    Some(row) => {
                        row.highest = row.highest.max(count);
                        row.sum += count;
                    }
                    None => all.push(Count {
                        scope: (*scope).to_owned(),
                        key,
                        highest: count,
                        sum: count,
                    }),
                }
            }
            all
        })
    }

    async fn purge_counts(&self, now: u64) -> Result<u64, StoreError> {
        self.transact(|tables| {
            let before = tables.counts.len();
            tables.counts.retain(|_key, (end, _count)| *end > now);
            (before - tables.counts.len()) as u64
        })
    }
}
