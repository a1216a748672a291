//! A report, or a reset, ends every session of the person: by a notice that is signed, and by no other.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use super::http::post;
use super::{AUDIENCE, Kit, RESULT_CODE, lock, now};
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
        let Some(notices) = self.target.notices.clone() else {
            println!(
                "- not tried: whether a report ends every session (--notices PATH --notices-secret TEXT)"
            );
            return Ok(());
        };
        let mut signed_in = [self.sign_in()?, self.sign_in()?];
        for (what, notice) in self.forged(&notices.secret) {
            self.tried += 1;
            self.send(&notices.path, &notice)?;
            if !self.is_in(&mut signed_in[0])? {
                self.let_in
                    .push(format!("a notice {what}: it ended a session"));
                signed_in[0] = self.sign_in()?;
            }
        }
        // Whoever has the password and not the code yet: the login that is under way ends too.
        let mut owing = self.password()?;
        let time = now();
        let body = self.reported(6, time);
        let right = Notice {
            timestamp: time,
            signature: sign(&notices.secret, time, &body),
            body,
        };
        self.tried += 1;
        let status = self.send(&notices.path, &right)?;
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
        let body = format!("result_code={RESULT_CODE}");
        self.complete(&mut owing, "POST", &complete, &body)?;
        if self.is_in(&mut owing)? {
            self.let_in
                .push("a login that was under way when it was reported".to_owned());
        }
        self.a_reset(&notices)
    }

    /// What the person had is gone: whoever is signed in came in by it.
    fn a_reset(&mut self, notices: &Notices) -> Done {
        let mut signed_in = self.sign_in()?;
        let time = now();
        let body = self.told(AUDIENCE, "reset", 9, time);
        let notice = Notice {
            timestamp: time,
            signature: sign(&notices.secret, time, &body),
            body,
        };
        self.tried += 1;
        self.send(&notices.path, &notice)?;
        if self.is_in(&mut signed_in)? {
            self.let_in
                .push("a session that goes on after a reset".to_owned());
        }
        Ok(())
    }

    /// Notices that are not of the service, or not of now, each with what is wrong with it.
    fn forged(&self, secret: &str) -> [(&'static str, Notice); 7] {
        const OTHER: &str = "another-secret-of-thirty-two-characters";
        let (time, long_ago) = (now(), now().saturating_sub(STALE_S));
        let bodies = [1, 2, 3, 4, 5].map(|seq| self.reported(seq, time));
        let [unsigned, foreign, old, moved, other] = bodies;
        let late = self.reported(7, time - 3_600);
        let elsewhere = self.told("another", "reported", 8, time);
        let notice = |timestamp, signature, body| Notice {
            timestamp,
            signature,
            body,
        };
        let of_old = [&old, &moved].map(|body| sign(secret, long_ago, body));
        let [of_old, of_moved] = of_old;
        let [of_foreign, of_other, of_late, of_elsewhere] = [
            sign(OTHER, time, &foreign),
            sign(secret, time, "{}"),
            sign(secret, time, &late),
            sign(secret, time, &elsewhere),
        ];
        [
            ("without a signature", notice(time, String::new(), unsigned)),
            (
                "signed with another secret",
                notice(time, of_foreign, foreign),
            ),
            ("signed ten minutes ago", notice(long_ago, of_old, old)),
            ("signed for another moment", notice(time, of_moved, moved)),
            ("signed for another body", notice(time, of_other, other)),
            // It was late on its way: the person has signed in since.
            ("of an hour ago", notice(time, of_late, late)),
            (
                "for another host with the same secret",
                notice(time, of_elsewhere, elsewhere),
            ),
        ]
    }

    fn reported(&self, seq: u32, at: u64) -> String {
        self.told(AUDIENCE, "reported", seq, at)
    }

    fn told(&self, host: &str, kind: &str, seq: u32, at: u64) -> String {
        let subject = lock(&self.service).subject.clone();
        json!({ "host": host, "subject": subject, "seq": seq, "at": at, "kind": kind, "hash": "a2l0" })
            .to_string()
    }

    /// Returns the status that the host answers with.
    fn send(&self, path: &str, notice: &Notice) -> Done<u16> {
        let timestamp = notice.timestamp.to_string();
        let headers = [
            ("nidan-timestamp", timestamp.as_str()),
            ("nidan-signature", notice.signature.as_str()),
        ];
        post(&self.target.host, path, &headers, &notice.body)
    }
}

/// A notice as it is posted to a host.
struct Notice {
    timestamp: u64,
    signature: String,
    body: String,
}
