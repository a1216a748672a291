//! What a host must not fall for.

#![allow(clippy::indexing_slicing, reason = "a JSON object takes every key")]

use serde_json::{Value, json};

use super::token::{Signature, Token, foreign_key, public};

/// One wrong thing in a result that is right otherwise.
pub(super) type Forge = fn(&mut Token);

fn set(token: &mut Token, claim: &str, value: Value) {
    token.claims[claim] = value;
}

fn drop_claim(token: &mut Token, claim: &str) {
    if let Some(claims) = token.claims.as_object_mut() {
        claims.remove(claim);
    }
}

fn number(token: &Token, claim: &str) -> u64 {
    token.claims[claim].as_u64().unwrap_or_default()
}

/// As a service makes it whose clock is ahead.
pub(super) fn three_seconds_ahead(token: &mut Token) {
    for claim in ["iat", "nbf", "exp", "auth_time"] {
        set(token, claim, json!(number(token, claim) + 3));
    }
}

/// Of a login that took something that is lost out of use: right, and it ends every other session.
pub(super) fn after_a_loss(token: &mut Token) {
    let held = json!([{ "change": "held", "method": "totp" }]);
    set(token, "changes", held);
    set(token, "end_other_sessions", json!(true));
}

/// Of a login by a passkey: right for a host that has them.
pub(super) fn by_passkey(token: &mut Token) {
    set(token, "acr", json!("urn:nidan:acr:phishing-resistant"));
    set(token, "amr", json!(["pop", "user"]));
}

/// Forged results, each with what is wrong.
pub(super) const FORGED: &[(&str, Forge)] = &[
    ("for another host (aud)", |t| {
        set(t, "aud", json!("another"))
    }),
    ("for several hosts, not this one (aud)", |t| {
        set(t, "aud", json!(["another", "third"]))
    }),
    ("for several hosts, this one among them (aud)", |t| {
        let ours = t.claims["aud"].clone();
        set(t, "aud", json!([ours, "another"]));
    }),
    ("without an audience", |t| drop_claim(t, "aud")),
    ("of another service (iss)", |t| {
        set(t, "iss", json!("https://evil.example"))
    }),
    ("without an issuer", |t| drop_claim(t, "iss")),
    ("for another person (sub)", |t| {
        set(t, "sub", json!("somebody-else"))
    }),
    ("without a person", |t| drop_claim(t, "sub")),
    ("for the person's name in another case", |t| {
        let upper = t.claims["sub"].as_str().unwrap_or_default().to_uppercase();
        set(t, "sub", json!(format!("{upper} ")));
    }),
    ("of a set-up (purpose)", |t| {
        set(t, "purpose", json!("enroll"))
    }),
    ("of a change of methods (purpose)", |t| {
        set(t, "purpose", json!("manage"))
    }),
    ("without a purpose", |t| drop_claim(t, "purpose")),
    ("of a set-up (acr)", |t| {
        set(t, "acr", json!("urn:nidan:acr:enrolment"))
    }),
    ("of support's code, with a set-up owed (must_enroll)", |t| {
        set(t, "acr", json!("urn:nidan:acr:temporary-code"));
        set(t, "amr", json!(["urn:nidan:amr:temporary-code"]));
        set(t, "method_id", json!("temporary_code"));
        set(t, "must_enroll", json!(true));
    }),
    ("of a set-up that was put off (acr)", |t| {
        set(t, "acr", json!("urn:nidan:acr:skipped"));
        set(t, "amr", json!([]));
        set(t, "method_id", json!("skipped"));
    }),
    ("with more behind a right name (acr)", |t| {
        set(t, "acr", json!("urn:nidan:acr:second-factor-or-less"))
    }),
    ("without an acr", |t| drop_claim(t, "acr")),
    ("of another session (nonce)", |t| {
        set(t, "nonce", json!("c29tZWJvZHktZWxzZQ"))
    }),
    ("without a nonce", |t| drop_claim(t, "nonce")),
    ("with an empty nonce", |t| set(t, "nonce", json!(""))),
    ("with a nonce that is null", |t| {
        set(t, "nonce", Value::Null)
    }),
    ("expired", |t| {
        for claim in ["iat", "nbf", "exp"] {
            set(t, claim, json!(number(t, claim) - 3_600));
        }
    }),
    ("without an end (exp)", |t| drop_claim(t, "exp")),
    ("with an end that is text", |t| {
        set(t, "exp", json!(number(t, "exp").to_string()))
    }),
    ("with an end a day away", |t| {
        set(t, "exp", json!(number(t, "exp") + 86_400))
    }),
    ("not valid yet (nbf)", |t| {
        set(t, "nbf", json!(number(t, "nbf") + 3_600))
    }),
    ("with a begin that is text", |t| {
        set(t, "nbf", json!(number(t, "nbf").to_string()))
    }),
    ("without a begin (nbf)", |t| drop_claim(t, "nbf")),
    ("without iat", |t| drop_claim(t, "iat")),
    ("made tomorrow (iat)", |t| {
        for claim in ["iat", "exp"] {
            set(t, claim, json!(number(t, claim) + 86_400));
        }
    }),
    ("of a password of tomorrow (auth_time)", |t| {
        set(t, "auth_time", json!(number(t, "auth_time") + 86_400))
    }),
    ("without the time of the password (auth_time)", |t| {
        drop_claim(t, "auth_time")
    }),
    ("without what was proved (amr)", |t| drop_claim(t, "amr")),
    ("with nothing that was proved (amr)", |t| {
        set(t, "amr", json!([]))
    }),
    ("without the method (method_id)", |t| {
        drop_claim(t, "method_id")
    }),
    ("without the epoch (factor_epoch)", |t| {
        drop_claim(t, "factor_epoch")
    }),
    ("without an id (jti)", |t| drop_claim(t, "jti")),
    ("with an id that was used before", |t| {
        set(t, "jti", json!("used-before"))
    }),
    ("algorithm none", |t| {
        t.header["alg"] = json!("none");
        t.signature = Signature::None;
    }),
    ("algorithm NONE", |t| {
        t.header["alg"] = json!("NONE");
        t.signature = Signature::None;
    }),
    ("HS256 with the public key as the secret", |t| {
        t.header["alg"] = json!("HS256");
        t.signature = Signature::PublicKeyAsSecret;
    }),
    ("signed by another key under the right name", |t| {
        t.signature = Signature::Foreign
    }),
    ("signed by an unknown key", |t| {
        t.header["kid"] = json!("unknown");
        t.signature = Signature::Foreign;
    }),
    ("signed by a key that it brings along (jwk)", |t| {
        t.header["jwk"] = public(&foreign_key());
        t.header["kid"] = public(&foreign_key())["kid"].clone();
        t.signature = Signature::Foreign;
    }),
    ("signed by a key that it links to (jku)", |t| {
        t.header["jku"] = json!("http://127.0.0.1:1/jwks.json");
        t.signature = Signature::Foreign;
    }),
    ("signed by a certificate that it links to (x5u)", |t| {
        t.header["x5u"] = json!("http://127.0.0.1:1/cert.pem");
        t.signature = Signature::Foreign;
    }),
    ("without a name of the key", |t| {
        if let Some(header) = t.header.as_object_mut() {
            header.remove("kid");
        }
        t.signature = Signature::Foreign;
    }),
    ("of another type (typ)", |t| t.header["typ"] = json!("JWT")),
    ("without a type", |t| {
        if let Some(header) = t.header.as_object_mut() {
            header.remove("typ");
        }
    }),
    ("with something critical that nobody knows (crit)", |t| {
        t.header["crit"] = json!(["purpose-of-nobody"]);
        t.header["purpose-of-nobody"] = json!("x");
    }),
    ("with half a signature", |t| {
        t.finish = |token| token.get(..token.len() - 40).unwrap_or_default().to_owned()
    }),
    ("without a signature", |t| t.signature = Signature::None),
    ("changed after it was signed", |t| {
        t.finish = |token| {
            let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
            if let Some(claims) = parts.get_mut(1) {
                claims.push_str("AA");
            }
            parts.join(".")
        };
    }),
    ("with a part too many", |t| {
        t.finish = |token| format!("{token}.e30")
    }),
    ("that is no token", |t| {
        t.finish = |_token| "not-a-token".to_owned()
    }),
    ("that is empty", |t| t.finish = |_token| String::new()),
];

