//! What comes from npm: programs in the cache, and the packages of tests and examples.

use crate::run::{Done, command, root, run, step};

use super::{Tools, cache};

impl Tools {
    /// A program of an npm package, in a folder of the cache.
    pub(super) fn npm_program(
        &mut self,
        package: &str,
        number: &str,
        program: &str,
        says: &str,
    ) -> Done {
        let folder = cache()?.join(format!("{package}-{number}"));
        let programs = folder.join("node_modules/.bin");
        if self.says(program, says) || self.take(&programs, program, says) {
            return Ok(());
        }
        step(&format!("{program} (npm: {package})"), || {
            std::fs::create_dir_all(&folder)?;
            let wanted = format!("{package}@{number}");
            let prefix = folder.to_string_lossy().into_owned();
            let words = [
                "install",
                "--prefix",
                &prefix,
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                &wanted,
            ];
            run(command("npm", &words, &self.path))
        })?;
        self.took(&programs, program, says)
    }

    /// Packages that only tests use: Playwright, which drives the browsers that are there, an
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
