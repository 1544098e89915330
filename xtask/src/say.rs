//! How the commands speak: what is being done, how long it takes, what failed and how to mend it.

use std::io::IsTerminal;
use std::time::Duration;

/// Something could not be done. Both sentences are for the person at the keyboard.
#[derive(Debug)]
pub struct Failure {
    pub what: String,
    pub mend: String,
}

pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), mend: mend.into() }
    }

    /// A file or folder that could not be read or written.
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(
            format!("{}: {error}", path.display()),
            "Look at the rights of that folder and the space on its disk.",
        )
    }
}

fn paint(code: &str, text: &str) -> String {
    if std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// Opens a part of a long command.
pub fn heading(text: &str) {
    eprintln!("\n{}", paint("1", &format!("== {text}")));
}

/// One step that is about to be done.
pub fn step(text: &str) {
    eprintln!("{} {text}", paint("36", "->"));
}

/// Something worth knowing that stops nothing.
pub fn remark(text: &str) {
    eprintln!("   {text}");
}

pub fn failure(failure: &Failure) {
    eprintln!("\n{} {}", paint("1;31", "failed:"), failure.what);
    for line in failure.mend.lines() {
        eprintln!("   {line}");
    }
}

/// `0.4 s`, `12 s`, `3 min 5 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..120 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_read_well() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1000), "1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(duration(Duration::from_millis(420)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(75)), "75 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 min 5 s");
    }
}
