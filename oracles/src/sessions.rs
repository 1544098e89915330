//! A participant with sessions: what PostgreSQL would say, said by [`Bank`], the data of the simulated participant.
//!
//! The bank knows accounts, locks, prepared work and crashes. Here is what surrounds that in a database: the blocks of each
//! session, the command tags, and the SQLSTATEs. `tests/postgres.rs` holds it against a real server.

use crate::sql::{Answer, Database, Observed, Sql, parse};
use faultline::core::commit::bank::{Bank, Refused};

/// Who works on accounts: a session in its block (or in the one statement outside any), or what it has prepared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Tx {
    Session(usize),
    Prepared(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Block {
    #[default]
    Outside,
    Inside,
    /// After an error: nothing is done until it ends.
    Failed,
}

#[derive(Clone, Debug, Default)]
struct Session {
    block: Block,
    /// What keeps its transaction from being prepared.
    temp: bool,
    listens: bool,
    connected: bool,
}

pub struct Sessions {
    bank: Bank<Tx>,
    sessions: Vec<Session>,
    max_prepared: usize,
    runs: bool,
}

/// A name of so many bytes is too long (`GIDSIZE` counts the zero at the end).
const GID_SIZE: usize = 200;

const WARNS: &str = "WARNING 25P01";

fn says(tag: &str) -> Answer {
    Answer { tag: Some(tag.to_owned()), ..Answer::default() }
}

fn warns(tag: &str, warning: &str) -> Answer {
    Answer { said: vec![warning.to_owned()], ..says(tag) }
}

fn shows(rows: Vec<String>) -> Answer {
    Answer { rows: rows.clone(), ..says(&format!("SELECT {}", rows.len())) }
}

impl Sessions {
    /// Accounts count from 1.
    pub fn new(balances: &[u32], sessions: usize, max_prepared: usize) -> Sessions {
        let sessions = vec![Session::default(); sessions];
        Sessions { bank: Bank::new(balances.to_vec()), sessions, max_prepared, runs: true }
    }

    pub fn block(&self, session: usize) -> Block {
        self.sessions[session].block
    }

    pub fn execute(&mut self, session: usize, sql: &Sql) -> Answer {
        let result = match (self.block(session), sql) {
            // PREPARE TRANSACTION too ends a failed block without an error: the trap.
            (Block::Failed, Sql::Commit | Sql::Rollback | Sql::Prepare(_)) => {
                self.close(session, false);
                Ok(says("ROLLBACK"))
            }
            (Block::Failed, _) => Err("25P02"),
            (block, sql) => self.work(session, block == Block::Inside, sql),
        };
        let mut answer = result.unwrap_or_else(|code| {
            self.fail(session);
            Answer { said: vec![format!("ERROR {code}")], ..Answer::default() }
        });
        answer.status = match self.block(session) {
            Block::Outside => 'I',
            Block::Inside => 'T',
            Block::Failed => 'E',
        };
        answer
    }

    /// In a block that has not failed, or outside.
    fn work(&mut self, session: usize, inside: bool, sql: &Sql) -> Result<Answer, &'static str> {
        match sql {
            Sql::Begin if inside => Ok(warns("BEGIN", "WARNING 25001")),
            Sql::Begin => {
                self.sessions[session].block = Block::Inside;
                self.bank.begin(Tx::Session(session));
                Ok(says("BEGIN"))
            }
            Sql::Commit => Ok(if self.close(session, true) { says("COMMIT") } else { warns("COMMIT", WARNS) }),
            Sql::Rollback => Ok(if self.close(session, false) { says("ROLLBACK") } else { warns("ROLLBACK", WARNS) }),
            Sql::Update { id, change } => self.update(session, inside, *id, *change),
            Sql::Assign { id, to } => {
                let sees = i64::from(self.sees(session, account(*id)));
                let change = i32::try_from(i64::from(*to) - sees).expect("both are small");
                self.update(session, inside, *id, change)
            }
            Sql::Prepare(_) if !inside => Ok(warns("ROLLBACK", WARNS)),
            Sql::Prepare(gid) => {
                let result = self.prepare(session, gid);
                // Whether it can or not: it is the end of the block.
                self.close(session, false);
                result
            }
            Sql::CommitPrepared(_) | Sql::RollbackPrepared(_) if inside => Err("25001"),
            Sql::CommitPrepared(gid) => self.decide(gid, true),
            Sql::RollbackPrepared(gid) => self.decide(gid, false),
            Sql::Fail => Err("22012"),
            Sql::TempTable(_) => {
                self.sessions[session].temp = inside;
                Ok(says("CREATE TABLE"))
            }
            Sql::Listen => {
                self.sessions[session].listens = inside;
                Ok(says("LISTEN"))
            }
            Sql::Read => {
                let row = |at: u16| format!("{}|{}", at + 1, self.sees(session, at));
                Ok(shows((0..self.bank.accounts()).map(row).collect()))
            }
            Sql::Gids => Ok(shows(self.gids())),
            Sql::CountGids => Ok(shows(vec![self.gids().len().to_string()])),
        }
    }

    fn update(&mut self, session: usize, inside: bool, id: u16, change: i32) -> Result<Answer, &'static str> {
        let tx = Tx::Session(session);
        let answer = match self.bank.update(&tx, account(id), change) {
            Ok(()) => says("UPDATE 1"),
            Err(Refused::Unknown) => says("UPDATE 0"),
            Err(Refused::Funds) => return Err("23514"),
            // It waits as long as `lock_timeout` says, and nobody lets go meanwhile.
            Err(Refused::Locked(_)) => return Err("55P03"),
        };
        if !inside {
            self.bank.end(&tx, true);
        }
        Ok(answer)
    }

    fn prepare(&mut self, session: usize, gid: &str) -> Result<Answer, &'static str> {
        let name = Tx::Prepared(gid.to_owned());
        if self.sessions[session].temp {
            return Err("0A000");
        }
        if gid.len() >= GID_SIZE {
            return Err("22023");
        }
        if self.bank.work().any(|(tx, _)| *tx == name) {
            return Err("42710");
        }
        if self.gids().len() >= self.max_prepared {
            return Err("53200");
        }
        if self.sessions[session].listens {
            return Err("0A000");
        }
        self.bank.prepare(&Tx::Session(session), name);
        Ok(says("PREPARE TRANSACTION"))
    }

    fn decide(&mut self, gid: &str, commit: bool) -> Result<Answer, &'static str> {
        match self.bank.end(&Tx::Prepared(gid.to_owned()), commit) {
            true => Ok(says(if commit { "COMMIT PREPARED" } else { "ROLLBACK PREPARED" })),
            false => Err("42704"),
        }
    }

    /// An error undoes at once what the block did, and its locks are free; the block itself goes on, failed.
    fn fail(&mut self, session: usize) {
        let inside = self.block(session) != Block::Outside;
        self.close(session, false);
        self.sessions[session].block = if inside { Block::Failed } else { Block::Outside };
    }

    /// Ends whatever the session has begun; what it has prepared is not its own any more. False outside a block.
    fn close(&mut self, session: usize, commit: bool) -> bool {
        self.bank.end(&Tx::Session(session), commit);
        let connected = self.sessions[session].connected;
        let after = Session { connected, ..Session::default() };
        std::mem::replace(&mut self.sessions[session], after).block != Block::Outside
    }

    /// What is settled, and the session's own changes.
    fn sees(&self, session: usize, account: u16) -> u32 {
        let change = self.bank.change(&Tx::Session(session), account);
        self.bank.balance(account).saturating_add_signed(change)
    }

    fn gids(&self) -> Vec<String> {
        let name = |tx: &Tx| if let Tx::Prepared(gid) = tx { Some(gid.clone()) } else { None };
        self.bank.work().filter_map(|(tx, _)| name(tx)).collect()
    }
}

