//! Installs what is missing, once, where a second clone and plain `trunk serve` find it.

use crate::browser;
use crate::examples;
use crate::places;
use crate::process::{self, command};
use crate::say::{self, Failure, Outcome};
use crate::servers;
use crate::versions::{self, BINARYEN, ESBUILD, NODE_OLDEST, RUST_OLDEST, TRUNK, TYPESCRIPT, WASM_BINDGEN, WASM_SPLIT};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a build of the page needs.
pub struct Tools {
    pub trunk: PathBuf,
}

/// All that any command needs.
pub fn everything() -> Outcome<()> {
    say::heading("Set-up");
    let tools = for_building()?;
    components()?;
    say::remark(&format!("Trunk: {}", tools.trunk.display()));
    browser::packages()?;
    let browser = browser::find_or_install()?;
    say::remark(&format!("browser: {}", browser.display()));
    for (_, file) in browser::others() {
        say::remark(&format!("another: {}", file.display()));
    }
    servers::find_or_install();
    examples::tools();
    Ok(())
}

/// What a build needs: a Rust new enough with its wasm target, Trunk, wasm-bindgen, and what makes the page's parts.
pub fn for_building() -> Outcome<Tools> {
    check_rust()?;
    check_node()?;
    wasm_target()?;
    let trunk = trunk()?;
    for_cutting()?;
    Ok(Tools { trunk })
}

/// What comes after the linker: the tools that `cargo xtask parts` calls.
pub struct Cutters {
    pub split: PathBuf,
    pub bindgen: PathBuf,
    /// Where the tools from npm lie.
    npm: PathBuf,
}

/// What rustc lets WebAssembly use; wasm-merge does not hand on the section that says so.
pub const FEATURES: [&str; 8] = [
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-call-indirect-overlong",
];
/// The programs of Binaryen that are needed.
const BINARYEN_PROGRAMS: [&str; 2] = ["wasm-opt", "wasm-merge"];

impl Cutters {
    pub fn wasm_merge(&self) -> Command {
        self.script("binaryen/bin/wasm-merge")
    }

    pub fn wasm_opt(&self) -> Command {
        self.script("binaryen/bin/wasm-opt")
    }

    pub fn esbuild(&self) -> Command {
        self.script("esbuild/bin/esbuild")
    }

    pub fn tsc(&self) -> Command {
        self.script("typescript/bin/tsc")
    }

    fn script(&self, name: &str) -> Command {
        let mut node = command("node");
        node.arg(self.npm.join("node_modules").join(name));
        node
    }
}

/// Our own folder for what is kept between clones.
pub fn own_cache() -> Outcome<PathBuf> {
    places::own_cache().ok_or_else(no_home)
}

pub fn for_cutting() -> Outcome<Cutters> {
    let own = own_cache()?;
    let trunks = places::trunk_cache().ok_or_else(no_home)?;
    Ok(Cutters { split: wasm_split(&own)?, bindgen: wasm_bindgen(&trunks)?, npm: npm_tools(&own)? })
}

fn no_home() -> Failure {
    Failure::new(
        "This account has no home folder.",
        "Set HOME, or XDG_CACHE_HOME and CARGO_HOME, to folders that can be written.",
    )
}

fn check_rust() -> Outcome<()> {
    let text = process::answer(command("rustc").arg("--version"))
        .ok_or_else(|| Failure::new("rustc does not answer.", "Install Rust with rustup: https://rustup.rs"))?;
    match versions::find(&text) {
        Some(found) if found < RUST_OLDEST => Err(Failure::new(
            format!("Rust {found} is too old: Faultline needs {RUST_OLDEST} or newer."),
            "rustup update stable",
        )),
        _ => Ok(()),
    }
}

pub fn check_node() -> Outcome<()> {
    let mend = "Install Node.js 20 or newer, with npm: https://nodejs.org (Debian 12's own is 18).";
    let text =
        process::answer(command("node").arg("--version")).ok_or_else(|| Failure::new("Node.js is missing.", mend))?;
    match versions::find(&text) {
        Some(found) if found < NODE_OLDEST => Err(Failure::new(format!("Node.js {found} is too old."), mend)),
        _ => Ok(()),
    }
}

/// npm, or a sentence on how to get it.
pub fn npm() -> Outcome<PathBuf> {
    process::find("npm").ok_or_else(|| {
        Failure::new(
            "npm is missing.",
            "It comes with Node.js from https://nodejs.org; Debian and Ubuntu: apt-get install npm",
        )
    })
}

