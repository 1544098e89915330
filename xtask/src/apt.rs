//! Packages of Debian and Ubuntu, where this account may install them without being asked for a password.

use crate::process::{self, command};
use crate::say::Outcome;
use std::ffi::OsStr;
use std::path::PathBuf;

pub struct Apt {
    /// Nothing, or `sudo -n`.
    before: Vec<PathBuf>,
    program: PathBuf,
    pub root: bool,
}

impl Apt {
    pub fn find() -> Option<Apt> {
        let program = process::find("apt-get")?;
        let root = process::answer(command("id").arg("-u")).is_some_and(|id| id == "0");
        if root {
            return Some(Apt { before: Vec::new(), program, root });
        }
        let sudo = process::find("sudo").filter(|_| process::answer(command("sudo").args(["-n", "true"])).is_some())?;
        Some(Apt { before: vec![sudo, "-n".into()], program, root })
    }

    pub fn install(&self, package: &str) -> Outcome<()> {
        let apt = self.program.as_os_str().to_owned();
        self.run(&[&apt, "update".as_ref()], "apt-get update failed")?;
        let words = ["install", "--yes", "--no-install-recommends", package].map(OsStr::new);
        self.run(&[&[apt.as_os_str()], &words[..]].concat(), &format!("apt-get could not install {package}"))
    }

    /// A program with the rights that installing takes.
    pub fn run(&self, words: &[&OsStr], failed: &str) -> Outcome<()> {
        let mut words = self.before.iter().map(|word| word.as_os_str()).chain(words.iter().copied());
        let mut command = command(words.next().expect("a program is among them"));
        command.args(words).env("DEBIAN_FRONTEND", "noninteractive");
        process::quietly(&mut command, failed)
    }
}
