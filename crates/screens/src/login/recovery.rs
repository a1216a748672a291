//! Nothing is left: only the site can help, after it made sure who asks.

use nidan_flow::{Login, Now, SigningIn};

use super::{LoginAction, LoginKey};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, Words};

/// What support needs to know of somebody who cannot get in: no code, two digits of a number at
/// most.
pub fn summary(signing: &SigningIn, now: Now) -> Words<'_> {
    let opening = &signing.opening;
    Words::Long(
        Msg::LoginSummary,
        [
            Arg::Text("issuer", &opening.issuer),
            Arg::Text("account", &opening.account),
            Arg::Kinds("ways", &opening.methods),
            Arg::Number("count", opening.backup_codes_left.into()),
            Arg::Date("date", now),
        ],
    )
}

impl<'a> Draft<'a, Login> {
    /// Only the site can help, after it made sure who asks.
    pub(super) fn recovery(&mut self, signing: &'a SigningIn) {
        let issuer = Arg::Text("issuer", &signing.opening.issuer);
        self.title(Msg::LoginLostTitle);
        self.message(LoginKey::Lead, Msg::LoginLostText, issuer);
        if let Some(url) = &signing.opening.recovery_url {
            let label = Words::of(Msg::LoginRecover);
            self.add(LoginKey::Recover, Content::Link { label, url });
        }
        self.group(LoginKey::Details);
        self.text(LoginKey::DetailsSummary, Msg::HelpSupport);
        self.group(LoginKey::DetailsInside);
        let summary = summary(signing, self.view.now);
        self.words(LoginKey::SupportSummary, summary);
        self.button(LoginKey::Copy, Msg::HelpCopy, LoginAction::Copy);
        let copied = match signing.copied {
            None => Words::None,
            Some(true) => Words::of(Msg::AddCopied),
            Some(false) => Words::of(Msg::AddCopyFailed),
        };
        self.words(LoginKey::Copied, copied);
        self.group(LoginKey::Actions);
        self.back();
    }
}
