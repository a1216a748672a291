//! Between the host's back end and the service.

use serde::{Deserialize, Serialize};

use crate::flow::EnrolmentDuty;
use crate::manage::{Health, Intent, ManagedMethod};
use crate::method::{Authenticator, MethodKind};

/// The purpose of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A set-up of two-step verification.
    Enroll,
    /// A login that asks for a code.
    Verify,
    /// A person who is signed in changes what there is.
    Manage,
    /// A person who is signed in, in a browser that is trusted, approves a login elsewhere.
    Approve,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::Enroll, Self::Verify, Self::Manage, Self::Approve];

    /// The name on the wire, in the database and in signed results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enroll => "enroll",
            Self::Verify => "verify",
            Self::Manage => "manage",
            Self::Approve => "approve",
        }
    }
}

/// What a login has to be worth: a value of `acr` of its signed result (OpenID Connect Core §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AcrNeeded {
    /// Nobody can be talked out of it, and no page of somebody else gets it: a passkey ([NIST SP
    /// 800-63B-4 §3.2.5](https://pages.nist.gov/800-63-4/sp800-63b.html#verifimpers)).
    #[serde(rename = "urn:nidan:acr:phishing-resistant")]
    PhishingResistant,
}

impl AcrNeeded {
    /// Every value.
    pub const ALL: [Self; 1] = [Self::PhishingResistant];

    /// The value on the wire, in the database and in signed results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PhishingResistant => Authenticator::Method(MethodKind::Passkey).acr(),
        }
    }

    /// The one of that value; [`None`] for one that this version does not know.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }

    /// Whether what a method of this kind proves is worth it.
    pub const fn is_met_by(self, kind: MethodKind) -> bool {
        match (self, kind) {
            (Self::PhishingResistant, MethodKind::Passkey) => true,
            (Self::PhishingResistant, MethodKind::Totp | MethodKind::Sms | MethodKind::Voice) => {
                false
            }
        }
    }
}

/// The body of `POST /v1/flows`, which a host sends after it has checked the first factor itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateFlow {
    /// The flow's purpose.
    pub purpose: Purpose,
    /// The host's own id of the person: opaque, 1 to 255 bytes, compared byte by byte.
    pub subject: String,
    /// The name by which the person knows the account, for example the mail address. It is only
    /// shown: what is longer than 64 characters is cut, and colons and invisible characters are
    /// left out. A set-up needs one; a login may go without.
    #[serde(default)]
    pub account_name: String,
    /// When the first factor was checked, in Unix seconds: at most five minutes ago
    /// ([ASVS](https://github.com/OWASP/ASVS/tree/v5.0.0) 7.5.1).
    pub auth_time: u64,
    /// A hash of the host's session id: 16 to 128 characters of base64url. Redeeming asks for the
    /// same again.
    pub session_binding: String,
    /// The origin of the page that embeds the widget: one of those that the host has registered.
    pub origin: String,
    /// The country in which the person most likely is, [ISO 3166-1
    /// alpha-2](https://www.iso.org/iso-3166-country-codes.html). It is offered first for phone
    /// numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What the person came for, where the purpose is `manage`: the widget begins there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// What a login has to be worth, where any second step is not enough: for a payment, say. Nothing
    /// else signs in by it then: no code, no backup code, no trusted browser, and no pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr_needed: Option<AcrNeeded>,
    /// The group of the person, by which the host's policy is read: one of those that the service's
    /// configuration has. Without it, what the host's own settings say holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// With `enroll`: whether the set-up comes between a login and the site, because the login's answer had
    /// `enrolment`. It says so then, and may be put off while the policy lets it wait.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_login: bool,
    /// With `enroll`, where a login's assertion had `must_enroll`: that login's flow. A set-up of a person for
    /// whom support has made a code begins after that login and no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_login: Option<String>,
    /// In a verification, the `trust_token` that an earlier redeem gave for this browser, when the
    /// browser has it. Where the purpose is `manage`, it only says which browser this is; where it is
    /// `approve`, nothing goes without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_token: Option<String>,
    /// The browser and the place, as the person should read them later in the record: "Osaka,
    /// Firefox on Windows". What is longer than 64 characters is
    /// cut; the coarser the better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_description: Option<String>,
}

