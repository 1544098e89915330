//! Options of a scene: what a link, the command line and the left panel may set, with their bounds.

use super::scene::{Control, ControlKind, Lang};
use super::text::{say, word};

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct OptionDef {
    pub key: &'static str,
    pub kind: OptionKind,
    /// The group of the left panel; empty: links and the command line only.
    pub group: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub enum OptionKind {
    Number {
        default: i64,
        min: i64,
        max: i64,
        step: i64,
        unit: &'static str,
    },
    Toggle {
        default: bool,
    },
    /// The first is the default.
    Choice {
        of: &'static [&'static str],
    },
    /// Several lines, none by default; so many bytes at most.
    Text {
        most: usize,
    },
}

/// Shorthand for a number.
pub const fn number(
    key: &'static str,
    group: &'static str,
    [default, min, max, step]: [i64; 4],
    unit: &'static str,
) -> OptionDef {
    OptionDef { key, group, kind: OptionKind::Number { default, min, max, step, unit } }
}

pub const fn toggle(key: &'static str, group: &'static str, default: bool) -> OptionDef {
    OptionDef { key, group, kind: OptionKind::Toggle { default } }
}

pub const fn choice(key: &'static str, group: &'static str, of: &'static [&'static str]) -> OptionDef {
    OptionDef { key, group, kind: OptionKind::Choice { of } }
}

pub const fn text(key: &'static str, group: &'static str, most: usize) -> OptionDef {
    OptionDef { key, group, kind: OptionKind::Text { most } }
}

/// What every scene has: the faults of the background at the start, and what moves by itself.
pub const COMMON: &[OptionDef] = &[
    number("latency-min", "", [20, 0, 60_000, 1], "ms"),
    number("latency-max", "", [80, 0, 60_000, 1], "ms"),
    number("loss", "", [0, 0, 1000, 1], "‰"),
    number("disk", "", [8, 0, 60_000, 1], "ms"),
    choice("pace", "", &["flowing", "ticks", "free"]),
    number("tick", "", [1000, 1, 60_000, 1], "ms"),
];

/// Values of all options of a scene.
#[derive(Clone, Debug)]
pub struct Options {
    values: Vec<(OptionDef, String)>,
}

impl OptionDef {
    /// Its value where none is given.
    pub fn initial(&self) -> String {
        match self.kind {
            OptionKind::Number { default, .. } => default.to_string(),
            OptionKind::Toggle { default } => if default { "on" } else { "off" }.to_owned(),
            OptionKind::Choice { of } => of.first().copied().unwrap_or_default().to_owned(),
            OptionKind::Text { .. } => String::new(),
        }
    }

    /// Default and range: `3 (2–5)`.
    pub fn describe(&self) -> String {
        let default = self.initial();
        match self.kind {
            OptionKind::Number { min, max, unit, .. } => format!("{default} ({min}–{max}{unit})"),
            OptionKind::Toggle { .. } => format!("{default} (on, off)"),
            OptionKind::Choice { of } => format!("{default} ({})", of.join(", ")),
            OptionKind::Text { most } => format!("(text, 0–{most} B)"),
        }
    }

    /// # Errors
    /// A sentence that says what values do.
    pub(super) fn check(&self, value: &str, lang: Lang) -> Result<(), String> {
        let fits = match self.kind {
            OptionKind::Number { min, max, .. } => value.parse().is_ok_and(|n: i64| n >= min && n <= max),
            OptionKind::Toggle { .. } => value == "on" || value == "off",
            OptionKind::Choice { of } => of.contains(&value),
            OptionKind::Text { most } => value.len() <= most,
        };
        if fits {
            return Ok(());
        }
        let range = match self.kind {
            OptionKind::Number { min, max, .. } => format!("{min}–{max}"),
            OptionKind::Toggle { .. } => "on, off".to_owned(),
            OptionKind::Choice { of } => of.join(", "),
            OptionKind::Text { most } => format!("0–{most} B"),
        };
        let shown: String = value.chars().take(40).collect();
        Err(say(
            lang,
            "common.bad-value",
            &[("key", self.key.into()), ("value", shown.into()), ("range", range.into())],
        ))
    }
}

impl Options {
    /// Defaults, overridden by what is given.
    ///
    /// # Errors
    /// A sentence about the first unknown key or bad value.
    pub fn read(defs: &[&[OptionDef]], given: &[(String, String)], lang: Lang) -> Result<Options, String> {
        let defs: Vec<OptionDef> = defs.iter().flat_map(|list| list.iter().copied()).collect();
        let mut values: Vec<_> = defs.iter().map(|def| (*def, def.initial())).collect();
        for (key, value) in given {
            let Some(slot) = values.iter_mut().find(|(def, _)| def.key == key) else {
                let known: Vec<_> = defs.iter().map(|def| def.key).collect();
                let shown: String = key.chars().take(40).collect();
                let args = [("key", shown.into()), ("known", known.join(", ").into())];
                return Err(say(lang, "common.unknown-option", &args));
            };
            slot.0.check(value, lang)?;
            slot.1.clone_from(value);
        }
        Ok(Options { values })
    }

    /// All of them, defaults as well.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values.iter().map(|(def, value)| (def.key, value.as_str()))
    }

    pub fn text(&self, key: &str) -> &str {
        self.values.iter().find(|(def, _)| def.key == key).map_or("", |(_, value)| value)
    }

    pub fn number(&self, key: &str) -> i64 {
        self.text(key).parse().unwrap_or(0)
    }

    pub fn is_on(&self, key: &str) -> bool {
        self.text(key) == "on"
    }

    /// The controls of the left panel, in order. Words are found at `SCENE.option-KEY` and `…-help`.
    pub fn controls(&self, scene: &str, lang: Lang) -> Vec<Control> {
        let shown = self.values.iter().filter(|(def, _)| !def.group.is_empty());
        shown
            .map(|(def, value)| Control {
                key: def.key.to_owned(),
                group: word(lang, &format!("common.group-{}", def.group)),
                words: word(lang, &format!("{scene}.option-{}", def.key)),
                help: word(lang, &format!("{scene}.option-{}-help", def.key)),
                live: false,
                kind: match def.kind {
                    OptionKind::Number { min, max, step, unit, .. } => {
                        let value = value.parse().unwrap_or(min);
                        ControlKind::Range { value, min, max, step, unit: unit.to_owned() }
                    }
                    OptionKind::Toggle { .. } => ControlKind::Toggle { on: value == "on" },
                    OptionKind::Text { most } => ControlKind::Lines { value: value.clone(), most },
                    OptionKind::Choice { of } => ControlKind::Choice {
                        value: value.clone(),
                        of: of
                            .iter()
                            .map(|v| ((*v).to_owned(), word(lang, &format!("{scene}.choice-{}-{v}", def.key))))
                            .collect(),
                    },
                },
            })
            .collect()
    }
}
