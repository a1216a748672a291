//! What the machine asks for where people change what they have, asked of the service in the widget's
//! place.

use nidan_core::hold::HoldWish;
use nidan_flow::{
    Addition, ChangeRefusal, CodeGoes, Event, LoginEffect, LoginMethod, ManageAnswer, ManageEffect,
    ManageEvent, ManageOpening, ManageStep, Presented, Trusted, Wish,
};
use nidan_otp::UnixSeconds;
use nidan_protocol::{
    BrowserRevokePost, ChangePost, ErrorCode, FlowView, MethodPost, MethodState, MethodTestPost,
    PausePost, ProofPost, SetupKind, TurnOffPost,
};

use super::codes::CodesPage;
use super::journey::{Journey, Shown};
use crate::api::form::Sent;
use crate::api::form::asker::{Asker, opening_of, refused, texts};
use crate::refusal::Refusal;
use crate::use_cases::{manage, opening};

impl Journey<'_> {
    pub(super) async fn perform(&mut self, effect: ManageEffect) -> Option<ManageAnswer> {
        let service = self.service;
        Some(match effect {
            ManageEffect::Proof(effect, goes, number) => {
                return self.proof(effect, goes, number).await;
            }
            ManageEffect::Change(wish, request_id) => {
                let changed = self.change(wish.clone(), request_id).await;
                // A page of another time, posted again: what it asked for was done, and undone since.
                let changed = changed.and_then(|view| {
                    let is_so = is_so(&wish, &view);
                    is_so.then_some(view).ok_or(ErrorCode::FlowConflict.into())
                });
                match self.opened(changed).await {
                    Ok(opening) => ManageAnswer::Changed(opening),
                    Err(refusal) => ManageAnswer::NotChanged(not_done(&refusal)),
                }
            }
            ManageEffect::SetUp(addition) | ManageEffect::GoOn(addition) => {
                return self.set_up(&addition).await;
            }
            ManageEffect::EndSetUp => {
                (self.shown, self.codes) = (Shown::Screen, None);
                return None;
            }
            ManageEffect::Reload => {
                let view = opening::view(service, &self.caller, self.locale).await;
                match self.opened(view).await {
                    Ok(opening) => ManageAnswer::Reloaded(opening),
                    Err(refusal) => ManageAnswer::NotReloaded(not_done(&refusal)),
                }
            }
            ManageEffect::Browsers => match manage::browsers(service, &self.caller).await {
                Ok(list) => ManageAnswer::Browsers(Box::new(list)),
                Err(refusal) => ManageAnswer::Refused(not_done(&refusal)),
            },
            ManageEffect::Record(before) => {
                match manage::record(service, &self.caller, before).await {
                    Ok(page) => ManageAnswer::Record(Box::new(page)),
                    Err(refusal) => ManageAnswer::Refused(not_done(&refusal)),
                }
            }
            ManageEffect::Close => match manage::close(service, &self.caller).await {
                Ok(closed) => ManageAnswer::Closed(closed.result_code),
                Err(refusal) => ManageAnswer::Refused(not_done(&refusal)),
            },
        })
    }

    async fn proof(
        &self,
        effect: LoginEffect,
        goes: CodeGoes,
        number: u32,
    ) -> Option<ManageAnswer> {
        let asker = Asker {
            service: self.service,
            caller: &self.caller,
            locale: self.locale,
        };
        let answer = match effect {
            LoginEffect::Order {
                method_id,
                channel,
                confirmation,
            } => asker.order(method_id, channel, confirmation).await,
            LoginEffect::Resend(id) => asker.resend(&id).await,
            LoginEffect::Verify {
                way,
                method_id,
                presented,
                trust: _,
                lost: _,
            } => {
                return Some(self.code((way, method_id), &presented, goes, number).await);
            }
            LoginEffect::Report => asker.report().await,
            // The page that is drawn has it; and none of these pages asks for a passkey, or another browser.
            LoginEffect::ShowHelp(_)
            | LoginEffect::AskForPasskey { .. }
            | LoginEffect::AskForApproval => return None,
        };
        Some(ManageAnswer::OfProof(number, answer))
    }

    /// A code that proves a factor, tests its method, or turns everything off.
    async fn code(
        &self,
        (way, method_id): (LoginMethod, String),
        presented: &Presented,
        goes: CodeGoes,
        number: u32,
    ) -> ManageAnswer {
        let (service, caller) = (self.service, self.caller.clone());
        let (code, second_code) = texts(presented);
        let proved = match &goes {
            CodeGoes::Proof => {
                let post = ProofPost {
                    method_id,
                    code: Some(code),
                    second_code,
                    passkey: None,
                };
                manage::prove(service, caller, post, self.locale).await
            }
            CodeGoes::Test => {
                let post = MethodTestPost {
                    code: Some(code),
                    second_code,
                    passkey: None,
                };
                manage::test(service, caller, method_id, post, self.locale).await
            }
            CodeGoes::TurnOff(request_id) => {
                let post = TurnOffPost {
                    request_id: request_id.clone(),
                    method_id,
                    code: Some(code),
                    second_code,
                    passkey: None,
                };
                match manage::turn_off(service, &caller, post).await {
                    Ok(answer) => return ManageAnswer::Closed(Some(answer.result_code)),
                    Err(refusal) => Err(refusal),
                }
            }
        };
        match self.opened(proved).await {
            Ok(opening) => ManageAnswer::Proved(number, opening),
            Err(refusal) => {
                let (code, change) = (refused(&refusal), not_done(&refusal));
                ManageAnswer::refused(way, code, change, &goes, number)
            }
        }
    }

    async fn change(&self, wish: Wish, request_id: String) -> Result<FlowView, Refusal> {
        let (service, caller, languages) = (self.service, &self.caller, self.locale);
        let edit = |name, is_default| MethodPost {
            request_id: request_id.clone(),
            name,
            is_default,
        };
        let id_alone = || ChangePost {
            request_id: request_id.clone(),
        };
        match wish {
            Wish::Name { id, name } => {
                manage::edit(service, caller, id, edit(Some(name), None), languages).await
            }
            Wish::Default { id, is_default } => {
                let post = edit(None, Some(is_default));
                manage::edit(service, caller, id, post, languages).await
            }
            Wish::Remove { id } => {
                manage::remove(service, caller, id, &id_alone(), languages).await
            }
            Wish::Hold { id } => {
                let wish = HoldWish::Hold;
                manage::hold(service, caller, id, wish, &id_alone(), languages).await
            }
            Wish::Release { id } => {
                let wish = HoldWish::Release;
                manage::hold(service, caller, id, wish, &id_alone(), languages).await
            }
            Wish::Pause { hours, reason } => {
                let post = PausePost {
                    request_id,
                    hours,
                    reason,
                };
                manage::pause(service, caller, post, languages).await
            }
            Wish::Resume => manage::resume(service, caller, &id_alone(), languages).await,
            Wish::EndTrust(which) => {
                let (id, except_this) = match which {
                    Trusted::One(id) => (Some(id), false),
                    Trusted::Others => (None, true),
                    Trusted::All => (None, false),
                };
                let post = BrowserRevokePost {
                    request_id,
                    id,
                    except_this,
                };
                manage::revoke(service, caller, post, languages).await
            }
        }
    }

    /// Backup codes are shown; anything else needs scripts.
    async fn set_up(&mut self, addition: &Addition) -> Option<ManageAnswer> {
        if addition.kind != SetupKind::BackupCodes {
            self.shown = Shown::Elsewhere;
            return Some(ManageAnswer::NotAdded(None));
        }
        let setup = match self.codes.take() {
            Some(setup) => Ok(setup),
            None => manage::open_plain(self.service, &self.caller).await,
        };
        let page = match setup {
            Ok(setup) => CodesPage::of(self.service, &self.caller, setup).await,
            Err(refusal) => Err(refusal),
        };
        match page {
            Ok(page) => {
                self.shown = Shown::Codes(Box::new(page));
                None
            }
            Err(refusal) => Some(not_set_up(&refusal)),
        }
    }

    /// The new codes take the old ones' place, where one was typed back or the box is ticked.
    pub(super) async fn use_codes(&mut self, sent: &Sent) {
        let Some(setup) = self.codes.clone() else {
            return;
        };
        let code = match CodesPage::of(self.service, &self.caller, setup.clone()).await {
            Ok(page) => match page.confirmed(sent) {
                Ok(code) => code,
                Err(wrong) => {
                    self.shown = Shown::Codes(Box::new(page.with(*wrong)));
                    return;
                }
            },
            // The same post a moment ago has finished it: it gets the same answer.
            Err(refusal) if refusal.code == ErrorCode::SetupUnknown => sent.backup_code(),
            Err(refusal) => return self.answer(not_set_up(&refusal)).await,
        };
        let done = manage::finish_plain(self.service, &self.caller, setup, code, self.locale).await;
        let answer = match self.opened(done).await {
            Ok(opening) => {
                self.codes = None;
                let codes = Addition {
                    kind: SetupKind::BackupCodes,
                    replaces: None,
                    keeps_old: true,
                };
                ManageAnswer::Added(codes, opening)
            }
            Err(refusal) => not_set_up(&refusal),
        };
        self.answer(answer).await;
    }

    async fn answer(&mut self, answer: ManageAnswer) {
        self.send(Event::On(ManageEvent::Answer(answer))).await;
    }

    pub(super) async fn show_codes_again(&mut self) {
        let is_at_codes = self
            .managing()
            .is_some_and(|managing| matches!(managing.step, ManageStep::Adding(_)));
        let Some(setup) = self.codes.clone().filter(|_| is_at_codes) else {
            return;
        };
        match CodesPage::of(self.service, &self.caller, setup).await {
            Ok(page) => self.shown = Shown::Codes(Box::new(page)),
            Err(refusal) => self.answer(not_set_up(&refusal)).await,
        }
    }

    async fn opened(&self, view: Result<FlowView, Refusal>) -> Result<Box<ManageOpening>, Refusal> {
        Ok(Box::new(self.opening(view?).await?))
    }

    /// What the widget reads from the flow's answer.
    pub(super) async fn opening(&self, view: FlowView) -> Result<ManageOpening, Refusal> {
        let mut login = opening_of(self.service, &self.caller).await?;
        // What is about to retire proves nothing here.
        let ids: Vec<_> = view.methods.iter().map(|method| &method.id).collect();
        login.methods.retain(|method| ids.contains(&&method.id));
        login.trust_days = None;
        Ok(ManageOpening {
            login,
            intent: view.intent.unwrap_or_default(),
            account: view.management.map(Box::new),
            request_prefix: String::new(),
        })
    }
}

