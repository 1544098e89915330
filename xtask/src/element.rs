//! `<faultline-sim>`: from its TypeScript in `npm/` the script that pages load and its types, and the package of both.

use crate::parts::{MINIFY, read, write};
use crate::places;
use crate::process;
use crate::say::{self, Failure, Outcome};
use crate::setup;
use std::fs;
use std::path::Path;

/// The folder of the site whose files keep their names and their meaning: contract v1.
pub const FOLDER: &str = "v1";
const SCRIPT: &str = "embed.js";
const TYPES: &str = "embed.d.ts";

/// Checks the source and writes script and types into `to`.
pub fn make(to: &Path) -> Outcome<()> {
    let cutters = setup::for_cutting()?;
    let source = places::root().join("npm");
    fs::create_dir_all(to).map_err(|error| Failure::file(to, &error))?;
    let work = process::target_folder()?.join("element").join(std::process::id().to_string());
    fs::create_dir_all(&work).map_err(|error| Failure::file(&work, &error))?;
    let mut tsc = cutters.tsc();
    tsc.arg("--project").arg(source.join("tsconfig.json")).arg("--declarationDir").arg(&work);
    process::silently(&mut tsc, "The element's TypeScript has errors")?;
    write(&to.join(TYPES), read(&work.join(TYPES))?.as_bytes())?;
    fs::remove_dir_all(&work).map_err(|error| Failure::file(&work, &error))?;
    let mut bundle = cutters.esbuild();
    bundle.arg(source.join("embed.ts")).args(["--bundle", "--format=esm", "--log-level=warning"]).args(MINIFY);
    bundle.arg(format!("--outfile={}", to.join(SCRIPT).display()));
    process::silently(&mut bundle, "esbuild failed on the element")
}

/// The package, ready for `npm pack`.
pub fn package() -> Outcome<()> {
    let root = places::root();
    let to = root.join("artifacts").join("npm");
    make(&to)?;
    let files = [("npm", "package.json"), ("npm", "README.md"), ("", "LICENSE-MIT"), ("", "LICENSE-APACHE")];
    for (folder, name) in files {
        write(&to.join(name), read(&root.join(folder).join(name))?.as_bytes())?;
    }
    say::remark(&format!("{} is the package: npm pack {0}", to.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_has_the_projects_version_and_names_what_is_made() {
        let package = read(&places::root().join("npm").join("package.json")).unwrap();
        let cargo = read(&places::root().join("Cargo.toml")).unwrap();
        let version = cargo.lines().find(|line| line.starts_with("version = ")).unwrap().replace("version = ", "");
        assert!(package.contains(&format!("\"version\": {version}")), "npm/package.json is not of version {version}");
        for name in [SCRIPT, TYPES] {
            assert!(package.contains(&format!("\"{name}\"")) && package.contains(&format!("\"./{name}\"")), "{name}");
        }
    }
}
