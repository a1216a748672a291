//! A page that goes on where an earlier one left it, as pages without scripts do.

use nidan_flow::ManageScreen;

use super::*;

/// From any screen: it is the same one on the next page, or the beginning where nothing is proved any
/// more or the ways to a code are others by now.
pub(super) fn goes_on(manage: &Manage, trace: &str) {
    let Some(managing) = manage.active() else {
        return;
    };
    let Some(before) = managing.bookmark() else {
        return;
    };
    let sent = managing.sent().cloned().map(|sent| {
        let way = match &managing.step {
            ManageStep::Proving(proving) => proving.signing.method(),
            _another => None,
        };
        (
            way.map_or_else(String::new, |way| way.id.clone()),
            Box::new(sent),
        )
    });
    let next = Manage::resumed(managing.opening.clone(), before.clone(), sent);
    let next = next.active().and_then(Managing::bookmark);
    let Some(after) = next else {
        panic!("nowhere, {trace}");
    };
    assert_eq!(
        (&after.methods, after.has_changed, after.changes),
        (&before.methods, before.has_changed, before.changes),
        "{trace}"
    );
    assert_eq!(after.request_prefix, before.request_prefix, "{trace}");
    if after.screen == before.screen {
        return;
    }
    // What a code is typed for stays, whatever ways there are to it.
    match (&before.screen, &after.screen) {
        (
            ManageScreen::Proving {
                proof_for: before,
                ways: old,
                ..
            },
            ManageScreen::Proving {
                proof_for: after,
                ways: new,
                ..
            },
        ) => assert!(
            before == after && old != new || *after == ProofFor::Opening,
            "{before:?} became {after:?}, {trace}"
        ),
        // The method that was tested is gone meanwhile.
        (
            ManageScreen::Proving {
                proof_for: ProofFor::Test(place),
                ..
            },
            ManageScreen::Overview,
        ) if *place >= managing.methods().len() => {}
        (_, after) => {
            let is_bare = managing.opening.account.is_none();
            let begins = matches!(
                after,
                ManageScreen::Proving {
                    proof_for: ProofFor::Opening,
                    ..
                }
            );
            assert!(
                is_bare && begins,
                "{:?} became {after:?}, {trace}",
                before.screen
            );
        }
    }
}