fn wasm_target() -> Outcome<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let sysroot = process::answer(command("rustc").args(["--print", "sysroot"])).unwrap_or_default();
    let installed = |root: &str| Path::new(root).join("lib/rustlib").join(TARGET).join("lib").is_dir();
    if installed(&sysroot) {
        return Ok(());
    }
    if process::find("rustup").is_none() {
        return Err(Failure::new(
            format!("This Rust ({sysroot}) cannot compile to {TARGET}, and there is no rustup to teach it."),
            "Install Rust with rustup (https://rustup.rs) and put its folder, usually ~/.cargo/bin, first on PATH.",
        ));
    }
    say::step("Adding Rust's wasm32 target (a few seconds, 20 MB)");
    process::quietly(command("rustup").args(["target", "add", TARGET]), "rustup could not add the target")
}

/// Format and lint: rustup's smallest profile leaves them out.
pub fn components() -> Outcome<()> {
    for (component, subcommand) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if process::answer(command("cargo").args([subcommand, "--version"])).is_some() {
            continue;
        }
        if process::find("rustup").is_none() {
            return Err(Failure::new(
                format!("`cargo {subcommand}` is missing, and there is no rustup to add it."),
                format!("Install your distribution's package for {component}, or Rust by rustup: https://rustup.rs"),
            ));
        }
        say::step(&format!("Adding {component} (a few seconds)"));
        process::quietly(command("rustup").args(["component", "add", component]), "rustup could not add it")?;
    }
    Ok(())
}

/// Where Trunk may already be, best first.
fn trunk_places() -> Vec<PathBuf> {
    let name = format!("trunk{}", std::env::consts::EXE_SUFFIX);
    let own = places::own_cache().map(|cache| own_trunk(&cache).join("bin"));
    process::find("trunk")
        .into_iter()
        .chain(places::cargo_bin().into_iter().chain(own).map(|folder| folder.join(&name)))
        .filter(|file| places::is_program(file))
        .collect()
}

fn own_trunk(cache: &Path) -> PathBuf {
    cache.join(format!("trunk-{TRUNK}"))
}

fn trunk() -> Outcome<PathBuf> {
    let there = trunk_places();
    let fits = |file: &PathBuf| {
        process::answer(command(file.as_os_str()).arg("--version")).is_some_and(|text| says_version(&text, TRUNK))
    };
    if let Some(file) = there.iter().find(|file| fits(file)) {
        return Ok(file.clone());
    }
    // Another version is somebody's choice: leave it where it is and keep ours apart.
    let root = if there.is_empty() {
        places::cargo_bin().and_then(|bin| bin.parent().map(PathBuf::from))
    } else {
        say::remark(&format!("{} is not version {TRUNK}; it stays, ours goes beside it", there[0].display()));
        places::own_cache().map(|cache| own_trunk(&cache))
    }
    .ok_or_else(no_home)?;
    say::step(&format!("Building Trunk {TRUNK} into {} (2 to 5 minutes, once)", root.display()));
    let mut install = cargo_install("trunk", TRUNK, &root, 0);
    install.args(["--no-default-features", "--features", "rustls"]);
    process::quietly(&mut install, "Trunk could not be built")?;
    Ok(root.join("bin").join(format!("trunk{}", std::env::consts::EXE_SUFFIX)))
}

fn wasm_bindgen(cache: &Path) -> Outcome<PathBuf> {
    let folder = cache.join(format!("wasm-bindgen-{WASM_BINDGEN}"));
    let on_path = process::find("wasm-bindgen").filter(|file| {
        process::answer(command(file.as_os_str()).arg("--version"))
            .is_some_and(|text| says_version(&text, WASM_BINDGEN))
    });
    if let Some(file) = on_path {
        return Ok(file);
    }
    built(&folder, "wasm-bindgen-cli", "wasm-bindgen", WASM_BINDGEN, "1 to 4 minutes", &[])
}

fn wasm_split(cache: &Path) -> Outcome<PathBuf> {
    let folder = cache.join(format!("wasm-split-cli-{WASM_SPLIT}"));
    let features = ["--features", "build-binary"];
    built(&folder, "wasm_split_cli_support", "wasm-split-cli", WASM_SPLIT, "half a minute to 2 minutes", &features)
}

/// The program `name` in `folder`, built from `package` if it is not there yet.
pub fn built(
    folder: &Path,
    package: &str,
    name: &str,
    version: &str,
    time: &str,
    features: &[&str],
) -> Outcome<PathBuf> {
    let file = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if places::is_program(&file) {
        return Ok(file);
    }
    say::step(&format!("Building {name} {version} into {} ({time}, once)", folder.display()));
    let root = fresh_folder(folder.parent().expect("the folder lies in a cache"), name)?;
    let mut install = cargo_install(package, version, &root, 1);
    install.args(["--bin", name]).args(features);
    process::quietly(&mut install, &format!("{name} could not be built"))?;
    publish(&root.join("bin"), folder)?;
    fs::remove_dir_all(&root).map_err(|error| Failure::file(&root, &error))?;
    Ok(file)
}

