//! Processes that a killed server leaves behind.
//!
//! A postmaster that dies by `kill -9` leaves a process for each connection and each task. They notice within milliseconds
//! and end, but until then they hold the shared memory, and the next start refuses. Each of them leads a process group of
//! its own, so no group can be awaited. On Linux this process adopts them, so that they can be awaited and leave no zombie
//! where process 1 waits for nobody; elsewhere the next start tries again.

use rustix::process::Pid;

/// How long they have before they are killed, too.
#[cfg(target_os = "linux")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// The children of a child of ours, which become ours when it dies.
#[cfg(target_os = "linux")]
pub fn children(of: Pid) -> Vec<Pid> {
    // An older kernel refuses: then they are awaited by looking at them.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    let number = of.as_raw_nonzero();
    let list = std::fs::read_to_string(format!("/proc/{number}/task/{number}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|word| Pid::from_raw(word.parse().ok()?)).collect()
}

#[cfg(not(target_os = "linux"))]
pub fn children(_: Pid) -> Vec<Pid> {
    Vec::new()
}

#[cfg(target_os = "linux")]
pub fn await_gone(mut left: Vec<Pid>) {
    use rustix::process::{Signal, kill_process};
    let began = std::time::Instant::now();
    let mut killed = false;
    loop {
        left.retain(|pid| !gone(*pid));
        if left.is_empty() {
            return;
        }
        if !killed && began.elapsed() > PATIENCE {
            killed = true;
            for pid in &left {
                // An error means that it has just gone.
                let _ = kill_process(*pid, Signal::KILL);
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

#[cfg(not(target_os = "linux"))]
pub fn await_gone(_: Vec<Pid>) {}

#[cfg(target_os = "linux")]
fn gone(pid: Pid) -> bool {
    use rustix::process::{WaitOptions, waitpid};
    match waitpid(Some(pid), WaitOptions::NOHANG) {
        Ok(status) => status.is_some(),
        // Somebody else's: a zombie has let go of everything.
        Err(_) => {
            let text = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
            text.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
        }
    }
}
