//! What is pinned, and how a version is read from what a tool prints.

/// The oldest Rust that compiles the page; the same as `rust-version` in Cargo.toml.
pub const RUST_OLDEST: Version = Version(1, 88, 0);
pub const NODE_OLDEST: Version = Version(20, 0, 0);
pub const TRUNK: &str = "0.21.14";
/// Must equal the version of the `wasm-bindgen` crate in Cargo.lock.
pub const WASM_BINDGEN: &str = "0.2.126";
/// Cuts the linked page into parts; goes with the crate `wasm_split_helpers`.
pub const WASM_SPLIT: &str = "0.2.4";
/// Has wasm-opt in it.
pub const BINARYEN: &str = "132.0.0";
pub const ESBUILD: &str = "0.28.2";
/// What builds the examples; `xtask/npm-examples` and `xtask/python` pin all that these stand on.
pub const MDBOOK: &str = "0.5.4";
pub const VITEPRESS: &str = "1.6.4";
pub const REVEAL: &str = "6.0.2";
/// Writes the types of the element and checks it.
pub const TYPESCRIPT: &str = "5.9.3";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Version(pub u32, pub u32, pub u32);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The first word of `text` that looks like a version: `rustc 1.95.0 (…)`, `v20.20.2`, `trunk 0.21.14`.
pub fn find(text: &str) -> Option<Version> {
    text.split_whitespace().find_map(|word| {
        let word = word.strip_prefix('v').unwrap_or(word);
        let core = word.split(['-', '+']).next()?;
        let mut parts = core.split('.').map(|part| part.parse().ok());
        Some(Version(parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_print() {
        assert_eq!(find("rustc 1.95.0 (59807616e 2026-04-14)"), Some(Version(1, 95, 0)));
        assert_eq!(find("rustc 1.97.0-nightly (abc 2026-05-01)"), Some(Version(1, 97, 0)));
        assert_eq!(find("v20.20.2\n"), Some(Version(20, 20, 2)));
        assert_eq!(find("trunk 0.21.14"), Some(Version(0, 21, 14)));
        assert_eq!(find("wasm-opt version 132 (version_132)"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn older_is_less() {
        assert!(Version(1, 87, 9) < RUST_OLDEST);
        assert!(Version(2, 0, 0) > RUST_OLDEST);
    }

    #[test]
    fn the_pins_agree_with_the_files_that_repeat_them() {
        let root = crate::places::root();
        let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
        let trunk = read("Trunk.toml");
        assert!(trunk.contains(&format!("trunk-version = \"{TRUNK}\"")));
        assert!(trunk.contains(&format!("wasm_bindgen = \"{WASM_BINDGEN}\"")));
        let cargo = read("Cargo.toml");
        assert!(cargo.contains(&format!("version = \"={WASM_BINDGEN}\"")));
        assert!(cargo.contains(&format!("rust-version = \"{}.{}\"", RUST_OLDEST.0, RUST_OLDEST.1)));
        let lock = read("Cargo.lock");
        assert!(lock.contains(&format!("name = \"wasm-bindgen\"\nversion = \"{WASM_BINDGEN}\"")));
        let npm = read("xtask/npm/package.json");
        assert!(npm.contains(&format!("\"binaryen\": \"{BINARYEN}\"")));
        assert!(npm.contains(&format!("\"esbuild\": \"{ESBUILD}\"")));
        assert!(npm.contains(&format!("\"typescript\": \"{TYPESCRIPT}\"")));
        let npm = read("xtask/npm/package-lock.json");
        for (package, version) in [("binaryen", BINARYEN), ("esbuild", ESBUILD), ("typescript", TYPESCRIPT)] {
            assert!(npm.contains(&format!("\"node_modules/{package}\": {{\n      \"version\": \"{version}\"")));
        }
        // The tool and the crate find each other by names in the module; both are 0.2 while those names are the same.
        let series = WASM_SPLIT.rsplit_once('.').unwrap().0;
        assert!(lock.contains(&format!("name = \"wasm_split_helpers\"\nversion = \"{series}.")));
        assert!(cargo.contains(&format!("wasm_split_helpers = {{ version = \"{series}.")));
    }
}
