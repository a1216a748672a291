#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

const NOW: u64 = 1_800_000_000;
const DAY: u64 = NOW / 86_400;

fn code(codes: Needs) -> LoginAttempt {
    attempt(Presented::Code {
        method_id: "m".to_owned(),
        codes,
        strict: false,
        challenge_limit: 5,
    })
}

fn attempt(presented: Presented) -> LoginAttempt {
    LoginAttempt {
        flow_id: "f".to_owned(),
        host: "h".to_owned(),
        subject: "s".to_owned(),
        presented,
        purpose: AttemptPurpose::Login,
        flow_limit: 20,
        now: NOW,
    }
}

fn at(target: Target) -> AttemptContext {
    AttemptContext {
        flow_attempts: 0,
        backup_attempts: 0,
        allowance: Allowance::default(),
        acr_needed: None,
        target,
    }
}

fn app(in_a_row: u32) -> Target {
    Target::Otp {
        tries: Tries {
            in_a_row,
            day: DAY,
            today: in_a_row.min(9),
        },
        out_of_use: OutOfUse::default(),
        sealed_secret: vec![1],
        drift: 2,
    }
}

fn phone(challenge: Option<SentCode>) -> Target {
    Target::OutOfBand {
        tries: Tries::default(),
        out_of_use: OutOfUse::default(),
        hint: "78".to_owned(),
        challenge,
    }
}

fn sent() -> SentCode {
    SentCode {
        challenge_id: "c".to_owned(),
        channel: Channel::Sms,
        codes: 1,
        attempts: 0,
        expires_at: NOW + 1,
        is_answered: false,
    }
}

fn refusal(decision: AttemptDecision) -> AttemptRefusal {
    assert_eq!(decision.changes, AttemptChanges::default());
    decision.outcome.unwrap_err()
}

#[test]
fn an_attempt_is_counted_before_it_is_checked() {
    let decision = decide(at(app(0)), &code(Needs::OneCode));
    let counted = decision.outcome.unwrap();
    assert_eq!((counted.in_a_row, counted.flow_attempts), (1, 1));
    assert_eq!(counted.attempts_left, 2);
    let tries = decision.changes.tries.unwrap();
    assert_eq!((tries.in_a_row, tries.today), (1, 1));
    let flow = decision.changes.flow.unwrap();
    assert_eq!((flow.cost, flow.backup_attempts), (3, 0));
    assert!(decision.changes.allowance.is_some());
    assert!(matches!(counted.check, CheckInput::Otp { drift: 2, .. }));
}

#[test]
fn after_three_wrong_codes_an_app_needs_two_and_two_cost_no_allowance() {
    let one = refusal(decide(at(app(3)), &code(Needs::OneCode)));
    assert_eq!(one, AttemptRefusal::TwoCodesNeeded);
    let two = decide(at(app(3)), &code(Needs::TwoCodes));
    assert!(two.outcome.is_ok());
    assert_eq!(two.changes.allowance, None);
    assert_eq!(two.changes.tries.unwrap().in_a_row, 4);
}

#[test]
fn a_method_that_rests_or_is_suspended_counts_nothing() {
    let resting = Target::Otp {
        tries: Tries {
            in_a_row: 10,
            day: DAY,
            today: 10,
        },
        out_of_use: OutOfUse::default(),
        sealed_secret: Vec::new(),
        drift: 0,
    };
    let until = (DAY + 1) * 86_400;
    let rests = refusal(decide(at(resting), &code(Needs::TwoCodes)));
    assert_eq!(rests, AttemptRefusal::Resting { until });
    let suspended = refusal(decide(at(app(50)), &code(Needs::TwoCodes)));
    assert_eq!(suspended, AttemptRefusal::Suspended);
}

/// Whatever is presented: nothing is counted, and the method's own limits are not told.
#[test]
fn a_method_that_is_held_counts_nothing() {
    for (in_a_row, codes) in [
        (0, Needs::OneCode),
        (3, Needs::TwoCodes),
        (50, Needs::OneCode),
    ] {
        let mut app = app(in_a_row);
        if let Target::Otp { out_of_use, .. } = &mut app {
            out_of_use.is_held = true;
        }
        assert_eq!(refusal(decide(at(app), &code(codes))), AttemptRefusal::Held);
    }
    let mut phone = phone(Some(sent()));
    if let Target::OutOfBand { out_of_use, .. } = &mut phone {
        out_of_use.is_held = true;
    }
    let held = refusal(decide(at(phone), &code(Needs::OneCode)));
    assert_eq!(held, AttemptRefusal::Held);
}

