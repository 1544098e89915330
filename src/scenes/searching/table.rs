//! Which property holds in which world of time: a table whose cells are searches.

use super::{Question, Row, Verdict, check};
use crate::check::model::Budgets;
use crate::check::search::Limits;
use crate::core::protocol::World;
use crate::scenes::scene::Lang;
use crate::scenes::{OpenError, parts};

/// Searches of a table give up at this many states each: about forty megabytes in the page.
pub const MOST_STATES: u64 = 200_000;

/// Names are those of sentences in the scene's words: `lock.table-row-NAME`.
pub struct Table {
    pub scene: &'static str,
    pub rows: &'static [Assumption],
    pub columns: &'static [Promise],
    /// Options of all cells, beyond the recipe's standard bounds.
    pub bounds: Options,
}

type Options = &'static [(&'static str, &'static str)];

/// A row: what is assumed of clocks, pauses and delays, or a property under such an assumption.
pub struct Assumption {
    pub name: &'static str,
    /// The property that its cells search for, where the columns do not say it.
    pub property: &'static str,
    pub world: World,
    pub budgets: Budgets,
    pub options: Options,
    /// What the table says, a column each; the search has to agree. `None`: it cannot break under this assumption, so there
    /// is nothing to search.
    pub holds: &'static [Option<bool>],
    /// A sentence under the row says what it teaches.
    pub lesson: bool,
}

/// A column: a recipe, and what is expected of it.
pub struct Promise {
    pub name: &'static str,
    /// The recipe's scene, which may be a sibling of the table's.
    pub scene: &'static str,
    pub recipe: &'static str,
    /// The property that its cells search for; empty where each row has its own.
    pub property: &'static str,
    pub options: Options,
}

impl Table {
    /// The number of cells, which are counted row by row.
    pub fn cells(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    pub fn cell(&self, cell: usize) -> (&'static Assumption, &'static Promise) {
        (&self.rows[cell / self.columns.len()], &self.columns[cell % self.columns.len()])
    }

    /// What the table says about a cell; see [`Assumption::holds`].
    pub fn holds(&self, cell: usize) -> Option<bool> {
        self.cell(cell).0.holds[cell % self.columns.len()]
    }

    pub fn question(&self, cell: usize, max_states: u64) -> Question {
        let (row, column) = self.cell(cell);
        let property = if column.property.is_empty() { row.property } else { column.property };
        let options = self.bounds.iter().chain(column.options).chain(row.options);
        Question {
            budgets: row.budgets,
            property: Some(property.to_owned()),
            options: options.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            limits: Limits::of_states(max_states),
            ..Question::new(column.scene, column.recipe, row.world)
        }
    }
}

/// The table of a scene, if it has one and its panels are at hand.
pub fn of(scene: &str) -> Option<&'static Table> {
    parts::desk(scene)?.table()
}

/// Searches all cells one after the other, but those where there is nothing to search.
///
/// # Errors
/// As [`check`].
pub fn fill(table: &Table, max_states: u64, lang: Lang, each: &mut dyn FnMut(usize, Row)) -> Result<(), OpenError> {
    for cell in 0..table.cells() {
        let Some(holds) = table.holds(cell) else { continue };
        let question = table.question(cell, max_states);
        let answer = check(&question, lang)?;
        let wanted = if holds { Verdict::Holds } else { Verdict::Violated };
        let expected = answer.verdict == wanted;
        each(cell, Row { question, answer, expected });
    }
    Ok(())
}