/// The host's next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FlowStatus {
    /// The host shows the widget.
    Required,
    /// The person of a verification has no second factor. No flow was made; the host decides
    /// whether the password is enough.
    NotEnrolled,
    /// The browser of a verification is trusted. The host redeems `result_code` at once and shows
    /// nothing.
    Trusted,
    /// The person of a verification has nothing that is worth `acr_needed`, perhaps nothing at all; or it
    /// is held, or was added less than a day ago (`available_at`). No flow was made; the host may ask for less, or lead to its security page, where a passkey is set up.
    AcrUnavailable,
    /// The person has paused codes until `paused_until`. No flow was made; the host signs the person
    /// in by the password alone, and trusts no browser meanwhile.
    Paused,
    /// The browser that is to approve logins is not trusted, or is no longer. No flow was made; the page
    /// shows nothing.
    NotTrusted,
}

/// The answer to `POST /v1/flows`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlowCreated {
    /// The host's next step.
    pub outcome: FlowStatus,
    /// The flow's id, with which the host redeems; missing when the outcome is
    /// `not_enrolled`, `acr_unavailable`, `paused` or `not_trusted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
    /// The value of the page's `flow-token` attribute, there when the outcome is `required`.
    /// Whoever has it can end this flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_token: Option<String>,
    /// When the flow ends, in Unix seconds: after ten minutes, which a set-up in use
    /// extends. It is there with `flow_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// The code to redeem within 60 seconds, there when the outcome is `trusted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_code: Option<String>,
    /// Until when no codes are asked for, in Unix seconds, there when the outcome is `paused`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<u64>,
    /// That the person must set two-step verification up, and for how long that may wait, there where the
    /// outcome is `not_enrolled` and the policy asks for it. The host opens a set-up and signs nobody in before its
    /// result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment: Option<EnrolmentDuty>,
    /// From when such a login is possible, in Unix seconds, there when the outcome is `acr_unavailable`
    /// because what would do is too new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_at: Option<u64>,
}

/// The body of `POST /v1/flows/{id}/redeem`.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Redeem {
    /// The result code, as it came back from the page.
    pub result_code: String,
    /// The same value as when the flow was created.
    pub session_binding: String,
}

/// The signed result of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssertionAnswer {
    /// A JWT (EdDSA, `typ` `nidan-assertion+jwt`), to be checked against `/.well-known/jwks.json`.
    pub assertion: String,
    /// A token, there when this browser is trusted from now on, or still. The host keeps it in an
    /// `HttpOnly` cookie of this browser in place of the one before, and sends it with the next
    /// `POST /v1/flows`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_token: Option<String>,
    /// When that trust ends, in Unix seconds. It is there with `trust_token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_expires_at: Option<u64>,
}

/// A browser that is not asked for a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrustedBrowser {
    /// The browser's id, opaque: it is revoked by this.
    pub id: String,
    /// The host's description of it when it was trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_description: Option<String>,
    /// When it was trusted, in Unix seconds.
    pub created_at: u64,
    /// When it last signed in without a code, in Unix seconds.
    pub used_at: u64,
    /// When the trust ends, in Unix seconds.
    pub expires_at: u64,
}

/// The answer to `GET /v1/subjects/{subject}`: what a person has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubjectView {
    /// Whether the person has a second factor.
    pub enrolled: bool,
    /// The person's methods.
    pub methods: Vec<ManagedMethod>,
    /// How many backup codes are unused.
    pub backup_codes_left: u32,
    /// Until when a code of the host's support is good (Unix seconds): there where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporary_code_expires_at: Option<u64>,
    /// Rises with every change of a factor: what was granted under a lower one has ended.
    pub factor_epoch: u64,
    /// The browsers that are not asked for a code.
    pub trusted_browsers: Vec<TrustedBrowser>,
    /// Until when no codes are asked for, in Unix seconds; missing where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<u64>,
    /// What the person should know of what they have, the most urgent first.
    pub health: Vec<Health>,
}

