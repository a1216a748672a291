//! `cargo xtask conformance`: attacks a host's login with results that it must not take.
//!
//! The kit plays the service: start the host with this address, issuer and any API key in place of
//! the real ones, and a user whose password the kit knows. Then each attack is a login of its own;
//! what counts is whether the host's own page shows the user as signed in afterwards.

#![allow(clippy::indexing_slicing, reason = "a JSON object takes every key")]

mod attacks;
mod http;
mod notices;
mod target;
mod token;

pub(crate) use notices::Notices;
pub(crate) use target::Target;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use attacks::{FLOW_ANSWERS, FORGED, Forge, REDEEM_ANSWERS};
use http::{Asked, Browser, serve};
use serde_json::{Value, json};
use token::{Token, public, right_key};

use crate::run::{Done, Failed};

const AUDIENCE: &str = "shop";
const RESULT_CODE: &str = "cmVzdWx0LWNvZGUtb2YtdGhlLWtpdA";

/// What the kit answers as the service, for the attack that runs.
struct Service {
    issuer: String,
    subject: String,
    binding: String,
    flow: String,
    flows: u64,
    forge: Option<Forge>,
    redeem: Option<(u16, &'static str)>,
    begin: Option<(u16, &'static str)>,
}

impl Service {
    fn answer(&mut self, asked: &Asked) -> (u16, String) {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/.well-known/jwks.json") => {
                (200, json!({ "keys": [public(&right_key())] }).to_string())
            }
            ("POST", "/v1/flows") => {
                self.flows += 1;
                self.flow = format!("flow-{}", self.flows);
                (self.subject, self.binding) = (text("subject"), text("session_binding"));
                let begun = json!({
                    "outcome": "required", "flow_id": self.flow, "flow_token": "dG9rZW4tb2YtdGhlLWtpdC1mb3ItYS1mbG93",
                    "expires_at": now() + 600,
                });
                self.begin.map_or_else(
                    || (201, begun.to_string()),
                    |(status, body)| (status, body.to_owned()),
                )
            }
            ("POST", path) if path.starts_with("/v1/flows/") && path.ends_with("/redeem") => {
                if let Some((status, body)) = self.redeem {
                    return (status, body.to_owned());
                }
                let ours = path == format!("/v1/flows/{}/redeem", self.flow)
                    && text("session_binding") == self.binding;
                if !ours || text("result_code") != RESULT_CODE {
                    return (404, r#"{"code":"result_code_invalid"}"#.to_owned());
                }
                let jti = format!("jti-{}-{}", self.flows, std::process::id());
                let mut token = Token::right(
                    &self.issuer,
                    AUDIENCE,
                    &self.subject,
                    &self.binding,
                    now(),
                    &jti,
                );
                if let Some(forge) = self.forge {
                    forge(&mut token);
                }
                (200, json!({ "assertion": token.write() }).to_string())
            }
            ("GET", path) if path.ends_with("/events") => {
                (200, r#"{"events":[],"intact":true}"#.to_owned())
            }
            ("GET", path) if path.starts_with("/v1/subjects/") => {
                let subject = json!({
                    "enrolled": true, "methods": [], "backup_codes_left": 10, "factor_epoch": 1, "trusted_browsers": [],
                });
                (200, subject.to_string())
            }
            _other => (404, r#"{"code":"not_found"}"#.to_owned()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "results have times")]
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The kit in action.
struct Kit {
    target: Target,
    service: Arc<Mutex<Service>>,
    tried: u32,
    let_in: Vec<String>,
}

/// By hand, against a host that runs.
pub(crate) fn conformance(words: &[&str]) -> Done {
    run(&Target::parse(words)?)
}

/// One post of JSON to the host, before the attacks.
pub(crate) fn post(target: &Target, path: &str, body: &str) -> Done {
    let mut browser = Browser::default();
    browser
        .ask(
            &target.host,
            &target.origin,
            ("POST", path),
            ("application/json", body),
        )
        .map(|_answer| ())
}

/// Runs every attack; an error names those that were let in.
pub(crate) fn run(target: &Target) -> Done {
    let service = Arc::new(Mutex::new(Service {
        issuer: format!("http://{}", target.listen),
        subject: String::new(),
        binding: String::new(),
        flow: String::new(),
        flows: 0,
        forge: None,
        redeem: None,
        begin: None,
    }));
    let answering = Arc::clone(&service);
    serve(&target.listen, move |asked| lock(&answering).answer(asked))?;
    let mut kit = Kit {
        target: target.clone(),
        service,
        tried: 0,
        let_in: Vec::new(),
    };
    kit.control()?;
    // So that an id that comes again is known to have been used.
    lock(&kit.service).forge = Some(|token| token.claims["jti"] = json!("used-before"));
    kit.sign_in()?;
    lock(&kit.service).forge = None;
    for (what, forge) in FORGED {
        lock(&kit.service).forge = Some(*forge);
        kit.attack(&format!("a result {what}"), |kit| kit.sign_in())?;
        lock(&kit.service).forge = None;
    }
    for (what, status, body) in REDEEM_ANSWERS {
        lock(&kit.service).redeem = Some((*status, body));
        kit.attack(&format!("at redeem, {what}"), |kit| kit.sign_in())?;
        lock(&kit.service).redeem = None;
    }
    for (what, status, body) in FLOW_ANSWERS {
        lock(&kit.service).begin = Some((*status, body));
        kit.attack(what, |kit| kit.sign_in())?;
        lock(&kit.service).begin = None;
    }
    kit.requests()?;
    kit.control()?;
    kit.notices()?;
    kit.control()?;
    for what in &kit.let_in {
        println!("✗ let in: {what}");
    }
    println!("  {} attacks, {} let in", kit.tried, kit.let_in.len());
    if kit.let_in.is_empty() {
        Ok(())
    } else {
        Err(Failed("the host lets in what it must not".to_owned()))
    }
}

fn lock(service: &Mutex<Service>) -> MutexGuard<'_, Service> {
    service.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kit {
    /// A right result lets in: else nothing here would show anything.
    fn control(&mut self) -> Done {
        // A host that lets a request hang lets nobody in with it: once more.
        let mut browser = self.sign_in().or_else(|_hung| self.sign_in())?;
        if self.is_in(&mut browser)? {
            return Ok(());
        }
        Err(Failed(
            "a right result does not sign in: are service URL, issuer, audience (shop) and user as the kit expects?"
                .to_owned(),
        ))
    }

    fn attack(&mut self, what: &str, attack: impl Fn(&Self) -> Done<Browser>) -> Done {
        self.tried += 1;
        let mut browser = attack(self).or_else(|Failed(why)| {
            println!("  once more, as the host did not answer ({why}): {what}");
            attack(self)
        })?;
        if self.is_in(&mut browser)? {
            self.let_in.push(what.to_owned());
        }
        Ok(())
    }

    fn ask(
        &self,
        browser: &mut Browser,
        method: &str,
        path: &str,
        body: (&str, &str),
    ) -> Done<(u16, String)> {
        browser.ask(&self.target.host, &self.target.origin, (method, path), body)
    }

    fn password(&self) -> Done<Browser> {
        let mut browser = Browser::default();
        let Target {
            login,
            login_type,
            login_body,
            ..
        } = &self.target;
        self.ask(&mut browser, "POST", login, (login_type, login_body))?;
        Ok(browser)
    }

    fn complete(&self, browser: &mut Browser, method: &str, path: &str, body: &str) -> Done {
        self.ask(
            browser,
            method,
            path,
            ("application/x-www-form-urlencoded", body),
        )
        .map(|_answer| ())
    }

    fn sign_in(&self) -> Done<Browser> {
        let mut browser = self.password()?;
        self.complete(
            &mut browser,
            "POST",
            &self.target.complete,
            &format!("result_code={RESULT_CODE}"),
        )?;
        Ok(browser)
    }

    fn is_in(&self, browser: &mut Browser) -> Done<bool> {
        let look =
            |browser: &mut Browser| self.ask(browser, "GET", &self.target.me, ("text/plain", ""));
        let (status, body) = look(browser).or_else(|_hung| look(browser))?;
        Ok(status == 200 && body.contains(&self.target.mark))
    }

    /// Requests that a browser's user can make without the service's help.
    fn requests(&mut self) -> Done {
        self.attack("the password alone", |kit| kit.password())?;
        let complete = self.target.complete.clone();
        let bodies = [
            ("no code", String::new()),
            ("an empty code", "result_code=".to_owned()),
            ("a made-up code", "result_code=AAAA".to_owned()),
            ("the code in another field", format!("code={RESULT_CODE}")),
            ("a list of codes", "result_code[]=x".to_owned()),
            (
                "the outcome instead of a code",
                "outcome=verified&assertion=x&user=alice".to_owned(),
            ),
        ];
        for (what, body) in bodies {
            self.attack(what, |kit| {
                let mut browser = kit.password()?;
                kit.complete(&mut browser, "POST", &complete, &body)?;
                Ok(browser)
            })?;
        }
        for method in ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] {
            self.attack(&format!("{method} instead of POST"), |kit| {
                let mut browser = kit.password()?;
                let path = format!("{complete}?result_code={RESULT_CODE}");
                kit.complete(&mut browser, method, &path, "")?;
                Ok(browser)
            })?;
        }
        self.requests_for_other_paths()?;
        self.requests_of_other_sessions()
    }

    /// The page of somebody who is signed in, under names that a router may take for it.
    fn requests_for_other_paths(&mut self) -> Done {
        let me = self.target.me.clone();
        for path in [
            format!("/{me}"),
            format!("{me}/"),
            format!("{me}%2f"),
            format!("{me};x"),
            format!("{me}?result_code=x"),
        ] {
            self.attack(
                &format!("the page {path} after the password alone"),
                |kit| {
                    let mut browser = kit.password()?;
                    let (status, body) = kit.ask(&mut browser, "GET", &path, ("text/plain", ""))?;
                    // Told by a browser that is in anyway.
                    if status == 200 && body.contains(&kit.target.mark) {
                        kit.sign_in()
                    } else {
                        Ok(browser)
                    }
                },
            )?;
        }
        Ok(())
    }

    /// A good result in a session that it does not belong to, or no longer.
    fn requests_of_other_sessions(&mut self) -> Done {
        self.attack("another session's result", |kit| {
            let mut victim = kit.password()?;
            let mut thief = kit.password()?;
            // The kit's flow is the thief's by now; the victim's session must not take it.
            kit.complete_with_the_result(&mut victim)?;
            thief.cookies.clear();
            Ok(victim)
        })?;
        self.attack("a result without the session that it belongs to", |kit| {
            kit.password()?;
            let mut stranger = Browser::default();
            kit.complete_with_the_result(&mut stranger)?;
            Ok(stranger)
        })?;
        self.attack("the session from before the code (fixation)", |kit| {
            let before = kit.password()?;
            let mut browser = before.clone();
            kit.complete_with_the_result(&mut browser)?;
            Ok(before)
        })?;
        self.attack("the same result once more, after signing out", |kit| {
            let mut browser = kit.password()?;
            let owing = browser.clone();
            kit.complete_with_the_result(&mut browser)?;
            let mut again = owing;
            kit.complete_with_the_result(&mut again)?;
            Ok(again)
        })
    }

    fn complete_with_the_result(&self, browser: &mut Browser) -> Done {
        let body = format!("result_code={RESULT_CODE}");
        self.complete(browser, "POST", &self.target.complete, &body)
    }
}