#[test]
fn a_code_that_was_sent_must_be_awaited_and_fit() {
    let check = |challenge: Option<SentCode>, codes, expected| {
        let decision = decide(at(phone(challenge)), &code(codes));
        assert_eq!(refusal(decision), expected);
    };
    check(None, Needs::OneCode, AttemptRefusal::NoChallenge);
    let over = SentCode {
        expires_at: NOW,
        ..sent()
    };
    check(Some(over), Needs::OneCode, AttemptRefusal::ChallengeExpired);
    let answered = SentCode {
        is_answered: true,
        ..sent()
    };
    check(
        Some(answered),
        Needs::OneCode,
        AttemptRefusal::ChallengeExpired,
    );
    let spent = SentCode {
        attempts: 5,
        ..sent()
    };
    check(
        Some(spent),
        Needs::OneCode,
        AttemptRefusal::ChallengeExhausted,
    );
    // One code was sent, and two are typed.
    check(
        Some(sent()),
        Needs::TwoCodes,
        AttemptRefusal::ChallengeExpired,
    );
}

#[test]
fn an_attempt_at_a_code_that_was_sent_is_counted_there_too() {
    let decision = decide(at(phone(Some(sent()))), &code(Needs::OneCode));
    assert_eq!(decision.changes.challenge_id.as_deref(), Some("c"));
    let CheckInput::OutOfBand {
        attempts_left,
        hint,
        ..
    } = decision.outcome.unwrap().check
    else {
        panic!("another kind");
    };
    assert_eq!((attempts_left, hint.as_str()), (4, "78"));
}

#[test]
fn one_flow_has_so_many_attempts_and_so_many_backup_codes() {
    let full = AttemptContext {
        flow_attempts: 20,
        ..at(app(0))
    };
    let flow = refusal(decide(full, &code(Needs::OneCode)));
    assert_eq!(flow, AttemptRefusal::FlowExhausted);
    let set = || {
        Target::BackupCodes(BackupSet {
            is_bound: true,
            salt: [0; 16],
            unused: Vec::new(),
        })
    };
    let backup = attempt(Presented::BackupCode { limit: 5 });
    let fifth = AttemptContext {
        backup_attempts: 4,
        flow_attempts: 4,
        ..at(set())
    };
    let decision = decide(fifth, &backup);
    let counted = decision.outcome.unwrap();
    assert_eq!((counted.attempts_left, counted.flow_attempts), (0, 5));
    assert_eq!(decision.changes.flow.unwrap().backup_attempts, 1);
    assert_eq!(decision.changes.tries, None);
    let sixth = AttemptContext {
        backup_attempts: 5,
        flow_attempts: 5,
        ..at(set())
    };
    let refused = refusal(decide(sixth, &backup));
    assert_eq!(refused, AttemptRefusal::FlowExhausted);
}

#[test]
fn whoever_has_no_backup_codes_is_counted_all_the_same() {
    let backup = attempt(Presented::BackupCode { limit: 5 });
    let decision = decide(at(Target::Missing), &backup);
    assert_eq!(decision.outcome.unwrap_err(), AttemptRefusal::NoMethod);
    assert_eq!(decision.changes.flow.unwrap().backup_attempts, 1);
    let nobody = refusal(decide(at(Target::Missing), &code(Needs::OneCode)));
    assert_eq!(nobody, AttemptRefusal::NoMethod);
}

/// It signs in until its hour, and manages nothing.
#[test]
fn a_method_that_was_replaced_signs_in_and_proves_nothing() {
    let retiring = || {
        let mut app = app(0);
        if let Target::Otp { out_of_use, .. } = &mut app {
            out_of_use.is_retiring = true;
        }
        at(app)
    };
    let login = code(Needs::OneCode);
    assert!(decide(retiring(), &login).outcome.is_ok());
    let proof = LoginAttempt {
        purpose: AttemptPurpose::Proof,
        ..login
    };
    let decision = decide(retiring(), &proof);
    assert_eq!(decision.outcome.err(), Some(AttemptRefusal::Retiring));
    assert_eq!(decision.changes, AttemptChanges::default());
    assert!(decide(at(app(0)), &proof).outcome.is_ok());
}

mod passkeys {
    use nidan_protocol::CeremonyKind;

    use super::*;

    fn answer(method_id: Option<&str>) -> LoginAttempt {
        attempt(Presented::Passkey {
            method_id: method_id.map(str::to_owned),
            credential_index: [1; 32],
            ceremony_id: "c".to_owned(),
        })
    }

    fn asked() -> StoredCeremony {
        StoredCeremony {
            id: "c".to_owned(),
            kind: CeremonyKind::Get,
            sealed_state: vec![7],
            expires_at: NOW + 1,
            is_used: false,
        }
    }

