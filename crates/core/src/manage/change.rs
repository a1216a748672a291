//! The decision about one change.

use nidan_protocol::{Authenticator, ChangeKind, EventKind};

use super::{
    Account, Changes, Earlier, Forbidden, HOUR_S, Holder, KnownMethod, ManageChanges,
    ManageContext, ManageDecision, ManageFlow, ManageRefusal, ManageRequest, Name, NewFacts,
    OVERLAP_HOURS_MAX, PAUSE_HOURS, PROOF_LIVES_S, Proof, Step, Wish, ends,
    standing::{self, Less},
};
use crate::audit::AuditDetail;
use crate::hold::{self, HoldContext, HoldDecision, HoldMethod, HoldWish};
use crate::trust::Browsers;

/// Decides about a change.
pub fn decide(context: &ManageContext, request: &ManageRequest) -> ManageDecision {
    match context.earlier {
        Earlier::Same => return ManageDecision::Again,
        Earlier::Another => return ManageDecision::Refused(ManageRefusal::AnotherBody),
        Earlier::No => {}
    }
    match decided(context, request) {
        Ok(changes) => ManageDecision::Do(changes),
        Err(refusal) => ManageDecision::Refused(refusal),
    }
}

fn decided(
    context: &ManageContext,
    request: &ManageRequest,
) -> Result<ManageChanges, ManageRefusal> {
    let proof = fresh_proof(&context.flow, context.account.factor_epoch, request.now)?;
    let change = Deciding {
        context,
        account: &context.account,
        proof,
        request,
    };
    let mut changes = match &request.wish {
        Wish::Edit {
            method_id,
            name,
            is_default,
        } => change.edit(method_id, name.as_ref(), *is_default),
        Wish::Remove { method_id } => change.remove(method_id),
        Wish::Hold { method_id, wish } => change.hold(method_id, *wish),
        Wish::Finish {
            method,
            keep_old_hours,
        } => change.finish(method.as_ref(), *keep_old_hours),
        Wish::Pause { hours } => change.pause(*hours),
        Wish::Resume => Ok(change.resume()),
        Wish::TurnOff => change.turn_off(),
        Wish::EndTrust { browsers } => change.end_trust(browsers),
    }?;
    // Whoever changes a factor is there: the pause has done its work.
    if changes.raises_epoch && change.is_paused() {
        changes.steps.push(Step::EndPause);
        changes
            .entries
            .push((EventKind::Resumed, AuditDetail::default()));
    }
    Ok(changes)
}

/// The proof of a flow that waits for the person, where it is enough for a change now.
///
/// # Errors
/// [`ManageRefusal::FlowOver`], [`ManageRefusal::ReauthRequired`] and
/// [`ManageRefusal::FactorsChanged`].
pub fn fresh_proof(
    flow: &ManageFlow,
    factor_epoch: u64,
    now: u64,
) -> Result<&Proof, ManageRefusal> {
    if !flow.is_open {
        return Err(ManageRefusal::FlowOver);
    }
    let proof = flow.proof.as_ref().ok_or(ManageRefusal::ReauthRequired)?;
    if proof.factor_epoch != factor_epoch {
        return Err(ManageRefusal::FactorsChanged);
    }
    // A clock that was set back makes no proof younger.
    if now < proof.at || now - proof.at > PROOF_LIVES_S {
        return Err(ManageRefusal::ReauthRequired);
    }
    Ok(proof)
}

/// A change that is being decided: its proof is fresh.
struct Deciding<'a> {
    context: &'a ManageContext,
    account: &'a Account,
    proof: &'a Proof,
    request: &'a ManageRequest,
}

