//! The subset of SQL that a simulated participant speaks, and what a server says to it.

use std::fmt;

/// One statement. The table is `acct (id int PRIMARY KEY, bal int CHECK (bal >= 0))`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sql {
    Begin,
    Commit,
    Rollback,
    Update {
        id: u16,
        change: i32,
    },
    /// `UPDATE … SET bal = 0`, which the published transcript uses.
    Assign {
        id: u16,
        to: u32,
    },
    Prepare(String),
    CommitPrepared(String),
    RollbackPrepared(String),
    /// `SELECT 1/0`: an error that leaves the block failed.
    Fail,
    /// A transaction that has touched a temporary table cannot be prepared.
    TempTable(String),
    /// Nor can one with LISTEN.
    Listen,
    /// All accounts, as the session sees them.
    Read,
    /// The names of what is prepared.
    Gids,
    /// How many there are.
    CountGids,
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sql::Begin => write!(f, "BEGIN"),
            Sql::Commit => write!(f, "COMMIT"),
            Sql::Rollback => write!(f, "ROLLBACK"),
            Sql::Update { id, change } => {
                let sign = if *change < 0 { '-' } else { '+' };
                write!(f, "UPDATE acct SET bal = bal {sign} {} WHERE id = {id}", change.unsigned_abs())
            }
            Sql::Assign { id, to } => write!(f, "UPDATE acct SET bal = {to} WHERE id = {id}"),
            Sql::Prepare(gid) => write!(f, "PREPARE TRANSACTION '{gid}'"),
            Sql::CommitPrepared(gid) => write!(f, "COMMIT PREPARED '{gid}'"),
            Sql::RollbackPrepared(gid) => write!(f, "ROLLBACK PREPARED '{gid}'"),
            Sql::Fail => write!(f, "SELECT 1/0"),
            Sql::TempTable(name) => write!(f, "CREATE TEMP TABLE {name} () ON COMMIT DROP"),
            Sql::Listen => write!(f, "LISTEN ch"),
            Sql::Read => write!(f, "SELECT id, bal FROM acct ORDER BY id"),
            Sql::Gids => write!(f, "SELECT gid FROM pg_prepared_xacts ORDER BY gid"),
            Sql::CountGids => write!(f, "SELECT count(*) FROM pg_prepared_xacts"),
        }
    }
}

/// A statement as people write it; `None` outside the subset.
pub fn parse(text: &str) -> Option<Sql> {
    let text = text.trim().trim_end_matches(';');
    if let Some((head, gid)) = text.strip_suffix('\'').and_then(|text| text.split_once(" '")) {
        let (head, gid) = (head.to_ascii_uppercase(), gid.to_owned());
        return match head.as_str() {
            "PREPARE TRANSACTION" => Some(Sql::Prepare(gid)),
            "COMMIT PREPARED" => Some(Sql::CommitPrepared(gid)),
            "ROLLBACK PREPARED" => Some(Sql::RollbackPrepared(gid)),
            _ => None,
        };
    }
    let mut spaced = text.to_ascii_lowercase();
    for sign in ["=", "+", "-", ",", "(", "*", ")"] {
        spaced = spaced.replace(sign, &format!(" {sign} "));
    }
    let words: Vec<&str> = spaced.split_whitespace().collect();
    Some(match words[..] {
        ["begin"] => Sql::Begin,
        ["commit"] => Sql::Commit,
        ["rollback"] => Sql::Rollback,
        ["select", "1/0"] => Sql::Fail,
        ["listen", "ch"] => Sql::Listen,
        ["create", "temp", "table", name, ..] => Sql::TempTable(name.to_owned()),
        ["select", "id", ",", "bal", "from", "acct", "order", "by", "id"] => Sql::Read,
        ["select", "gid", "from", "pg_prepared_xacts"]
        | ["select", "gid", "from", "pg_prepared_xacts", "order", "by", "gid"] => Sql::Gids,
        ["select", "count", "(", "*", ")", "from", "pg_prepared_xacts"] => Sql::CountGids,
        ["update", "acct", "set", "bal", "=", ref to @ .., "where", "id", "=", id] => {
            let id = id.parse().ok()?;
            match *to {
                ["bal", "+", change] => Sql::Update { id, change: change.parse().ok()? },
                ["bal", "-", change] => Sql::Update { id, change: -change.parse::<i32>().ok()? },
                [to] => Sql::Assign { id, to: to.parse().ok()? },
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// All that a server says to one statement.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answer {
    /// The command tag of what was carried out, which is not always what was asked for; none after an error.
    pub tag: Option<String>,
    /// `WARNING 25P01`, `ERROR 42704`, in order.
    pub said: Vec<String>,
    pub rows: Vec<String>,
    /// `I` outside a transaction block, `T` inside, `E` inside a failed one.
    pub status: char,
}

impl Answer {
    /// The SQLSTATE of its error.
    pub fn error(&self) -> Option<&str> {
        self.said.iter().find_map(|line| line.strip_prefix("ERROR "))
    }
}

/// What somebody outside sees of a database.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Observed {
    /// The names of prepared transactions, ascending.
    pub gids: Vec<String>,
    /// By account, as another session sees them.
    pub balances: Vec<u32>,
    /// Whether a transaction that changes the account would wait.
    pub blocked: Vec<bool>,
}

/// A participant, real or simulated.
pub trait Database {
    /// Connects the session if it is not; false if the server is down.
    fn connect(&mut self, session: usize) -> bool;
    /// One statement in one of its sessions; `None` if that is not connected, or breaks first. It never connects by itself:
    /// the rest of a block would run outside any.
    fn query(&mut self, session: usize, sql: &str) -> Option<Answer>;
    /// The client goes away in the middle of whatever it does; its session is ready for another.
    fn hang_up(&mut self, session: usize);
    /// `kill -9`.
    fn kill(&mut self);
    /// Started again, and recovered.
    fn restart(&mut self);
    /// Through one more session, while it runs.
    fn observe(&mut self) -> Observed;
    /// The SQLSTATE with which a change of this account fails in a session that waits only so long.
    fn probe(&mut self, id: u16) -> Option<String>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read() {
        let all = [
            Sql::Begin,
            Sql::Commit,
            Sql::Rollback,
            Sql::Update { id: 3, change: -7 },
            Sql::Update { id: 1, change: 0 },
            Sql::Assign { id: 2, to: 9 },
            Sql::Prepare("a b".to_owned()),
            Sql::CommitPrepared(String::new()),
            Sql::RollbackPrepared("x".to_owned()),
            Sql::Fail,
            Sql::TempTable("t1".to_owned()),
            Sql::Listen,
            Sql::Read,
            Sql::Gids,
            Sql::CountGids,
        ];
        for sql in all {
            assert_eq!(parse(&sql.to_string()).as_ref(), Some(&sql));
        }
        assert_eq!(parse(" update acct set bal=bal-10 where id=1; "), Some(Sql::Update { id: 1, change: -10 }));
        assert_eq!(parse("INSERT INTO acct VALUES (9,9)"), None);
    }
}
