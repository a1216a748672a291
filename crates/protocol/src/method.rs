//! The table of authenticators: each kind that there is, and what follows from the kind alone.
//!
//! The terms are those of [NIST SP 800-63B-4 §3.1](https://pages.nist.gov/800-63-4/sp800-63b.html).
//! Code that treats kinds differently matches on [`MethodKind`] or [`MethodClass`] without a
//! wildcard, so that the compiler names every place that a new kind has to be thought about at.

use serde::{Deserialize, Serialize};

/// Declares the kinds with their names, and [`MethodKind::ALL`] with them: no list is kept by hand.
macro_rules! method_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal;)*) => {
        /// A kind of second factor that a person sets up and chooses at login.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum MethodKind {
            $($(#[$doc])* #[serde(rename = $name)] $kind,)*
        }

        impl MethodKind {
            /// Every kind, in the order in which lists that the host does not order show them.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name on the wire and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

method_kinds! {
    /// A passkey or a security key ([WebAuthn](https://www.w3.org/TR/webauthn-3/)).
    Passkey = "passkey";
    /// An authenticator app ([RFC 6238](https://www.rfc-editor.org/rfc/rfc6238)).
    Totp = "totp";
    /// A code by text message.
    Sms = "sms";
    /// A code that is read out in a call.
    Voice = "voice";
}

/// What a method is, whatever it is called: how a person proves to have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodClass {
    /// A one-time password that the person's own device makes ([SP
    /// 800-63B](https://pages.nist.gov/800-63-4/sp800-63b.html)-4 §3.1.4). Nothing is sent, and it
    /// can be checked at any time.
    Otp,
    /// An out-of-band code ([SP 800-63B](https://pages.nist.gov/800-63-4/sp800-63b.html)-4 §3.1.3):
    /// it is sent when the person asks for it.
    OutOfBand(Channel),
    /// A key that signs a challenge for one site alone: multi-factor cryptographic authentication ([SP
    /// 800-63B](https://pages.nist.gov/800-63-4/sp800-63b.html)-4 §3.1.7). There is no code, so there
    /// is nothing to guess and nothing to read out to a caller.
    Cryptographic,
}

impl MethodClass {
    /// The channel over which its codes are sent; [`None`] where nothing is sent.
    pub const fn channel(self) -> Option<Channel> {
        match self {
            Self::Otp | Self::Cryptographic => None,
            Self::OutOfBand(channel) => Some(channel),
        }
    }

    /// Whether the person's own device makes the codes, so that they can be checked at any time.
    pub const fn makes_codes(self) -> bool {
        match self {
            Self::Otp => true,
            Self::OutOfBand(_) | Self::Cryptographic => false,
        }
    }

    /// Whether a person proves it by a code that they type.
    pub const fn has_codes(self) -> bool {
        match self {
            Self::Otp | Self::OutOfBand(_) => true,
            Self::Cryptographic => false,
        }
    }
}

impl MethodKind {
    /// The kind of that name; [`None`] for one that this version does not know.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// How a person proves to have such a method.
    pub const fn class(self) -> MethodClass {
        match self {
            Self::Totp => MethodClass::Otp,
            Self::Sms => MethodClass::OutOfBand(Channel::Sms),
            Self::Voice => MethodClass::OutOfBand(Channel::Voice),
            Self::Passkey => MethodClass::Cryptographic,
        }
    }

    /// Whether a number that such a method has may be reached over `channel`. A mobile that is
    /// texted may be called too; a line that is called may not be texted.
    pub const fn takes(self, channel: Channel) -> bool {
        match (self, channel) {
            (Self::Totp | Self::Passkey, Channel::Sms | Channel::Voice)
            | (Self::Voice, Channel::Sms) => false,
            (Self::Sms, Channel::Sms | Channel::Voice) | (Self::Voice, Channel::Voice) => true,
        }
    }
}

/// How a code reaches a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A text message.
    Sms,
    /// A call that reads the code out.
    Voice,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 2] = [Self::Sms, Self::Voice];

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        self.method().as_str()
    }

    /// The channel of that name; [`None`] for one that this version does not know.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str() == name)
    }

    /// The method that a number becomes which was verified over this channel.
    pub const fn method(self) -> MethodKind {
        match self {
            Self::Sms => MethodKind::Sms,
            Self::Voice => MethodKind::Voice,
        }
    }
}

