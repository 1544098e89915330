//! The real servers that the simulated ones are held against.
//!
//! Nothing fails without them: their tests then run what was recorded. Debian starts what it installs where systemd runs; so
//! only root and continuous integration get it unasked.

use crate::apt::Apt;
use crate::process::{self, command};
use crate::say::{self, Outcome};
use crate::versions;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

pub fn find_or_install() {
    redis();
    postgres();
    nginx();
    zookeeper();
    etcd();
}

/// Where packages may be installed without asking: by root, and in continuous integration.
pub fn unasked() -> Option<Apt> {
    Apt::find().filter(|apt| apt.root || std::env::var_os("CI").is_some())
}

pub fn redis() {
    const BY_HAND: &str = "Debian and Ubuntu: apt-get install --no-install-recommends redis-server; macOS: brew install redis; \
                           or FAULTLINE_REDIS=/path/to/redis-server";
    if let Some(named) = std::env::var_os("FAULTLINE_REDIS") {
        return say::remark(&format!("redis-server: {}", PathBuf::from(named).display()));
    }
    if let Some(file) = process::find("redis-server") {
        return say::remark(&format!("redis-server: {}", file.display()));
    }
    match unasked() {
        None => say::remark(&format!("no redis-server, so its recorded replies are tested instead. {BY_HAND}")),
        Some(apt) => {
            say::step("Installing Debian's redis-server, which the simulated Redis is held against (10 seconds, 2 MB)");
            if let Err(failure) = apt.install("redis-server") {
                say::remark(&format!("{} Its recorded replies are tested instead. {BY_HAND}", failure.what));
            }
        }
    }
}

/// Debian's package brings no site of its own that the tests would meet: they write a whole configuration.
fn nginx() {
    const BY_HAND: &str = "Debian and Ubuntu: apt-get install --no-install-recommends nginx-light; macOS: brew install nginx; \
                           or FAULTLINE_NGINX=/path/to/nginx";
    if let Some(named) = std::env::var_os("FAULTLINE_NGINX") {
        return say::remark(&format!("nginx: {}", PathBuf::from(named).display()));
    }
    // Debian puts it where only root's PATH leads.
    let usual = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].map(PathBuf::from);
    if let Some(file) = process::find("nginx").or_else(|| usual.into_iter().find(|file| file.is_file())) {
        return say::remark(&format!("nginx: {}", file.display()));
    }
    match unasked() {
        None => say::remark(&format!("no nginx, so its recorded choices are tested instead. {BY_HAND}")),
        Some(apt) => {
            say::step(
                "Installing Debian's nginx-light, which one way of placing keys is held against (10 seconds, 4 MB)",
            );
            if let Err(failure) = apt.install("nginx-light") {
                say::remark(&format!("{} Its recorded choices are tested instead. {BY_HAND}", failure.what));
            }
        }
    }
}

/// Debian's package is programs only: what would start one is another package.
fn zookeeper() {
    const BY_HAND: &str = "Debian and Ubuntu: apt-get install --no-install-recommends zookeeper; macOS: brew install zookeeper; \
                           or FAULTLINE_ZOOKEEPER=/path/to/zookeeper.jar";
    if let Some(named) = std::env::var_os("FAULTLINE_ZOOKEEPER") {
        return say::remark(&format!("ZooKeeper: {}", PathBuf::from(named).display()));
    }
    // `oracles/src/zookeeper.rs` looks in the same places.
    let usual = ["/usr/share/java/zookeeper.jar", "/opt/homebrew/opt/zookeeper", "/usr/local/opt/zookeeper"];
    if let Some(there) = usual.into_iter().map(Path::new).find(|file| file.exists()) {
        return say::remark(&format!("ZooKeeper: {}", there.display()));
    }
    match unasked() {
        None => say::remark(&format!("no ZooKeeper, so its recorded answers are tested instead. {BY_HAND}")),
        Some(apt) => {
            say::step(
                "Installing Debian's zookeeper, which the simulated one is held against (15 seconds, 75 MB; Java, if missing, 190 MB)",
            );
            if let Err(failure) = apt.install("zookeeper") {
                say::remark(&format!("{} Its recorded answers are tested instead. {BY_HAND}", failure.what));
            }
        }
    }
}

