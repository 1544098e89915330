use super::{Failure, Flags, Outcome, read_file};
use faultline::scenes::place::plan::plan as plan_keys;
use faultline::scenes::place::{Ask, OPTIONS, PlaceError, Remark, files, place as place_keys};
use faultline::scenes::scene::Lang;
use std::io::Write;

/// How the result is written.
#[derive(Clone, Copy)]
enum Format {
    Text,
    Csv,
    Json,
}

/// `place`: each key with its owner and replicas, in input order.
pub fn place(flags: &mut Flags, json: bool, lang: Lang) -> Outcome {
    let nodes = file("place", "--nodes", flags)?;
    let keys = file("place", "--keys", flags)?;
    let format = format(flags, json)?;
    let (ask, unused) = ask(flags, lang)?;
    flags.done()?;
    let (nodes, keys) = (read_file(&nodes)?, read_file(&keys)?);
    let placed = place_keys(&nodes, &keys, &ask).map_err(|error| failure(&error, lang))?;
    say(unused.iter().chain(&placed.remarks), lang);
    let write = match format {
        Format::Text => files::placement_text,
        Format::Csv => files::placement_csv,
        Format::Json => files::placement_json,
    };
    print(&write(&placed.keys, &placed.assignment))
}

/// `plan`: each key that has a new owner when one list of nodes becomes another.
pub fn plan(flags: &mut Flags, json: bool, lang: Lang) -> Outcome {
    let (from, to) = (file("plan", "--from", flags)?, file("plan", "--to", flags)?);
    let keys = file("plan", "--keys", flags)?;
    let format = format(flags, json)?;
    let (ask, unused) = ask(flags, lang)?;
    flags.done()?;
    let (from, to, keys) = (read_file(&from)?, read_file(&to)?, read_file(&keys)?);
    let planned = plan_keys(&from, &to, &keys, &ask).map_err(|error| failure(&error, lang))?;
    say(unused.iter().chain(&planned.remarks), lang);
    eprint!("{}", planned.summary(lang));
    let write = match format {
        Format::Text => files::plan_text,
        Format::Csv => files::plan_csv,
        Format::Json => files::plan_json,
    };
    print(&write(&planned.moves))
}

fn file(command: &str, name: &str, flags: &mut Flags) -> Result<String, Failure> {
    flags.value(name)?.ok_or_else(|| Failure(format!("{command} wants {name} FILE")))
}

fn format(flags: &mut Flags, json: bool) -> Result<Format, Failure> {
    match flags.value("--format")?.as_deref() {
        None if json => Ok(Format::Json),
        None | Some("text") => Ok(Format::Text),
        Some("csv") => Ok(Format::Csv),
        Some("json") => Ok(Format::Json),
        Some(other) => Err(Failure(format!("--format takes text, csv or json, not “{other}”"))),
    }
}

/// What the flags ask for, and those that the strategy makes no use of.
fn ask(flags: &mut Flags, lang: Lang) -> Result<(Ask, Vec<Remark>), Failure> {
    let mut given = Vec::new();
    for option in OPTIONS {
        given.extend(flags.value(option)?.map(|value| (option, value)));
    }
    let (mut ask, unused) = Ask::read(&given).map_err(|error| failure(&error, lang))?;
    ask.zones = !flags.flag("--no-zones");
    Ok((ask, unused))
}

fn failure(error: &PlaceError, lang: Lang) -> Failure {
    if let PlaceError::NoNodes { remarks, .. } = error {
        say(remarks, lang);
    }
    Failure(error.words(lang))
}

fn say<'r>(remarks: impl IntoIterator<Item = &'r Remark>, lang: Lang) {
    for remark in remarks {
        eprintln!("{}", remark.words(lang));
    }
}

/// Whoever reads may stop reading: `place … | head`.
fn print(text: &str) -> Outcome {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure(format!("The result cannot be written: {error}")))
        }
        _ => Ok(0),
    }
}
