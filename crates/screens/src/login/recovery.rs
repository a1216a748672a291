//! Nothing is left: only the site can help, after it made sure who asks.

use nidan_flow::{Login, SigningIn};

use super::LoginKey;
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, Words};

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
        self.add(LoginKey::Details, Content::Named(Msg::TroubleUnreachable));
        self.text(LoginKey::DetailsSummary, Msg::HelpSupport);
        self.group(LoginKey::Actions);
        self.back();
    }
}