/// The answer to `GET /v1/subjects?group=…`: what the people of a group have, by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CoverageView {
    /// At most a hundred people: those whose latest flow was of this group.
    pub subjects: Vec<CoveredSubject>,
    /// The value of `&after=` that asks for more of them; missing when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What one of them has: no secret, no number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CoveredSubject {
    /// The host's own id of the person.
    pub subject: String,
    /// The kinds of the person's methods, one for each.
    pub methods: Vec<MethodKind>,
    /// How many backup codes are unused.
    pub backup_codes_left: u32,
    /// Whether something lets the person in: a method, a backup code, or a code of support.
    pub can_sign_in: bool,
    /// Whether the policy asks for more than there is.
    pub must_add: bool,
    /// That a set-up is required, where the person has no method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment: Option<EnrolmentDuty>,
    /// Since when the set-up may no longer be put off, in Unix seconds; missing where it still may, and where no date
    /// ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue_since: Option<u64>,
    /// Until when a code of the host's support is good (Unix seconds): there where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporary_code_expires_at: Option<u64>,
    /// Until when no codes are asked for, in Unix seconds; missing where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<u64>,
    /// What the person should know of what they have, the most urgent first.
    pub health: Vec<Health>,
}

/// The body of `POST /v1/subjects/{subject}/trusted_browsers/revoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RevokePost {
    /// The id of one browser; all of them when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// The body of `POST /v1/subjects/{subject}/methods/reinstate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReinstatePost {
    /// The id of a suspended method.
    pub id: String,
}

/// The body of `POST /v1/subjects/{subject}/methods/{id}/hold` and of `…/release`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HoldPost {
    /// Who does it, as the host's support is called: 1 to 64 characters, for the record.
    pub by: String,
    /// Why: 1 to 200 characters, for the record.
    pub reason: String,
}

/// The body of `POST /v1/subjects/{subject}/temporary_code`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TemporaryCodePost {
    /// Who does it, as the host's support is called: 1 to 64 characters, for the record.
    pub by: String,
    /// Why: 1 to 200 characters, for the record.
    pub reason: String,
    /// For how many minutes it is good: 10 to 1,440.
    pub minutes: u32,
    /// Whether everything that the person had goes at the same moment, as by `POST
    /// /v1/subjects/{subject}/reset`: the code is then the only way in, and leads to a new set-up. Else it is
    /// one more way in, and nothing can be changed by it.
    pub reset: bool,
}

/// A code that lets one person in once. It is shown here and nowhere else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemporaryCode {
    /// The code, in groups as people read it out: 16 letters and digits.
    pub code: String,
    /// When it ends, in Unix seconds.
    pub expires_at: u64,
}

/// The body of `POST /v1/subjects/{subject}/report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HostReportPost {
    /// The browser and the place of the report, for the record, shown to the person. What is longer
    /// than 64 characters is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_description: Option<String>,
}

#[cfg(test)]
mod acr_tests {
    use super::*;

    #[test]
    fn what_a_login_has_to_be_worth_is_what_its_result_says() {
        for one in AcrNeeded::ALL {
            let json = serde_json::to_string(&one).unwrap_or_default();
            assert_eq!(json, format!("\"{}\"", one.as_str()));
            assert_eq!(AcrNeeded::from_wire(one.as_str()), Some(one));
            for kind in MethodKind::ALL {
                let says = Authenticator::Method(*kind).acr();
                assert_eq!(one.is_met_by(*kind), says == one.as_str(), "{kind:?}");
            }
        }
    }
}
