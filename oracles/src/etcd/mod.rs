//! An etcd of one member, and its JSON gateway: nothing of gRPC is needed.
//!
//! Source: "etcd API" and `rpc.swagger.json` of etcd 3.4: numbers of 64 bits are strings, what is zero is left out, keys
//! and values are in base64.

pub mod base64;
pub mod real;
pub mod steps;

use crate::http::Http;
use crate::server::{Server, find, free_port};
use serde_json::{Value as Json, json};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What the simulated one was held against, and the first whose gateway is called `/v3`.
const OLDEST: (u32, u32) = (3, 4);

/// For the line that a test prints where it finds no server.
pub const MISSING: &str = "no etcd 3.4 or newer here (cargo xtask setup says how to get it)";

/// A server that hangs must not hang the test.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A lone member elects itself after it, and no lease is shorter than one and a half.
pub const ELECTION: Duration = Duration::from_millis(200);

#[derive(Clone, Debug)]
pub struct Program {
    file: PathBuf,
    /// `3.4.23`
    pub version: String,
}

/// etcd 3.4 or newer: the file that FAULTLINE_ETCD names, or on PATH.
pub fn program() -> Option<Program> {
    let file = find("etcd", "FAULTLINE_ETCD")?;
    let output = Command::new(&file).arg("--version").output().ok()?;
    // "etcd Version: 3.4.23"
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_once("etcd Version: ")?.1.split_whitespace().next()?.to_owned();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    ((numbers.next()??, numbers.next()??) >= OLDEST).then_some(Program { file, version })
}

/// A member.
pub struct Etcd {
    server: Server,
}

impl Etcd {
    /// One that is alone.
    ///
    /// # Panics
    /// When it does not start: it is installed, so that is news.
    pub fn start(program: &Program) -> Etcd {
        Etcd::cluster(program, 1, ELECTION).pop().expect("one")
    }

    /// So many that agree. A member answers only where there is a leader, so they start at once.
    ///
    /// # Panics
    /// When they do not start.
    pub fn cluster(program: &Program, members: usize, election: Duration) -> Vec<Etcd> {
        let peers: Vec<String> = (0..members).map(|_| url(free_port().expect("a port on loopback"))).collect();
        let all: Vec<String> = peers.iter().enumerate().map(|(n, peer)| format!("oracle{n}={peer}")).collect();
        let all = all.join(",");
        let start = |n: usize| {
            let args = |port: u16, folder: &Path| {
                let clients = url(port);
                let (beat, election) = ((election / 10).as_millis().to_string(), election.as_millis().to_string());
                let pairs = [
                    ("--name", format!("oracle{n}")),
                    ("--listen-client-urls", clients.clone()),
                    ("--advertise-client-urls", clients),
                    ("--listen-peer-urls", peers[n].clone()),
                    ("--initial-advertise-peer-urls", peers[n].clone()),
                    ("--initial-cluster", all.clone()),
                    ("--heartbeat-interval", beat),
                    ("--election-timeout", election),
                    ("--logger", "zap".to_owned()),
                    ("--log-level", "error".to_owned()),
                ];
                let mut args: Vec<OsString> =
                    pairs.into_iter().flat_map(|(name, value)| [name.into(), value.into()]).collect();
                args.extend(["--data-dir".into(), folder.join("data").into()]);
                Ok(args)
            };
            // A range that the member answers needs a leader.
            let ready = |port| {
                Client::connect(port).and_then(|mut client| client.range(b"ready", &[])).is_ok_and(|r| r.is_ok())
            };
            Server::start(&program.file, args, ready)
        };
        std::thread::scope(|scope| {
            let starts: Vec<_> = (0..members).map(|n| scope.spawn(move || start(n))).collect();
            let servers = starts.into_iter().map(|start| start.join().expect("it does not panic"));
            servers
                .map(|server| Etcd { server: server.unwrap_or_else(|why| panic!("etcd does not start: {why}")) })
                .collect()
        })
    }

    pub fn server(&mut self) -> &mut Server {
        &mut self.server
    }

    pub fn freeze(&self) {
        self.server.freeze();
    }

    pub fn thaw(&self) {
        self.server.thaw();
    }