/// Something that may come instead of a right answer.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    /// Another answer.
    Says(u16, &'static str),
    /// None within any time that a person waits.
    Hangs,
    /// The connection is closed.
    Closes,
    /// The connection is closed in the middle of the right answer.
    BreaksOff,
    /// Nobody listens.
    IsGone,
}

const BUSY: &str = r#"{"code":"unavailable","status":503}"#;
const GATEWAY: &str = "<html><h1>Bad Gateway</h1></html>";

/// What may come at either call when the service, or what stands before it, is down or busy.
pub(super) const OUTAGES: &[(&str, Fault)] = &[
    (
        "the service fails",
        Fault::Says(500, r#"{"code":"internal"}"#),
    ),
    (
        "the service is busy (429)",
        Fault::Says(429, r#"{"code":"too_many_requests"}"#),
    ),
    ("a gateway answers (502)", Fault::Says(502, GATEWAY)),
    ("the service is down (503)", Fault::Says(503, BUSY)),
    ("a gateway waited (504)", Fault::Says(504, GATEWAY)),
    (
        "a proxy answers",
        Fault::Says(200, "<html>please wait</html>"),
    ),
    ("nothing is said with a good status", Fault::Says(204, "")),
    ("the service hangs", Fault::Hangs),
    ("the connection is closed", Fault::Closes),
    ("the answer breaks off", Fault::BreaksOff),
    ("nobody listens", Fault::IsGone),
];

/// What the service may answer to a redeem when something is wrong.
pub(super) const REDEEM_ANSWERS: &[(&str, Fault)] = &[
    (
        "the code is unknown or used",
        Fault::Says(404, r#"{"code":"result_code_invalid"}"#),
    ),
    ("there is no assertion", Fault::Says(200, "{}")),
    (
        "the assertion is null",
        Fault::Says(200, r#"{"assertion":null}"#),
    ),
    (
        "the assertion is a number",
        Fault::Says(200, r#"{"assertion":1}"#),
    ),
    (
        "the assertion is an object",
        Fault::Says(200, r#"{"assertion":{"sub":"alice","purpose":"verify"}}"#),
    ),
];

/// What the service may answer when a login begins.
pub(super) const FLOW_ANSWERS: &[(&str, Fault)] = &[
    (
        "the service refuses the API key",
        Fault::Says(401, r#"{"code":"api_key_invalid"}"#),
    ),
    (
        "an outcome that nobody knows yet",
        Fault::Says(201, r#"{"outcome":"later"}"#),
    ),
    ("no outcome", Fault::Says(201, "{}")),
    (
        "the person must set it up first (enrolment.required)",
        Fault::Says(
            200,
            r#"{"outcome":"not_enrolled","enrolment":{"required":true,"skips_left":2,"may_skip":true}}"#,
        ),
    ),
    (
        "a trusted browser whose result is refused",
        Fault::Says(
            201,
            r#"{"outcome":"trusted","flow_id":"flow","result_code":"unknown","expires_at":9999999999}"#,
        ),
    ),
];
