//! Where things lie on this machine.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The project's folder: the one that cargo runs us for, which need not be the one that we were compiled in when
/// several clones share a target folder.
pub fn root() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&xtask).parent().expect("xtask lies in the project").to_path_buf()
}

/// Cargo's own folder.
pub fn cargo_home() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    home.or_else(|| env::home_dir().map(|path| path.join(".cargo")))
}

/// Where cargo puts programs that it installs.
pub fn cargo_bin() -> Option<PathBuf> {
    cargo_home().map(|home| home.join("bin"))
}

/// The folder in which Trunk looks for the tools that it calls, one folder a version.
pub fn trunk_cache() -> Option<PathBuf> {
    let base = user_cache(env::consts::OS, &|name| env::var_os(name), env::home_dir())?;
    Some(match env::consts::OS {
        "macos" => base.join("dev.trunkrs.trunk"),
        "windows" => base.join("trunkrs").join("trunk").join("cache"),
        _ => base.join("trunk"),
    })
}

/// Our own folder for what is kept between clones.
pub fn own_cache() -> Option<PathBuf> {
    user_cache(env::consts::OS, &|name| env::var_os(name), env::home_dir()).map(|base| base.join("faultline"))
}

/// The folder for caches of this person; a relative XDG_CACHE_HOME is ignored, as its specification asks.
fn user_cache(os: &str, var: &dyn Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    match os {
        "macos" => home.map(|home| home.join("Library").join("Caches")),
        "windows" => var("LOCALAPPDATA").map(PathBuf::from),
        _ => var("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| home.map(|home| home.join(".cache"))),
    }
}

/// The first program called `name` in the folders of `path`.
pub fn find_in(path: &OsString, name: &str) -> Option<PathBuf> {
    env::split_paths(path)
        .flat_map(|folder| {
            let plain = folder.join(name);
            let exe = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
            let cmd = folder.join(format!("{name}.cmd"));
            if cfg!(windows) { vec![exe, cmd] } else { vec![plain] }
        })
        .find(|file| is_program(file))
}

#[cfg(unix)]
pub fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub fn is_program(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_follows_the_custom_of_each_system() {
        let home = || Some(PathBuf::from("/people/ada"));
        let none = |_: &str| None;
        let xdg = |name: &str| (name == "XDG_CACHE_HOME").then(|| OsString::from("/scratch"));
        let relative = |name: &str| (name == "XDG_CACHE_HOME").then(|| OsString::from("scratch"));
        assert_eq!(user_cache("linux", &none, home()), Some("/people/ada/.cache".into()));
        assert_eq!(user_cache("linux", &xdg, home()), Some("/scratch".into()));
        assert_eq!(user_cache("linux", &relative, home()), Some("/people/ada/.cache".into()));
        assert_eq!(user_cache("macos", &xdg, home()), Some("/people/ada/Library/Caches".into()));
        assert_eq!(user_cache("linux", &none, None), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_a_file_that_may_be_run_is_a_program() {
        use std::os::unix::fs::PermissionsExt;
        let folder = env::temp_dir().join(format!("faultline-places-{}", std::process::id()));
        let (first, second) = (folder.join("a"), folder.join("b"));
        for place in [&first, &second] {
            std::fs::create_dir_all(place).unwrap();
            std::fs::write(place.join("tool"), "").unwrap();
        }
        std::fs::set_permissions(second.join("tool"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = env::join_paths([&first, &second]).unwrap();
        assert_eq!(find_in(&path, "tool"), Some(second.join("tool")));
        assert_eq!(find_in(&path, "other"), None);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
