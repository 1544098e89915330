use super::{Failure, Flags, Outcome, check};
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::Row;
use faultline::scenes::searching::table::{self, Assumption, MOST_STATES};
use serde_json::{Value, json};

/// `table`: which property holds in which world of time, each cell searched.
pub fn table(flags: &mut Flags, json: bool, lang: Lang) -> Outcome {
    let max_states = flags.number("--max-states", MOST_STATES)?;
    let scene = flags.word().ok_or_else(|| Failure("table wants a SCENE".to_owned()))?;
    flags.done()?;
    let table = table::of(&scene)
        .ok_or_else(|| Failure(format!("There is no table of “{scene}”; there are lock and commit.")))?;
    let mut cells = Vec::new();
    let mut worst = 0;
    let mut each = |cell: usize, row: Row| {
        worst = check::worse(worst, &row);
        if json {
            cells.push(value(table.cell(cell).0, &row));
        } else {
            println!("{row}");
        }
    };
    table::fill(table, max_states, lang, &mut each).map_err(|e| Failure(e.0))?;
    if json {
        println!("{}", Value::Array(cells));
    }
    Ok(worst)
}

fn value(assumed: &Assumption, row: &Row) -> Value {
    let mut object = check::row(row);
    object["row"] = json!(assumed.name);
    object
}
