//! `cargo xtask regions`: the widget's table of phone regions, from the metadata that the service
//! parses with.

use crate::run::{Done, Failed, command, output, root};

const TABLE: &str = "public/nidan/regions.txt";

/// Writes the table, or only compares it.
pub(crate) fn regions(only_compare: bool) -> Done {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let words = [
        "run",
        "--quiet",
        "--package",
        "nidan-server",
        "--example",
        "regions",
    ];
    let table = output(command("cargo", &words, &path))?;
    let file = root().join(TABLE);
    if !only_compare {
        return Ok(std::fs::write(file, table)?);
    }
    if std::fs::read_to_string(file)? == table {
        return Ok(());
    }
    Err(Failed(format!(
        "{TABLE} is not what the metadata says: run `cargo xtask regions`"
    )))
}
