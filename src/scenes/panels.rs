//! Ways to place the same keys on the same nodes, beside each other: what there is to draw, as plain data.
//!
//! A panel has a circle on which keys lie by their hash, and below it a column a node. Where there are more keys or nodes
//! than can be told apart, both are counted in bins of equal width; nothing is left out and nothing drawn from a sample.

use super::scene::{Arc, Hue, Probe, Time};
use std::rc::Rc;

/// One strategy.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Panel {
    /// The strategy's name in commands: `modulo`.
    pub name: String,
    pub title: String,
    /// Where it lies on the stage.
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
    /// The number in the middle of the circle, and the lines below it: "80.1 %", "of keys moved", "theory 4/5".
    pub figure: String,
    pub lines: Vec<String>,
    /// Set in red below them: needless moves, keys without an owner.
    pub wrong: Option<String>,
    pub circle: Circle,
    pub columns: Columns,
    pub flight: Option<Flight>,
    /// Of all keys so many are placed yet, 0 to 1; `None` when all are. Until then columns count the placed ones, and keys on
    /// the circle have no owner.
    pub placing: Option<f32>,
}

/// Keys by their hash, clockwise from the top.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Circle {
    pub x: f32,
    pub y: f32,
    pub radius: f32,
    /// What the strategy cuts the circle into, if it does; shared, there may be thousands.
    pub arcs: Rc<Vec<Arc>>,
    pub keys: KeyMarks,
    /// The key that is looked up.
    pub probe: Option<Probe>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum KeyMarks {
    /// Each key.
    Dots(Rc<Vec<Dot>>),
    /// So many equal bins round the circle, from the top.
    Bins(Rc<Vec<Bin>>),
}

impl Default for KeyMarks {
    fn default() -> Self {
        KeyMarks::Dots(Rc::default())
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Dot {
    pub turn: f32,
    pub hue: Hue,
    /// Its owner's hue before the latest change, if that moved it.
    pub was: Option<Hue>,
}

/// The keys of one sector.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Bin {
    pub keys: u32,
    pub moved: u32,
    /// The owner of most of them.
    pub hue: Hue,
}

/// Keys by their owner: a column a node, or a column a group of neighbours in the list.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Columns {
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
    pub columns: Rc<Vec<Column>>,
    /// The number of keys that the full height stands for.
    pub most: f32,
    /// What each node of weight 1 should have, and the band in which theory allows it (low, high), in keys.
    pub fair: Option<(f32, f32, f32)>,
    /// What lines and tints mean; left out where it does not fit.
    pub legend: String,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Column {
    /// The nodes of the column: the first, and how many.
    pub node: u16,
    pub nodes: u16,
    /// A number or short name; empty where there is no room.
    pub label: String,
    /// Its full name with its figures, for the pointer and screen readers.
    pub words: String,
    pub hue: Hue,
    /// Keys a node: the mean of the group, and its largest.
    pub mean: f32,
    pub largest: f32,
    /// Before the latest change.
    pub was: f32,
    pub down: bool,
    /// No member: removed, or not added yet.
    pub out: bool,
    /// Above what it may have.
    pub over: bool,
    /// The number of requests under way at it, of so many that it can bear; `None` without a stream of requests.
    pub queue: Option<(u32, u32)>,
}

/// Keys on their way from the old owner's column to the new one's.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Flight {
    /// The change, and the moment at which the last key has arrived.
    pub from: Time,
    pub to: Time,
    /// How many keys one mark stands for.
    pub keys_a_mark: u32,
    /// One mark, or several waves of them: each with its own share of the time.
    pub marks: Rc<Vec<Mover>>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Mover {
    /// Indices into the columns.
    pub from: u16,
    pub to: u16,
    /// When it leaves and arrives, as shares of the flight, 0 to 1.
    pub leaves: f32,
    pub arrives: f32,
    pub hue: Hue,
    /// Neither did its old owner lose weight nor its new one gain any.
    pub needless: bool,
}

/// What has become of the work behind a picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Work {
    /// There was none.
    Nothing,
    /// Some was done, and more is left.
    Left,
    /// The last of it was done.
    Done,
}

/// A table: the twin of a picture.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sheet {
    pub title: String,
    /// What its numbers mean, and what they add up to.
    pub note: String,
    pub head: Vec<String>,
    /// The first cell names the row. Numbers are written as on the command line.
    pub rows: Vec<Vec<String>>,
    /// The node of each row, if rows are nodes.
    pub nodes: Vec<u16>,
}

/// A plot over a whole number, such as the number of nodes.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Chart {
    pub title: String,
    /// What the numbers mean, and what they are drawn from.
    pub note: String,
    /// What the axes say.
    pub across: String,
    pub up: String,
    /// The vertical axis is a share, 0 to 1, written in per cent; otherwise a number from 0.
    pub share: bool,
    pub lines: Vec<ChartLine>,
    /// Of all points so many are there yet, 0 to 1; `None` when all are.
    pub placing: Option<f32>,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct ChartLine {
    pub words: String,
    pub hue: Hue,
    /// What theory expects, and not what was counted.
    pub theory: bool,
    /// Across and up, from left to right.
    pub points: Rc<Vec<(f32, f32)>>,
}
