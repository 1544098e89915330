//! redis-server, and a connection to it that speaks in the words of traces.

use crate::server::{Server, find};
use crate::store::Store;
use faultline::core::lock::keyspace::Plain;
use redis::{Client, Cmd, Connection, FromRedisValue, Value};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// What the simulated Redis replays; older servers lack `PEXPIRE … GT`, `PEXPIRETIME` and `SET … NX GET`.
const OLDEST: u32 = 7;

/// The scripts that locks use, as the Redis documentation prints the first; and the names that they have in traces.
pub const COMPARE_AND_DELETE: &str =
    r#"if redis.call("get",KEYS[1]) == ARGV[1] then return redis.call("del",KEYS[1]) else return 0 end"#;
pub const COMPARE_AND_EXPIRE: &str =
    r#"if redis.call("get",KEYS[1]) == ARGV[1] then return redis.call("pexpire",KEYS[1],ARGV[2]) else return 0 end"#;
pub const SET_AND_COUNT: &str = r#"if redis.call("set",KEYS[1],ARGV[1],"NX","PX",ARGV[2]) then return redis.call("incr",KEYS[2]) else return false end"#;

/// Runs a body at a known millisecond of the server's clock. Redis 7.0 reads three clocks in one script: the one that
/// expires keys stands still from the script's start; TIME's and the command's own go on. So a key that ended a millisecond
/// ago asks the first, TIME stands on both sides of the body, and only if all three agree is the millisecond known. Too
/// close to the next one, nothing runs (nil). An error becomes its text, as in traces.
const CLOCKED: [&str; 2] = [
    "local function clock() local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000), t[2] % 1000 end \
     local before, micros = clock() \
     redis.call('SET', 'probe', '', 'PXAT', string.format('%.0f', before - 1)) \
     local late = redis.call('EXISTS', 'probe') == 1 \
     redis.call('DEL', 'probe') \
     if late or micros > 900 then return false end \
     local ok, r = pcall(function() ",
    " end) \
     if type(r) == 'table' and r.err then r = r.err end \
     return {before, (clock()), r}",
];

/// What a command answered, and when.
pub enum Clocked {
    /// At this absolute millisecond of the server's clock, and at no other.
    At(i64, Plain),
    /// A millisecond ended while it ran: at which end of it, nobody can say.
    Across,
}

/// redis-server 7.0 or newer on this machine.
pub fn program() -> Option<PathBuf> {
    let file = find("redis-server", "FAULTLINE_REDIS")?;
    let output = Command::new(&file).arg("--version").output().ok()?;
    // "Redis server v=7.0.15 sha=…"
    let text = String::from_utf8_lossy(&output.stdout);
    let major = text.split_once("v=")?.1.split('.').next()?.parse::<u32>().ok()?;
    (major >= OLDEST).then_some(file)
}

/// For the line that a test prints where it finds no server.
pub const MISSING: &str = "no redis-server 7.0 or newer here (cargo xtask setup says how to get it)";

pub struct Redis {
    server: Server,
    client: Connection,
}

impl Redis {
    /// With further options, such as `["--appendonly", "yes"]`. Without them it keeps nothing on disk.
    ///
    /// # Panics
    /// When it does not start: it is installed, so that is news.
    pub fn start(program: &std::path::Path, options: &[&str]) -> Redis {
        let args = |port: u16, folder: &std::path::Path| {
            let port = port.to_string();
            let fixed =
                ["--bind", "127.0.0.1", "--port", &port, "--save", "", "--repl-diskless-sync-delay", "0", "--dir"];
            let mut args: Vec<OsString> = fixed.iter().map(OsString::from).collect();
            args.push(folder.into());
            args.extend(options.iter().map(OsString::from));
            Ok(args)
        };
        let server =
            Server::start(program, args, |port| open(port).is_some_and(|mut c| line::<String>(&mut c, "PING").is_ok()));
        let server = server.unwrap_or_else(|why| panic!("redis-server does not start: {why}"));
        let client = open(server.port()).expect("it has just answered");
        Redis { server, client }
    }

