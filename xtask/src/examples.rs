//! `cargo xtask examples`: the pages of `examples/`, each built with its tool into `artifacts/examples/NAME/`.
//!
//! A tool that cannot be had leaves its example out, with a line that says why. An example that does not build is an error.

use crate::places;
use crate::process::{self, command};
use crate::say::{self, Failure, Outcome};
use crate::setup;
use crate::versions::{MDBOOK, REVEAL, VITEPRESS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Where a tool is; or why it is not.
type Tool = Outcome<PathBuf>;

struct Example {
    name: &'static str,
    tool: fn() -> Tool,
    /// Builds the example's folder with the tool into a folder that is there and empty.
    build: fn(&Path, &Path, &Path) -> Outcome<()>,
}

const EXAMPLES: [Example; 6] = [
    Example { name: "plain", tool: || Ok(PathBuf::new()), build: plain },
    Example { name: "mdbook", tool: mdbook, build: build_mdbook },
    Example { name: "vitepress", tool: npm, build: build_vitepress },
    Example { name: "reveal", tool: npm, build: build_reveal },
    Example { name: "jupyter", tool: python, build: build_jupyter },
    Example { name: "mkdocs", tool: python, build: build_mkdocs },
];

/// Where the built pages are. In it `skipped.txt` names what is missing, a line `NAME: why` each.
pub fn folder() -> PathBuf {
    places::root().join("artifacts").join("examples")
}

/// Installs what builds them, or says why not.
pub fn tools() {
    for example in &EXAMPLES {
        if let Err(failure) = (example.tool)() {
            say::remark(&format!("examples/{} cannot be built: {} {}", example.name, failure.what, failure.mend));
        }
    }
}

/// Builds all examples whose tool is here or can be installed.
pub fn build() -> Outcome<()> {
    let out = folder();
    empty(&out)?;
    let mut skipped = String::new();
    for example in &EXAMPLES {
        let tool = match (example.tool)() {
            Ok(tool) => tool,
            Err(failure) => {
                say::remark(&format!("examples/{} is not built: {} {}", example.name, failure.what, failure.mend));
                skipped += &format!("{}: {}\n", example.name, failure.what.replace('\n', " "));
                continue;
            }
        };
        let started = Instant::now();
        let into = out.join(example.name);
        empty(&into)?;
        (example.build)(&tool, &places::root().join("examples").join(example.name), &into)?;
        say::remark(&format!("examples/{} built in {}", example.name, say::duration(started.elapsed())));
    }
    let file = out.join("skipped.txt");
    fs::write(&file, skipped).map_err(|error| Failure::file(&file, &error))
}

fn plain(_: &Path, from: &Path, into: &Path) -> Outcome<()> {
    copy(from, into)
}

fn mdbook() -> Tool {
    let on_path = process::find("mdbook").filter(|file| {
        // `mdbook v0.5.4`
        let wanted = format!("v{MDBOOK}");
        process::answer(command(file.as_os_str()).arg("--version"))
            .is_some_and(|text| text.split(' ').any(|word| word == wanted))
    });
    match on_path {
        Some(file) => Ok(file),
        None => {
            let folder = setup::own_cache()?.join(format!("mdbook-{MDBOOK}"));
            setup::built(&folder, "mdbook", "mdbook", MDBOOK, "half a minute to 3 minutes", &["--no-default-features"])
        }
    }
}

fn build_mdbook(tool: &Path, from: &Path, into: &Path) -> Outcome<()> {
    let mut mdbook = command(tool);
    mdbook.arg("build").arg(from).arg("--dest-dir").arg(into);
    process::silently(&mut mdbook, "examples/mdbook does not build")
}

/// VitePress and reveal.js, in a folder of our own.
fn npm() -> Tool {
    let cache = setup::own_cache()?;
    let folder = cache.join(format!("npm-vitepress-{VITEPRESS}-reveal-{REVEAL}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    setup::check_node()?;
    say::step(&format!("Fetching VitePress and reveal.js from npm into {} (110 MB, once)", folder.display()));
    let work = setup::fresh_folder(&cache, "npm-examples")?;
    let files = [
        ("package.json", include_str!("../npm-examples/package.json")),
        ("package-lock.json", include_str!("../npm-examples/package-lock.json")),
    ];
    for (name, text) in files {
        let file = work.join(name);
        fs::write(&file, text).map_err(|error| Failure::file(&file, &error))?;
    }
    setup::npm_install(&work, "VitePress and reveal.js could not be fetched")?;
    setup::publish(&work, &folder)?;
    Ok(folder)
}

/// VitePress finds itself in a folder above the pages, so they are built in one below its own.
fn build_vitepress(tool: &Path, from: &Path, into: &Path) -> Outcome<()> {
    let work = setup::fresh_folder(tool, "pages")?;
    copy(from, &work)?;
    let mut node = command("node");
    node.current_dir(&work).arg(tool.join("node_modules/vitepress/bin/vitepress.js"));
    node.arg("build").arg("--outDir").arg(into).env_remove("VITE_FAULTLINE");
    let built = process::silently(&mut node, "examples/vitepress does not build");
    fs::remove_dir_all(&work).map_err(|error| Failure::file(&work, &error))?;
    built
}

fn build_reveal(tool: &Path, from: &Path, into: &Path) -> Outcome<()> {
    copy(from, into)?;
    let dist = Path::new("node_modules").join("reveal.js").join("dist");
    copy(&tool.join(&dist), &into.join(&dist))
}

/// The Python that has MkDocs and nbconvert, in a folder of our own.
fn python() -> Tool {
    let wanted = include_str!("../python/requirements.txt");
    let folder = setup::own_cache()?.join("python-examples");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let stamp = folder.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let base = process::find("python3").or_else(|| process::find("python")).ok_or_else(|| {
        Failure::new("Python is missing.", "Install Python 3.11 or newer, with venv: https://www.python.org")
    })?;
    say::step(&format!("Installing MkDocs and nbconvert into {} (20 seconds, 100 MB, once)", folder.display()));
    let mut venv = command(base);
    venv.args(["-m", "venv", "--clear"]).arg(&folder);
    let mend = |failure: Failure| Failure::new(failure.what, "Debian and Ubuntu: apt-get install python3-venv");
    process::silently(&mut venv, "python3 -m venv failed").map_err(mend)?;
    let list = folder.join("requirements.txt");
    fs::write(&list, wanted).map_err(|error| Failure::file(&list, &error))?;
    let mut pip = command(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r"]).arg(&list);
    process::quietly(&mut pip, "pip could not install MkDocs and nbconvert")?;
    fs::write(&stamp, wanted).map_err(|error| Failure::file(&stamp, &error))?;
    Ok(python)
}

fn build_jupyter(tool: &Path, from: &Path, into: &Path) -> Outcome<()> {
    let mut nbconvert = module(tool, "nbconvert");
    nbconvert.args(["--to", "html", "--execute", "--output", "index", "--output-dir"]).arg(into);
    // What it would fetch from other hosts.
    for script in ["mathjax_url", "require_js_url", "jquery_url"] {
        nbconvert.arg(format!("--HTMLExporter.{script}="));
    }
    nbconvert.arg(from.join("four-become-five.ipynb")).env_remove("FAULTLINE");
    // Jupyter keeps what it writes besides with the tool, not with the person.
    let own = tool.ancestors().nth(2).unwrap_or(tool);
    for name in ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"] {
        nbconvert.env(name, own.join("home"));
    }
    process::silently(&mut nbconvert, "examples/jupyter does not build")
}

fn build_mkdocs(tool: &Path, from: &Path, into: &Path) -> Outcome<()> {
    let mut mkdocs = module(tool, "mkdocs");
    mkdocs
        .args(["build", "--quiet", "--strict", "--config-file"])
        .arg(from.join("mkdocs.yml"))
        .arg("--site-dir")
        .arg(into);
    process::silently(&mut mkdocs, "examples/mkdocs does not build")
}

fn module(python: &Path, name: &str) -> Command {
    let mut command = command(python);
    command.args(["-m", name]).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn empty(folder: &Path) -> Outcome<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    }
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))
}