/// Whether what there is now is what a change asked for; also where that cannot be seen.
fn is_so(wish: &Wish, view: &FlowView) -> bool {
    let Some(account) = &view.management else {
        return true;
    };
    let method = |id: &str| account.methods.iter().find(|method| method.id == *id);
    match wish {
        Wish::Name { id, name } => {
            method(id).is_some_and(|method| method.name.as_deref().unwrap_or_default() == name)
        }
        Wish::Default { id, is_default } => {
            method(id).is_some_and(|method| method.is_default == *is_default)
        }
        Wish::Remove { id } => method(id).is_none(),
        Wish::Hold { id } => method(id).is_some_and(|method| method.state == MethodState::Held),
        Wish::Release { id } => method(id).is_some_and(|method| method.state != MethodState::Held),
        Wish::Pause { .. } => account.paused_until.is_some(),
        Wish::Resume => account.paused_until.is_none(),
        Wish::EndTrust(_) => true,
    }
}

/// Why something was not done.
fn not_done(refusal: &Refusal) -> ChangeRefusal {
    if refusal.field.as_deref() == Some("name") && refusal.code == ErrorCode::RequestInvalid {
        return ChangeRefusal::Name;
    }
    ChangeRefusal::Service {
        code: refusal.code,
        field: refusal.field.clone(),
        retry_at: refusal.retry_at.map(UnixSeconds),
    }
}

/// It waits for a proof, or is refused.
fn not_set_up(refusal: &Refusal) -> ManageAnswer {
    let why = not_done(refusal);
    match refusal.code {
        ErrorCode::ReauthRequired | ErrorCode::Cooling => ManageAnswer::ProofWanted(why),
        _another => ManageAnswer::NotAdded(Some(why)),
    }
}
