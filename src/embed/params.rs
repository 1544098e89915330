//! The query of the page's address, contract v1.
//!
//! [`PARAMS`] is the only list of parameters: the parser, the table in docs/embed.md, docs/embed-v1.json (which the element's
//! attributes are held against) and the page's decision to fetch the part `frame` come from it. What is added carries the
//! version of the contract that has it first; nothing is taken away.

use crate::scenes::SCENES;
use crate::scenes::scene::Lang;

/// What a parameter's value may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// True by being there.
    Flag,
    /// `true`, `false`, `1`, `0`; true without a value.
    Switch,
    /// One of these words.
    One(&'static [&'static str]),
    /// Several of these words, with commas between; or `none`.
    Some(&'static [&'static str]),
    /// A name: letters, digits and hyphens, at most [`LONGEST_NAME`].
    Name,
    /// Several names, at most [`MOST_NAMES`].
    Names,
    /// A name, or a name and a number: `late/1`.
    Take,
    /// A whole number from the first to the second.
    Number(u64, u64),
    /// A whole number of seconds, at most this, or `off`.
    Seconds(u64),
    /// A tag of BCP 47 that begins with `en` or `zh`.
    Language,
    /// `step:N`, N at most this, or `none`.
    Poster(u64),
    /// `https://host` or `http://host`, with or without a port.
    Origin,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Param {
    pub name: &'static str,
    /// Another name for it; empty if there is none.
    pub alias: &'static str,
    pub kind: Kind,
    /// As it would be written; empty where nothing is the default.
    pub default: &'static str,
    /// The version of the contract that had it first.
    pub since: u32,
    /// Whether the element has an attribute of this name.
    pub attribute: bool,
}

pub const LONGEST_NAME: usize = 40;
pub const MOST_NAMES: usize = 16;
/// Longest value that is looked at, in bytes after decoding.
pub const LONGEST_VALUE: usize = 400;
/// More steps are not gone to: a page must open at once.
pub const MOST_STEPS: u64 = 100_000;
/// Milliseconds of the system per second on the screen.
pub const SPEED: (u64, u64) = (1, 20_000);
pub const THEMES: [&str; 4] = ["auto", "light", "dark", "projector"];
pub const PANELS: [&str; 5] = ["controls", "inspector", "properties", "events", "diagram"];

const fn param(name: &'static str, kind: Kind, default: &'static str) -> Param {
    Param { name, alias: "", kind, default, since: 1, attribute: true }
}

pub static PARAMS: [Param; 27] = [
    Param { attribute: false, ..param("v", Kind::Number(1, 1), "1") },
    param("sim", Kind::One(&SCENES), "lock"),
    param("recipe", Kind::Name, ""),
    param("mistakes", Kind::Names, ""),
    param("scenario", Kind::Take, ""),
    param("lesson", Kind::Name, ""),
    param("seed", Kind::Number(0, u64::MAX), "7"),
    Param { alias: "start-at", ..param("step", Kind::Number(0, MOST_STEPS), "") },
    param("autoplay", Kind::Switch, "false"),
    param("speed", Kind::Number(SPEED.0, SPEED.1), "200"),
    param("loop", Kind::Switch, "false"),
    param("stop-after", Kind::Seconds(3_600), "off"),
    param("controls", Kind::One(&["full", "minimal", "none"]), "full"),
    param("panels", Kind::Some(&PANELS), "diagram"),
    param("readonly", Kind::Switch, "false"),
    param("fit", Kind::One(&["width", "both", "none"]), "both"),
    param("autosize", Kind::Switch, "false"),
    param("theme", Kind::One(&THEMES), "auto"),
    param("lang", Kind::Language, ""),
    param("motion", Kind::One(&["auto", "reduce"]), "auto"),
    param("narrate", Kind::One(&["off", "brief", "full"]), "brief"),
    param("keys", Kind::Switch, "true"),
    param("allowlinks", Kind::Switch, "true"),
    param("poster", Kind::Poster(MOST_STEPS), "none"),
    param("load", Kind::One(&["eager", "visible", "click"]), "visible"),
    Param { attribute: false, ..param("origin", Kind::Origin, "") },
    Param { attribute: false, ..param("embed", Kind::Flag, "false") },
];

