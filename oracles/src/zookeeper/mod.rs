//! A ZooKeeper of one server: started as a child of ours, by Java itself and by no script, so that signals meet it.

pub mod jute;
pub mod real;
pub mod steps;
pub mod wire;

use crate::server::{Server, on_path};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What the simulated one was held against; `getChildren`, watches and sessions are older.
const OLDEST: (u32, u32) = (3, 5);

/// For the line that a test prints where it finds no server.
pub const MISSING: &str = "no ZooKeeper 3.5 or newer here (cargo xtask setup says how to get it)";

/// Sessions are found expired at the end of a tick. A session lasts at least two.
pub const TICK: Duration = Duration::from_millis(100);

/// The longest time that a session may ask for.
pub const LONGEST: Duration = Duration::from_secs(120);

/// Java, and the jars that it runs.
#[derive(Clone, Debug)]
pub struct Program {
    java: PathBuf,
    jars: OsString,
    /// `3.8.0`
    pub version: String,
}

/// ZooKeeper 3.5 or newer: the jar or the unpacked folder that FAULTLINE_ZOOKEEPER names, or where Debian and Homebrew put it.
pub fn program() -> Option<Program> {
    let places = match std::env::var_os("FAULTLINE_ZOOKEEPER") {
        Some(named) => vec![PathBuf::from(named)],
        None => {
            ["/usr/share/java/zookeeper.jar", "/opt/homebrew/opt/zookeeper/libexec", "/usr/local/opt/zookeeper/libexec"]
                .map(PathBuf::from)
                .to_vec()
        }
    };
    let place = places.into_iter().find(|place| place.exists())?;
    // Debian's jar names those that it needs; elsewhere they lie together.
    let jars = if place.is_file() { place.into() } else { folders(&place) };
    let java = match std::env::var_os("JAVA_HOME") {
        Some(home) => Some(Path::new(&home).join("bin/java")).filter(|file| file.is_file()),
        None => on_path("java"),
    }?;
    let mut asked = Command::new(&java);
    let output = asked.arg("-cp").arg(&jars).arg("org.apache.zookeeper.version.VersionInfoMain").output().ok()?;
    // "Apache ZooKeeper, version 3.8.0 2024-12-29 17:54 UTC"; others have "3.8.4-9316c2a7…,"
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_once("version ")?.1.split([' ', '-', ',']).next()?.to_owned();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    ((numbers.next()??, numbers.next()??) >= OLDEST).then_some(Program { java, jars, version })
}

fn folders(place: &Path) -> OsString {
    let mut jars = place.join("lib/*").into_os_string();
    jars.push(":");
    jars.push(place.join("*"));
    jars
}

pub struct ZooKeeper {
    server: Server,
}

impl ZooKeeper {
    /// # Panics
    /// When it does not start: it is installed, so that is news.
    pub fn start(program: &Program) -> ZooKeeper {
        let args = |port: u16, folder: &Path| {
            let file = folder.join("zoo.cfg");
            std::fs::write(&file, configuration(port, folder)).map_err(|e| e.to_string())?;
            // `kill -9` takes no page cache with it, so nothing has to be forced; and its log need not begin at 64 MB.
            let fixed = "-Xmx96m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Dzookeeper.forceSync=no \
                         -Dzookeeper.preAllocSize=1024 -cp";
            let mut args: Vec<OsString> = fixed.split_whitespace().map(OsString::from).collect();
            args.push(program.jars.clone());
            args.push("org.apache.zookeeper.server.quorum.QuorumPeerMain".into());
            args.push(file.into());
            Ok(args)
        };
        let server = Server::start(&program.java, args, serves);
        ZooKeeper { server: server.unwrap_or_else(|why| panic!("ZooKeeper does not start: {why}")) }
    }

    pub fn server(&mut self) -> &mut Server {
        &mut self.server
    }

    pub fn port(&self) -> u16 {
        self.server.port()
    }
}

fn configuration(port: u16, folder: &Path) -> String {
    format!(
        "tickTime={}\ndataDir={}\nclientPort={port}\nclientPortAddress=127.0.0.1\nmaxSessionTimeout={}\n\
         maxClientCnxns=0\nadmin.enableServer=false\n4lw.commands.whitelist=srvr\n",
        TICK.as_millis(),
        folder.join("data").display(),
        LONGEST.as_millis()
    )
}

/// `srvr` is answered in earnest once the data is loaded.
fn serves(port: u16) -> bool {
    let asked = || -> std::io::Result<String> {
        let mut stream =
            TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"srvr")?;
        let mut said = String::new();
        stream.read_to_string(&mut said)?;
        Ok(said)
    };
    asked().is_ok_and(|said| said.contains("Mode: standalone"))
}
