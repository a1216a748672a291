//! The trusted browsers, and what happened.

use nidan_flow::{Manage, ManageNav, Managing};
use nidan_protocol::{BrowsersView, EventKind, EventView, EventsView};

use super::overview::moment;
use super::{ManageAction, OwnKey, unless_waiting};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, Words};

impl<'a> Draft<'a, Manage> {
    pub(super) fn browsers(&mut self, managing: &'a Managing, list: Option<&'a BrowsersView>) {
        self.begin(managing, Msg::ManageBrowsers);
        let Some(list) = list else {
            self.wait(managing);
            return;
        };
        if list.browsers.is_empty() {
            self.own_text(OwnKey::Lead, Msg::ManageBrowsersNone);
        } else {
            self.own_text(OwnKey::Lead, Msg::ManageBrowsersText);
        }
        self.own_group(OwnKey::Rows);
        for (index, browser) in (0..=u8::MAX).zip(&list.browsers) {
            let is_this = list.this_browser.as_ref() == Some(&browser.id);
            let words = match &browser.client_description {
                _this if is_this => Words::of(Msg::ManageBrowserThis),
                Some(description) => Words::Verbatim(description),
                None => Words::of(Msg::ManageBrowserUnknown),
            };
            let since = Arg::Date("since", moment(browser.used_at));
            let until = Arg::Date("until", moment(browser.expires_at));
            let note = Words::Message(Msg::ManageBrowserNote, [since, until]);
            self.own_nth(OwnKey::Row, index, Content::Group);
            self.own_nth(OwnKey::RowWords, index, Content::Text(words));
            self.own_nth(OwnKey::RowNote, index, Content::Text(note));
            let label = Words::of(Msg::ManageBrowserEnd);
            self.own_nth(
                OwnKey::RowAction,
                index,
                Content::Button {
                    label,
                    is_disabled: false,
                    action: ManageAction::EndBrowser,
                },
            );
        }
        self.own_group(OwnKey::Actions);
        let has_this = list.this_browser.is_some();
        if has_this && list.browsers.len() > 1 {
            let others = ManageAction::Go(ManageNav::EndOthers);
            self.own_button(OwnKey::Main, Msg::ManageBrowsersOthers, others);
        } else if list.browsers.len() > 1 {
            self.own_button(
                OwnKey::Main,
                Msg::ManageBrowsersAll,
                ManageAction::Go(ManageNav::EndAll),
            );
        }
        self.back();
    }

    pub(super) fn record(&mut self, managing: &'a Managing, record: Option<&'a EventsView>) {
        self.begin(managing, Msg::ManageRecord);
        let Some(record) = record else {
            self.wait(managing);
            return;
        };
        self.own_text(OwnKey::Lead, Msg::ManageRecordText);
        self.own_group(OwnKey::Rows);
        // More lines than fit a block's number nobody reads at once.
        for (index, event) in (0..=u8::MAX).zip(&record.events) {
            self.own_nth(OwnKey::Row, index, Content::Group);
            self.own_nth(OwnKey::RowWords, index, Content::Text(happened(event)));
            self.own_nth(OwnKey::RowNote, index, Content::Text(when(event)));
        }
        self.own_group(OwnKey::Actions);
        self.own_button(
            OwnKey::Main,
            Msg::ManageNotMe,
            ManageAction::Go(ManageNav::Report),
        );
        let has_room = record.events.len() < usize::from(u8::MAX);
        if record.before.is_some() && has_room {
            let earlier = unless_waiting(managing, Msg::ManageEarlier);
            self.own_button(OwnKey::Other, earlier, ManageAction::Go(ManageNav::Earlier));
        }
        self.back();
    }

    fn wait(&mut self, managing: &Managing) {
        if managing.waits() {
            self.own_text(OwnKey::Lead, Msg::CommonLoading);
        }
        self.own_group(OwnKey::Actions);
        self.back();
    }
}

fn when(event: &EventView) -> Words<'_> {
    let at = Arg::Date("date", moment(event.at));
    match &event.client_description {
        Some(place) => Words::Message(Msg::ReportedLogin, [at, Arg::Text("place", place)]),
        None => Words::Message(Msg::ManageRecordAt, [at, Arg::None]),
    }
}

fn happened(event: &EventView) -> Words<'_> {
    Words::of(match event.kind {
        EventKind::Enrolled => Msg::RecordEnrolled,
        EventKind::CodeSent => Msg::RecordCodeSent,
        EventKind::Verified => Msg::RecordVerified,
        EventKind::CodeWrong => Msg::RecordCodeWrong,
        EventKind::ManyCodesWrong => Msg::RecordManyCodesWrong,
        EventKind::BackupCodeUsed => Msg::RecordBackupCodeUsed,
        EventKind::MethodSuspended => Msg::RecordMethodSuspended,
        EventKind::MethodReinstated => Msg::RecordMethodReinstated,
        EventKind::MethodHeld => Msg::RecordMethodHeld,
        EventKind::MethodReleased => Msg::RecordMethodReleased,
        EventKind::Proved => Msg::RecordProved,
        EventKind::MethodTested => Msg::RecordMethodTested,
        EventKind::MethodAdded => Msg::RecordMethodAdded,
        EventKind::MethodReplaced => Msg::RecordMethodReplaced,
        EventKind::MethodRemoved => Msg::RecordMethodRemoved,
        EventKind::MethodRetired => Msg::RecordMethodRetired,
        EventKind::BackupCodesRenewed => Msg::RecordCodesRenewed,
        EventKind::Paused => Msg::RecordPaused,
        EventKind::PauseEnding => Msg::RecordPauseEnding,
        EventKind::Resumed => Msg::RecordResumed,
        EventKind::TurnedOff => Msg::RecordTurnedOff,
        EventKind::BrowserTrusted => Msg::RecordBrowserTrusted,
        EventKind::TrustedBrowserUsed => Msg::RecordBrowserUsed,
        EventKind::TrustedBrowserCopied => Msg::RecordBrowserCopied,
        EventKind::TrustRevoked => Msg::RecordTrustRevoked,
        EventKind::ApprovalAsked => Msg::RecordApprovalAsked,
        EventKind::ApprovalShown => Msg::RecordApprovalShown,
        EventKind::Reset => Msg::RecordReset,
        EventKind::TemporaryCodeMade => Msg::RecordTemporaryCodeMade,
        EventKind::TemporaryCodeUsed => Msg::RecordTemporaryCodeUsed,
        EventKind::SetUpSkipped => Msg::RecordSetUpSkipped,
        EventKind::Reported => Msg::RecordReported,
    })
}