    pub fn port(&self) -> u16 {
        self.server.port()
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// What a call answers: its object, or the server's words about what is wrong.
pub type Said = Result<Json, String>;

/// One connection to the gateway.
pub struct Client(Http);

impl Client {
    /// # Errors
    /// When nobody listens.
    pub fn connect(port: u16) -> io::Result<Client> {
        Client::connect_within(port, PATIENCE)
    }

    /// # Errors
    /// When nobody listens.
    pub fn connect_within(port: u16, patience: Duration) -> io::Result<Client> {
        Ok(Client(Http::connect(port, patience)?))
    }

    /// # Errors
    /// Here and below: when the connection breaks or is silent, or when the answer is no JSON.
    pub fn call(&mut self, path: &str, body: &Json) -> io::Result<Said> {
        let answer = self.0.post(&format!("/v3/{path}"), &body.to_string())?;
        let mut answer: Json = serde_json::from_slice(&answer).map_err(io::Error::other)?;
        if let Some(error) = answer["error"].as_str() {
            return Ok(Err(error.to_owned()));
        }
        // What could be a stream has each piece wrapped.
        Ok(Ok(if answer["result"].is_object() { answer["result"].take() } else { answer }))
    }

    /// A lease of so many seconds, by a number of our own.
    pub fn grant(&mut self, lease: i64, seconds: i64) -> io::Result<Said> {
        self.call("lease/grant", &json!({ "ID": lease, "TTL": seconds }))
    }

    /// Its `TTL` is 0 when there is no such lease.
    pub fn keep_alive(&mut self, lease: i64) -> io::Result<Said> {
        self.call("lease/keepalive", &json!({ "ID": lease }))
    }

    pub fn revoke(&mut self, lease: i64) -> io::Result<Said> {
        self.call("lease/revoke", &json!({ "ID": lease }))
    }

    /// Its `TTL` is -1 when there is no such lease.
    pub fn time_to_live(&mut self, lease: i64) -> io::Result<Said> {
        self.call("lease/timetolive", &json!({ "ID": lease }))
    }

    /// The keys from one name on, with more fields of the request.
    pub fn range(&mut self, key: &[u8], more: &[(&str, Json)]) -> io::Result<Said> {
        self.call("kv/range", &range(key, more))
    }

    pub fn delete(&mut self, key: &[u8]) -> io::Result<Said> {
        self.call("kv/deleterange", &json!({ "key": base64::encode(key) }))
    }

    /// `mutex.go`'s transaction: if the key is not there, put it with this lease, else get it; and get the oldest key under
    /// the prefix in either case.
    pub fn claim(&mut self, prefix: &[u8], key: &[u8], value: &[u8], lease: i64) -> io::Result<Said> {
        let [target, order] = by_creation("ASCEND");
        let first = json!({ "request_range": range(prefix, &[under(prefix), target, order, ("limit", json!(1))]) });
        let put = json!({ "key": base64::encode(key), "value": base64::encode(value), "lease": lease });
        let body = json!({
            "compare": [created(key, 0)],
            "success": [{ "request_put": put }, first],
            "failure": [{ "request_range": range(key, &[]) }, first],
        });
        self.call("kv/txn", &body)
    }
}

fn range(key: &[u8], more: &[(&str, Json)]) -> Json {
    let mut body = json!({ "key": base64::encode(key) });
    more.iter().for_each(|(name, value)| body[*name] = value.clone());
    body
}

/// The field of a range over all keys that begin with this.
pub fn under(prefix: &[u8]) -> (&'static str, Json) {
    let mut end = prefix.to_vec();
    *end.last_mut().expect("a prefix of ours is not empty") += 1;
    ("range_end", json!(base64::encode(&end)))
}

/// The fields of a range that sort by the revision of creation; with a limit of 1 the oldest or the newest alone.
pub fn by_creation(order: &str) -> [(&'static str, Json); 2] {
    [("sort_target", json!("CREATE")), ("sort_order", json!(order))]
}

/// The condition that a key was created in this revision; 0 is that it is not there.
pub fn created(key: &[u8], revision: u32) -> Json {
    let revision = revision.to_string();
    json!({ "key": base64::encode(key), "target": "CREATE", "result": "EQUAL", "create_revision": revision })
}

/// A number in an answer; 0 where it was left out.
///
/// # Panics
/// When there is something else.
pub fn number(value: &Json) -> i64 {
    match value {
        Json::Null => 0,
        Json::String(text) => text.parse().unwrap_or_else(|_| panic!("no number: {text}")),
        other => other.as_i64().unwrap_or_else(|| panic!("no number: {other}")),
    }
}

/// A name in an answer.
pub fn text(value: &Json) -> String {
    let bytes = base64::decode(value.as_str().unwrap_or_default()).unwrap_or_else(|| panic!("no base64: {value}"));
    String::from_utf8_lossy(&bytes).into_owned()
}
