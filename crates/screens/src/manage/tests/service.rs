//! A service that answers a random person anything, late and in any order.

use super::*;

const CHANGE_CODES: [ErrorCode; 15] = [
    ErrorCode::ReauthRequired,
    ErrorCode::FlowConflict,
    ErrorCode::LastMethod,
    ErrorCode::Cooling,
    ErrorCode::ChangeLimit,
    ErrorCode::PolicyForbids,
    ErrorCode::AlreadyPaused,
    ErrorCode::MethodNotFound,
    ErrorCode::NotFound,
    ErrorCode::Unavailable,
    ErrorCode::FlowExpired,
    ErrorCode::FlowReported,
    ErrorCode::MethodLimit,
    ErrorCode::PhoneKnown,
    ErrorCode::SetupUnknown,
];
const PROOF_CODES: [ErrorCode; 6] = [
    ErrorCode::CodeWrong,
    ErrorCode::CodeUsed,
    ErrorCode::TwoCodesNeeded,
    ErrorCode::MethodResting,
    ErrorCode::CodeExpired,
    ErrorCode::TooManyAttempts,
];
const FIELDS: [&str; 5] = [
    "required",
    "reported",
    "guessed",
    "held_by_support",
    "retiring",
];

impl Walked for Manage {
    fn typed(walk: &mut Walk<Self>, key: ManageKey) -> String {
        let typed: &[&str] = match key {
            ManageKey::Own(_) => &["", "tablet", "<b>", "  ", "二段"],
            ManageKey::Login(_) => &["", "12", "123456", "654321", "0000000000000000"],
        };
        walk.chance.one(typed).to_owned()
    }

    fn orders(effect: &Effect<Managing>) -> Option<String> {
        match effect {
            // Whoever goes to another proof may order the same code: it is on its way, and is not sent
            // again.
            // A change that nobody has answered is not asked for under another id.
            Effect::Do(ManageEffect::Change(_, id)) => Some(id.clone()),
            _other => None,
        }
    }

    fn answer(walk: &mut Walk<Self>, effect: Effect<Managing>) -> Option<Event<Managing>> {
        walk.answer(effect)
    }
}

impl Walk<Manage> {
    fn answer(&mut self, effect: Effect<Managing>) -> Option<Event<Managing>> {
        let is_good = self.chance.below(4) > 0;
        let answer = match effect {
            Effect::Open if is_good => {
                let is_proved = self.chance.flip();
                let opening = self.opening(is_proved);
                return Some(Event::Opened(Box::new(opening)));
            }
            Effect::Open => {
                return Some(Event::NotOpened(self.chance.one(&[
                    RequestError::Unreachable,
                    RequestError::Refused(ErrorCode::Internal),
                    RequestError::Refused(ErrorCode::MethodNotOffered),
                ])));
            }
            Effect::Restart | Effect::Complete(_) => return None,
            Effect::Do(ManageEffect::Proof(effect, goes, number)) => {
                return self.proof_answer(effect, &goes, number, is_good);
            }
            Effect::Do(ManageEffect::Change(..)) if is_good => {
                // One in eight: what was proved with is gone by it.
                let is_proved = self.chance.below(8) > 0;
                ManageAnswer::Changed(Box::new(self.opening(is_proved)))
            }
            Effect::Do(ManageEffect::Change(..)) => ManageAnswer::NotChanged(self.refusal()),
            Effect::Do(ManageEffect::SetUp(addition) | ManageEffect::GoOn(addition)) => {
                self.set_up(addition, is_good)
            }
            Effect::Do(ManageEffect::EndSetUp) => return None,
            Effect::Do(ManageEffect::Reload) if is_good => {
                let is_proved = self.chance.below(8) > 0;
                ManageAnswer::Reloaded(Box::new(self.opening(is_proved)))
            }
            Effect::Do(ManageEffect::Reload) => ManageAnswer::NotReloaded(self.refusal()),
            Effect::Do(ManageEffect::Browsers) if is_good => {
                ManageAnswer::Browsers(Box::new(self.browsers()))
            }
            Effect::Do(ManageEffect::Record(_)) if is_good => {
                ManageAnswer::Record(Box::new(self.record()))
            }
            Effect::Do(ManageEffect::Close) if is_good => {
                ManageAnswer::Closed(self.chance.flip().then(|| "r".to_owned()))
            }
            Effect::Do(ManageEffect::Browsers | ManageEffect::Record(_) | ManageEffect::Close) => {
                ManageAnswer::Refused(self.refusal())
            }
        };
        Some(Event::On(ManageEvent::Answer(answer)))
    }