/// Copies a folder, but for what its own tool has left in it.
fn copy(from: &Path, to: &Path) -> Outcome<()> {
    fs::create_dir_all(to).map_err(|error| Failure::file(to, &error))?;
    let entries = fs::read_dir(from).map_err(|error| Failure::file(from, &error))?;
    for entry in entries {
        let path = entry.map_err(|error| Failure::file(from, &error))?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_file() {
            fs::copy(&path, to.join(name)).map_err(|error| Failure::file(&path, &error))?;
        } else if !["node_modules", "dist", "cache", "book", "site"].iter().any(|left| name == *left) {
            copy(&path, &to.join(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> String {
        fs::read_to_string(places::root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    #[test]
    fn the_examples_want_the_versions_that_build_them() {
        let pinned = read("xtask/python/requirements.txt");
        for name in ["examples/jupyter/requirements.txt", "examples/mkdocs/requirements.txt"] {
            for line in read(name).lines() {
                assert!(pinned.lines().any(|pin| pin == line), "{name}: {line} is not what builds it");
            }
        }
        let lock = read("xtask/npm-examples/package-lock.json");
        for (package, version, file) in
            [("vitepress", VITEPRESS, "examples/vitepress"), ("reveal.js", REVEAL, "examples/reveal")]
        {
            let line = format!("\"{package}\": \"{version}\"");
            for name in ["xtask/npm-examples/package.json", &format!("{file}/package.json")] {
                assert!(read(name).contains(&line), "{name}: {line}");
            }
            assert!(lock.contains(&format!("\"node_modules/{package}\": {{\n      \"version\": \"{version}\"")));
        }
    }

    #[test]
    fn each_example_has_its_few_commands_and_one_place_for_the_address() {
        for name in EXAMPLES.iter().map(|example| example.name).chain(["quarto"]) {
            let text = read(&format!("examples/{name}/README.md"));
            assert!(text.contains("\n    ") && text.contains("/faultline/"), "examples/{name}/README.md");
        }
    }

    #[test]
    fn what_a_tool_has_left_is_not_copied() {
        let base = std::env::temp_dir().join(format!("faultline-examples-{}", std::process::id()));
        let (from, to) = (base.join("from"), base.join("to"));
        for folder in ["zh", "node_modules", ".vitepress/dist", ".vitepress/theme"] {
            fs::create_dir_all(from.join(folder)).unwrap();
            fs::write(from.join(folder).join("file"), "").unwrap();
        }
        copy(&from, &to).unwrap();
        assert!(to.join("zh/file").exists() && to.join(".vitepress/theme/file").exists());
        assert!(!to.join("node_modules").exists() && !to.join(".vitepress/dist").exists());
        fs::remove_dir_all(base).unwrap();
    }
}
