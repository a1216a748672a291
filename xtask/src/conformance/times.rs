//! What is about time: clocks that differ, and an answer that tells by its time.

use super::attacks::{Fault, three_seconds_ahead};
use super::http::Browser;
use super::{Kit, lock};
use crate::run::{self, Done, Failed};

impl Kit {
    /// Clocks differ: a result of a service that is three seconds ahead is right all the same.
    pub(super) fn clocks(&mut self) -> Done {
        lock(&self.service).forge = Some(three_seconds_ahead);
        let mut browser = self.sign_in()?;
        lock(&self.service).forge = None;
        if self.is_in(&mut browser)? {
            return Ok(());
        }
        Err(Failed(
            "a result of a service whose clock is three seconds ahead does not sign in: allow five"
                .to_owned(),
        ))
    }

    /// Whoever has paused codes signs in by the password: a host that knows nothing of it would lock
    /// them out for three days.
    pub(super) fn pauses(&mut self) -> Done {
        let paused = r#"{"outcome":"paused","paused_until":9999999999}"#;
        lock(&self.service).begin = Some(Fault::Says(200, paused));
        let mut browser = Browser::default();
        let typed = self.type_password(&mut browser);
        lock(&self.service).begin = None;
        typed?;
        if self.is_in(&mut browser)? {
            return Ok(());
        }
        Err(Failed(
            "somebody who has paused codes (outcome `paused`) is not signed in by the password"
                .to_owned(),
        ))
    }

    /// Who has an account is nobody's business: a password is hashed for nobody too.
    pub(super) fn times(&mut self) -> Done {
        const ROUNDS: usize = 7;
        /// What a slow hash takes at least.
        const SLOW_MS: u128 = 15;
        if !self.begins("the time of an answer") {
            return Ok(());
        }
        let nobody = self
            .target
            .login_body
            .replace(&self.target.mark, "nobody-9b1c");
        if nobody == self.target.login_body {
            return Ok(());
        }
        let mut times = [Vec::new(), Vec::new()];
        for _round in 0..ROUNDS {
            for (times, body) in times.iter_mut().zip([&self.target.login_body, &nobody]) {
                let begun = run::now();
                let login = (self.target.login_type.as_str(), body.as_str());
                self.ask(&mut Browser::default(), "POST", &self.target.login, login)?;
                times.push(begun.elapsed().as_millis());
            }
        }
        let [somebody, nobody] = times.map(|mut times| {
            times.sort_unstable();
            times.get(ROUNDS / 2).copied().unwrap_or_default()
        });
        if somebody >= SLOW_MS && nobody * 3 < somebody {
            let what = format!(
                "the time of an answer: {nobody} ms for nobody, {somebody} ms for somebody"
            );
            self.let_in.push(what);
        }
        Ok(())
    }
}
