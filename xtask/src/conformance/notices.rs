//! A report ends every session of the person: by a notice that is signed, and by no other.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use super::http::post;
use super::{Kit, RESULT_CODE, lock, now};
use crate::run::Done;

/// A timestamp older than this is refused (docs/notices.md): five minutes and some.
const STALE_S: u64 = 600;

/// Where notices go, and what signs them.
#[derive(Clone)]
pub(crate) struct Notices {
    pub(crate) path: String,
    pub(crate) secret: String,
}

fn sign(secret: &str, timestamp: u64, body: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{timestamp}.{body}").as_bytes());
    mac.finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Kit {
    /// Tries forged notices, which must end nothing, and then a right one, which must end
    /// everything.
    pub(super) fn notices(&mut self) -> Done {
        let Some(Notices { path, secret }) = self.target.notices.clone() else {
            println!(
                "- not tried: whether a report ends every session (--notices PATH --notices-secret TEXT)"
            );
            return Ok(());
        };
        let mut signed_in = [self.sign_in()?, self.sign_in()?];
        let subject = lock(&self.service).subject.clone();
        let reported = |seq: u32, at: u64| {
            json!({ "subject": subject, "seq": seq, "at": at, "kind": "reported", "hash": "a2l0" })
                .to_string()
        };
        let body = |seq: u32| reported(seq, now());
        let (time, long_ago) = (now(), now().saturating_sub(STALE_S));
        let forged = [
            ("without a signature", time, String::new(), body(1)),
            (
                "signed with another secret",
                time,
                sign("another-secret-of-thirty-two-characters", time, &body(2)),
                body(2),
            ),
            (
                "signed ten minutes ago",
                long_ago,
                sign(&secret, long_ago, &body(3)),
                body(3),
            ),
            (
                "signed for another moment",
                time,
                sign(&secret, long_ago, &body(4)),
                body(4),
            ),
            (
                "signed for another body",
                time,
                sign(&secret, time, "{}"),
                body(5),
            ),
            // It was late on its way: the person has signed in since.
            (
                "of an hour ago",
                time,
                sign(&secret, time, &reported(7, time - 3_600)),
                reported(7, time - 3_600),
            ),
        ];
        for (what, timestamp, signature, body) in forged {
            self.tried += 1;
            let timestamp = timestamp.to_string();
            let headers = [
                ("nidan-timestamp", timestamp.as_str()),
                ("nidan-signature", signature.as_str()),
            ];
            post(&self.target.host, &path, &headers, &body)?;
            if !self.is_in(&mut signed_in[0])? {
                self.let_in
                    .push(format!("a notice {what}: it ended a session"));
                signed_in[0] = self.sign_in()?;
            }
        }
        // Whoever has the password and not the code yet: the login that is under way ends too.
        let mut owing = self.password()?;
        let (body, timestamp) = (body(6), now().to_string());
        let signature = sign(&secret, now(), &body);
        let headers = [
            ("nidan-timestamp", timestamp.as_str()),
            ("nidan-signature", signature.as_str()),
        ];
        self.tried += 1;
        let status = post(&self.target.host, &path, &headers, &body)?;
        if !(200..300).contains(&status) {
            self.let_in
                .push(format!("a right notice is answered with {status}: the service would send it again and again"));
        }
        for browser in &mut signed_in {
            self.tried += 1;
            if self.is_in(browser)? {
                self.let_in
                    .push("a session that goes on after a report".to_owned());
            }
        }
        self.tried += 1;
        let complete = self.target.complete.clone();
        self.complete(
            &mut owing,
            "POST",
            &complete,
            &format!("result_code={RESULT_CODE}"),
        )?;
        if self.is_in(&mut owing)? {
            self.let_in
                .push("a login that was under way when it was reported".to_owned());
        }
        Ok(())
    }
}
