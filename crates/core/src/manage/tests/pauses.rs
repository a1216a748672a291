//! Pauses, and turning off.

use super::*;

#[test]
fn a_pause_is_one_of_three_days_at_most_and_no_way_around_a_policy() {
    let changes = done(wish(|_same| {}, Wish::Pause { hours: 72 }));
    let step = Step::Pause {
        until: NOW + 72 * 3_600,
        tells_end: true,
    };
    assert_eq!(changes.steps, [step]);
    assert!(!changes.raises_epoch);
    let short = done(wish(|_same| {}, Wish::Pause { hours: 12 }));
    let step = Step::Pause {
        until: NOW + 12 * 3_600,
        tells_end: false,
    };
    assert_eq!(short.steps, [step]);
    let paused = |context: &mut ManageContext| context.account.paused_until = Some(NOW + 1);
    let again = wish(paused, Wish::Pause { hours: 1 });
    assert_eq!(refusal(again), ManageRefusal::AlreadyPaused);
    let over = done(wish(
        |context| context.account.paused_until = Some(NOW),
        Wish::Pause { hours: 1 },
    ));
    let kinds: Vec<_> = over.entries.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(
        kinds,
        [EventKind::Resumed, EventKind::Paused],
        "the end of the earlier one is not lost"
    );
    for less in [Wish::Pause { hours: 1 }, Wish::TurnOff] {
        let forbidden = |change: fn(&mut ManageContext)| refusal(wish(change, less.clone()));
        let reported = forbidden(|c| c.account.reported_at = Some(NOW - 7 * DAY_S + 1));
        assert_eq!(reported, ManageRefusal::Forbidden(Forbidden::Reported));
        let guessed = forbidden(|c| c.account.methods.last_mut().unwrap().tries.in_a_row = 60);
        assert_eq!(guessed, ManageRefusal::Forbidden(Forbidden::Guessed));
        let mut required = request(less.clone());
        required.policy.may_pause = less == Wish::TurnOff;
        required.policy.may_turn_off = less != Wish::TurnOff;
        assert_eq!(
            refusal(decide(&context(), &required)),
            ManageRefusal::Forbidden(Forbidden::Required)
        );
        let _allowed = done(wish(
            |c| c.account.reported_at = Some(NOW - 7 * DAY_S),
            less.clone(),
        ));
    }
}

#[test]
fn every_change_of_a_factor_ends_a_pause_and_nothing_else_does() {
    for asked in every_wish() {
        let paused = |context: &mut ManageContext| {
            context.account.paused_until = Some(NOW + 1);
            context.setup = setup(SetupKind::Totp, None);
        };
        if asked == (Wish::Pause { hours: 1 }) {
            continue;
        }
        let changes = done(wish(paused, asked.clone()));
        let ends = changes.steps.contains(&Step::EndPause);
        let is_told = changes
            .entries
            .iter()
            .any(|(kind, _)| *kind == EventKind::Resumed);
        let expected = changes.raises_epoch || asked == Wish::Resume;
        assert_eq!((ends, is_told), (expected, expected), "{asked:?}");
    }
}

#[test]
fn turning_off_asks_for_a_code_with_the_very_request() {
    let mut other = request(Wish::TurnOff);
    other.body_hash = [8; 32];
    assert_eq!(
        refusal(decide(&context(), &other)),
        ManageRefusal::ReauthRequired
    );
    let changes = done(wish(|_same| {}, Wish::TurnOff));
    assert_eq!(changes.steps, [Step::ForgetAll, Step::EndProof]);
    assert_eq!(changes.change, Some((ChangeKind::TurnedOff, None)));
}

#[test]
fn a_pause_is_told_of_twelve_hours_before_its_end_and_at_its_end() {
    use super::ends::{PauseEvent, StoredPause, has_retired, of_pause};
    let at = |left_s: u64, tells_end| {
        of_pause(
            StoredPause {
                until: NOW + left_s,
                tells_end,
            },
            NOW,
        )
    };
    assert_eq!(at(12 * 3_600 + 1, true), PauseEvent::None);
    assert_eq!(at(12 * 3_600, true), PauseEvent::Ending);
    assert_eq!(at(12 * 3_600, false), PauseEvent::None);
    assert_eq!(at(0, false), PauseEvent::Over);
    assert_eq!(at(0, true).event(), Some(EventKind::Resumed));
    assert!(has_retired(Some(NOW), NOW));
    assert!(!has_retired(Some(NOW + 1), NOW));
    assert!(!has_retired(None, NOW));
}