/// The bank counts from 0.
fn account(id: u16) -> u16 {
    id.wrapping_sub(1)
}

impl Database for Sessions {
    fn connect(&mut self, session: usize) -> bool {
        self.sessions[session].connected = self.runs;
        self.runs
    }

    fn query(&mut self, session: usize, sql: &str) -> Option<Answer> {
        let parsed = parse(sql).unwrap_or_else(|| panic!("outside the subset: {sql}"));
        self.sessions[session].connected.then(|| self.execute(session, &parsed))
    }

    fn hang_up(&mut self, session: usize) {
        self.close(session, false);
        self.sessions[session].connected = false;
    }

    fn kill(&mut self) {
        self.sessions.fill(Session::default());
        self.runs = false;
    }

    fn restart(&mut self) {
        self.bank.crash();
        self.runs = true;
    }

    fn observe(&mut self) -> Observed {
        let all = 0..self.bank.accounts();
        Observed {
            gids: self.gids(),
            balances: all.clone().map(|account| self.bank.balance(account)).collect(),
            blocked: all.map(|account| self.bank.holder(account).is_some()).collect(),
        }
    }

    fn probe(&mut self, id: u16) -> Option<String> {
        self.bank.holder(account(id)).map(|_| "55P03".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prepare_in_a_failed_block_answers_rollback_without_an_error() {
        let mut sessions = Sessions::new(&[10], 1, 1);
        assert!(sessions.connect(0));
        let mut say = |sql: &str| sessions.query(0, sql).expect("it runs");
        assert_eq!(say("BEGIN").status, 'T');
        assert_eq!(say("UPDATE acct SET bal = bal - 11 WHERE id = 1").error(), Some("23514"));
        assert_eq!(say("UPDATE acct SET bal = bal - 1 WHERE id = 1").error(), Some("25P02"));
        let answer = say("PREPARE TRANSACTION 'a'");
        assert_eq!((answer.tag.as_deref(), answer.error(), answer.status), (Some("ROLLBACK"), None, 'I'));
        assert!(sessions.observe().gids.is_empty());
    }
}
