//! Where a factor is proved: a login's screens, in the words of this page.

use nidan_flow::{Login, LoginStep, Manage, Managing, ProofFor, Proving, SigningIn, Wish};
use nidan_protocol::ManagedMethod;

use super::overview::name_of;
use super::{ManageAction, ManageKey, OwnKey, named};
use crate::draft::Draft;
use crate::login::{self, LoginAction, LoginKey};
use crate::messages::Msg;
use crate::{Arg, Block, Content, Words};

impl<'a> Draft<'a, Manage> {
    pub(super) fn proof(&mut self, managing: &'a Managing, proving: &'a Proving) {
        let mut login = Draft::<Login>::new(Some(login::step_scope(&proving.signing)), self.view);
        login.signing_in(&proving.signing);
        self.screen.scope = login.screen.scope;
        self.screen.is_aside = login.screen.is_aside;
        for block in login.screen.blocks {
            if let Some(content) = in_our_words(proving, block.key, block.content) {
                let key = match block.key {
                    LoginKey::Account if changes_something(proving) => LoginKey::Wish,
                    key => key,
                };
                self.add_nth(ManageKey::Login(key), block.index, content);
                if let (LoginKey::Wish, Some(method)) = (key, meant(managing, proving)) {
                    let which = name_of(managing.methods(), method);
                    let which = which.unwrap_or_else(|| named(method));
                    self.add_nth(ManageKey::Login(LoginKey::WishOf), 0, Content::Text(which));
                }
            }
        }
        let refusal = self.refusal_words(managing);
        if refusal.message().is_some() {
            self.own(OwnKey::ProofRefusal, Content::Text(refusal));
        }
        let leads_back = is_at_a_code(&proving.signing)
            && match proving.proof_for {
                ProofFor::Opening => false,
                ProofFor::Change(_)
                | ProofFor::Test(_)
                | ProofFor::TestAfter(_)
                | ProofFor::TurningOff
                | ProofFor::Adding(_)
                | ProofFor::Report => true,
            };
        if leads_back {
            self.screen.is_aside = true;
            self.own_group(OwnKey::Actions);
            let back = ManageAction::Proof(LoginAction::Back);
            self.own_button(OwnKey::Back, Msg::CommonBack, back);
        }
    }
}

const fn is_at_a_code(signing: &SigningIn) -> bool {
    match signing.step {
        LoginStep::Code { .. } | LoginStep::Passkey { .. } | LoginStep::Backup => true,
        LoginStep::MethodPicker
        | LoginStep::Approval
        | LoginStep::LostPicker
        | LoginStep::Recovery
        | LoginStep::Report
        | LoginStep::Reported(_)
        | LoginStep::LowBackupCodes(_) => false,
    }
}

/// What a login's block says here; nothing where it has no business.
fn in_our_words<'a>(
    proving: &Proving,
    key: LoginKey,
    content: Content<'a, Login>,
) -> Option<Content<'a, Manage>> {
    // What is lost is said here on a screen of its own.
    if key == LoginKey::Lose {
        return None;
    }
    if !is_at_a_code(&proving.signing) {
        return Some(of_login(content));
    }
    let (title, lead) = headed(proving);
    let submit = match &proving.proof_for {
        ProofFor::TurningOff => Msg::ManageTurnOff,
        ProofFor::Opening
        | ProofFor::Change(_)
        | ProofFor::Test(_)
        | ProofFor::TestAfter(_)
        | ProofFor::Adding(_)
        | ProofFor::Report => Msg::ConfirmCheck,
    };
    let has_no_other_way = match &proving.proof_for {
        ProofFor::Test(_) => true,
        ProofFor::Opening
        | ProofFor::Change(_)
        | ProofFor::TestAfter(_)
        | ProofFor::TurningOff
        | ProofFor::Adding(_)
        | ProofFor::Report => false,
    };
    match (key, content) {
        (LoginKey::Title | LoginKey::Account, _) => {
            let words = if key == LoginKey::Title {
                Words::of(title)
            } else {
                lead
            };
            Some(Content::Text(words))
        }
        // Nobody signs in here; and what is under way is the person's own wish.
        (LoginKey::NotMe, _) => None,
        (LoginKey::Aside | LoginKey::AnotherWay, _) if has_no_other_way => None,
        (
            LoginKey::Submit,
            Content::Button {
                label, is_disabled, ..
            },
        ) => Some(Content::Button {
            label: match label.message() {
                Some((Msg::LoginSubmit, _)) => Words::of(submit),
                Some(_) | None => label,
            },
            is_disabled,
            action: ManageAction::Proof(LoginAction::Submit),
        }),
        (_as_at_a_login, content) => Some(of_login(content)),
    }
}

/// Whether something is other than before when the code is right: then it must not be overlooked what.
const fn changes_something(proving: &Proving) -> bool {
    match &proving.proof_for {
        ProofFor::Change(_) | ProofFor::TurningOff | ProofFor::Adding(_) => true,
        ProofFor::Opening | ProofFor::Test(_) | ProofFor::TestAfter(_) | ProofFor::Report => false,
    }
}

