//! PostgreSQL: a cluster of our own, as a direct child on loopback, and sessions in it.

use crate::server::{Server, on_path};
use crate::sql::{Answer, Database, Observed};
use crate::wire::Wire;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The oldest that the simulated sessions were held against.
const OLDEST: u32 = 15;

/// How long a statement waits for a lock. Nobody else works meanwhile, so one that waits at all waits in vain.
const LOCK_TIMEOUT: &str = "5ms";

/// What a killed server has left may take a moment to go where it cannot be awaited.
const RESTART_WITHIN: Duration = Duration::from_secs(10);

/// For the line that a test prints where it finds no server.
pub const MISSING: &str = "no PostgreSQL 15 or newer that can be started here (cargo xtask setup says how to get it)";

/// PostgreSQL on this machine.
#[derive(Clone, Debug)]
pub struct Program {
    folder: PathBuf,
    /// `15.18`
    pub version: String,
    /// It refuses to run as root: then as whom, and through which program. That one replaces itself by the server, which so
    /// stays a direct child.
    user: Option<(PathBuf, u32, u32)>,
}

/// PostgreSQL 15 or newer, in the folder that FAULTLINE_POSTGRES names, on PATH, or where distributions put it.
pub fn program() -> Option<Program> {
    let user = match id(&["-u"])? {
        0 => Some((on_path("setpriv")?, id(&["-u", "postgres"])?, id(&["-g", "postgres"])?)),
        _ => None,
    };
    let folders = match std::env::var_os("FAULTLINE_POSTGRES") {
        Some(named) => vec![PathBuf::from(named)],
        None => folders(),
    };
    let there = |folder: &PathBuf| ["postgres", "initdb"].iter().all(|name| folder.join(name).is_file());
    folders.into_iter().filter(there).find_map(|folder| {
        let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
        // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
        let text = String::from_utf8_lossy(&output.stdout);
        let version = text.split_whitespace().nth(2)?.to_owned();
        let major = version.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()?;
        (major >= OLDEST).then_some(Program { folder, version, user: user.clone() })
    })
}

fn id(words: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(words).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

/// Debian, Red Hat and Homebrew keep each version in a folder of its own, mostly not on PATH.
fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = Vec::new();
    for (base, name, bin) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
    ] {
        let entries = std::fs::read_dir(base).into_iter().flatten().filter_map(Result::ok);
        let version = |file: &OsString| file.to_str()?.strip_prefix(name)?.parse::<u32>().ok();
        found.extend(entries.filter_map(|e| Some((version(&e.file_name())?, e.path().join(bin)))));
    }
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    std::env::split_paths(&path).chain(found.into_iter().map(|(_, folder)| folder)).collect()
}

impl Program {
    /// One of its programs, as a user that may run it.
    fn command(&self, name: &str) -> (PathBuf, Vec<OsString>) {
        let file = self.folder.join(name);
        let Some((setpriv, user, group)) = &self.user else { return (file, Vec::new()) };
        let (user, group) = (user.to_string(), group.to_string());
        let words = ["--reuid", &user, "--regid", &group, "--clear-groups", "--"];
        (setpriv.clone(), words.into_iter().map(OsString::from).chain([file.into()]).collect())
    }

    /// Makes the folder into that of a new cluster, with a user `postgres` who needs no password.
    fn fill(&self, folder: &Path) -> Result<PathBuf, String> {
        if let Some((_, user, group)) = &self.user {
            std::os::unix::fs::chown(folder, Some(*user), Some(*group)).map_err(|e| e.to_string())?;
        }
        let data = folder.join("data");
        let (initdb, words) = self.command("initdb");
        let mut command = Command::new(&initdb);
        command.args(words).arg("-D").arg(&data).current_dir(folder);
        command.args(["-A", "trust", "-U", "postgres", "-N", "--locale=C", "-E", "UTF8"]);
        let output = command.output().map_err(|e| format!("{}: {e}", initdb.display()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(data) } else { Err(format!("initdb: {}", said.trim())) }
    }
}

/// A running (or killed) cluster.
pub struct Postgres {
    server: Server,
    sessions: Vec<Option<Wire>>,
    /// The session that looks from outside.
    outside: Option<Wire>,
    accounts: u16,
}

impl Postgres {
    /// # Panics
    /// When it does not start: it is installed, so that is news.
    pub fn start(program: &Program, sessions: usize, max_prepared: usize) -> Postgres {
        let (file, words) = program.command("postgres");
        let args = |port: u16, folder: &Path| {
            let data = program.fill(folder)?;
            let mut args = words.clone();
            args.extend(["-D".into(), data.into(), "-p".into(), port.to_string().into()]);
            let settings = [
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                // A killed process loses nothing that the operating system has: see the page's words on forcing.
                "fsync=off",
                "full_page_writes=off",
                "autovacuum=off",
                "shared_buffers=4MB",
                "max_connections=20",
                &format!("max_prepared_transactions={max_prepared}"),
            ];
            args.extend(settings.iter().flat_map(|setting| ["-c".into(), OsString::from(setting)]));
            Ok(args)
        };
        let server = Server::start(&file, args, |port| Wire::connect(port, &[]).is_ok());
        let server = server.unwrap_or_else(|why| panic!("PostgreSQL does not start: {why}"));
        let sessions = (0..sessions).map(|_| None).collect();
        let mut postgres = Postgres { server, sessions, outside: None, accounts: 0 };
        postgres.must("CREATE TABLE acct (id int PRIMARY KEY, bal int CHECK (bal >= 0))");
        postgres
    }

