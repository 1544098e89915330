//! What frames say to each other, contract v1: a closed set of messages, each an object with `faultline: 1`.
//!
//! What comes in is text of unknown origin. It is read as JSON, measured, and becomes a [`Command`] or a [`Refusal`]; nothing of it
//! goes into markup, and no address in it is opened: of a link only the run in its fragment is read.

use super::params::{Colours, SPEED, language, shown};
use crate::scenes::link;
use crate::scenes::scene::Lang;
use serde::Serialize;
use serde_json::Value;

/// Longest message, in bytes of JSON, its link not counted.
pub const LONGEST: usize = 8 << 10;
/// Longest link, in characters, without the address before its `#`.
pub const LONGEST_LINK: usize = link::LONGEST;
/// Longest address before it.
pub const LONGEST_ADDRESS: usize = 2 << 10;
/// Longest `id` and `nonce`, in characters.
pub const LONGEST_ID: usize = 64;
/// Most steps that one message takes.
pub const MOST_STEPS: u64 = 1_000;
/// What may be sought.
pub const LAST_STEP: u64 = super::params::MOST_STEPS;

/// The fields that are read; all others are passed over.
pub const FIELDS: [&str; 9] = ["type", "id", "nonce", "n", "step", "link", "theme", "lang", "speed"];

/// Each type that is understood, with what it carries.
pub const COMMANDS: [(&str, &str); 14] = [
    ("hello", "nonce?"),
    ("play", ""),
    ("pause", ""),
    ("step", "n?"),
    ("back", "n?"),
    ("seek", "step"),
    ("reset", ""),
    ("getState", ""),
    ("setState", "link"),
    ("exportSvg", ""),
    ("setTheme", "theme"),
    ("setLang", "lang"),
    ("setSpeed", "speed"),
    ("focus", ""),
];

/// Each type that is sent, with what it carries.
pub const EVENTS: [(&str, &str); 12] = [
    ("ready", "version, sim, steps, capabilities, nonce?"),
    ("play", ""),
    ("pause", ""),
    ("step", "step, total, label"),
    ("event", "kind, property?"),
    ("ended", ""),
    ("error", "code, message"),
    ("resize", "height, width"),
    ("interaction", ""),
    ("focusout", "dir"),
    ("reply", "id, ok: true, value"),
    ("reply", "id, ok: false, error"),
];

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    Hello { nonce: Option<String> },
    Play,
    Pause,
    Step(u32),
    Back(u32),
    Seek(u32),
    Reset,
    GetState,
    SetState(String),
    ExportSvg,
    SetTheme(Colours),
    SetLang(Lang),
    SetSpeed(u32),
    Focus,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// What the answer has to carry; without it there is none.
    pub id: Option<String>,
    pub command: Command,
}

/// Why nothing was done, as the host is told: a word for programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    UnknownType,
    BadValue,
    BadLink,
    TooBig,
    /// This build cannot do it.
    Unsupported,
    /// There is no run yet.
    NoRun,
    /// An error of the address: a parameter whose value was not taken.
    BadParameter,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Somebody else's: not answered.
    NotOurs,
    Error {
        id: Option<String>,
        code: Code,
        message: String,
    },
}

/// Reads a message.
///
/// # Errors
/// See [`Refusal`].
pub fn read(text: &str) -> Result<Message, Refusal> {
    // A link may be written with escapes, six bytes a character at most; more cannot be one of ours.
    if text.len() > LONGEST + 6 * (LONGEST_LINK + LONGEST_ADDRESS) {
        return Err(too_big(None));
    }
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return Err(Refusal::NotOurs) };
    if fields.get("faultline").and_then(Value::as_u64) != Some(1) {
        return Err(Refusal::NotOurs);
    }
    let id = match fields.get("id") {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) if id.chars().count() <= LONGEST_ID => Some(id.clone()),
        Some(_) => return Err(bad(None, "id", "a string of at most 64 characters")),
    };
    let whole: usize = fields.iter().map(|(key, value)| key.len() + value.as_str().map_or(8, str::len)).sum();
    let link = fields.get("link").and_then(Value::as_str).map_or(0, str::len);
    if whole - link > LONGEST {
        return Err(too_big(id));
    }
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let number = |key: &str, usual: Option<u64>, low: u64, high: u64| {
        let given = match fields.get(key) {
            None | Some(Value::Null) => usual,
            Some(value) => whole_number(value),
        };
        let fits = given.filter(|number| (low..=high).contains(number));
        fits.map(|number| number as u32)
            .ok_or_else(|| bad(id.clone(), key, &format!("a whole number from {low} to {high}")))
    };
    let command = match text("type").unwrap_or_default() {
        "hello" => Command::Hello { nonce: text("nonce").map(|nonce| nonce.chars().take(LONGEST_ID).collect()) },
        "play" => Command::Play,
        "pause" => Command::Pause,
        "step" => Command::Step(number("n", Some(1), 1, MOST_STEPS)?),
        "back" => Command::Back(number("n", Some(1), 1, MOST_STEPS)?),
        "seek" => Command::Seek(number("step", None, 0, LAST_STEP)?),
        "reset" => Command::Reset,
        "getState" => Command::GetState,
        "setState" => Command::SetState(link_of(text("link"), &id)?),
        "exportSvg" => Command::ExportSvg,
        "setTheme" => {
            let colours = text("theme").and_then(Colours::named);
            Command::SetTheme(colours.ok_or_else(|| bad(id.clone(), "theme", "auto, light, dark or projector"))?)
        }
        "setLang" => {
            let lang = text("lang").and_then(language);
            Command::SetLang(lang.ok_or_else(|| bad(id.clone(), "lang", "a tag that begins with en or zh"))?)
        }
        "setSpeed" => Command::SetSpeed(number("speed", None, SPEED.0, SPEED.1)?),
        "focus" => Command::Focus,
        other => {
            let message = format!("There is no message of the type “{}”.", shown(other));
            return Err(Refusal::Error { id, code: Code::UnknownType, message });
        }
    };
    Ok(Message { id, command })
}

