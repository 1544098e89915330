//! nginx as a load balancer before backends that are server blocks of its own, each answering with its number.

use crate::http::Http;
use crate::server::{Server, find, free_port};
use std::cell::RefCell;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What the placement was held against. 1.19.5 brought `-e`, without which it complains of a log that it may not write.
const OLDEST: (u32, u32) = (1, 22);

/// A server that hangs must not hang the test.
const PATIENCE: Duration = Duration::from_secs(20);

/// For the line that a test prints where it finds no server.
pub const MISSING: &str = "no nginx 1.22 or newer here (cargo xtask setup says how to get it)";

/// nginx on this machine.
#[derive(Clone, Debug)]
pub struct Program {
    file: PathBuf,
    /// `1.22.1`
    pub version: String,
}

/// nginx 1.22 or newer: the file that FAULTLINE_NGINX names, on PATH, or where distributions put it.
pub fn program() -> Option<Program> {
    let file = find("nginx", "FAULTLINE_NGINX")?;
    let output = Command::new(&file).arg("-v").output().ok()?;
    // "nginx version: nginx/1.22.1", on standard error; Ubuntu appends its name.
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let version = text.split_once("nginx/")?.1.split_whitespace().next()?.to_owned();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    (numbers.next()?? > OLDEST.0 || numbers.next()?? >= OLDEST.1).then_some(Program { file, version })
}

/// The servers of an upstream: backends by their index, each with its weight.
pub type Upstream = Vec<(usize, u32)>;

/// A running nginx.
pub struct Nginx {
    /// Kept for its end.
    _server: Server,
    front: Http,
    /// The backends' names as the configuration has them: `127.0.0.1:PORT`, or `unix:PATH`.
    pub backends: Vec<String>,
}

impl Nginx {
    /// `tcp` backends on ports of loopback, `sockets` more on sockets, and `hash $arg_k consistent` over each upstream.
    ///
    /// # Panics
    /// When it does not start: it is installed, so that is news.
    pub fn start(program: &Program, tcp: usize, sockets: usize, upstreams: &[Upstream]) -> Nginx {
        let names = RefCell::new(Vec::new());
        let args = |port: u16, folder: &Path| {
            let mut backends = Vec::new();
            for _ in 0..tcp {
                backends.push(format!("127.0.0.1:{}", free_port().map_err(|e| e.to_string())?));
            }
            backends.extend((0..sockets).map(|n| format!("unix:{}/{n}.sock", folder.display())));
            let file = folder.join("conf");
            std::fs::write(&file, configuration(port, &backends, upstreams)).map_err(|e| e.to_string())?;
            names.replace(backends);
            let words = ["-p".into(), folder.into(), "-e".into(), folder.join("err").into(), "-c".into(), file.into()];
            Ok(words.into_iter().collect::<Vec<OsString>>())
        };
        let ready = |port| Http::connect(port, PATIENCE).and_then(|mut front| front.get(b"/ready")).is_ok();
        let server = Server::start(&program.file, args, ready);
        let server = server.unwrap_or_else(|why| panic!("nginx does not start: {why}"));
        let front = Http::connect(server.port(), PATIENCE).expect("it has just answered");
        Nginx { _server: server, front, backends: names.into_inner() }
    }

    /// The backend to which the upstream sends a key. The key stands in the address as it is: no blank, `&` or `#`.
    ///
    /// # Panics
    /// When there is another answer than a backend's.
    pub fn owner(&mut self, upstream: usize, key: &[u8]) -> usize {
        let target = [format!("/{upstream}?k=").as_bytes(), key].concat();
        let shown = String::from_utf8_lossy(&target).into_owned();
        let body = self.front.get(&target).unwrap_or_else(|e| panic!("{shown}: {e}"));
        let number = std::str::from_utf8(&body).ok().and_then(|body| body.parse().ok());
        number.unwrap_or_else(|| panic!("{shown}: {}", String::from_utf8_lossy(&body)))
    }
}

/// One process that never forks, so that it is our child, and stays who we are, root too; all that it writes is in its folder.
fn configuration(port: u16, backends: &[String], upstreams: &[Upstream]) -> String {
    let mut text = String::from(
        "daemon off;\nmaster_process off;\npid pid;\nerror_log err;\nevents { worker_connections 512; }\nhttp {\naccess_log off;\n",
    );
    let mut line = |words: String| writeln!(text, "{words}").expect("text grows");
    for what in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        line(format!("{what}_temp_path {what};"));
    }
    for (n, name) in backends.iter().enumerate() {
        line(format!("server {{ listen {name}; location / {{ return 200 \"{n}\"; }} }}"));
    }
    for (n, upstream) in upstreams.iter().enumerate() {
        line(format!("upstream u{n} {{\nhash $arg_k consistent;"));
        for (backend, weight) in upstream {
            // Who is silent once is not left out for a while.
            line(format!("server {} weight={weight} max_fails=0;", backends[*backend]));
        }
        line("keepalive 8;\n}".to_owned());
    }
    line(format!("server {{\nlisten 127.0.0.1:{port};\nkeepalive_requests 100000000;\nproxy_next_upstream off;"));
    line("proxy_http_version 1.1;\nproxy_set_header Connection \"\";".to_owned());
    line("location = /ready { return 200 \"ready\"; }".to_owned());
    for n in 0..upstreams.len() {
        line(format!("location = /{n} {{ proxy_pass http://u{n}; }}"));
    }
    line("}\n}".to_owned());
    text
}
