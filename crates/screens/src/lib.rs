//! What each state of the widget shows, without a browser.

pub mod apps;
#[cfg(test)]
mod catalogue_rules;
pub mod messages;
