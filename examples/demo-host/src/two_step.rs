//! The host's side of Nidan: two calls and one check. This file is what a customer copies.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Our name at the service: `aud` of everything that it signs for us.
pub(crate) const AUDIENCE: &str = "shop";
const ASSERTION_TYP: &str = "nidan-assertion+jwt";
/// Our clock said when the password was right, and the service's when the code was.
const CLOCKS_DIFFER_S: u64 = 60;
const TIMEOUT: Duration = Duration::from_secs(5);

/// The service beside us.
#[derive(Clone)]
pub(crate) struct TwoStep {
    url: String,
    issuer: String,
    api_key: String,
    http: reqwest::Client,
}

/// Why two-step verification did not answer.
#[derive(Debug)]
pub(crate) enum TwoStepError {
    /// The service refused, with this stable code.
    Refused(String),
    /// Not reachable, or an answer that cannot be trusted.
    Failed(String),
}

impl From<reqwest::Error> for TwoStepError {
    fn from(error: reqwest::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<jsonwebtoken::errors::Error> for TwoStepError {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457); only the code matters to a program.
#[derive(Debug, Deserialize)]
struct Problem {
    code: String,
}

/// What a flow is for, and what its signed result must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Set two-step verification up.
    Enroll,
    /// Ask for a code at login.
    Verify,
    /// Change what there is.
    Manage,
    /// Show the code of a login elsewhere. It has no result.
    Approve,
}

/// A code or a passkey of the person's own.
const FACTORS: [&str; 2] = [
    "urn:nidan:acr:second-factor",
    "urn:nidan:acr:phishing-resistant",
];
/// A set-up that is required was put off: the password alone leads in.
const SKIPPED: &str = "urn:nidan:acr:skipped";

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Enroll => "enroll",
            Self::Verify => "verify",
            Self::Manage => "manage",
            Self::Approve => "approve",
        }
    }

    /// A trusted browser, and what one shows, are our own choice: `trust_days` and `approvals` in the
    /// service's configuration turn them on.
    const fn accepts(self) -> &'static [&'static str] {
        match self {
            // A set-up that our staff may put off for a while: `grace_days` and `grace_skips` in the
            // service's configuration.
            Self::Enroll => &["urn:nidan:acr:enrolment", SKIPPED],
            Self::Approve => &[],
            Self::Manage => &[
                "urn:nidan:acr:second-factor",
                "urn:nidan:acr:phishing-resistant",
            ],
            Self::Verify => &[
                "urn:nidan:acr:second-factor",
                "urn:nidan:acr:phishing-resistant",
                "urn:nidan:acr:trusted-browser",
                "urn:nidan:acr:approval",
                // Ours too: `must_enroll` is heeded.
                "urn:nidan:acr:temporary-code",
            ],
        }
    }
}

/// Whom and what a flow is asked for.
pub(crate) struct Asked<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) subject: &'a str,
    pub(crate) email: &'a str,
    pub(crate) auth_time: u64,
    pub(crate) session: &'a str,
    pub(crate) origin: &'a str,
    pub(crate) trust_token: Option<&'a str>,
    pub(crate) client_description: Option<&'a str>,
    /// The login after which a set-up is owed.
    pub(crate) after_login: Option<&'a str>,
    /// Whether a set-up stands between a login and the site.
    pub(crate) at_login: bool,
    /// The people of ours for whom other rules hold.
    pub(crate) group: Option<&'a str>,
}

/// What to do after the password.
#[derive(Debug, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum Flow {
    /// Show the widget.
    Required { flow_id: String, flow_token: String },
    /// Redeem at once: this browser is trusted.
    Trusted {
        flow_id: String,
        result_code: String,
    },
    /// There is no second factor; `enrolment` where there must be one.
    NotEnrolled {
        #[serde(default)]
        enrolment: Option<Duty>,
    },
    /// The person has paused codes.
    Paused,
    /// This browser approves no logins.
    NotTrusted,
}

/// That somebody must have a second factor.
#[derive(Debug, Deserialize)]
pub(crate) struct Duty {
    pub(crate) required: bool,
}

