//! A matrix of crashes: one node goes down at one moment of the protocol and comes back, and each cell says two things:
//! who had to wait for it meanwhile, and how it ended. Rows are moments, columns are nodes.
//!
//! A cell is filled by a run, whoever made it: the scene remembers the crash (`Staging::Past`) and says how it went.

use super::run::RunSpec;
use super::scene::{Hue, Lang, Verdict};
use super::staging::{Moment, Staging};
use crate::core::cluster::Outage;

/// The matrix that belongs to a run, as the page draws it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Matrix {
    pub title: String,
    pub intro: String,
    /// What is under it.
    pub note: String,
    pub rows: Vec<Point>,
    /// The nodes that can go down, by their full and their short names.
    pub columns: Vec<(String, String)>,
    /// The row of the present moment.
    pub now: Option<usize>,
    /// Why a cell cannot be tried, row by row; `None`: it can.
    pub cells: Vec<Option<Apart>>,
    /// "Nobody waited", "somebody waited", and who did, with `{}` for their names; what stands between two names.
    pub nobody: String,
    pub somebody: String,
    pub waited: String,
    pub comma: String,
    /// The ways it can end.
    pub ends: Vec<(String, Hue, Verdict)>,
    /// What a cell says whose moment does not come up in the run that was to fill it.
    pub missing: String,
}

impl Matrix {
    /// The cells that can be tried, each as row and column.
    pub fn cells_to_try(&self) -> impl Iterator<Item = (usize, usize)> {
        let open = |at: usize| self.cells[at].is_none().then_some((at / self.columns.len(), at % self.columns.len()));
        (0..self.cells.len()).filter_map(open)
    }

    /// The first fact of a trial in words.
    pub fn waited(&self, trial: &Trial) -> String {
        let names: Vec<&str> = trial.waited.iter().map(|column| self.columns[*column].1.as_str()).collect();
        if names.is_empty() { self.nobody.clone() } else { self.waited.replacen("{}", &names.join(&self.comma), 1) }
    }

    pub fn apart(&self, row: usize, column: usize) -> Option<&Apart> {
        self.cells.get(row * self.columns.len() + column)?.as_ref()
    }
}

/// A moment of the protocol.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Point {
    pub name: String,
    /// How it is told from its neighbours.
    pub help: String,
}

/// A cell that is not tried.
#[derive(Clone, PartialEq, Debug)]
pub struct Apart {
    /// The row that it is the same as.
    pub same: Option<usize>,
    pub why: String,
}

/// What became of a crash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trial {
    pub row: usize,
    pub column: usize,
    /// Power was lost; otherwise the process was killed.
    pub power: bool,
    /// The columns of those who had to wait while it was down.
    pub waited: Vec<usize>,
    /// Index into [`Matrix::ends`]; `None`: the node is still down, or nothing is decided yet.
    pub ended: Option<usize>,
    /// Nothing else was done to the system meanwhile.
    pub alone: bool,
}

/// What a scene says about crashes of its nodes.
pub trait Crashes<S: Staging> {
    /// Options that would disturb a run which fills a cell: they are left at their defaults there.
    const APART: &'static [&'static str] = &[];

    fn matrix(moment: &Moment<S>, lang: Lang) -> Option<Matrix>;
    /// The latest crash of the run.
    fn trial(moment: &Moment<S>) -> Option<Trial>;
    /// The run that fills a cell, right after the crash; what follows is already among its commands. `None`: the moment
    /// does not come up.
    fn attempt(spec: &RunSpec, row: usize, column: usize, outage: Outage) -> Option<RunSpec>;
}

/// A scene without one.
pub struct NoCrashes;

impl<S: Staging> Crashes<S> for NoCrashes {
    fn matrix(_: &Moment<S>, _: Lang) -> Option<Matrix> {
        None
    }
    fn trial(_: &Moment<S>) -> Option<Trial> {
        None
    }
    fn attempt(_: &RunSpec, _: usize, _: usize, _: Outage) -> Option<RunSpec> {
        None
    }
}

/// The set-up of the runs that fill a matrix: that of this run, with one seed for all.
pub fn set_up<S: Staging>(base: &RunSpec) -> RunSpec {
    let mut options = base.options.clone();
    options.retain(|(key, _)| !S::Crashes::APART.contains(&key.as_str()));
    RunSpec {
        scene: base.scene.clone(),
        recipe: base.recipe.clone(),
        mistakes: base.mistakes.clone(),
        options,
        seed: SEED,
        ..RunSpec::default()
    }
}

/// The seed of all runs that fill a matrix.
pub const SEED: u64 = 7;
