//! How nodes and keys are written in command lines.

use crate::core::placement::list::KEYS;

/// Whether a node's name can be written as it is: one plain word that is not the directory's.
pub fn is_plain(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    plain && name.len() > 1 && name != "directory"
}

/// A key as one word of a command: blanks and what marks them are written as in addresses.
pub fn in_one_word(key: &str) -> String {
    key.replace('%', "%25").replace(' ', "%20")
}

/// The key that these words of a command mean; `None` if there is none or it is too long.
pub fn key(words: &str) -> Option<String> {
    let name = words.replace("%20", " ").replace("%25", "%");
    let fits = !name.trim().is_empty() && name.len() <= KEYS.bytes && !name.chars().any(char::is_control);
    fits.then_some(name)
}