    /// What the module of a set-up says: what it waits for, or what became of it.
    fn set_up(&mut self, addition: Addition, is_good: bool) -> ManageAnswer {
        match self.chance.below(4) {
            0 => ManageAnswer::ProofWanted(self.refusal()),
            1 => ManageAnswer::NotAdded(None),
            _ if is_good => ManageAnswer::Added(addition, Box::new(self.opening(true))),
            _ => ManageAnswer::NotAdded(Some(self.refusal())),
        }
    }

    fn refusal(&mut self) -> ChangeRefusal {
        if self.chance.below(6) == 0 {
            return ChangeRefusal::Unreachable;
        }
        ChangeRefusal::Service {
            code: self.chance.one(&CHANGE_CODES),
            field: Some(self.chance.one(&FIELDS).to_owned()),
            retry_at: self.chance.flip().then_some(UnixSeconds(self.now + 4_000)),
        }
    }

    fn proof_answer(
        &mut self,
        effect: LoginEffect,
        goes: &CodeGoes,
        number: u32,
        is_good: bool,
    ) -> Option<Event<Managing>> {
        let refused = LoginRefusal::Service {
            code: self.chance.one(&PROOF_CODES),
            retry_at: None,
            attempts_left: Some(3),
            times: 0,
            of_two: false,
        };
        let answer = match (effect, goes) {
            (LoginEffect::ShowHelp(_), _) => return None,
            (LoginEffect::AskForApproval, _) => panic!("no proof is approved elsewhere"),
            (
                LoginEffect::Order {
                    channel,
                    confirmation,
                    ..
                },
                _,
            ) if is_good => LoginAnswer::Ordered(Box::new(self.challenge(channel, confirmation))),
            (LoginEffect::Order { .. } | LoginEffect::Resend(_), _) => {
                LoginAnswer::NotOrdered(LoginRefusal::Unreachable)
            }
            (
                LoginEffect::Verify { .. } | LoginEffect::AskForPasskey { .. },
                CodeGoes::TurnOff(_),
            ) if is_good => {
                let closed = ManageAnswer::Closed(Some("r".to_owned()));
                return Some(Event::On(ManageEvent::Answer(closed)));
            }
            (
                LoginEffect::Verify { .. } | LoginEffect::AskForPasskey { .. },
                CodeGoes::Proof | CodeGoes::Test,
            ) if is_good => {
                let proved = ManageAnswer::Proved(number, Box::new(self.opening(true)));
                return Some(Event::On(ManageEvent::Answer(proved)));
            }
            (LoginEffect::Verify { way, .. }, _) if self.chance.flip() => {
                let refused = match way {
                    LoginMethod::Method(_) => refused,
                    LoginMethod::Backup | LoginMethod::Temporary | LoginMethod::Approval => {
                        LoginRefusal::Unreachable
                    }
                };
                LoginAnswer::Refused(way, refused)
            }
            (LoginEffect::AskForPasskey { way, .. }, _) if self.chance.flip() => {
                LoginAnswer::Refused(way, LoginRefusal::Cancelled)
            }
            (LoginEffect::Verify { .. } | LoginEffect::AskForPasskey { .. }, _) => {
                let refused = ManageAnswer::Refused(self.refusal());
                return Some(Event::On(ManageEvent::Answer(refused)));
            }
            (LoginEffect::Report, _) => LoginAnswer::Reported(Box::new(Reported {
                logins: Vec::new(),
                host_notified: true,
                password_url: None,
            })),
        };
        let answer = ManageAnswer::OfProof(number, answer);
        Some(Event::On(ManageEvent::Answer(answer)))
    }