fn etcd() {
    const BY_HAND: &str = "Debian and Ubuntu: apt-get install --no-install-recommends etcd-server; macOS: brew install etcd; \
                           or FAULTLINE_ETCD=/path/to/etcd";
    if let Some(named) = std::env::var_os("FAULTLINE_ETCD") {
        return say::remark(&format!("etcd: {}", PathBuf::from(named).display()));
    }
    if let Some(file) = process::find("etcd") {
        return say::remark(&format!("etcd: {}", file.display()));
    }
    match unasked() {
        None => say::remark(&format!("no etcd, so its recorded answers are tested instead. {BY_HAND}")),
        Some(apt) => {
            say::step("Installing Debian's etcd-server, which the simulated etcd is held against (10 seconds, 24 MB)");
            if let Err(failure) = install_etcd(&apt) {
                say::remark(&format!("{} Its recorded answers are tested instead. {BY_HAND}", failure.what));
            }
        }
    }
}

/// The program, and no server of the system's: where systemd runs, the package has started one.
fn install_etcd(apt: &Apt) -> Outcome<()> {
    apt.install("etcd-server")?;
    if !Path::new("/run/systemd/system").exists() {
        return Ok(());
    }
    let words = ["systemctl", "disable", "--now", "etcd"].map(OsStr::new);
    apt.run(&words, "the etcd that the package has started could not be stopped")
}

/// The oldest PostgreSQL that the tests start; `oracles/src/postgres.rs` says the same.
const POSTGRES_OLDEST: u32 = 15;
const DEBIANS: &str = "/usr/lib/postgresql";

fn postgres() {
    const BY_HAND: &str = "Debian and Ubuntu: apt-get install --no-install-recommends postgresql; macOS: brew install \
                           postgresql@17; or FAULTLINE_POSTGRES=/path/to/folder/of/initdb/and/postgres";
    if let Some(named) = std::env::var_os("FAULTLINE_POSTGRES") {
        return say::remark(&format!("PostgreSQL: {}", PathBuf::from(named).display()));
    }
    let there = postgres_folders();
    let version = |folder: &PathBuf| {
        let text = process::answer(command(folder.join("postgres")).arg("--version"))?;
        versions::find(&text).filter(|version| version.0 >= POSTGRES_OLDEST)
    };
    if let Some((folder, version)) = there.iter().find_map(|folder| Some((folder, version(folder)?))) {
        return say::remark(&format!("PostgreSQL {version}: {}", folder.display()));
    }
    // An older one has clusters that are somebody's: it stays as it is.
    match unasked().filter(|_| there.is_empty() && !Path::new(DEBIANS).exists()) {
        None => say::remark(&format!(
            "no PostgreSQL {POSTGRES_OLDEST} or newer, so recorded answers are tested instead. {BY_HAND}"
        )),
        Some(apt) => {
            say::step("Installing Debian's PostgreSQL, which two-phase commit is held against (20 seconds, 60 MB)");
            if let Err(failure) = install_postgres(&apt) {
                say::remark(&format!("{} Recorded answers are tested instead. {BY_HAND}", failure.what));
            }
        }
    }
}

/// Folders with both programs that the tests need: on PATH, or where Debian, Red Hat and Homebrew keep each version apart.
fn postgres_folders() -> Vec<PathBuf> {
    let beside = process::find("postgres").and_then(|file| file.parent().map(PathBuf::from));
    let apart =
        [(DEBIANS, ""), ("/usr", "pgsql-"), ("/opt/homebrew/opt", "postgresql@"), ("/usr/local/opt", "postgresql@")];
    let versions = apart.into_iter().flat_map(|(base, name)| {
        let entries = std::fs::read_dir(base).into_iter().flatten().filter_map(Result::ok);
        let fits = move |file: &std::ffi::OsString| {
            file.to_str().and_then(|file| file.strip_prefix(name)).is_some_and(|rest| rest.parse::<u32>().is_ok())
        };
        entries.filter(move |entry| fits(&entry.file_name())).map(|entry| entry.path().join("bin"))
    });
    let both = |folder: &PathBuf| ["postgres", "initdb"].iter().all(|name| folder.join(name).is_file());
    beside.into_iter().chain(versions).filter(both).collect()
}

/// The programs, and no cluster of the system's: the package would make one and start it. What says so is taken back
/// afterwards, and where somebody has said something else about it before, that stays.
fn install_postgres(apt: &Apt) -> Outcome<()> {
    const SETTING: &str = "/etc/postgresql-common/createcluster.conf";
    let (usual, none) = ("#create_main_cluster = true", "create_main_cluster = false");
    let replace = |from: &str, to: &str| {
        let expression = format!("s/^{from}$/{to}/");
        let words = ["sed", "-i", &expression, SETTING].map(OsStr::new);
        apt.run(&words, &format!("{SETTING} could not be changed"))
    };
    apt.install("postgresql-common")?;
    replace(usual, none)?;
    let installed = apt.install("postgresql");
    replace(none, usual)?;
    installed
}
