//! Packages of Debian and Ubuntu, where this account may install them without being asked for a password.

use crate::process::{self, command};
use crate::say::Outcome;
use std::path::PathBuf;

pub struct Apt {
    /// `apt-get`, or `sudo -n apt-get`.
    words: Vec<PathBuf>,
    pub root: bool,
}

impl Apt {
    pub fn find() -> Option<Apt> {
        let apt = process::find("apt-get")?;
        let root = process::answer(command("id").arg("-u")).is_some_and(|id| id == "0");
        if root {
            return Some(Apt { words: vec![apt], root });
        }
        let sudo = process::find("sudo").filter(|_| process::answer(command("sudo").args(["-n", "true"])).is_some())?;
        Some(Apt { words: vec![sudo, "-n".into(), apt], root })
    }

    pub fn install(&self, package: &str) -> Outcome<()> {
        self.run(&["update"], "apt-get update failed")?;
        let words = ["install", "--yes", "--no-install-recommends", package];
        self.run(&words, &format!("apt-get could not install {package}"))
    }

    fn run(&self, words: &[&str], failed: &str) -> Outcome<()> {
        let mut command = command(self.words[0].as_os_str());
        command.args(&self.words[1..]).args(words).env("DEBIAN_FRONTEND", "noninteractive");
        process::quietly(&mut command, failed)
    }
}
