//! The database: the traits are [`nidan_store`]'s, the engine is SQLite.

mod sqlite;

pub use nidan_store::*;
pub use sqlite::{Copied, CopyError, Identity, IdentityError, SqliteStore, backup, restore};
