//! The browser and the npm packages that the browser tests need.

use crate::apt::Apt;
use crate::places;
use crate::process::{self, command};
use crate::say::{self, Failure, Outcome};
use crate::servers;
use crate::setup;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Names of Chromium and its kin on PATH, best first.
const NAMES: [&str; 7] =
    [SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];

/// Chromium without windows and menus. Debian's Chromium opens those for each page even where nobody sees them, which takes
/// longer than loading the page.
const SHELL: &str = "chromium-headless-shell";

/// Where they lie when they are not on PATH.
const PLACES: [&str; 4] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

const BY_HAND: &str = "Install Chromium or Chrome, or name one: FAULTLINE_BROWSER=/path/to/chrome cargo xtask test";

pub fn find_or_install() -> Outcome<PathBuf> {
    if let Some(named) = env::var_os("FAULTLINE_BROWSER") {
        let file = PathBuf::from(named);
        return if places::is_program(&file) {
            Ok(file)
        } else {
            Err(Failure::new(format!("FAULTLINE_BROWSER={} is no program.", file.display()), BY_HAND))
        };
    }
    let found = find();
    let installed = match &found {
        Some(file) if file.ends_with(SHELL) => return Ok(file.clone()),
        // Another one does, if slower: this one is fetched where nobody need be asked.
        Some(_) => servers::unasked().map_or(Ok(()), |apt| install(&apt)),
        None => install_with_apt(),
    };
    match (find(), installed) {
        (Some(file), Ok(())) => Ok(file),
        (Some(file), Err(failure)) => {
            say::remark(&format!("{} The tests take longer in {}.", failure.what, file.display()));
            Ok(file)
        }
        (None, installed) => installed.and(Err(Failure::new("No Chromium or Chrome was found.", BY_HAND))),
    }
}

fn find() -> Option<PathBuf> {
    let on_path = NAMES.iter().find_map(|name| process::find(name));
    on_path.or_else(|| PLACES.iter().map(PathBuf::from).find(|file| places::is_program(file)))
}

fn install_with_apt() -> Outcome<()> {
    let missing = || Failure::new("The browser tests need Chromium or Chrome, and none was found.", BY_HAND);
    process::find("apt-get").ok_or_else(missing)?;
    let apt = Apt::find().ok_or_else(|| {
        Failure::new(
            "The browser tests need Chromium or Chrome, and this account may not install it.",
            format!("sudo apt-get install {SHELL}\n{BY_HAND}"),
        )
    })?;
    install(&apt)
}

/// The one without windows, or where there is no package of it (it is a young one) the whole.
fn install(apt: &Apt) -> Outcome<()> {
    say::step("Installing Debian's Chromium without windows for the browser tests (half a minute, 70 MB)");
    apt.install(SHELL).or_else(|failure| if find().is_some() { Err(failure) } else { apt.install("chromium") })?;
    hint_at_fonts();
    Ok(())
}

/// Screenshots of Chinese text show empty boxes without a font for it. The tests pass all the same.
fn hint_at_fonts() {
    let fonts = process::answer(command("fc-list").arg(":lang=zh"));
    if cfg!(target_os = "linux") && fonts.is_none_or(|list| list.is_empty()) {
        say::remark(
            "For Chinese in the screenshots install a font, for example: apt-get install fonts-noto-cjk fonts-inter",
        );
    }
}

/// The other two engines, by the variable that the tests look for. Nothing fails without them: a line says what is not tried.
pub fn others() -> Vec<(&'static str, PathBuf)> {
    let firefox = other(
        "FAULTLINE_FIREFOX",
        &["firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"],
        "firefox-esr",
        "Debian's firefox-esr (half a minute, 90 MB)",
    );
    let webkit = other(
        "FAULTLINE_WEBKIT",
        &["WebKitWebDriver"],
        "webkit2gtk-driver",
        "WebKitWebDriver with WebKitGTK (a minute, 120 MB)",
    );
    // WebKitGTK draws on a screen: here on one that nobody sees.
    let screen =
        webkit.as_ref().and_then(|_| other("FAULTLINE_XVFB", &["Xvfb"], "xvfb", "Xvfb for WebKitGTK (a few seconds)"));
    let webkit = webkit.filter(|_| screen.is_some());
    [("FAULTLINE_FIREFOX", firefox), ("FAULTLINE_WEBKIT", webkit), ("FAULTLINE_XVFB", screen)]
        .into_iter()
        .filter_map(|(name, file)| Some((name, file?)))
        .collect()
}

fn other(variable: &str, names: &[&str], package: &str, what: &str) -> Option<PathBuf> {
    if let Some(named) = env::var_os(variable) {
        return Some(PathBuf::from(named));
    }
    let look = || {
        names.iter().find_map(|name| {
            process::find(name).or_else(|| Some(PathBuf::from(name)).filter(|file| places::is_program(file)))
        })
    };
    let by_hand = format!("Debian and Ubuntu: apt-get install {package}; or {variable}=/path/to/it");
    look().or_else(|| {
        let Some(apt) = servers::unasked() else {
            say::remark(&format!("no {}, so the tests are not run in that engine. {by_hand}", names[0]));
            return None;
        };
        say::step(&format!("Installing {what}"));
        if let Err(failure) = apt.install(package) {
            say::remark(&format!("{} The tests are not run in that engine. {by_hand}", failure.what));
        }
        look()
    })
}

/// Playwright, axe-core and the WebSocket that Firefox is spoken to by, in tests/web/node_modules.
pub fn packages() -> Outcome<()> {
    let folder = places::root().join("tests").join("web");
    packages_of(&folder, "playwright-core, axe-core and ws for the browser tests (a few seconds, 12 MB, once a clone)")
}

/// The npm packages that a folder's lock names, in its node_modules; npm's own cache serves a second clone.
pub fn packages_of(folder: &Path, what: &str) -> Outcome<()> {
    setup::check_node()?;
    let lock = read(&folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules").join(".faultline-installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say::step(&format!("Fetching {what}"));
    setup::npm_install(folder, "The packages could not be fetched")?;
    fs::write(&stamp, lock).map_err(|error| Failure::file(&stamp, &error))
}

fn read(file: &Path) -> Outcome<String> {
    fs::read_to_string(file).map_err(|error| Failure::file(file, &error))
}
