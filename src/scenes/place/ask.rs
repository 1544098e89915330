//! How to place, as options of a command line.

use super::forms::Form;
use super::{PlaceError, Remark};
use crate::core::placement::mistake::Mistake;
use crate::core::placement::rule::Rule;
use crate::core::placement::scheme::{Scheme, Strategy};
use crate::core::placement::{Bound, KeyHash};
use std::str::FromStr;

/// How to place.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Its sample is taken from the keys.
    pub scheme: Scheme,
    /// Copies of each key, the owner's included; at least 1.
    pub replicas: usize,
    /// Copies go to distinct zones first, if the nodes name zones.
    pub zones: bool,
    /// The form of all lists; `None`: each is read as it looks.
    pub form: Option<Form>,
}

impl Default for Ask {
    fn default() -> Self {
        Ask { scheme: Scheme::default(), replicas: 1, zones: true, form: None }
    }
}

/// Options that have a value.
pub const OPTIONS: [&str; 9] =
    ["--strategy", "--hash", "--vnodes", "--rule", "--table", "--bound", "--mistake", "--replicas", "--lists"];

impl Ask {
    /// Reads options, each one of [`OPTIONS`] with its value; a remark for each that the strategy makes no use of.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn read(given: &[(&'static str, String)]) -> Result<(Ask, Vec<Remark>), PlaceError> {
        let mut ask = Ask::default();
        let scheme = &mut ask.scheme;
        for (option, value) in given {
            let name = value.clone();
            match *option {
                "--strategy" => scheme.strategy = Strategy::named(value).ok_or(PlaceError::Strategy { name })?,
                "--hash" => scheme.hash = KeyHash::named(value).ok_or(PlaceError::Hash { name })?,
                "--vnodes" => scheme.vnodes = number(option, value)?,
                "--rule" => scheme.rule = Rule::named(value).ok_or(PlaceError::Rule { name })?,
                "--table" => scheme.table = number(option, value)?,
                "--bound" => scheme.bound = Bound { percent: number(option, value)? },
                "--mistake" => scheme.mistake = Some(Mistake::named(value).ok_or(PlaceError::Mistake { name })?),
                "--replicas" => ask.replicas = number(option, value)?,
                _ => ask.form = form(value).ok_or(PlaceError::Lists { name })?,
            }
        }
        let strategy = ask.scheme.strategy;
        let ring = matches!(strategy, Strategy::Ring | Strategy::BoundedRing);
        let is_used = |option: &str| match option {
            "--hash" => strategy.takes_hash(),
            "--vnodes" | "--rule" => ring,
            "--table" => strategy == Strategy::Maglev,
            "--bound" => matches!(strategy, Strategy::BoundedRing | Strategy::BoundedRendezvous),
            _ => true,
        };
        let unused = given.iter().filter(|(option, _)| !is_used(option));
        let remarks = unused.map(|&(option, _)| Remark::Unused { option, strategy }).collect();
        Ok((ask, remarks))
    }
}

fn number<T: FromStr>(option: &'static str, text: &str) -> Result<T, PlaceError> {
    text.parse().map_err(|_| PlaceError::Number { option, text: text.to_owned() })
}

/// The form of lists of this name; within, `None` is whatever each looks like.
fn form(name: &str) -> Option<Option<Form>> {
    Some(match name {
        "auto" => None,
        "lines" => Some(Form::Lines),
        "csv" => Some(Form::Columns { delimiter: b',' }),
        "json" => Some(Form::Json),
        "jsonl" => Some(Form::JsonLines),
        _ => return None,
    })
}