/// All names and aliases with a space before and after each: what the first load of the page looks for.
pub const KEYS: &str = " v sim recipe mistakes scenario lesson seed step start-at autoplay speed loop stop-after controls panels \
     readonly fit autosize theme lang motion narrate keys allowlinks poster load origin embed ";

/// Whether a query has a key of the contract.
pub fn any(query: &str) -> bool {
    let key = |pair: &str| pair.split('=').next().is_some_and(|key| KEYS.contains(&[" ", key, " "].concat()));
    query.trim_start_matches('?').split('&').any(key)
}

/// Whether a query has this key.
pub fn has(query: &str, key: &str) -> bool {
    query.trim_start_matches('?').split('&').any(|pair| pair.split('=').next() == Some(key))
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Controls {
    #[default]
    Full,
    Minimal,
    None,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fit {
    /// The width that is there, and the height that it takes.
    Width,
    /// Everything inside the frame's box.
    #[default]
    Both,
    /// One size, whatever the frame's.
    None,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Colours {
    #[default]
    Auto,
    Light,
    Dark,
    /// White ground, stronger strokes, larger words.
    Projector,
}

impl Colours {
    /// By the names in [`THEMES`].
    pub fn named(name: &str) -> Option<Colours> {
        let all = [Colours::Auto, Colours::Light, Colours::Dark, Colours::Projector];
        THEMES.iter().zip(all).find(|(known, _)| **known == name).map(|(_, colours)| colours)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Narrate {
    Off,
    #[default]
    Brief,
    Full,
}

/// Whose messages are heard.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Origin {
    #[default]
    Any,
    Only(String),
    /// What was asked for cannot be an origin. A guard that was misspelt must not let everybody in.
    Nobody,
}

/// What the address asks for. `None` where it says nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Params {
    pub sim: Option<&'static str>,
    pub recipe: Option<String>,
    pub mistakes: Vec<String>,
    /// The name of an opening or story, and which of its runs.
    pub scenario: Option<(String, usize)>,
    pub lesson: Option<String>,
    pub seed: Option<u64>,
    /// So many events before the moment.
    pub step: Option<u32>,
    pub autoplay: bool,
    /// Milliseconds of the system per second on the screen.
    pub speed: Option<u32>,
    pub looped: bool,
    /// Seconds of play that started by itself.
    pub stop_after: Option<u32>,
    pub controls: Controls,
    pub panels: Option<Vec<&'static str>>,
    pub readonly: bool,
    pub fit: Option<Fit>,
    pub autosize: bool,
    pub theme: Option<Colours>,
    pub lang: Option<Lang>,
    pub still: bool,
    pub narrate: Narrate,
    pub no_keys: bool,
    pub no_links: bool,
    /// The step that is shown until play begins.
    pub poster: Option<u32>,
    pub origin: Origin,
    pub embed: bool,
}

impl Params {
    /// Whether a run is asked for, rather than the way it is shown.
    pub fn names_a_run(&self) -> bool {
        let named = [&self.recipe, &self.lesson].into_iter().any(Option::is_some);
        named
            || self.sim.is_some()
            || self.scenario.is_some()
            || !self.mistakes.is_empty()
            || self.seed.is_some()
            || self.step.is_some()
            || self.poster.is_some()
    }
}

/// A value that was not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    pub name: &'static str,
    /// What was given, cut to forty characters and without what cannot be seen.
    pub given: String,
    /// What holds instead, as it would be written; empty: nothing.
    pub taken: &'static str,
}

impl Complaint {
    pub fn new(name: &'static str, given: &str) -> Complaint {
        let taken = PARAMS.iter().find(|param| param.name == name).map_or("", |param| param.default);
        Complaint { name, given: shown(given), taken }
    }
}

/// Text of unknown origin as it may be shown.
pub fn shown(text: &str) -> String {
    // Marks of direction would turn the sentence around them.
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut out: String = text.chars().take(40).map(|c| if hidden(c) { '·' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        out.push('…');
    }
    out
}

/// Decodes `%xx` and `+`. What is no such code stays as it is; bytes that are no UTF-8 become U+FFFD.
pub fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |n: usize| bytes.get(at + n).and_then(|byte| (*byte as char).to_digit(16));
        let (byte, wide) = match bytes[at] {
            b'%' => match (digit(1), digit(2)) {
                (Some(high), Some(low)) => ((high * 16 + low) as u8, 3),
                _ => (b'%', 1),
            },
            b'+' => (b' ', 1),
            byte => (byte, 1),
        };
        out.push(byte);
        at += wide;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Reads a query, with or without its `?`. Of a key that stands there twice the first counts; keys of others are passed over,
/// and so is a key without a value where it needs one.
pub fn read(query: &str) -> (Params, Vec<Complaint>) {
    let mut params = Params::default();
    let mut complaints = Vec::new();
    let mut seen = Vec::new();
    for pair in query.trim_start_matches('?').split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let known = PARAMS.iter().find(|param| !key.is_empty() && (param.name == key || param.alias == key));
        let Some(param) = known.filter(|param| !seen.contains(&param.name)) else { continue };
        seen.push(param.name);
        // What is cut here is longer than any value, decoded or not.
        let value =
            if value.len() > 3 * LONGEST_VALUE { value.get(..3 * LONGEST_VALUE).unwrap_or("…") } else { value };
        let text = decoded(value);
        if text.is_empty() && !matches!(param.kind, Kind::Flag | Kind::Switch) {
            continue;
        }
        let read = if text.len() > LONGEST_VALUE { None } else { value_of(param.kind, &text) };
        match read {
            Some(value) => put(&mut params, param.name, value),
            None => {
                match param.name {
                    "origin" => params.origin = Origin::Nobody,
                    "embed" => params.embed = true,
                    _ => {}
                }
                complaints.push(Complaint::new(param.name, &text));
            }
        }
    }
    (params, complaints)
}

/// A value that its kind allows.
enum Value {
    Truth(bool),
    Word(&'static str),
    Words(Vec<&'static str>),
    Name(String),
    Names(Vec<String>),
    Take(String, usize),
    Number(u64),
    Nothing,
    Language(Lang),
}

fn number(text: &str, low: u64, high: u64) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && (low..=high).contains(number))
}

fn name(text: &str) -> Option<String> {
    let letters = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (letters && !text.is_empty() && text.len() <= LONGEST_NAME).then(|| text.to_owned())
}

/// A language by the first part of its tag.
pub fn language(tag: &str) -> Option<Lang> {
    let plain = tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && tag.len() <= LONGEST_NAME;
    match tag.split('-').next().filter(|_| plain)?.to_ascii_lowercase().as_str() {
        "en" => Some(Lang::En),
        "zh" => Some(Lang::Zh),
        _ => None,
    }
}

/// An origin as browsers write it: no path, no name and password, lower case, no port that its scheme has anyway.
fn origin(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let (scheme, usual) = [("https://", ":443"), ("http://", ":80")].into_iter().find(|(s, _)| lower.starts_with(s))?;
    let host = lower.strip_prefix(scheme)?;
    let host = host.strip_suffix('/').unwrap_or(host);
    let host = host.strip_suffix(usual).unwrap_or(host);
    let (bare, port) = match host.rsplit_once(':') {
        Some((bare, port)) if !port.contains(']') => (bare, Some(port)),
        _ => (host, None),
    };
    let letters = match bare.strip_prefix('[').and_then(|v6| v6.strip_suffix(']')) {
        Some(v6) => v6.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.'),
        None => bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
    };
    let fits = !bare.is_empty() && bare.len() <= 253 && letters;
    let port = port.is_none_or(|port| number(port, 1, 65_535).is_some());
    (fits && port).then(|| format!("{scheme}{host}"))
}

fn value_of(kind: Kind, text: &str) -> Option<Value> {
    let word =
        |of: &'static [&'static str], text: &str| of.iter().find(|known| known.eq_ignore_ascii_case(text)).copied();
    Some(match kind {
        Kind::Flag | Kind::Switch => match text.to_ascii_lowercase().as_str() {
            "" | "true" | "1" => Value::Truth(true),
            "false" | "0" if kind == Kind::Switch => Value::Truth(false),
            _ => return None,
        },
        Kind::One(of) => Value::Word(word(of, text)?),
        Kind::Some(of) => {
            let all = if text.eq_ignore_ascii_case("none") { "" } else { text };
            let words = all.split(',').filter(|part| !part.is_empty()).map(|part| word(of, part));
            Value::Words(words.collect::<Option<_>>()?)
        }
        Kind::Name => Value::Name(name(text)?),
        Kind::Names => {
            let names: Option<Vec<String>> = text.split(',').filter(|part| !part.is_empty()).map(name).collect();
            Value::Names(names.filter(|names| names.len() <= MOST_NAMES)?)
        }
        Kind::Take => {
            let (about, take) = text.split_once('/').unwrap_or((text, "0"));
            Value::Take(name(about)?, number(take, 0, 999)? as usize)
        }
        Kind::Number(low, high) => Value::Number(number(text, low, high)?),
        Kind::Seconds(_) if text.eq_ignore_ascii_case("off") => Value::Nothing,
        Kind::Seconds(most) => Value::Number(number(text, 1, most)?),
        Kind::Language => Value::Language(language(text)?),
        Kind::Poster(_) if text.eq_ignore_ascii_case("none") => Value::Nothing,
        Kind::Poster(most) => Value::Number(number(text.strip_prefix("step:")?, 0, most)?),
        Kind::Origin => Value::Name(origin(text)?),
    })
}

fn put(params: &mut Params, name: &str, value: Value) {
    match (name, value) {
        ("sim", Value::Word(sim)) => params.sim = Some(sim),
        ("recipe", Value::Name(recipe)) => params.recipe = Some(recipe),
        ("mistakes", Value::Names(mistakes)) => params.mistakes = mistakes,
        ("scenario", Value::Take(about, take)) => params.scenario = Some((about, take)),
        ("lesson", Value::Name(lesson)) => params.lesson = Some(lesson),
        ("seed", Value::Number(seed)) => params.seed = Some(seed),
        ("step", Value::Number(step)) => params.step = Some(step as u32),
        ("autoplay", Value::Truth(on)) => params.autoplay = on,
        ("speed", Value::Number(speed)) => params.speed = Some(speed as u32),
        ("loop", Value::Truth(on)) => params.looped = on,
        ("stop-after", Value::Number(seconds)) => params.stop_after = Some(seconds as u32),
        ("controls", Value::Word(word)) => {
            params.controls = match word {
                "minimal" => Controls::Minimal,
                "none" => Controls::None,
                _ => Controls::Full,
            }
        }
        ("panels", Value::Words(panels)) => params.panels = Some(panels),
        ("readonly", Value::Truth(on)) => params.readonly = on,
        ("fit", Value::Word(word)) => {
            params.fit = Some(match word {
                "width" => Fit::Width,
                "none" => Fit::None,
                _ => Fit::Both,
            })
        }
        ("autosize", Value::Truth(on)) => params.autosize = on,
        ("theme", Value::Word(word)) => params.theme = Colours::named(word),
        ("lang", Value::Language(lang)) => params.lang = Some(lang),
        ("motion", Value::Word(word)) => params.still = word == "reduce",
        ("narrate", Value::Word(word)) => {
            params.narrate = match word {
                "off" => Narrate::Off,
                "full" => Narrate::Full,
                _ => Narrate::Brief,
            }
        }
        ("keys", Value::Truth(on)) => params.no_keys = !on,
        ("allowlinks", Value::Truth(on)) => params.no_links = !on,
        ("poster", Value::Number(step)) => params.poster = Some(step as u32),
        ("origin", Value::Name(origin)) => params.origin = Origin::Only(origin),
        ("embed", Value::Truth(on)) => params.embed = on,
        // `v` has one value, `load` is the element's, and `off` and `none` are what holds anyway.
        _ => {}
    }
}

/// The address without the keys of the contract: the way to the same run in the full page. Keys of others stay, and so does the
/// language. The page in frames, `embed.html`, becomes the full one beside it.
pub fn full_page(address: &str) -> String {
    let address = address.split('#').next().unwrap_or_default();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let stays = |pair: &&str| {
        let key = pair.split('=').next().unwrap_or_default();
        let ours = KEYS.contains(&[" ", key, " "].concat()) || matches!(key, "practise" | "student");
        !pair.is_empty() && (key == "lang" || !ours)
    };
    let query: Vec<&str> = query.split('&').filter(stays).collect();
    let path = match path.strip_suffix("/embed.html") {
        Some(folder) => format!("{folder}/index.html"),
        None => path.to_owned(),
    };
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

/// What a parameter does, for the docs.
pub fn says(name: &str) -> &'static str {
    match name {
        "v" => "version of this contract",
        "sim" => "the scene",
        "recipe" => "how its system is built",
        "mistakes" => "what is built wrongly in it",
        "scenario" => "a question or story of the scene, and which of its runs",
        "lesson" => "a lesson",
        "seed" => "what all draws follow from",
        "step" => "the moment: so many events before it; also `start-at`",
        "autoplay" => "play when the frame comes into sight",
        "speed" => "milliseconds of the system per second on the screen",
        "loop" => "play again at the end",
        "stop-after" => "seconds after which play that began by itself pauses",
        "controls" => "how much there is to press",
        "panels" => "what stands around the stage",
        "readonly" => "the run can be watched, not changed",
        "fit" => "how the page fills its frame",
        "autosize" => "tell the page around how high it is",
        "theme" => "colours",
        "lang" => "language, by the first part of the tag",
        "motion" => "`reduce`: nothing glides",
        "narrate" => "what a screen reader hears while the run moves",
        "keys" => "keys act while the focus is inside",
        "allowlinks" => "links lead out of the frame",
        "poster" => "the moment that is shown until play begins",
        "load" => "when the element makes its frame",
        "origin" => "the only page that may talk to the frame",
        "embed" => "`index.html` as a frame",
        _ => "",
    }
}

/// The values that a kind allows, in words for the docs.
pub fn values(kind: Kind) -> String {
    match kind {
        Kind::Flag => "the bare key".to_owned(),
        Kind::Switch => "boolean".to_owned(),
        Kind::One(of) => of.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Kind::Some(of) => {
            format!("list of {}; or `none`", of.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "))
        }
        Kind::Name => "name".to_owned(),
        Kind::Names => format!("list of names, {MOST_NAMES} at most"),
        Kind::Take => "`NAME` or `NAME/TAKE`".to_owned(),
        Kind::Number(1, 1) => "`1`".to_owned(),
        Kind::Number(low, high) => format!("{low} to {high}"),
        Kind::Seconds(most) => format!("1 to {most}, or `off`"),
        Kind::Language => "`en…`, `zh…` (BCP 47)".to_owned(),
        Kind::Poster(most) => format!("`step:N`, N to {most}, or `none`"),
        Kind::Origin => "`https://host` or `http://host:port`".to_owned(),
    }
}
