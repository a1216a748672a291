//! The chain of a person's record is keyed with the service's pepper.

use nidan_core::audit::Chain;
pub use nidan_core::audit::{AuditContext, AuditDetail, AuditEntry, LastEntry, is_intact};

use crate::keys::{HashUse, Keys};

impl Chain for Keys {
    fn link(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.hash(HashUse::Event, parts)
    }
}
