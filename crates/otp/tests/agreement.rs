//! Every code equals that of implementations which share nothing with this one (see
//! `tests/browser/agreement.mjs`).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

include!("agreement/check.rs");

#[test]
fn a_hundred_thousand_codes_agree_with_independent_implementations() {
    agrees(include_str!("vectors/agreement.json"));
}
