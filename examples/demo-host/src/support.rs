//! What our own people ask the service, to help others.

use serde::Deserialize;
use serde_json::Value;

use crate::two_step::{TwoStep, TwoStepError, segment};

impl TwoStep {
    /// What the people of a group have, all of them.
    pub(crate) async fn coverage(&self, group: &str) -> Result<Vec<Value>, TwoStepError> {
        #[derive(Deserialize)]
        struct Page {
            subjects: Vec<Value>,
            after: Option<String>,
        }
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/subjects?group={group}&after={}", segment(&after));
            let page: Page = self.get(&path).await?.json().await?;
            all.extend(page.subjects);
            match page.after {
                Some(next) => after = next,
                None => return Ok(all),
            }
        }
    }

    /// A code for somebody who is locked out, and when it ends.
    pub(crate) async fn temporary_code(
        &self,
        subject: &str,
        body: &Value,
    ) -> Result<Value, TwoStepError> {
        let path = format!("/v1/subjects/{}/temporary_code", segment(subject));
        let made = self.post(&path, body).await?.error_for_status()?;
        Ok(made.json().await?)
    }
}
