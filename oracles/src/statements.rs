//! Random sessions: statements for few accounts and few names, so that they meet, and faults between them.

use crate::commands::Dice;
use crate::sessions::Block;
use crate::sql::Sql;

pub const OPENING: [u32; 3] = [100, 40, 0];
pub const SESSIONS: usize = 3;
pub const MAX_PREPARED: usize = 3;

/// What is done next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    Say(usize, Sql),
    HangUp(usize),
    /// `kill -9`, and started again.
    Crash,
}

/// `at` is the number of the step; `block` knows in which block each session is.
pub fn random(dice: &mut Dice, at: usize, block: impl Fn(usize) -> Block) -> Step {
    let session = dice.below(SESSIONS as u64) as usize;
    match dice.below(200) {
        0 | 1 => return Step::Crash,
        2 | 3 => return Step::HangUp(session),
        _ => {}
    }
    let sql = match (block(session), dice.below(32)) {
        (Block::Outside, 0..=16) | (Block::Inside, 0) => Sql::Begin,
        (Block::Outside, 17..=19) | (Block::Inside, 1) => Sql::CommitPrepared(gid(dice)),
        (Block::Outside, 20 | 21) | (Block::Inside, 2) => Sql::RollbackPrepared(gid(dice)),
        (Block::Outside, 22..=25) | (Block::Inside, 3..=14) => update(dice),
        (Block::Outside, 26) | (Block::Inside, 15..=22) | (Block::Failed, 0..=9) => Sql::Prepare(gid(dice)),
        (Block::Outside, 27) | (Block::Inside, 23 | 24) | (Block::Failed, 10..=13) => Sql::Commit,
        (Block::Outside, 28) | (Block::Inside, 25) | (Block::Failed, 14..=17) => Sql::Rollback,
        (Block::Inside, 26 | 27) => Sql::Fail,
        (Block::Inside, 28) => Sql::TempTable(format!("t{at}")),
        (Block::Inside, 29) => Sql::Listen,
        // Anything anywhere: most of it fails in a failed block.
        _ => match dice.below(9) {
            0 => Sql::Begin,
            1 => update(dice),
            2 => Sql::CommitPrepared(gid(dice)),
            3 => Sql::RollbackPrepared(gid(dice)),
            4 => Sql::Fail,
            5 => Sql::TempTable(format!("t{at}")),
            6 => Sql::Listen,
            7 => Sql::Gids,
            _ => Sql::Read,
        },
    };
    Step::Say(session, sql)
}

/// Mostly small sums, sometimes more than there is; sometimes an account that there is not.
fn update(dice: &mut Dice) -> Sql {
    let id = if dice.below(12) == 0 { 9 } else { 1 + dice.below(OPENING.len() as u64) as u16 };
    let change = if dice.below(10) == 0 { -1000 } else { dice.below(41) as i32 - 20 };
    Sql::Update { id, change }
}

/// More names than can be prepared at once; rarely the longest and the shortest that is too long.
fn gid(dice: &mut Dice) -> String {
    match dice.below(24) {
        0..=2 => "x".repeat(200),
        3 => "x".repeat(199),
        4 => "B".to_owned(),
        _ => dice.pick(&["a", "b", "c", "d"]).to_owned(),
    }
}
