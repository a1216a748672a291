//! `cargo xtask qr`: QR codes of random names and of the longest ones, drawn by a browser and read
//! by decoders that are not ours.

use std::fs::File;

use crate::run::{Done, Failed, command, root, run, step};
use crate::tools::{Tools, pip};

/// The decoders. Zbar's library comes with `zbar-tools`.
const DECODERS: [&str; 3] = [
    "zxing-cpp==3.1.1",
    "opencv-python-headless==5.0.0.93",
    "pyzbar==0.1.9",
];

/// Makes the codes, draws them, and has them read.
pub(crate) fn qr(tools: &Tools) -> Done {
    let path = &tools.path;
    let packages = pip::packages("qr-decoders", &DECODERS, path)?;
    let folder = root().join("target/qr");
    std::fs::create_dir_all(&folder)?;
    let [codes, pictures] = ["codes.jsonl", "pictures"].map(|name| folder.join(name));
    step("codes of random and of the longest names", || {
        let words = ["run", "--quiet", "--example", "qr-codes"];
        let mut example = command("cargo", &words, path);
        let status = example.stdout(File::create(&codes)?).status()?;
        if status.success() {
            Ok(())
        } else {
            Err(Failed(format!("the codes ended with {status}")))
        }
    })?;
    let [codes, pictures] = [codes, pictures].map(|path| path.to_string_lossy().into_owned());
    step("pictures of them", || {
        let words = ["tests/browser/qr-pictures.mjs", &codes, &pictures];
        run(command("node", &words, path))
    })?;
    step("three decoders", || {
        let mut read = command("python3", &["tests/qr/read.py", &pictures], path);
        read.env("PYTHONPATH", &packages);
        run(read)
    })
}
