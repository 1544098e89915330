//! What to draw, as plain data: each scene turns a simulation into words, cards, messages and lanes.

pub mod place;
pub mod run;
pub mod scene;

use run::{Run, RunSpec};
use scene::{Lang, Opening, Outcome};

/// Why a run could not be opened, said so that it can be mended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenError(pub String);

/// The scenes, in the order of the tabs.
pub const SCENES: [&str; 3] = ["ring", "lock", "commit"];

/// Opens a run and brings it to its moment.
///
/// # Errors
/// Unknown scene, recipe, mistake or option; a command that cannot be carried out.
pub fn open(spec: &RunSpec, lang: Lang) -> Result<Box<dyn Run>, OpenError> {
    let _ = lang;
    Err(OpenError(format!("no scene is called {}", spec.scene)))
}

/// The run that a scene starts with.
pub fn default_spec(scene: &str) -> RunSpec {
    RunSpec { scene: scene.into(), seed: 7, ..RunSpec::default() }
}

/// The spec with one control changed (`recipe`, an option's key, or a mistake's name with `on`/`off`), started afresh.
///
/// # Errors
/// The sentence that says why the value does not do.
pub fn with_option(spec: &RunSpec, key: &str, value: &str, lang: Lang) -> Result<RunSpec, OpenError> {
    let _ = (spec, key, value, lang);
    Err(OpenError(String::new()))
}

/// The questions that a scene opens with.
pub fn openings(scene: &str, lang: Lang) -> Vec<Opening> {
    let _ = (scene, lang);
    Vec::new()
}

/// The run of a take of an opening, at its first moment. Its `advance` halts with `Question` at the moment of the
/// question and with `End` when the outcome is known.
pub fn opening_spec(scene: &str, opening: &str, take: usize) -> RunSpec {
    let _ = (opening, take);
    default_spec(scene)
}

/// What the core says about a take of an opening: plays it to its end in a run of its own.
pub fn outcome(scene: &str, opening: &str, take: usize, lang: Lang) -> Option<Outcome> {
    let _ = (scene, opening, take, lang);
    None
}

/// What the scene simplifies, a sentence each.
pub fn simplified(scene: &str, lang: Lang) -> Vec<String> {
    let _ = (scene, lang);
    Vec::new()
}

/// The command that prints the same hash from the headless runner: the text of "Reproduce it".
pub fn reproduce(link: &str) -> String {
    format!("cargo run --release --bin faultline -- run '{link}'")
}

pub mod link {
    //! A run as the fragment of an address: `#1.<base64url>`.
    use super::run::RunSpec;

    /// Longest fragment that is written or read.
    pub const LONGEST: usize = 8_192;

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
        let _ = spec;
        Err(LinkError::TooLong)
    }

    /// Reads a fragment with or without `#`, or a whole address.
    ///
    /// # Errors
    /// See [`LinkError`].
    pub fn decode(text: &str) -> Result<RunSpec, LinkError> {
        let _ = text;
        Err(LinkError::Malformed)
    }

    /// The run as a text file, one line an item: what Save writes.
    pub fn to_file(spec: &RunSpec) -> String {
        let _ = spec;
        String::new()
    }

    /// # Errors
    /// The line number and what is wrong with it.
    pub fn from_file(text: &str) -> Result<RunSpec, (usize, String)> {
        let _ = text;
        Err((0, String::new()))
    }
}
