//! The worker that searches for the page: of what Trunk has built for it, one script and one WebAssembly are served, under
//! names that the page can tell from its own script's.

use crate::parts::{MINIFY, droppable, forget_folders, optimise, read, rename, write};
use crate::process;
use crate::say::{Failure, Outcome};
use crate::setup::Cutters;
use std::fs;
use std::path::{Path, PathBuf};

/// What wasm-opt does with it in a release: fast before small.
const OPTIMISE: &str = "--strip-debug --strip-producers --low-memory-unused -O3";

const BOOT: &str = "checker.boot.js";
const GLUE: &str = "checker.js";
const WASM: &str = "checker_bg.wasm";

pub struct Checker {
    pub staging: PathBuf,
    pub wasm: Vec<u8>,
    pub boot: String,
}

impl Checker {
    pub fn find(staging: &Path) -> Outcome<Self> {
        let wasm = staging.join(WASM);
        let wasm = fs::read(&wasm).map_err(|error| Failure::file(&wasm, &error))?;
        Ok(Self { staging: staging.to_owned(), wasm, boot: read(&staging.join(BOOT))? })
    }

    /// Replaces Trunk's files by `name.js` and `name.wasm`.
    pub fn serve(&self, cutters: &Cutters, name: &str, work: &Path, release: bool) -> Outcome<()> {
        let work = work.join("checker");
        fs::create_dir_all(&work).map_err(|error| Failure::file(&work, &error))?;
        let served = format!("{name}.wasm");
        let glue = rename(&read(&self.staging.join(GLUE))?, &[(WASM, &served)])?;
        write(&work.join(GLUE), droppable(&glue).as_bytes())?;
        write(&work.join(BOOT), self.boot.as_bytes())?;
        let script = self.staging.join(format!("{name}.js"));
        let mut bundle = cutters.esbuild();
        bundle.arg(work.join(BOOT)).args(["--bundle", "--format=esm", "--log-level=warning"]);
        bundle.arg(format!("--outfile={}", script.display()));
        if release {
            bundle.args(MINIFY);
        }
        process::silently(&mut bundle, "esbuild failed on the worker's script")?;
        let mut module = self.wasm.clone();
        if release {
            forget_folders(&mut module);
        }
        write(&work.join(WASM), &module)?;
        for old in [BOOT, GLUE, WASM].map(|name| self.staging.join(name)) {
            fs::remove_file(&old).map_err(|error| Failure::file(&old, &error))?;
        }
        optimise(cutters, &[(work.join(WASM), self.staging.join(served))], release, OPTIMISE)
    }
}