/// Whatever can let somebody in at a login: a method, or what stands in for one. The record, signed
/// results and redeemed flows name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Authenticator {
    /// A method that the person has set up.
    Method(MethodKind),
    /// One of the person's backup codes: a look-up secret ([SP
    /// 800-63B](https://pages.nist.gov/800-63-4/sp800-63b.html)-4 §3.1.2).
    BackupCode,
    /// A code that another browser of the person has shown, which was trusted at an earlier login: an
    /// out-of-band code ([SP 800-63B](https://pages.nist.gov/800-63-4/sp800-63b.html)-4 §3.1.3) that is
    /// carried over by hand.
    Approval,
    /// A code that the host's support has made for somebody who is locked out: a look-up secret for one
    /// login.
    TemporaryCode,
    /// A browser that was trusted at an earlier login. It is no second factor of today, and its
    /// results say so (see [`Authenticator::acr`]).
    TrustedBrowser,
}

impl Authenticator {
    /// Returns every authenticator.
    pub fn all() -> impl Iterator<Item = Self> {
        let methods = MethodKind::ALL.iter().copied().map(Self::Method);
        methods.chain([
            Self::BackupCode,
            Self::Approval,
            Self::TemporaryCode,
            Self::TrustedBrowser,
        ])
    }

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Method(kind) => kind.as_str(),
            Self::BackupCode => "backup_code",
            Self::Approval => "approval",
            Self::TemporaryCode => "temporary_code",
            Self::TrustedBrowser => "trusted_browser",
        }
    }

    /// The authenticator of that name; [`None`] for one that this version does not
    /// know.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::all().find(|one| one.as_str() == name)
    }

    /// The values in `amr` of a signed result: those of [RFC 8176
    /// §2](https://www.rfc-editor.org/rfc/rfc8176#section-2) where it has some, a URN of our own
    /// elsewhere. For a passkey they are "possession of a key was proved" and "the person was
    /// present": without an attestation nobody knows whether the key lives in hardware (`hwk`) or in
    /// software (`swk`), see docs/decisions/0039-passkeys.md.
    pub const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Method(MethodKind::Totp) | Self::Approval => &["otp"],
            Self::Method(MethodKind::Sms) => &["sms"],
            Self::Method(MethodKind::Voice) => &["tel"],
            Self::Method(MethodKind::Passkey) => &["pop", "user"],
            Self::BackupCode => &["urn:nidan:amr:backup-code"],
            Self::TemporaryCode => &["urn:nidan:amr:temporary-code"],
            Self::TrustedBrowser => &["urn:nidan:amr:trusted-browser"],
        }
    }

    /// The value of `acr` of a signed result (OpenID Connect Core §2): what the login is worth.
    pub const fn acr(self) -> &'static str {
        match self {
            Self::Method(MethodKind::Passkey) => "urn:nidan:acr:phishing-resistant",
            Self::Method(MethodKind::Totp | MethodKind::Sms | MethodKind::Voice)
            | Self::BackupCode => "urn:nidan:acr:second-factor",
            Self::Approval => "urn:nidan:acr:approval",
            Self::TemporaryCode => "urn:nidan:acr:temporary-code",
            Self::TrustedBrowser => "urn:nidan:acr:trusted-browser",
        }
    }
}

impl Serialize for Authenticator {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Authenticator {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::from_wire(&name)
            .ok_or_else(|| serde::de::Error::custom(format!("no authenticator {name:?}")))
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Authenticator {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let names = Self::all().map(Self::as_str);
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .enum_values(Some(names))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Authenticator {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_read_back() {
        for (index, one) in Authenticator::all().enumerate() {
            assert_eq!(Authenticator::from_wire(one.as_str()), Some(one));
            let mut earlier = Authenticator::all().take(index);
            assert!(earlier.all(|other| other.as_str() != one.as_str()));
        }
        for kind in MethodKind::ALL {
            assert_eq!(MethodKind::from_wire(kind.as_str()), Some(*kind));
        }
        for channel in Channel::ALL {
            assert_eq!(channel.method().class(), MethodClass::OutOfBand(channel));
            assert!(channel.method().takes(channel));
        }
    }

    #[test]
    fn the_wire_has_the_names_of_serde_too() {
        for kind in MethodKind::ALL {
            let name = serde_json::to_string(kind).unwrap_or_default();
            assert_eq!(name, format!("\"{}\"", kind.as_str()));
        }
        let read: Authenticator =
            serde_json::from_str("\"backup_code\"").unwrap_or(Authenticator::TrustedBrowser);
        assert_eq!(read, Authenticator::BackupCode);
        assert!(serde_json::from_str::<Authenticator>("\"fax\"").is_err());
    }
}
