use std::path::PathBuf;

use super::Config;

impl Config {
    /// Where the [`Mark`](nidan_store_sqlite::Mark) is: as configured, else beside the key file,
    /// else (keys from the environment) beside the database.
    pub fn mark_path(&self) -> PathBuf {
        let beside = if self.keys_file.exists() {
            &self.keys_file
        } else {
            &self.database
        };
        let mut name = beside.as_os_str().to_owned();
        name.push(".mark");
        self.mark_file
            .clone()
            .unwrap_or_else(|| PathBuf::from(name))
    }
}