/// JavaScript has one kind of number: 3 may come as 3.0.
fn whole_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().filter(|n| n.fract() == 0.0 && (0.0..1e15).contains(n)).map(|n| n as u64))
}

/// The fragment of a link, if a run can be read from it.
fn link_of(text: Option<&str>, id: &Option<String>) -> Result<String, Refusal> {
    let text = text.ok_or_else(|| bad(id.clone(), "link", "a link as getState gives it"))?;
    let fragment = text.rsplit('#').next().unwrap_or_default();
    if fragment.len() > LONGEST_LINK || text.len() - fragment.len() > LONGEST_ADDRESS {
        return Err(too_big(id.clone()));
    }
    match link::decode(fragment) {
        Ok(_) => Ok(fragment.to_owned()),
        Err(_) => Err(Refusal::Error {
            id: id.clone(),
            code: Code::BadLink,
            message: "That link is cut off, of a newer version, or not one of ours.".to_owned(),
        }),
    }
}

fn bad(id: Option<String>, field: &str, wanted: &str) -> Refusal {
    Refusal::Error { id, code: Code::BadValue, message: format!("`{field}` has to be {wanted}.") }
}

/// A message that is longer than any of ours.
pub fn too_big(id: Option<String>) -> Refusal {
    let message = format!("A message has at most {LONGEST} bytes, and a link {LONGEST_LINK} characters.");
    Refusal::Error { id, code: Code::TooBig, message }
}

/// The present moment, as `getState` answers.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct State {
    pub sim: String,
    pub recipe: String,
    /// A string: it may be larger than a double holds.
    pub seed: String,
    pub step: u32,
    /// Steps known so far; while a question is open it is the present one.
    pub total: u32,
    /// Virtual milliseconds.
    pub time: f64,
    pub playing: bool,
    /// Milliseconds of the system per second on the screen.
    pub speed: u32,
    /// The run as a fragment, `#1.…`, for `setState`; empty where it is too long for one.
    pub link: String,
    /// The full page at this moment.
    pub url: String,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    Nothing(()),
    State(State),
    Text(String),
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Failed {
    pub code: Code,
    pub message: String,
}

/// What is told to the host.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Out {
    Ready {
        version: &'static str,
        sim: String,
        steps: u32,
        capabilities: Vec<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
    },
    Play,
    Pause,
    Step {
        step: u32,
        total: u32,
        label: String,
    },
    Event {
        /// `broken`, `halt` or `question`.
        kind: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        property: Option<String>,
    },
    Ended,
    Error {
        code: Code,
        message: String,
    },
    Resize {
        height: u32,
        width: u32,
    },
    Interaction,
    Focusout {
        dir: &'static str,
    },
    Reply {
        id: String,
        ok: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<Answer>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Failed>,
    },
}

impl Out {
    /// As JSON, with the mark that says whose it is.
    pub fn text(&self) -> String {
        #[derive(Serialize)]
        struct Envelope<'a> {
            faultline: u32,
            #[serde(flatten)]
            what: &'a Out,
        }
        serde_json::to_string(&Envelope { faultline: super::CONTRACT, what: self }).unwrap_or_default()
    }
}

/// What a frame of a course management system says to be given its height: Embedly's dialect, as text.
pub fn embedly(address: &str, height: u32) -> String {
    serde_json::json!({ "src": address, "context": "iframe.resize", "height": height }).to_string()
}

/// The same in Canvas' dialect, as JSON of an object.
pub fn canvas(height: u32) -> String {
    serde_json::json!({ "subject": "lti.frameResize", "height": height }).to_string()
}