/// A result that was checked: spend its `jti`, and keep what the browser is to bring next time.
#[derive(Debug)]
pub(crate) struct Checked {
    /// What it is a result of: one of those that were expected.
    pub(crate) purpose: Purpose,
    pub(crate) jti: String,
    pub(crate) trust_token: Option<String>,
    /// Whether a factor was changed: the person's other sessions end.
    pub(crate) end_other_sessions: bool,
    /// Whether the person has no method: a set-up comes next, and nothing else.
    pub(crate) must_enroll: bool,
    /// Whether the person is led to the page on which methods are added.
    pub(crate) must_add: bool,
    /// Whether a factor was proved just now: by no trusted browser, and no code of support.
    pub(crate) is_factor: bool,
    /// Whether a set-up was put off: nothing was proved, and there is no second factor.
    pub(crate) is_skipped: bool,
}

/// What we show of a person's second factor.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct State {
    pub(crate) enrolled: bool,
    pub(crate) paused_until: Option<u64>,
    pub(crate) trusted_browsers: Vec<serde_json::Value>,
    pub(crate) methods: Vec<MethodState>,
    pub(crate) backup_codes_left: u32,
}

/// One method; the number of a phone stays with the service but for its end.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct MethodState {
    pub(crate) kind: String,
    pub(crate) name: Option<String>,
    pub(crate) hint: Option<String>,
}

/// What the service signed. Every claim must be there and of its type.
#[derive(Debug, Deserialize)]
struct Claims {
    /// One text: a list with others in it is no result for us alone.
    aud: String,
    sub: String,
    jti: String,
    nonce: String,
    purpose: String,
    acr: String,
    amr: Vec<String>,
    auth_time: u64,
    method_id: String,
    factor_epoch: u64,
    /// There where methods were managed.
    #[serde(default)]
    end_other_sessions: bool,
    /// There where it is true.
    #[serde(default)]
    must_enroll: bool,
    /// There where it is true.
    #[serde(default)]
    must_add: bool,
    iat: u64,
    nbf: u64,
    exp: u64,
}

impl TwoStep {
    pub(crate) fn new(url: String, issuer: String, api_key: String) -> Self {
        // Building fails only for TLS settings, and there are none here.
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .unwrap_or_default();
        Self {
            url,
            issuer,
            api_key,
            http,
        }
    }

    /// Call one: after the password was right, ask for a flow.
    pub(crate) async fn begin(&self, asked: &Asked<'_>) -> Result<Flow, TwoStepError> {
        let mut body = json!({
            "purpose": asked.purpose.as_str(), "subject": asked.subject, "account_name": asked.email,
            "auth_time": asked.auth_time, "session_binding": session_binding(asked.session), "origin": asked.origin,
        });
        for (name, value) in [
            ("trust_token", asked.trust_token),
            ("client_description", asked.client_description),
            // An empty one is none: the policy asks for the set-up, and no code of support.
            ("after_login", asked.after_login.filter(|id| !id.is_empty())),
            ("group", asked.group),
        ] {
            if let (Some(value), Some(body)) = (value, body.as_object_mut()) {
                body.insert(name.to_owned(), value.into());
            }
        }
        if let (true, Some(body)) = (asked.at_login, body.as_object_mut()) {
            body.insert("at_login".to_owned(), true.into());
        }
        let answer = self.post("/v1/flows", &body).await?;
        if answer.status().is_client_error() {
            let problem: Problem = answer.json().await?;
            return Err(TwoStepError::Refused(problem.code));
        }
        Ok(answer.error_for_status()?.json().await?)
    }

    /// Call two: exchange what the page brought for a signed result, and check every part of it.
    /// Returns its `jti`, which the caller spends.
    pub(crate) async fn finish(
        &self,
        purposes: &[Purpose],
        flow_id: &str,
        result_code: &str,
        session: &str,
        subject: &str,
    ) -> Result<Checked, TwoStepError> {
        #[derive(Deserialize)]
        struct Answer {
            assertion: String,
            trust_token: Option<String>,
        }
        let body =
            json!({ "result_code": result_code, "session_binding": session_binding(session) });
        let answer = self
            .post(&format!("/v1/flows/{flow_id}/redeem"), &body)
            .await?
            .error_for_status()?;
        let Answer {
            assertion,
            trust_token,
        } = answer.json().await?;
        let claims = self.check(&assertion).await?;
        // Who, for what, and in which session: one wrong answer and nothing happened.
        let mut expected = purposes.iter().copied();
        let purpose = expected.find(|purpose| claims.purpose == purpose.as_str());
        let ours = claims.aud == AUDIENCE
            && claims.sub == subject
            && claims.nonce == session_binding(session);
        let accepts = |purpose: &Purpose| purpose.accepts().contains(&claims.acr.as_str());
        // Nothing was proved where a set-up was put off, and nowhere else.
        let is_skipped = claims.acr == SKIPPED;
        let purpose = purpose
            .filter(accepts)
            .filter(|_| claims.amr.is_empty() == is_skipped);
        let named = !claims.method_id.is_empty()
            && (claims.factor_epoch > 0 || is_skipped)
            && claims.auth_time <= claims.iat.saturating_add(CLOCKS_DIFFER_S);
        // The library has compared `nbf` and `exp` with now; together they must not span more than
        // a minute.
        let fresh =
            claims.nbf == claims.iat && claims.iat < claims.exp && claims.exp - claims.iat <= 60;
        match purpose {
            Some(purpose) if ours && named && fresh => Ok(Checked {
                purpose,
                jti: claims.jti,
                trust_token,
                end_other_sessions: claims.end_other_sessions,
                must_enroll: claims.must_enroll,
                must_add: claims.must_add,
                is_skipped,
                is_factor: FACTORS.contains(&claims.acr.as_str()),
            }),
            Some(_) | None => Err(TwoStepError::Failed(
                "a result for somebody else".to_owned(),
            )),
        }
    }

