//! `cargo xtask conformance`: attacks a host's login with results that it must not take.
//!
//! The kit plays the service: start the host with this address, issuer and any API key in place of
//! the real ones, and a user whose password the kit knows. Then each attack is a login of its own;
//! what counts is whether the host's own page shows the user as signed in afterwards.

#![allow(clippy::indexing_slicing, reason = "a JSON object takes every key")]

mod attacks;
mod http;
mod notices;
mod service;
mod target;
mod times;
mod token;

pub(crate) use notices::Notices;
pub(crate) use target::Target;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use attacks::{FLOW_ANSWERS, FORGED, Fault, OUTAGES, REDEEM_ANSWERS};
use http::{Browser, Server};
use serde_json::{Value, json};
use service::{Service, now};

use crate::run::{Done, Failed};

const AUDIENCE: &str = "shop";
/// What is said of a host that does not stand the kit.
pub(crate) const LETS_IN: &str = "the host lets in what it must not";
const RESULT_CODE: &str = "cmVzdWx0LWNvZGUtb2YtdGhlLWtpdA";

/// The kit in action.
struct Kit {
    target: Target,
    service: Arc<Mutex<Service>>,
    server: Server,
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
    let service = Service::new(format!("http://{}", target.listen));
    let service = Arc::new(Mutex::new(service));
    let answering = Arc::clone(&service);
    let server = Server::start(&target.listen, move |asked| lock(&answering).answer(asked))?;
    let mut kit = Kit {
        target: target.clone(),
        service,
        server,
        tried: 0,
        let_in: Vec::new(),
    };
    kit.control()?;
    if target.passkeys {
        lock(&kit.service).forge = Some(attacks::by_passkey);
        kit.control()?;
        lock(&kit.service).forge = None;
    }
    kit.clocks()?;
    kit.pauses()?;
    // So that an id that comes again is known to have been used.
    lock(&kit.service).forge = Some(|token| token.claims["jti"] = json!("used-before"));
    kit.sign_in()?;
    lock(&kit.service).forge = None;
    for (what, forge) in FORGED {
        lock(&kit.service).forge = Some(*forge);
        kit.attack(&format!("a result {what}"), |kit| kit.sign_in())?;
        lock(&kit.service).forge = None;
    }
    for (what, fault) in OUTAGES.iter().chain(REDEEM_ANSWERS) {
        kit.fault_at_redeem(what, *fault)?;
    }
    for (what, fault) in OUTAGES.iter().chain(FLOW_ANSWERS) {
        kit.fault_at_begin(what, *fault)?;
    }
    kit.requests()?;
    kit.other_paths()?;
    kit.bindings();
    kit.times()?;
    kit.control()?;
    if target.only.is_none() {
        kit.notices()?;
        kit.control()?;
    }
    for what in &kit.let_in {
        println!("✗ let in, or told: {what}");
    }
    println!(
        "  {} attacks, {} let in or told",
        kit.tried,
        kit.let_in.len()
    );
    if kit.let_in.is_empty() {
        Ok(())
    } else {
        Err(Failed(LETS_IN.to_owned()))
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

    /// Counts an attack, where it is to be tried.
    fn begins(&mut self, what: &str) -> bool {
        let is_wanted = self.target.only.is_none_or(|only| what.contains(only));
        self.tried += u32::from(is_wanted);
        is_wanted
    }

    fn attack(&mut self, what: &str, attack: impl Fn(&Self) -> Done<Browser>) -> Done {
        if !self.begins(what) {
            return Ok(());
        }
        let mut browser = attack(self).or_else(|Failed(why)| {
            println!("  once more, as the host did not answer ({why}): {what}");
            attack(self)
        })?;
        if self.is_in(&mut browser)? {
            self.let_in.push(what.to_owned());
        }
        Ok(())
    }

    /// One thing goes wrong after the password, until the result has been brought.
    fn fault_at_redeem(&mut self, what: &str, fault: Fault) -> Done {
        let what = format!("at redeem, {what}");
        if !self.begins(&what) {
            return Ok(());
        }
        let mut browser = self.password()?;
        lock(&self.service).redeem = Some(fault);
        if let Fault::IsGone = fault {
            self.server.go();
        }
        // A host that waits for ever has not let in either.
        let _failed = self.complete_with_the_result(&mut browser);
        self.comes_back()?;
        if self.is_in(&mut browser)? {
            self.let_in.push(what);
        }
        Ok(())
    }

    /// One thing goes wrong when the login begins.
    fn fault_at_begin(&mut self, what: &str, fault: Fault) -> Done {
        let what = format!("when the login begins, {what}");
        if !self.begins(&what) {
            return Ok(());
        }
        lock(&self.service).begin = Some(fault);
        if let Fault::IsGone = fault {
            self.server.go();
        }
        let mut browser = Browser::default();
        let _failed = self.type_password(&mut browser);
        let was_in = self.is_in(&mut browser)?;
        self.comes_back()?;
        // And with a code that belongs to nothing.
        let _failed = self.complete_with_the_result(&mut browser);
        if was_in || self.is_in(&mut browser)? {
            self.let_in.push(what);
        }
        Ok(())
    }

    fn comes_back(&mut self) -> Done {
        let mut service = lock(&self.service);
        let was_gone = [service.redeem.take(), service.begin.take()]
            .into_iter()
            .flatten()
            .any(|fault| matches!(fault, Fault::IsGone));
        drop(service);
        if was_gone { self.server.come() } else { Ok(()) }
    }

    /// Other ways to log in, by what `--also` names: none may do without a code.
    fn other_paths(&mut self) -> Done {
        for path in self.target.also.clone() {
            self.attack(&format!("the password alone at {path}"), |kit| {
                let mut browser = Browser::default();
                let Target {
                    login_type,
                    login_body,
                    ..
                } = &kit.target;
                let body = (login_type.as_str(), login_body.as_str());
                let (_status, answer) = kit.ask(&mut browser, "POST", &path, body)?;
                browser.bearer = token_in(&answer);
                Ok(browser)
            })?;
        }
        Ok(())
    }

    /// A result of one login must not fit another: each has a binding of its own.
    fn bindings(&mut self) {
        const WHAT: &str = "two logins with the same session_binding, or a short one";
        if !self.begins(WHAT) {
            return;
        }
        let bindings = lock(&self.service).bindings.clone();
        let different: std::collections::BTreeSet<_> = bindings.iter().collect();
        if different.len() < bindings.len() || bindings.iter().any(|one| one.len() < 16) {
            self.let_in.push(WHAT.to_owned());
        }
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
        self.type_password(&mut browser)?;
        Ok(browser)
    }

    fn type_password(&self, browser: &mut Browser) -> Done {
        let Target {
            login,
            login_type,
            login_body,
            ..
        } = &self.target;
        self.ask(browser, "POST", login, (login_type, login_body))
            .map(|_answer| ())
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
        self.attack(
            "a session of before a lost phone was taken out of use",
            |kit| {
                let before = kit.sign_in()?;
                lock(&kit.service).forge = Some(attacks::after_a_loss);
                let signed_in = kit.sign_in();
                lock(&kit.service).forge = None;
                signed_in.map(|_browser| before)
            },
        )?;
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

/// What an API hands out in place of a cookie: the first long text of its answer.
fn token_in(answer: &str) -> Option<String> {
    fn longest(value: &Value) -> Option<&str> {
        match value {
            Value::String(text) => Some(text.as_str()).filter(|text| text.len() >= 16),
            Value::Array(values) => values.iter().find_map(longest),
            Value::Object(fields) => fields.values().find_map(longest),
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
        }
    }
    longest(&serde_json::from_str(answer).ok()?).map(str::to_owned)
}