/// wasm-opt, esbuild and tsc, in a folder of our own.
fn npm_tools(cache: &Path) -> Outcome<PathBuf> {
    let folder = cache.join(format!("npm-binaryen-{BINARYEN}-esbuild-{ESBUILD}-typescript-{TYPESCRIPT}"));
    let programs = folder.join("node_modules").join("binaryen").join("bin");
    if BINARYEN_PROGRAMS.iter().all(|name| programs.join(name).is_file()) {
        return Ok(folder);
    }
    say::step(&format!("Fetching wasm-opt, esbuild and tsc from npm into {} (65 MB, once)", folder.display()));
    let work = fresh_folder(cache, "npm")?;
    let write = |name: &str, text: &str| {
        let file = work.join(name);
        fs::write(&file, text).map_err(|error| Failure::file(&file, &error))
    };
    write("package.json", include_str!("../npm/package.json"))?;
    write("package-lock.json", include_str!("../npm/package-lock.json"))?;
    npm_install(&work, "wasm-opt, esbuild and tsc could not be fetched")?;
    // Of Binaryen two programs are needed; the package.json beside it tells Node that it is no ES module.
    let binaryen = work.join("node_modules").join("binaryen");
    let kept = work.join("bin");
    fs::create_dir_all(&kept).map_err(|error| Failure::file(&kept, &error))?;
    for name in BINARYEN_PROGRAMS.into_iter().chain(["package.json"]) {
        let (from, to) = (binaryen.join("bin").join(name), kept.join(name));
        fs::rename(&from, &to).map_err(|error| Failure::file(&from, &error))?;
    }
    fs::remove_dir_all(&binaryen).map_err(|error| Failure::file(&binaryen, &error))?;
    fs::create_dir_all(&binaryen).map_err(|error| Failure::file(&binaryen, &error))?;
    publish(&kept, &binaryen.join("bin"))?;
    publish(&work, &folder)?;
    Ok(folder)
}

/// Installs exactly what the lock file in `folder` names.
pub fn npm_install(folder: &Path, failed: &str) -> Outcome<()> {
    let mut install = command(npm()?);
    install.current_dir(folder).args(["ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"]);
    process::quietly(&mut install, failed)
}

fn cargo_install(package: &str, version: &str, root: &Path, level: u8) -> Command {
    let mut install = command("cargo");
    install.args(["install", package, "--version", version, "--locked", "--root"]).arg(root);
    // The tools run for seconds and are built once: compile them quickly.
    install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level.to_string());
    install.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "64");
    for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "CARGO_BUILD_TARGET_DIR"] {
        install.env_remove(name);
    }
    install
}

/// An empty folder beside the final place, so that the last move is one rename.
pub fn fresh_folder(cache: &Path, name: &str) -> Outcome<PathBuf> {
    let folder = cache.join(format!(".{name}-{}", std::process::id()));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
    }
    fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
    Ok(folder)
}

/// Puts a finished folder in its place: whole or not at all, whatever was there before.
pub fn publish(from: &Path, to: &Path) -> Outcome<()> {
    if to.exists() {
        fs::remove_dir_all(to).map_err(|error| Failure::file(to, &error))?;
    }
    fs::rename(from, to).map_err(|error| Failure::file(to, &error))
}

/// Whether `trunk 0.21.14` is that version, exactly.
fn says_version(text: &str, version: &str) -> bool {
    text.split_whitespace().any(|word| word == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_version_fits() {
        assert!(says_version("trunk 0.21.14", "0.21.14"));
        assert!(says_version("wasm-bindgen 0.2.126 (abcdef)", "0.2.126"));
        assert!(!says_version("trunk 0.21.140", "0.21.14"));
        assert!(!says_version("trunk 0.21.14-beta.1", "0.21.14"));
        assert!(!says_version("", "0.21.14"));
    }

    #[test]
    fn publishing_replaces_half_an_installation() {
        let base = std::env::temp_dir().join(format!("faultline-setup-{}", std::process::id()));
        let (from, to) = (base.join("from"), base.join("to"));
        fs::create_dir_all(&to).unwrap();
        fs::write(to.join("half"), "").unwrap();
        fs::create_dir_all(&from).unwrap();
        fs::write(from.join("whole"), "").unwrap();
        publish(&from, &to).unwrap();
        assert!(to.join("whole").exists() && !to.join("half").exists() && !from.exists());
        fs::remove_dir_all(base).unwrap();
    }

    #[test]
    fn no_lock_file_names_the_host_it_was_made_from() {
        let root = places::root();
        for name in
            ["xtask/npm/package-lock.json", "xtask/npm-examples/package-lock.json", "tests/web/package-lock.json"]
        {
            let text = fs::read_to_string(root.join(name)).unwrap();
            assert!(!text.contains("\"resolved\""), "{name}: remove the `resolved` lines");
            assert!(text.contains("\"integrity\""), "{name}: the hashes are gone");
        }
    }
}