    /// What a person has. The service is asked each time: nothing here can be out of date.
    pub(crate) async fn state(&self, subject: &str) -> Result<State, TwoStepError> {
        let path = format!("/v1/subjects/{}", segment(subject));
        Ok(self.get(&path).await?.json().await?)
    }

    /// Asks for a code again in every browser that the person trusted.
    pub(crate) async fn forget_browsers(&self, subject: &str) -> Result<(), TwoStepError> {
        self.post(
            &format!("/v1/subjects/{}/trusted_browsers/revoke", segment(subject)),
            &json!({}),
        )
        .await?
        .error_for_status()?;
        Ok(())
    }

    /// "That was not me", said by somebody who is signed in. The notice that follows ends every
    /// session.
    pub(crate) async fn report(
        &self,
        subject: &str,
        client_description: Option<&str>,
    ) -> Result<(), TwoStepError> {
        self.post(
            &format!("/v1/subjects/{}/report", segment(subject)),
            &json!({ "client_description": client_description }),
        )
        .await?
        .error_for_status()?;
        Ok(())
    }

    /// What happened to a person's second factor, the newest first.
    pub(crate) async fn events(&self, subject: &str) -> Result<serde_json::Value, TwoStepError> {
        let path = format!("/v1/subjects/{}/events", segment(subject));
        Ok(self.get(&path).await?.json().await?)
    }

    async fn check(&self, assertion: &str) -> Result<Claims, TwoStepError> {
        let header = decode_header(assertion)?;
        let keys: JwkSet = self
            .http
            .get(format!("{}/.well-known/jwks.json", self.url))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let key = header.kid.as_deref().and_then(|kid| keys.find(kid));
        let (Some(key), Some(ASSERTION_TYP)) = (key, header.typ.as_deref()) else {
            return Err(TwoStepError::Failed(
                "signed by another key or of another type".to_owned(),
            ));
        };
        // What a token calls critical and nobody here knows makes it none (RFC 7515 §4.1.11).
        if header.crit.is_some() {
            return Err(TwoStepError::Failed("a critical header".to_owned()));
        }
        // The algorithm is ours to say, never the token's.
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        rules.validate_nbf = true;
        rules.leeway = 5;
        Ok(decode::<Claims>(assertion, &DecodingKey::from_jwk(key)?, &rules)?.claims)
    }

    pub(crate) async fn get(&self, path: &str) -> Result<reqwest::Response, TwoStepError> {
        let asked = self.http.get(format!("{}{path}", self.url));
        let answer = asked.bearer_auth(&self.api_key).send().await?;
        Ok(answer.error_for_status()?)
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<reqwest::Response, TwoStepError> {
        Ok(self
            .http
            .post(format!("{}{path}", self.url))
            .bearer_auth(&self.api_key)
            .json(body)
            .send()
            .await?)
    }
}

/// An id of ours as one part of a path: whatever is in it, it names nobody else.
pub(crate) fn segment(id: &str) -> String {
    utf8_percent_encode(id, NON_ALPHANUMERIC).to_string()
}

/// A hash of the session id: it ties the result to this browser without giving the session away.
fn session_binding(session: &str) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(format!("two-step {session}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_part_of_a_path() {
        assert_eq!(segment("a/../b?x#y z"), "a%2F%2E%2E%2Fb%3Fx%23y%20z");
        assert_eq!(segment("42"), "42");
    }
}
