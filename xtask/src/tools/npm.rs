//! What comes from npm, by lock files: programs of the build, and the packages of tests and examples.

use crate::run::{Done, command, root, run, step};

use super::{TERSER, Tools, WASM_OPT_VERSION};

impl Tools {
    /// Binaryen and terser, which rewrite what is shipped: by the hashes of a lock file, whatever
    /// else is on PATH.
    pub(super) fn build_programs(&mut self) -> Done {
        const FOLDER: &str = "tools/postlink";
        self.node_modules(&[FOLDER])?;
        let programs = root().join(FOLDER).join("node_modules/.bin");
        self.took(&programs, "wasm-opt", WASM_OPT_VERSION)?;
        self.took(&programs, "terser", TERSER)
    }

    /// Packages that a lock file names: Playwright, which drives the browsers that are there, an
    /// independent TOTP, the types and lints of scripts, and whom the gateways talk to.
    pub(super) fn node_modules(&self, folders: &[&str]) -> Done {
        for name in folders {
            let folder = root().join(name);
            let lock = std::fs::read(folder.join("package-lock.json"))?;
            let mark = folder.join("node_modules/.installed-lock");
            if std::fs::read(&mark).is_ok_and(|installed| installed == lock) {
                continue;
            }
            step(&format!("npm ci in {name}"), || {
                let mut install = command(
                    "npm",
                    &["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                    &self.path,
                );
                install.current_dir(&folder);
                run(install)?;
                Ok(std::fs::write(&mark, &lock)?)
            })?;
        }
        Ok(())
    }
}