    pub(super) fn opening(&mut self, is_proved: bool) -> ManageOpening {
        let count = 1 + self.chance.below(3);
        let kinds = MethodKind::ALL;
        let methods: Vec<_> = (0..count).map(|place| self.managed(place, kinds)).collect();
        let mut best = methods.first().map(|method| method.id.clone());
        let mut ways = methods.iter().map(at_login).collect();
        let passkeys = nidan_flow::merge_passkeys(&mut ways, &mut best);
        let login = LoginOpening {
            issuer: "Shop".to_owned(),
            account: "hanako@example.com".to_owned(),
            best,
            methods: ways,
            passkeys,
            browser_has_passkeys: self.chance.below(4) > 0,
            needs_passkey: false,
            backup_codes_left: self.chance.one(&[0, 1, 9]),
            temporary_code: false,
            approval: false,
            trust_days: None,
            auto_send: self.chance.flip(),
            calls: self.chance.flip(),
            allow_unconfirmed_calls: false,
            recovery_url: None,
            password_url: None,
            submits_itself: self.chance.flip(),
            typed: String::new(),
        };
        let left = login.backup_codes_left;
        let account = is_proved.then(|| Box::new(self.account(methods, left)));
        ManageOpening {
            login,
            intent: self.chance.one(&Intent::ALL),
            account,
            request_prefix: "p".to_owned(),
        }
    }

    fn managed(&mut self, place: usize, kinds: &[MethodKind]) -> ManagedMethod {
        let states = [
            MethodState::Ready,
            MethodState::Ready,
            MethodState::Held,
            MethodState::Suspended,
            MethodState::TwoCodes,
        ];
        let state = self.chance.one(&states);
        let at = |is: bool| is.then_some(1_800_000_000);
        let kind = self.chance.one(kinds);
        ManagedMethod {
            // A method never becomes one of another kind.
            id: format!("{}{place}", kind.as_str()),
            kind,
            name: self.chance.flip().then(|| "Work".to_owned()),
            hint: Some("78".to_owned()),
            created_at: 1_700_000_000,
            state,
            resting_until: None,
            is_default: self.chance.below(4) == 0,
            used_at: at(self.chance.flip()),
            tested_at: at(self.chance.flip()),
            retires_at: at(self.chance.below(5) == 0),
            cooling_until: at(self.chance.below(5) == 0),
            is_held_by_person: state == MethodState::Held && self.chance.flip(),
        }
    }

    fn account(&mut self, methods: Vec<ManagedMethod>, left: u32) -> ManagementView {
        let mut without_phone: Vec<_> = methods
            .iter()
            .skip(1)
            .map(|method| method.id.clone())
            .collect();
        if left > 0 {
            without_phone.push(BACKUP_METHOD_ID.to_owned());
        }
        ManagementView {
            proved_at: self.now,
            fresh_until: self.now + 300,
            proved_by: methods
                .first()
                .map_or_else(String::new, |method| method.id.clone()),
            methods,
            backup_codes: BackupCodesView {
                left,
                made_at: Some(1_700_000_000),
            },
            paused_until: self.chance.flip().then_some(self.now + 9_000),
            may: ManagementRights {
                add: self
                    .chance
                    .one(&[&[], MethodKind::ALL, &[MethodKind::Totp]])
                    .to_vec(),
                pause: self.chance.flip(),
                turn_off: self.chance.flip(),
            },
            policy: ManagementPolicy {
                required: false,
                min_methods: 1,
            },
            health: self
                .chance
                .flip()
                .then_some(Health::CheckUpDue)
                .into_iter()
                .collect(),
            without_phone,
        }
    }

    fn browsers(&mut self) -> BrowsersView {
        let browsers: Vec<_> = (0..self.chance.below(4))
            .map(|place| TrustedBrowser {
                id: format!("b{place}"),
                client_description: self.chance.flip().then(|| "Firefox".to_owned()),
                created_at: 1,
                used_at: 2,
                expires_at: 3,
            })
            .collect();
        BrowsersView {
            this_browser: self.chance.flip().then(|| "b0".to_owned()),
            browsers,
        }
    }

    fn record(&mut self) -> EventsView {
        let events = (0..self.chance.below(30)).map(|place| EventView {
            seq: place as u64,
            at: 1_800_000_000,
            kind: self.chance.one(&EventKind::ALL),
            method: None,
            hint: None,
            client_description: self.chance.flip().then(|| "Osaka".to_owned()),
            count: None,
            by: None,
            reason: None,
            hash: String::new(),
        });
        EventsView {
            events: events.collect(),
            intact: true,
            before: self.chance.flip().then_some(9),
        }
    }
}

pub(super) fn at_login(method: &ManagedMethod) -> MethodView {
    MethodView {
        id: method.id.clone(),
        kind: method.kind,
        name: method.name.clone(),
        hint: method.hint.clone(),
        created_at: method.created_at,
        state: method.state,
        resting_until: None,
    }
}
