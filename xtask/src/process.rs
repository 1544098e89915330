//! Running other programs: quietly with one moving line, in the open, or for their answer.

use crate::places;
use crate::say::{self, Failure, Outcome};
use std::collections::VecDeque;
use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// PATH with rustup's folder first, so that a distribution's cargo, which knows no wasm32, does not get in the way.
pub fn path() -> OsString {
    let before = env::var_os("PATH").unwrap_or_default();
    let rustup = places::find_in(&before, "rustup").or_else(|| {
        let file = places::cargo_bin()?.join(format!("rustup{}", env::consts::EXE_SUFFIX));
        places::is_program(&file).then_some(file)
    });
    let first = rustup.and_then(|file| file.parent().map(PathBuf::from));
    let folders = first.into_iter().chain(env::split_paths(&before));
    env::join_paths(folders).unwrap_or(before)
}

pub fn find(name: &str) -> Option<PathBuf> {
    places::find_in(&path(), name)
}

/// A command in the project's folder. `cargo` is rustup's, whichever cargo started this program.
pub fn command(program: impl Into<OsString>) -> Command {
    let program: OsString = program.into();
    let found = program.to_str().and_then(find).map_or(program, PathBuf::into_os_string);
    let mut command = Command::new(found);
    command.current_dir(places::root()).env("PATH", path());
    // What cargo tells a program that it runs is about this program, not about the one that is started here.
    for name in ["CARGO", "RUSTC", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
        command.env_remove(name);
    }
    // Two hundred frames of an asynchronous runtime say less than the one line of error above them.
    command.env("RUST_BACKTRACE", "0");
    command
}

/// What the program prints on standard output; none if it cannot be run or fails.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Shows the program's own output; tells whether it succeeded.
pub fn in_the_open(command: &mut Command) -> Outcome<bool> {
    let status = command.stdin(Stdio::null()).status().map_err(|error| cannot_run(command, &error))?;
    Ok(status.success())
}

/// Shows the program's standard output and returns it too.
pub fn watched(command: &mut Command) -> Outcome<(bool, String)> {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|error| cannot_run(command, &error))?;
    let mut text = String::new();
    let mut reader = BufReader::new(child.stdout.take().expect("standard output is piped"));
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).unwrap_or(0) > 0 {
        let mut out = std::io::stdout().lock();
        // A closed pipe behind us is no reason to stop testing.
        let _ = out.write_all(&line).and_then(|()| out.flush());
        text.push_str(&String::from_utf8_lossy(&line));
        line.clear();
    }
    let status = child.wait().map_err(|error| cannot_run(command, &error))?;
    Ok((status.success(), text))
}

/// Runs something long: one moving line on a terminal, a line now and then elsewhere, its last words if it fails.
pub fn quietly(command: &mut Command, doing: &str) -> Outcome<()> {
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| cannot_run(command, &error))?;
    let (send, lines) = mpsc::channel();
    forward(child.stdout.take().expect("standard output is piped"), send.clone());
    forward(child.stderr.take().expect("standard error is piped"), send);
    let last = follow(&lines, started);
    let status = child.wait().map_err(|error| cannot_run(command, &error))?;
    if status.success() {
        say::remark(&format!("done in {}", say::duration(started.elapsed())));
        return Ok(());
    }
    let words: Vec<String> = last.into();
    for line in &words {
        eprintln!("   | {line}");
    }
    Err(Failure::new(format!("{doing} ({})", status), mend(&words.join("\n"))))
}

/// Runs something short: says nothing unless it fails, then its last words.
pub fn silently(command: &mut Command, doing: &str) -> Outcome<()> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| cannot_run(command, &error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).join("\n");
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let words = &lines[lines.len().saturating_sub(25)..];
    for line in words {
        eprintln!("   | {line}");
    }
    Err(Failure::new(format!("{doing} ({})", output.status), mend(&words.join("\n"))))
}

/// Where cargo builds this project.
pub fn target_folder() -> Outcome<PathBuf> {
    let mut cargo = command("cargo");
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let text = answer(&mut cargo).unwrap_or_default();
    let key = "\"target_directory\":\"";
    let found = text.find(key).and_then(|at| text[at + key.len()..].split('"').next());
    let folder = found.map(|folder| folder.replace("\\\\", "\\"));
    folder.map(Into::into).ok_or_else(|| Failure::new("cargo does not say where it builds.", "cargo metadata"))
}

