//! The name that a person gives a method.

use super::*;

#[test]
fn another_name_is_undone_by_the_earlier_one_and_the_same_one_is_not() {
    let (manage, opening) = begun_at_old_name();
    let typed = |manage: Manage, name: &str| {
        let (manage, _) = manage.on(Event::On(ManageEvent::Name(name.to_owned())), NOW);
        let (manage, _) = go(manage, ManageNav::Submit);
        let changed = ManageAnswer::Changed(Box::new(opening.clone()));
        answered(manage, changed).0
    };
    let (_, effect) = go(typed(manage, "New"), ManageNav::Undo);
    let id = opening.account.clone().unwrap().methods[0].id.clone();
    let name = "Old".to_owned();
    let expected = Wish::Name { id, name };
    assert!(matches!(effect, Some(Effect::Do(ManageEffect::Change(wish, _))) if wish == expected));
    let same = typed(begun_at_old_name().0, "Old");
    assert!(says(&same, Msg::ManageDoneNamed));
    assert!(!says(&same, Msg::ManageUndo));
}

#[test]
fn a_first_name_is_undone_by_none() {
    let (_, mut opening) = begun();
    opening.account.as_mut().unwrap().methods[0].name = None;
    let opened = Event::Opened(Box::new(opening.clone()));
    let (named, _) = Manage::loading().on(opened, NOW);
    let (named, _) = go(named, ManageNav::Method(0));
    let (named, _) = go(named, ManageNav::Rename);
    let (named, _) = named.on(Event::On(ManageEvent::Name("New".to_owned())), NOW);
    let (named, _) = go(named, ManageNav::Submit);
    let (named, _) = answered(named, ManageAnswer::Changed(Box::new(opening)));
    let (_, effect) = go(named, ManageNav::Undo);
    let Some(Effect::Do(ManageEffect::Change(Wish::Name { name, .. }, _))) = effect else {
        panic!("no undo");
    };
    assert_eq!(name, "");
}

#[test]
fn a_name_that_cannot_be_kept_is_not_sent_and_not_lost() {
    let (manage, _) = begun();
    let (manage, _) = go(manage, ManageNav::Method(0));
    let (manage, _) = go(manage, ManageNav::Rename);
    for wrong in ["<i>".to_owned(), "x".repeat(65)] {
        let typed = Event::On(ManageEvent::Name(wrong.clone()));
        let (manage, _) = begun_at_name().on(typed, NOW);
        let (manage, effect) = go(manage, ManageNav::Submit);
        assert!(effect.is_none());
        assert!(says(&manage, Msg::ManageNameWrong));
        let Some(ManageStep::Naming { typed, .. }) = manage.active().map(|one| &one.step) else {
            panic!("it is gone");
        };
        assert_eq!(*typed, wrong);
    }
    let (_, effect) = go(manage, ManageNav::Submit);
    assert!(matches!(
        effect,
        Some(Effect::Do(ManageEffect::Change(Wish::Name { .. }, _)))
    ));
}

fn begun_at_name() -> Manage {
    let (manage, _) = begun();
    let (manage, _) = go(manage, ManageNav::Method(0));
    go(manage, ManageNav::Rename).0
}

/// At the name of a method that has one.
fn begun_at_old_name() -> (Manage, ManageOpening) {
    let (_, mut opening) = begun();
    opening.account.as_mut().unwrap().methods[0].name = Some("Old".to_owned());
    let opened = Event::Opened(Box::new(opening.clone()));
    let (manage, _) = Manage::loading().on(opened, NOW);
    let (manage, _) = go(manage, ManageNav::Method(0));
    (go(manage, ManageNav::Rename).0, opening)
}
