//! A run as the fragment of an address (`#1.…`) and as a text file.
//!
//! A link is version, dot, and the base64url of: postcard of the run, then four bytes of its hash. A file has one line an
//! item and may be written by hand.

use super::run::{Command, RunSpec};
use crate::core::hash;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest fragment that is written or read, in characters.
pub const LONGEST: usize = 8_192;
/// Longest file that is read, in bytes.
pub const LONGEST_FILE: usize = 4 << 20;
const VERSION: &str = "1";

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkError {
    /// Too long for a link: save a file instead.
    TooLong,
    /// Not one of ours, or cut off.
    Malformed,
    /// Written by a newer version.
    Newer,
}

/// # Errors
/// `TooLong` if the run does not fit.
pub fn encode(spec: &RunSpec) -> Result<String, LinkError> {
    let text = encode_any(spec)?;
    if text.len() > LONGEST { Err(LinkError::TooLong) } else { Ok(text) }
}

/// As [`encode`], of any length: for what no address has to hold.
pub(super) fn encode_any(spec: &RunSpec) -> Result<String, LinkError> {
    pack_any(VERSION, spec)
}

fn pack_any<T: Serialize>(version: &str, what: &T) -> Result<String, LinkError> {
    let mut bytes = postcard::to_allocvec(what).map_err(|_| LinkError::Malformed)?;
    bytes.extend_from_slice(&check_bytes(&bytes));
    Ok(format!("{version}.{}", to_base64(&bytes)))
}

/// Anything else that a link carries, under a version of its own.
pub(super) fn pack<T: Serialize>(version: &str, what: &T) -> Result<String, LinkError> {
    let text = pack_any(version, what)?;
    if text.len() > LONGEST { Err(LinkError::TooLong) } else { Ok(text) }
}

/// Reads a fragment with or without `#`, or a whole address.
///
/// # Errors
/// See [`LinkError`].
pub fn decode(text: &str) -> Result<RunSpec, LinkError> {
    unpack(VERSION, text)
}

pub(super) fn unpack<T: DeserializeOwned>(version: &str, text: &str) -> Result<T, LinkError> {
    let fragment = text.trim().rsplit('#').next().unwrap_or_default();
    if fragment.len() > LONGEST { Err(LinkError::TooLong) } else { unpack_any(version, fragment) }
}

/// As [`decode`], of a fragment of any length.
pub(super) fn decode_any(fragment: &str) -> Result<RunSpec, LinkError> {
    unpack_any(VERSION, fragment)
}

fn unpack_any<T: DeserializeOwned>(wanted: &str, fragment: &str) -> Result<T, LinkError> {
    let (version, data) = fragment.split_once('.').ok_or(LinkError::Malformed)?;
    if version != wanted {
        // Kinds of links have a letter, or none, before their number.
        let kind = wanted.trim_end_matches(|c: char| c.is_ascii_digit());
        let newer = version.strip_prefix(kind).and_then(|v| v.parse::<u32>().ok()).is_some_and(|v| v > 1);
        return Err(if newer { LinkError::Newer } else { LinkError::Malformed });
    }
    let bytes = from_base64(data).ok_or(LinkError::Malformed)?;
    let (body, check) = bytes.split_at_checked(bytes.len().saturating_sub(4)).ok_or(LinkError::Malformed)?;
    if check != check_bytes(body) {
        return Err(LinkError::Malformed);
    }
    postcard::from_bytes(body).map_err(|_| LinkError::Malformed)
}

fn check_bytes(bytes: &[u8]) -> [u8; 4] {
    (hash::narrow(bytes) as u32).to_le_bytes()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(ALPHABET[(word >> (18 - 6 * place)) as usize & 63] as char);
        }
    }
    text
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        let mut word = 0_u32;
        for (place, symbol) in chunk.iter().enumerate() {
            let value = ALPHABET.iter().position(|a| a == symbol)?;
            word |= (value as u32) << (18 - 6 * place);
        }
        let count = chunk.len().checked_sub(1).filter(|count| *count > 0)?;
        bytes.extend_from_slice(&word.to_be_bytes()[1..=count]);
    }
    Some(bytes)
}

/// The run as a text file, one line an item: what Save writes.
pub fn to_file(spec: &RunSpec) -> String {
    let mut lines = vec![format!("faultline {VERSION}"), format!("scene {}", spec.scene)];
    lines.push(format!("recipe {}", spec.recipe));
    lines.extend(spec.mistakes.iter().map(|m| format!("mistake {m}")));
    lines.extend(spec.options.iter().map(|(key, value)| format!("option {key} {}", on_one_line(value))));
    lines.push(format!("seed {}", spec.seed));
    if !spec.opening.is_empty() {
        lines.push(format!("opening {}", spec.opening));
    }
    lines.extend(spec.commands.iter().map(|c| format!("@{}+{} {}", c.time, c.nth, c.line)));
    lines.push(format!("at {} {}", spec.at, spec.events));
    if spec.hash != 0 {
        lines.push(format!("hash {:032x}", spec.hash));
    }
    lines.join("\n") + "\n"
}

/// A value may be a list with line ends and tabs.
pub(super) fn on_one_line(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}

fn from_one_line(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.chars() {
        match (escaped, c) {
            (false, '\\') => {
                escaped = true;
                continue;
            }
            (true, 'n') => value.push('\n'),
            (true, 'r') => value.push('\r'),
            (true, 't') => value.push('\t'),
            (_, c) => value.push(c),
        }
        escaped = false;
    }
    value
}

/// # Errors
/// The number of the line, from 1, and the line itself; line 0 for a file that is too large.
pub fn from_file(text: &str) -> Result<RunSpec, (usize, String)> {
    if text.len() > LONGEST_FILE {
        return Err((0, String::new()));
    }
    let mut spec = RunSpec::default();
    let mut headed = false;
    for (n, raw) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = raw.trim();
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        let wrong = || (n + 1, line.chars().take(80).collect::<String>());
        if !headed {
            headed = line == format!("faultline {VERSION}");
            if headed {
                continue;
            }
            return Err(wrong());
        }
        read_line(&mut spec, line).ok_or_else(wrong)?;
    }
    if headed && !spec.scene.is_empty() { Ok(spec) } else { Err((1, String::new())) }
}

/// One line of a saved run.
pub(super) fn read_line(spec: &mut RunSpec, line: &str) -> Option<()> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "scene" => spec.scene = rest.to_owned(),
        "recipe" => spec.recipe = rest.to_owned(),
        "mistake" => spec.mistakes.push(rest.to_owned()),
        "option" => {
            let (key, value) = rest.split_once(' ').unwrap_or((rest, ""));
            spec.options.push((key.to_owned(), from_one_line(value)));
        }
        "seed" => spec.seed = rest.parse().ok()?,
        "opening" => spec.opening = rest.to_owned(),
        "at" => {
            let (time, events) = rest.split_once(' ')?;
            (spec.at, spec.events) = (time.parse().ok()?, events.parse().ok()?);
        }
        "hash" => spec.hash = u128::from_str_radix(rest, 16).ok()?,
        place => {
            let (time, nth) = place.strip_prefix('@')?.split_once('+').unwrap_or((&place[1..], "0"));
            let (time, nth) = (time.parse().ok()?, nth.parse().ok()?);
            spec.commands.push(Command { time, nth, line: rest.to_owned() });
        }
    }
    Some(())
}