    pub fn server(&mut self) -> &mut Server {
        &mut self.server
    }

    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// One more connection.
    pub fn connect(&self) -> Connection {
        open(self.server.port()).expect("the server runs")
    }

    /// Runs a command in the words of a trace, once, and asks the server for the time at which it did.
    pub fn clocked(&mut self, words: &[&str]) -> Clocked {
        let (body, keys, args) = script(words);
        let body = body.map_or_else(|| "return redis.pcall(unpack(ARGV))".to_owned(), str::to_owned);
        let mut eval = redis::cmd("EVAL");
        eval.arg(format!("{}{body}{}", CLOCKED[0], CLOCKED[1])).arg(keys.len()).arg(&keys).arg(&args);
        loop {
            let reply = eval.query::<Option<(i64, i64, Value)>>(&mut self.client);
            match reply.unwrap_or_else(|e| panic!("EVAL of {}: {e}", words.join(" "))) {
                None => {}
                Some((before, after, reply)) if before == after => return Clocked::At(before, plain(&reply)),
                Some(_) => return Clocked::Across,
            }
        }
    }

    /// The same without a wrapper: the command or the script alone.
    pub fn raw(&mut self, words: &[&str]) -> Plain {
        ask(&mut self.client, &command(words))
    }
}

impl Store for Redis {
    fn call(&mut self, line: &str) -> Plain {
        self.raw(&line.split(' ').collect::<Vec<_>>())
    }

    fn pass(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn crash(&mut self) -> Duration {
        self.server.kill();
        let took = self.server.restart().unwrap_or_else(|why| panic!("redis-server does not start again: {why}"));
        self.client = self.connect();
        took
    }
}

/// A command in the words of a trace, as it is sent.
pub fn command(words: &[&str]) -> Cmd {
    let (body, keys, args) = script(words);
    let Some(body) = body else {
        let mut plain = Cmd::new();
        plain.arg(&args);
        return plain;
    };
    let mut eval = redis::cmd("EVAL");
    eval.arg(body).arg(keys.len()).arg(&keys).arg(&args);
    eval
}

/// A script's text if the words name one, its keys, and its other arguments.
fn script<'a>(words: &[&'a str]) -> (Option<&'static str>, Vec<&'a str>, Vec<&'a str>) {
    match *words {
        ["EVALCAD", key, value] => (Some(COMPARE_AND_DELETE), vec![key], vec![value]),
        ["EVALCAE", key, value, millis] => (Some(COMPARE_AND_EXPIRE), vec![key], vec![value, millis]),
        ["EVALSETINCR", key, value, millis, counter] => (Some(SET_AND_COUNT), vec![key, counter], vec![value, millis]),
        _ => (None, Vec::new(), words.to_vec()),
    }
}

fn open(port: u16) -> Option<Connection> {
    let connection =
        Client::open(("127.0.0.1", port)).ok()?.get_connection_with_timeout(Duration::from_secs(5)).ok()?;
    // A server that hangs must not hang the test.
    connection.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    Some(connection)
}

/// One command as it stands, and its reply.
///
/// # Errors
/// What the server or the connection says.
pub fn line<T: FromRedisValue>(connection: &mut Connection, words: &str) -> redis::RedisResult<T> {
    let mut command = Cmd::new();
    command.arg(words.split(' ').collect::<Vec<_>>());
    command.query(connection)
}

fn ask(connection: &mut Connection, command: &Cmd) -> Plain {
    match command.query::<Value>(connection) {
        Ok(value) => plain(&value),
        Err(e) => match e.code() {
            Some(code) => Plain::Text(format!("{code} {}", e.detail().unwrap_or_default())),
            None => panic!("the connection broke: {e}"),
        },
    }
}

/// A reply of the client library in the words of a trace; an error is never inside one.
pub fn plain(value: &Value) -> Plain {
    match value {
        Value::Nil => Plain::Nil,
        Value::Int(n) => Plain::Int(*n),
        Value::Okay => Plain::Text("OK".to_owned()),
        Value::SimpleString(text) => Plain::Text(text.clone()),
        Value::BulkString(bytes) => Plain::Text(String::from_utf8_lossy(bytes).into_owned()),
        other => panic!("a reply outside the subset: {other:?}"),
    }
}
