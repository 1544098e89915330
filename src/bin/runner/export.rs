use super::run::{open_run, read};
use super::{Failure, Flags, Outcome};
use faultline::scenes::export::{self, Palette, TooLong, shiviz, trace};
use faultline::scenes::run::Run;
use faultline::scenes::scene::{Lang, Time, View};
use std::path::Path;

/// Pixels, where nobody says how many.
const SIZE: (u32, u32) = (960, 600);
/// The least and the largest that a picture may be.
const SIZES: (u32, u32) = (300, 8_000);
/// A diagram shows so much of the run at most, unless somebody says more.
const SHOWN: Time = 24_000_000;

/// `export`: the stage, the diagram or the events of the link's moment, to a file or to standard output.
pub fn export(flags: &mut Flags, lang: Lang) -> Outcome {
    let kind = flags.value("--as")?.ok_or_else(|| Failure("--as wants stage, diagram, trace or shiviz".to_owned()))?;
    let theme = flags.value("--theme")?.unwrap_or_else(|| "light".to_owned());
    let themes = Palette::themes();
    let palette =
        Palette::of(&theme).ok_or_else(|| Failure(format!("--theme takes {}, not “{theme}”", themes.join(" or "))))?;
    let (width, height) = flags.value("--size")?.map_or(Ok(SIZE), |text| size(&text))?;
    let from = milliseconds(flags, "--from")?;
    let until = milliseconds(flags, "--until")?;
    let file = flags.value("-o")?;
    let source = flags.word().ok_or_else(|| Failure("export wants a link or a file".to_owned()))?;
    flags.done()?;
    let spec = read(&source)?;
    let mut run = open_run(&spec, lang)?;
    if let Some(until) = until {
        run.seek(until);
    } else if spec.hash != 0 && spec.hash != run.state_hash() {
        eprintln!("The link was made where this moment had another state ({:032x}): the core has changed.", spec.hash);
    }
    while run.work(&mut || true) == faultline::scenes::scene::Work::Left {}
    let run = run.as_ref();
    let (w, h) = (width as f32, height as f32);
    let text = match kind.as_str() {
        "stage" => export::stage_svg(run, &View { width: w, height: h, lang }, &palette),
        "diagram" => {
            let (start, end) = export::window(run, SHOWN);
            export::diagram_svg(run, (from.unwrap_or(start).min(end), end), w, lang, &palette, &[])
        }
        "trace" => export::whole(trace::writer(run, lang, usize::MAX), run).map_err(too_long)?,
        "shiviz" => export::whole(shiviz::writer(run, lang, usize::MAX), run).map_err(too_long)?,
        other => return Err(Failure(format!("--as takes stage, diagram, trace or shiviz, not “{other}”"))),
    };
    match file {
        None => print!("{text}"),
        Some(path) => write(Path::new(&path), run, &kind, &text)?,
    }
    Ok(0)
}

/// Into a file, or into a folder under the name that the page would give it.
fn write(path: &Path, run: &dyn Run, kind: &str, text: &str) -> Result<(), Failure> {
    let ending = match kind {
        "stage" => ".svg",
        "diagram" => "-diagram.svg",
        "trace" => ".json",
        _ => ".shiviz.log",
    };
    let path = if path.is_dir() { path.join(export::file_name(run, ending)) } else { path.to_owned() };
    std::fs::write(&path, text).map_err(|e| Failure(format!("{} cannot be written: {e}", path.display())))?;
    eprintln!("{}", path.display());
    Ok(())
}

fn too_long(TooLong { events, .. }: TooLong) -> Failure {
    Failure(format!("{events} events are too many for one file."))
}

fn milliseconds(flags: &mut Flags, name: &str) -> Result<Option<Time>, Failure> {
    let Some(text) = flags.value(name)? else { return Ok(None) };
    let ms: u64 = text.parse().map_err(|_| Failure(format!("{name} wants milliseconds, not “{text}”")))?;
    Ok(Some(ms.saturating_mul(1_000).min(Time::MAX / 4)))
}

/// `960x600`.
fn size(text: &str) -> Result<(u32, u32), Failure> {
    let parts = text.split_once(['x', '×']).and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    let fits = |n: u32| (SIZES.0..=SIZES.1).contains(&n);
    parts.filter(|(w, h): &(u32, u32)| fits(*w) && (200..=SIZES.1).contains(h)).ok_or_else(|| {
        Failure(format!(
            "--size wants WIDTHxHEIGHT in pixels, {} to {} wide and 200 to {} high, not “{text}”",
            SIZES.0, SIZES.1, SIZES.1
        ))
    })
}