impl Deciding<'_> {
    fn method(&self, id: &str) -> Result<&KnownMethod, ManageRefusal> {
        let mut methods = self.account.methods.iter();
        methods
            .find(|method| method.id == id)
            .ok_or(ManageRefusal::NoMethod)
    }

    fn is_paused(&self) -> bool {
        self.account
            .paused_until
            .is_some_and(|until| until > self.request.now)
    }

    /// Whoever has got a new method in cannot turn it against the older ones.
    fn proved_by_something_old(&self) -> Result<(), ManageRefusal> {
        standing::refuse_cooling_proof(self.account, self.proof, self.request.now)
    }

    /// The method that goes does not say so itself: a code of it that was read out is not enough.
    fn proved_by_another(&self, method_id: &str) -> Result<(), ManageRefusal> {
        if self.proof.method_id == method_id {
            Err(ManageRefusal::ReauthRequired)
        } else {
            Ok(())
        }
    }

    fn one_more_change(&self) -> Result<Option<Changes>, ManageRefusal> {
        standing::one_more_change(self.account.changes, self.request.now).map(Some)
    }

    fn edit(
        &self,
        method_id: &str,
        name: Option<&Name>,
        is_default: Option<bool>,
    ) -> Result<ManageChanges, ManageRefusal> {
        let method = self.method(method_id)?;
        if is_default == Some(true) && method.retires_at.is_some() {
            return Err(ManageRefusal::Forbidden(Forbidden::Retiring));
        }
        let mut steps = Vec::new();
        if let Some(name) = name {
            steps.push(Step::Name {
                method_id: method_id.to_owned(),
                name: match name {
                    Name::Removed => None,
                    Name::Given(name) => Some(name.clone()),
                },
            });
        }
        match (is_default, method.is_default) {
            (Some(true), false) => steps.push(Step::Default {
                method_id: Some(method_id.to_owned()),
            }),
            (Some(false), true) => steps.push(Step::Default { method_id: None }),
            (Some(true), true) | (Some(false), false) | (None, _) => {}
        }
        Ok(ManageChanges {
            steps,
            ..ManageChanges::default()
        })
    }

    fn remove(&self, method_id: &str) -> Result<ManageChanges, ManageRefusal> {
        let method = self.method(method_id)?;
        let now = self.request.now;
        if standing::left_without(self.account, method_id, now) < self.min_methods() {
            return Err(ManageRefusal::LastMethod);
        }
        self.proved_by_another(method_id)?;
        self.proved_by_something_old()?;
        Ok(ManageChanges {
            raises_epoch: true,
            steps: vec![Step::Remove {
                method_id: method_id.to_owned(),
            }],
            entries: vec![(EventKind::MethodRemoved, method.detail())],
            change: Some((
                ChangeKind::Removed,
                Some(Authenticator::Method(method.kind)),
            )),
            changes: self.one_more_change()?,
        })
    }

    fn min_methods(&self) -> usize {
        usize::try_from(self.request.policy.min_methods)
            .unwrap_or(usize::MAX)
            .max(1)
    }

    fn hold(&self, method_id: &str, wish: HoldWish) -> Result<ManageChanges, ManageRefusal> {
        let method = self.method(method_id)?;
        let context = HoldContext {
            methods: self.account.methods.iter().map(hold_method).collect(),
            backup_codes_left: self.account.backup_codes.left,
            is_paused: self.is_paused(),
        };
        let decision = hold::decide(&context, method_id, wish, Holder::Person);
        let (raises_epoch, back) = match decision {
            HoldDecision::Change {
                raises_epoch,
                brings_back,
                ends_pause: _,
            } => (raises_epoch, brings_back),
            HoldDecision::AlreadySo => return Ok(ManageChanges::default()),
            HoldDecision::NoMethod => return Err(ManageRefusal::NoMethod),
            HoldDecision::LastMethod => return Err(ManageRefusal::LastMethod),
        };
        self.proved_by_another(method_id)?;
        self.proved_by_something_old()?;
        if method.held_by == Some(Holder::Support) {
            return Err(ManageRefusal::Forbidden(Forbidden::HeldBySupport));
        }
        let (is_held, event, changes) = match wish {
            HoldWish::Hold => (true, EventKind::MethodHeld, self.one_more_change()?),
            HoldWish::Release => (false, EventKind::MethodReleased, None),
        };
        let mut steps = vec![Step::Hold {
            method_id: method_id.to_owned(),
            is_held,
        }];
        let mut entries = vec![(event, method.detail())];
        for method_id in back {
            let stays = self.method(&method_id)?;
            entries.push((EventKind::MethodReleased, stays.detail()));
            steps.push(Step::Stay { method_id });
        }
        Ok(ManageChanges {
            raises_epoch,
            steps,
            entries,
            change: Some((ChangeKind::Held, Some(Authenticator::Method(method.kind)))),
            changes,
        })
    }

    fn finish(
        &self,
        method: Option<&NewFacts>,
        keep_old_hours: u32,
    ) -> Result<ManageChanges, ManageRefusal> {
        let setup = self.context.setup.as_ref().ok_or(ManageRefusal::NoSetup)?;
        match method {
            None => self.renew_codes(),
            Some(new) => match &setup.replaces {
                None => self.add(new),
                Some(old) => self.replace(self.method(old)?, new, keep_old_hours),
            },
        }
    }

    fn renew_codes(&self) -> Result<ManageChanges, ManageRefusal> {
        self.proved_by_something_old()?;
        Ok(ManageChanges {
            raises_epoch: true,
            steps: vec![Step::ReplaceBackupCodes],
            entries: vec![(EventKind::BackupCodesRenewed, AuditDetail::default())],
            change: Some((ChangeKind::Codes, None)),
            changes: self.one_more_change()?,
        })
    }

    fn add(&self, new: &NewFacts) -> Result<ManageChanges, ManageRefusal> {
        self.refuse_known_or_too_many(new, None)?;
        Ok(ManageChanges {
            raises_epoch: true,
            steps: vec![Step::AddMethod],
            entries: vec![(EventKind::MethodAdded, new.detail())],
            change: Some((ChangeKind::Added, Some(Authenticator::Method(new.kind)))),
            changes: self.one_more_change()?,
        })
    }

    fn replace(
        &self,
        old: &KnownMethod,
        new: &NewFacts,
        keep_old_hours: u32,
    ) -> Result<ManageChanges, ManageRefusal> {
        if old.retires_at.is_some() {
            return Err(ManageRefusal::Forbidden(Forbidden::Retiring));
        }
        self.refuse_known_or_too_many(new, Some(old))?;
        self.proved_by_something_old()?;
        let is_by_itself = self.proof.method_id == old.id;
        let goes = if keep_old_hours == 0 {
            self.proved_by_another(&old.id)?;
            // The new one cools: something else has to be left, as when one is removed.
            if standing::left_without(self.account, &old.id, self.request.now) == 0 {
                return Err(ManageRefusal::LastMethod);
            }
            Step::Remove {
                method_id: old.id.clone(),
            }
        } else {
            // One code does not take its own method out of the owner's hands: it signs in for the
            // whole day, whatever was asked and whoever signs in by the new one.
            let hours = if is_by_itself {
                OVERLAP_HOURS_MAX
            } else {
                keep_old_hours.min(OVERLAP_HOURS_MAX)
            };
            Step::Retire {
                method_id: old.id.clone(),
                at: self.request.now.saturating_add(u64::from(hours) * HOUR_S),
                successor: new.id.clone(),
                ends_early: !is_by_itself,
            }
        };
        let mut entries = vec![(EventKind::MethodReplaced, new.detail())];
        if keep_old_hours == 0 {
            entries.push((EventKind::MethodRemoved, old.detail()));
        }
        let mut steps = vec![Step::AddMethod, goes];
        if old.is_default {
            steps.push(Step::Default {
                method_id: Some(new.id.clone()),
            });
        }
        // It signs in, and proves nothing here any more.
        if is_by_itself {
            steps.push(Step::EndProof);
        }
        Ok(ManageChanges {
            raises_epoch: true,
            steps,
            entries,
            change: Some((ChangeKind::Replaced, Some(Authenticator::Method(new.kind)))),
            changes: self.one_more_change()?,
        })
    }

    fn refuse_known_or_too_many(
        &self,
        new: &NewFacts,
        replaced: Option<&KnownMethod>,
    ) -> Result<(), ManageRefusal> {
        if self.context.is_known {
            return Err(ManageRefusal::Known);
        }
        let stays = |method: &&KnownMethod| {
            method.retires_at.is_none() && replaced.is_none_or(|old| old.id != method.id)
        };
        let staying = self.account.methods.iter().filter(stays);
        if standing::has_room(staying, new.kind) {
            Ok(())
        } else {
            Err(ManageRefusal::MethodLimit)
        }
    }

    fn pause(&self, hours: u32) -> Result<ManageChanges, ManageRefusal> {
        if self.is_paused() {
            return Err(ManageRefusal::AlreadyPaused);
        }
        self.refuse_less(Less::Pause)?;
        self.proved_by_something_old()?;
        let hours = hours.clamp(*PAUSE_HOURS.start(), *PAUSE_HOURS.end());
        let lasts_s = u64::from(hours) * HOUR_S;
        Ok(ManageChanges {
            steps: vec![Step::Pause {
                until: self.request.now.saturating_add(lasts_s),
                tells_end: lasts_s > ends::PAUSE_TOLD_BEFORE_S,
            }],
            entries: {
                // One that was over by itself, and that no timer has written down yet.
                let over = self.account.paused_until;
                let over = over.map(|_| (EventKind::Resumed, AuditDetail::default()));
                let paused = AuditDetail {
                    count: Some(hours),
                    ..AuditDetail::default()
                };
                over.into_iter()
                    .chain([(EventKind::Paused, paused)])
                    .collect()
            },
            change: Some((ChangeKind::Paused, None)),
            changes: self.one_more_change()?,
            ..ManageChanges::default()
        })
    }

    /// More protection is never refused, and asked for twice it is there.
    fn resume(&self) -> ManageChanges {
        if !self.is_paused() {
            return ManageChanges::default();
        }
        ManageChanges {
            steps: vec![Step::EndPause],
            entries: vec![(EventKind::Resumed, AuditDetail::default())],
            change: Some((ChangeKind::Resumed, None)),
            ..ManageChanges::default()
        }
    }

    fn end_trust(&self, browsers: &Browsers) -> Result<ManageChanges, ManageRefusal> {
        match browsers {
            Browsers::One(_) if !self.context.has_browser => Err(ManageRefusal::NoBrowser),
            Browsers::All | Browsers::One(_) | Browsers::AllBut(_) => Ok(ManageChanges {
                steps: vec![Step::EndTrust {
                    browsers: browsers.clone(),
                }],
                ..ManageChanges::default()
            }),
        }
    }

    fn refuse_less(&self, less: Less) -> Result<(), ManageRefusal> {
        let (policy, now) = (self.request.policy, self.request.now);
        standing::refuse_less_protection(self.account, policy, less, now)
            .map_err(ManageRefusal::Forbidden)
    }

    /// The code has to have come with this very request, however fresh an earlier proof is.
    fn turn_off(&self) -> Result<ManageChanges, ManageRefusal> {
        self.refuse_less(Less::TurnOff)?;
        if self.proof.body_hash != self.request.body_hash {
            return Err(ManageRefusal::ReauthRequired);
        }
        self.proved_by_something_old()?;
        Ok(ManageChanges {
            raises_epoch: true,
            steps: vec![Step::ForgetAll, Step::EndProof],
            entries: vec![(EventKind::TurnedOff, AuditDetail::default())],
            change: Some((ChangeKind::TurnedOff, None)),
            changes: None,
        })
    }
}

fn hold_method(method: &KnownMethod) -> HoldMethod {
    HoldMethod {
        id: method.id.clone(),
        held_by: method.held_by,
        is_retiring: method.retires_at.is_some(),
        successor: method.successor.clone(),
        tries: method.tries,
    }
}