    /// Nothing is begun, nothing prepared, and the accounts from 1 have these balances.
    pub fn reset(&mut self, balances: &[u32]) {
        (0..self.sessions.len()).for_each(|session| self.hang_up(session));
        for gid in self.must("SELECT gid FROM pg_prepared_xacts").rows {
            self.must(&format!("ROLLBACK PREPARED '{gid}'"));
        }
        self.must("TRUNCATE acct");
        for (at, balance) in balances.iter().enumerate() {
            self.must(&format!("INSERT INTO acct VALUES ({}, {balance})", at + 1));
        }
        self.accounts = balances.len() as u16;
    }

    /// Asks from outside.
    fn ask(&mut self, sql: &str) -> Answer {
        let port = self.server.port();
        let settings = [("lock_timeout", LOCK_TIMEOUT)];
        let outside =
            self.outside.get_or_insert_with(|| Wire::connect(port, &settings).expect("the server runs and lets us in"));
        outside.query(sql).unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    fn must(&mut self, sql: &str) -> Answer {
        let answer = self.ask(sql);
        assert_eq!(answer.error(), None, "{sql}");
        answer
    }
}

impl Database for Postgres {
    fn connect(&mut self, session: usize) -> bool {
        let place = &mut self.sessions[session];
        if place.is_none() {
            *place = Wire::connect(self.server.port(), &[("lock_timeout", LOCK_TIMEOUT)]).ok();
        }
        place.is_some()
    }

    fn query(&mut self, session: usize, sql: &str) -> Option<Answer> {
        let place = &mut self.sessions[session];
        let answer = place.as_mut()?.query(sql).ok();
        if answer.is_none() {
            *place = None;
        }
        answer
    }

    /// Returns when the server has noticed: by then what was not prepared is rolled back.
    fn hang_up(&mut self, session: usize) {
        let Some(wire) = self.sessions[session].take() else { return };
        let process = wire.process;
        drop(wire);
        let began = Instant::now();
        while self.must(&format!("SELECT 1 FROM pg_stat_activity WHERE pid = {process}")).rows != [""; 0] {
            assert!(began.elapsed() < RESTART_WITHIN, "the server does not notice that its client has gone");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn kill(&mut self) {
        self.server.kill();
        self.sessions.fill_with(|| None);
        self.outside = None;
    }

    fn restart(&mut self) {
        let began = Instant::now();
        while let Err(why) = self.server.restart() {
            assert!(began.elapsed() < RESTART_WITHIN, "PostgreSQL does not start again: {why}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn observe(&mut self) -> Observed {
        let gids = self.must("SELECT gid FROM pg_prepared_xacts ORDER BY gid").rows;
        let balances = self.must("SELECT bal FROM acct ORDER BY id").rows;
        let free = self.must("SELECT id FROM acct ORDER BY id FOR UPDATE SKIP LOCKED").rows;
        Observed {
            gids,
            balances: balances.iter().map(|bal| bal.parse().expect("a number")).collect(),
            blocked: (1..=self.accounts).map(|id| !free.contains(&id.to_string())).collect(),
        }
    }

    fn probe(&mut self, id: u16) -> Option<String> {
        self.ask(&format!("UPDATE acct SET bal = bal WHERE id = {id}")).error().map(str::to_owned)
    }
}