    fn key() -> KnownPasskey {
        KnownPasskey {
            method_id: "m".to_owned(),
            out_of_use: OutOfUse::default(),
            counter: 3,
        }
    }

    fn target(key: Option<KnownPasskey>, ceremony: StoredCeremony) -> Target {
        let ceremony = Some(ceremony);
        Target::Passkey { key, ceremony }
    }

    /// Nobody guesses at a signature: the method's own counts and the allowance stay.
    #[test]
    fn an_answer_counts_in_its_flow_and_spends_its_ceremony() {
        let decision = decide(at(target(Some(key()), asked())), &answer(None));
        let counted = decision.outcome.unwrap();
        assert_eq!((counted.in_a_row, counted.flow_attempts), (0, 1));
        let CheckInput::Passkey {
            key: known,
            ceremony,
        } = counted.check
        else {
            panic!("another kind");
        };
        assert_eq!((known, ceremony), (Some(key()), asked()));
        assert_eq!(counted.attempts_left, 19);
        let changes = AttemptChanges {
            flow: Some(FlowCount {
                cost: 0,
                backup_attempts: 0,
            }),
            ceremony_id: Some("c".to_owned()),
            ..AttemptChanges::default()
        };
        assert_eq!(decision.changes, changes);
        let full = AttemptContext {
            flow_attempts: 20,
            ..at(target(Some(key()), asked()))
        };
        let exhausted = refusal(decide(full, &answer(None)));
        assert_eq!(exhausted, AttemptRefusal::FlowExhausted);
    }

    #[test]
    fn another_s_key_and_another_one_of_one_s_own_are_wrong_answers() {
        for (key, wanted) in [(None, None), (Some(key()), Some("another"))] {
            let decision = decide(at(target(key, asked())), &answer(wanted));
            let check = decision.outcome.unwrap().check;
            assert!(matches!(check, CheckInput::Passkey { key: None, .. }));
            assert_eq!(decision.changes.ceremony_id.as_deref(), Some("c"));
            assert!(decision.changes.flow.is_some());
        }
        let own = decide(at(target(Some(key()), asked())), &answer(Some("m")));
        assert!(own.outcome.is_ok());
    }

    #[test]
    fn what_cannot_be_answered_is_not_counted() {
        let used = StoredCeremony {
            is_used: true,
            ..asked()
        };
        let over = StoredCeremony {
            expires_at: NOW,
            ..asked()
        };
        for (ceremony, expected) in [
            (used, CeremonyRefusal::Used),
            (over, CeremonyRefusal::Expired),
        ] {
            let decision = decide(at(target(Some(key()), ceremony)), &answer(None));
            assert_eq!(refusal(decision), AttemptRefusal::Ceremony(expected));
        }
        // A code is no answer of a key, and a key has no code.
        let decision = decide(at(target(Some(key()), asked())), &code(Needs::OneCode));
        assert_eq!(refusal(decision), AttemptRefusal::NoMethod);
        let decision = decide(at(app(0)), &answer(None));
        assert_eq!(refusal(decision), AttemptRefusal::NoMethod);
    }

    /// Whatever is typed: nothing of it is counted, and nothing is told of it.
    #[test]
    fn where_a_passkey_is_needed_no_code_passes() {
        let needed = |target| AttemptContext {
            acr_needed: Some(AcrNeeded::PhishingResistant),
            ..at(target)
        };
        for codes in [Needs::OneCode, Needs::TwoCodes] {
            for target in [app(0), phone(Some(sent())), Target::Missing] {
                let decision = decide(needed(target), &code(codes));
                assert_eq!(refusal(decision), AttemptRefusal::WorthTooLittle);
            }
        }
        let set = Target::BackupCodes(BackupSet {
            salt: [0; BACKUP_SALT_LEN_BYTES],
            is_bound: true,
            unused: vec![(0, [0; 32])],
        });
        let backup = attempt(Presented::BackupCode { limit: 5 });
        let decision = decide(needed(set), &backup);
        assert_eq!(refusal(decision), AttemptRefusal::WorthTooLittle);
        let decision = decide(needed(target(Some(key()), asked())), &answer(None));
        assert!(decision.outcome.is_ok());
    }

    #[test]
    fn what_a_held_key_says_is_counted_and_spent() {
        let held = KnownPasskey {
            out_of_use: OutOfUse {
                is_held: true,
                is_retiring: false,
            },
            ..key()
        };
        // It is good for nothing once the key is released.
        let decision = decide(at(target(Some(held), asked())), &answer(None));
        assert_eq!(decision.changes.ceremony_id, Some(asked().id));
        assert!(decision.changes.flow.is_some());
        assert_eq!(decision.outcome.unwrap_err(), AttemptRefusal::Held);
    }
}