fn forward(stream: impl Read + Send + 'static, lines: mpsc::Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            if lines.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                return;
            }
        }
    });
}

/// Shows progress until both streams end; returns the last lines.
fn follow(lines: &mpsc::Receiver<String>, started: Instant) -> VecDeque<String> {
    const KEPT: usize = 25;
    let terminal = std::io::stderr().is_terminal();
    let mut last: VecDeque<String> = VecDeque::new();
    let mut spoken = Instant::now();
    loop {
        let line = match lines.recv_timeout(Duration::from_secs(1)) {
            Ok(line) => Some(line),
            Err(mpsc::RecvTimeoutError::Timeout) => None,
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        };
        last.extend(line.filter(|line| !line.is_empty()));
        if last.len() > KEPT {
            last.pop_front();
        }
        let now = last.back().map_or("", String::as_str).trim();
        if terminal {
            eprint!("\r\x1b[K   {}  {:.60}", say::duration(started.elapsed()), now);
        } else if spoken.elapsed() > Duration::from_secs(30) {
            spoken = Instant::now();
            say::remark(&format!("{} so far: {now}", say::duration(started.elapsed())));
        }
    }
    if terminal {
        eprint!("\r\x1b[K");
    }
    last
}

fn cannot_run(command: &Command, error: &std::io::Error) -> Failure {
    let name = command.get_program().to_string_lossy();
    Failure::new(format!("`{name}` cannot be started: {error}"), format!("Install {name}, or put its folder on PATH."))
}

/// The likely cause in what a program said last, and what to do about it.
pub fn mend(words: &str) -> String {
    let words = words.to_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|sign| words.contains(sign));
    let network = [
        "could not resolve",
        "couldn't resolve",
        "failed to download",
        "failed to fetch",
        "spurious network",
        "enotfound",
        "eai_again",
        "econnrefused",
        "etimedout",
        "network is unreachable",
        "timed out",
        "could not connect",
        "dns error",
    ];
    if has(&["no space left", "enospc"]) {
        "The disk is full. Free about 3 GB and run the same command again.".into()
    } else if has(&network) {
        "The network cannot be reached, or a proxy is in between (HTTPS_PROXY). Run the same command again when it can:\nwhat is already there is not fetched again.".into()
    } else if has(&["permission denied", "eacces", "read-only file system"]) {
        "A folder cannot be written. Its name stands in the lines above.".into()
    } else if has(&["requires rustc", "edition2024", "is not supported by the following package"]) {
        "This Rust is too old. Bring it up to date: rustup update stable".into()
    } else if has(&["linker `cc` not found", "linking with `cc` failed", "failed to find tool", "link.exe"]) {
        "A C compiler is missing. Debian and Ubuntu: apt-get install build-essential; macOS: xcode-select --install"
            .into()
    } else if has(&["can't find crate for `core`", "can't find crate for `std`"]) {
        "This cargo is not rustup's and has no wasm32. Put rustup's folder (usually ~/.cargo/bin) first on PATH.".into()
    } else if has(&["address already in use", "address in use"]) {
        "The port is taken. Choose another: cargo xtask serve --port 8081".into()
    } else {
        "The lines above say why.".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_read_from_the_last_words() {
        assert!(mend("error: Could not resolve host: example.org").contains("network"));
        assert!(mend("npm error code ENOTFOUND").contains("network"));
        assert!(mend("error: package `x` cannot be built because it requires rustc 1.96").contains("rustup update"));
        assert!(mend("error[E0463]: can't find crate for `core`").contains("rustup's folder"));
        assert!(mend("No space left on device (os error 28)").contains("disk"));
        assert!(mend("something else").contains("above"));
    }

    #[test]
    fn rustups_folder_comes_first() {
        let first = env::split_paths(&path()).next().unwrap();
        if let Some(rustup) = find("rustup") {
            assert_eq!(rustup.parent().unwrap(), first);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_failing_program_is_reported_with_its_cause() {
        let mut script = Command::new("sh");
        script.args(["-c", "echo one; echo 'error: could not resolve host' >&2; exit 3"]);
        let failure = quietly(&mut script, "Fetching a thing failed").unwrap_err();
        assert!(failure.what.contains("Fetching a thing failed"));
        assert!(failure.mend.contains("network"));
        let (fine, text) = watched(Command::new("sh").args(["-c", "echo two"])).unwrap();
        assert!(fine);
        assert_eq!(text, "two\n");
    }
}
