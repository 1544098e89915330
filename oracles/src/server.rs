//! A real server as a child of ours: started on loopback, crashed, frozen, started again, always stopped.

use crate::orphans;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Slow machines start servers slowly; a healthy redis-server takes 20 ms.
const START_WITHIN: Duration = Duration::from_secs(20);

/// Another program may take a port between our look and the server's bind.
const TRIES: u32 = 5;

/// A running (or crashed) server. Dropping it kills it, waits for it and removes its folder.
pub struct Server {
    program: PathBuf,
    args: Vec<OsString>,
    child: Option<Child>,
    /// Everything that it writes, its log included.
    folder: TempDir,
    port: u16,
    ready: fn(u16) -> bool,
}

impl Server {
    /// Starts `program` itself, with no shell or wrapper in between: only a direct child can be waited for. `args` gets
    /// the port and the folder, which it may fill first; `ready` says whether the server answers on that port.
    ///
    /// # Errors
    /// What `args` says, or the last lines of the server's log when it does not answer.
    pub fn start(
        program: &Path,
        args: impl Fn(u16, &Path) -> Result<Vec<OsString>, String>,
        ready: fn(u16) -> bool,
    ) -> Result<Server, String> {
        let mut said = String::new();
        for _ in 0..TRIES {
            let folder = tempfile::Builder::new().prefix("faultline-oracle-").tempdir().map_err(|e| e.to_string())?;
            let port = free_port().map_err(|e| e.to_string())?;
            let args = args(port, folder.path())?;
            let mut server = Server { program: program.to_owned(), args, child: None, folder, port, ready };
            match server.restart() {
                Ok(_) => return Ok(server),
                Err(why) => said = why,
            }
        }
        Err(said)
    }

    /// Starts it again with the same arguments, port and folder, after `kill`. Returns how long it took to answer.
    ///
    /// # Errors
    /// The last lines of its log, when it does not answer.
    pub fn restart(&mut self) -> Result<Duration, String> {
        self.kill();
        let began = Instant::now();
        let log = self.folder.path().join("log");
        let file = File::options().create(true).append(true).open(&log).map_err(|e| e.to_string())?;
        let mut command = Command::new(&self.program);
        command.args(&self.args).current_dir(self.folder.path()).stdin(Stdio::null());
        command.stdout(file.try_clone().map_err(|e| e.to_string())?).stderr(file);
        let child = command.spawn().map_err(|e| format!("{}: {e}", self.program.display()))?;
        let child = self.child.insert(child);
        let ended = loop {
            if let Ok(Some(status)) = child.try_wait() {
                break format!("it ended: {status}");
            }
            if (self.ready)(self.port) {
                return Ok(began.elapsed());
            }
            if began.elapsed() > START_WITHIN {
                break format!("no answer in {} s", START_WITHIN.as_secs());
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        self.kill();
        let said = std::fs::read_to_string(log).unwrap_or_default();
        let last: Vec<&str> = said.lines().rev().take(5).collect();
        Err(format!("{}: {ended}; {}", self.program.display(), last.join(" | ")))
    }

    /// `kill -9`, and waits until it is gone, and what it had started too. What it handed to the operating system is
    /// kept, as after a process crash.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It starts nothing more while we look. An error means, here and below, that it is gone already.
            let pid = Pid::from_child(&child);
            let _ = kill_process(pid, Signal::STOP);
            let left = orphans::children(pid);
            let _ = child.kill();
            let _ = child.wait();
            orphans::await_gone(left);
        }
    }

    /// Stops the process where it stands; its sockets stay open and fill.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = self.child.as_ref().map(Pid::from_child).expect("the server runs");
        kill_process(pid, signal).expect("a child of ours takes signals");
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A loopback port that nobody had a moment ago.
///
/// # Errors
/// When there is no loopback interface.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The program called `name` on PATH or in the folders where distributions put servers; or the one that `variable` of the
/// environment names.
pub fn find(name: &str, variable: &str) -> Option<PathBuf> {
    match std::env::var_os(variable) {
        Some(named) => Some(PathBuf::from(named)).filter(|file| file.is_file()),
        None => on_path(name),
    }
}

/// The program called `name` on PATH or in the folders where distributions put servers.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(usual).map(|folder| folder.join(name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> Server {
        let sleep = on_path("sleep").expect("every system has sleep");
        Server::start(&sleep, |_, _| Ok(vec!["600".into()]), |_| true).expect("it starts")
    }

    fn runs(pid: Pid) -> bool {
        rustix::process::test_kill_process(pid).is_ok()
    }

    #[test]
    fn a_panic_stops_the_server_and_removes_its_folder() {
        let seen = std::sync::Mutex::new(None);
        let panicked = std::panic::catch_unwind(|| {
            let server = sleeper();
            let pid = Pid::from_child(server.child.as_ref().expect("it runs"));
            assert!(runs(pid) && server.folder().is_dir());
            *seen.lock().expect("one thread") = Some((pid, server.folder().to_owned()));
            std::panic::resume_unwind(Box::new("as a failing test would"));
        });
        assert!(panicked.is_err());
        let (pid, folder) = seen.into_inner().expect("one thread").expect("it ran");
        assert!(!runs(pid) && !folder.exists());
    }

    #[test]
    fn a_frozen_server_is_stopped_too() {
        let server = sleeper();
        server.freeze();
        let pid = Pid::from_child(server.child.as_ref().expect("it runs"));
        drop(server);
        assert!(!runs(pid));
    }

    /// As postgres does it: the killed one's children have a life of their own.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_server_started_goes_with_it() {
        let sh = on_path("sh").expect("every system has sh");
        let args = |_: u16, _: &Path| Ok(vec!["-c".into(), "sleep 600 & wait".into()]);
        let mut server = Server::start(&sh, args, |_| true).expect("it starts");
        let pid = Pid::from_child(server.child.as_ref().expect("it runs"));
        let mut started = orphans::children(pid);
        while started.is_empty() {
            std::thread::sleep(Duration::from_millis(2));
            started = orphans::children(pid);
        }
        server.kill();
        assert!(!runs(pid) && !started.into_iter().any(runs));
    }

    #[test]
    fn a_server_that_does_not_start_says_why() {
        let sh = on_path("sh").expect("every system has sh");
        let args = |_: u16, _: &Path| Ok(vec!["-c".into(), "echo the port is taken; exit 3".into()]);
        let why = Server::start(&sh, args, |_| false).err().expect("it does not start");
        assert!(why.contains("the port is taken") && why.contains('3'), "{why}");
    }
}
