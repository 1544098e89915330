//! `cargo xtask zip`: the site as one file that can be handed on.
//!
//! The same site gives the same bytes: names in order, one time for all, no owner. Whoever builds it again can compare.

use crate::places;
use crate::say::{self, Failure, Outcome};
use crate::site;
use std::fs;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// What stands beside the site, by its name in the zip and in the project.
const BESIDE: [(&str, &str); 9] = [
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("CITATION.cff", "CITATION.cff"),
    ("accessibility.md", "docs/accessibility.md"),
    ("privacy.md", "docs/privacy.md"),
    ("hosting/README.md", "examples/hosting/README.md"),
    ("hosting/_headers", "examples/hosting/_headers"),
    ("hosting/htaccess", "examples/hosting/.htaccess"),
    ("hosting/nginx.conf", "examples/hosting/nginx.conf"),
];

/// The first time that a zip can name.
const TIME: DateTime = DateTime::DEFAULT;

/// Builds the site, unless one is given, and packs it into the project's folder.
pub fn run(built: Option<&str>) -> Outcome<()> {
    let dist = built.map_or_else(site::folder, PathBuf::from);
    if built.is_none() {
        site::whole()?;
    } else if !dist.join("index.html").is_file() {
        return Err(Failure::new(format!("{} holds no built site.", dist.display()), "cargo xtask dist"));
    }
    let file = pack(&dist, &places::root())?;
    let bytes = fs::metadata(&file).map_err(|error| Failure::file(&file, &error))?.len();
    say::remark(&format!("{}: {} bytes", file.display(), say::thousands(bytes)));
    Ok(())
}

/// Packs the site `dist` into `faultline-VERSION.zip` in the folder `into`.
pub fn pack(dist: &Path, into: &Path) -> Outcome<PathBuf> {
    let version = version()?;
    let mut files =
        vec![("README.txt".to_owned(), readme(&version, dist.join("faultline.html").exists()).into_bytes())];
    for (name, from) in BESIDE {
        files.push((name.to_owned(), read(&places::root().join(from))?));
    }
    for name in names_below(dist, "")? {
        files.push((name.clone(), read(&dist.join(name))?));
    }
    let top = format!("faultline-{version}");
    let file = into.join(format!("{top}.zip"));
    fs::create_dir_all(into).map_err(|error| Failure::file(into, &error))?;
    let bytes = packed(&top, files).map_err(|error| Failure::file(&file, &error))?;
    fs::write(&file, bytes).map_err(|error| Failure::file(&file, &error))?;
    Ok(file)
}

/// A zip of these files below one folder.
fn packed(top: &str, mut files: Vec<(String, Vec<u8>)>) -> io::Result<Vec<u8>> {
    files.sort();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(TIME)
        .system(System::Unix)
        .unix_permissions(0o644);
    for (name, bytes) in files {
        zip.start_file(format!("{top}/{name}"), options)?;
        zip.write_all(&bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// The package's version, which is also the page's.
fn version() -> Outcome<String> {
    let text = read(&places::root().join("Cargo.toml"))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("version = \""));
    line.and_then(|rest| rest.split('"').next())
        .map(str::to_owned)
        .ok_or_else(|| Failure::new("Cargo.toml names no version.", "Give the package a line version = \"…\"."))
}

/// The sentences about the page in one file are there when that file is.
fn readme(version: &str, single: bool) -> String {
    let text = include_str!("zip.readme.txt").replace("VERSION", version);
    let paragraphs = text.split("\n\n").filter(|paragraph| single || !paragraph.contains("faultline.html"));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

fn read(file: &Path) -> Outcome<Vec<u8>> {
    fs::read(file).map_err(|error| Failure::file(file, &error))
}

/// The files below a folder, by their path in it with `/`.
fn names_below(folder: &Path, before: &str) -> Outcome<Vec<String>> {
    let fail = |error: io::Error| Failure::file(folder, &error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{before}{name}");
        if path.is_dir() {
            names.extend(names_below(&path, &format!("{name}/"))?);
        } else {
            names.push(name);
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_give_the_same_bytes_whenever_and_in_whatever_order_they_were_written() {
        let base = std::env::temp_dir().join(format!("faultline-zip-{}", std::process::id()));
        let site = |name: &str, seconds: u64, order: &[&str]| {
            let dist = base.join(name).join("dist");
            fs::create_dir_all(dist.join("v1")).unwrap();
            for file in order {
                fs::write(dist.join(file), file.repeat(3000)).unwrap();
                let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
                fs::File::options().append(true).open(dist.join(file)).unwrap().set_modified(time).unwrap();
            }
            dist
        };
        let first = site("a", 1_000_000_000, &["index.html", "page-1f.js", "v1/embed.js"]);
        let second = site("b", 1_500_000_000, &["v1/embed.js", "page-1f.js", "index.html"]);
        let zips = [first, second].map(|dist| fs::read(pack(&dist, &base).unwrap()).unwrap());
        assert!(zips[0] == zips[1], "two packings differ");
        let names: Vec<String> = {
            let mut archive = zip::ZipArchive::new(Cursor::new(zips[0].clone())).unwrap();
            (0..archive.len()).map(|n| archive.by_index(n).unwrap().name().to_owned()).collect()
        };
        let top = format!("faultline-{}/", version().unwrap());
        assert!(names.contains(&format!("{top}v1/embed.js")) && names.contains(&format!("{top}README.txt")));
        assert!(names.is_sorted() && names.iter().all(|name| name.starts_with(&top)), "{names:?}");
        fs::remove_dir_all(base).unwrap();
    }

    #[test]
    fn the_readme_speaks_of_the_single_file_where_there_is_one() {
        let (with, without) = (readme("0.1.0", true), readme("0.1.0", false));
        assert!(with.contains("faultline.html") && !without.contains("faultline.html"));
        assert!(without.contains("0.1.0") && !without.contains("VERSION"));
    }
}