/// The method that is changed when the code is right: it is not the one whose code is asked for.
fn meant<'a>(managing: &'a Managing, proving: &Proving) -> Option<&'a ManagedMethod> {
    let id = match &proving.proof_for {
        ProofFor::Change(
            Wish::Name { id, .. }
            | Wish::Default { id, .. }
            | Wish::Remove { id }
            | Wish::Hold { id }
            | Wish::Release { id },
        ) => Some(id),
        ProofFor::Adding(addition) => addition.replaces.as_ref(),
        ProofFor::Change(Wish::Pause { .. } | Wish::Resume | Wish::EndTrust(_))
        | ProofFor::Opening
        | ProofFor::Test(_)
        | ProofFor::TestAfter(_)
        | ProofFor::TurningOff
        | ProofFor::Report => None,
    }?;
    managing.methods().iter().find(|method| method.id == *id)
}

/// The heading of a proof, and what it is for.
const fn headed<'a>(proving: &Proving) -> (Msg, Words<'a>) {
    let (title, lead) = match &proving.proof_for {
        ProofFor::Change(wish) => {
            let words = match wish {
                Wish::Remove { .. } | Wish::Hold { .. } if proving.without_one => {
                    Msg::ManageProofAnother
                }
                _without_going => Msg::ManageProofWish,
            };
            let what = Arg::Message("what", called(wish));
            let lead = Words::Message(words, [what, Arg::None]);
            return (Msg::ManageProofTitle, lead);
        }
        ProofFor::Opening | ProofFor::Report => (Msg::ManageProofTitle, Msg::ManageProofLead),
        ProofFor::TestAfter(_) => (Msg::ManageProofTitle, Msg::ManageProofAgain),
        ProofFor::Adding(_) => (Msg::ManageProofTitle, Msg::ManageProofAdding),
        ProofFor::Test(_) => (Msg::ManageTestTitle, Msg::ManageTestLead),
        ProofFor::TurningOff => (Msg::ManageOffCodeTitle, Msg::ManageOffCodeLead),
    };
    (title, Words::of(lead))
}

/// What a change is called on its button.
const fn called(wish: &Wish) -> Msg {
    match wish {
        Wish::Name { .. } => Msg::ManageRename,
        Wish::Default {
            is_default: true, ..
        } => Msg::ManageMakeDefault,
        Wish::Default { .. } => Msg::ManageNotDefault,
        Wish::Remove { .. } => Msg::ManageRemove,
        Wish::Hold { .. } => Msg::ManageLostYes,
        Wish::Release { .. } => Msg::ManageFound,
        Wish::Pause { .. } => Msg::ManagePause,
        Wish::Resume => Msg::ManageResume,
        Wish::EndTrust(_) => Msg::ManageBrowserEnd,
    }
}

/// The same content, whose actions are this page's.
fn of_login<'a>(content: Content<'a, Login>) -> Content<'a, Manage> {
    match content {
        Content::Group => Content::Group,
        Content::Named(name) => Content::Named(name),
        Content::State(name, value) => Content::State(name, value),
        Content::Form(action) => Content::Form(ManageAction::Proof(action)),
        Content::Text(words) => Content::Text(words),
        Content::Cell(name, words) => Content::Cell(name, words),
        Content::Field {
            value,
            is_filled_in,
            label,
            help,
            is_invalid,
            action,
        } => Content::Field {
            value,
            is_filled_in,
            label,
            help,
            is_invalid,
            action: ManageAction::Proof(action),
        },
        Content::Checkbox { is_ticked, action } => Content::Checkbox {
            is_ticked,
            action: ManageAction::Proof(action),
        },
        Content::Button {
            label,
            is_disabled,
            action,
        } => Content::Button {
            label,
            is_disabled,
            action: ManageAction::Proof(action),
        },
        Content::Link { label, url } => Content::Link { label, url },
        Content::Special(_, special) => match special {},
    }
}

impl<'a> Draft<'a, Manage> {
    pub(super) fn own(&mut self, key: OwnKey, content: Content<'a, Manage>) {
        self.add(ManageKey::Own(key), content);
    }

    pub(super) fn own_nth(&mut self, key: OwnKey, index: u8, content: Content<'a, Manage>) {
        let block = Block {
            key: ManageKey::Own(key),
            index,
            content,
        };
        self.screen.blocks.push(block);
    }

    pub(super) fn own_group(&mut self, key: OwnKey) {
        self.own(key, Content::Group);
    }

    pub(super) fn own_text(&mut self, key: OwnKey, msg: Msg) {
        self.own(key, Content::Text(Words::of(msg)));
    }

    pub(super) fn own_button(&mut self, key: OwnKey, msg: Msg, action: ManageAction) {
        self.button(ManageKey::Own(key), msg, action);
    }
}
