//! What the core's messages are to a database: the statements that each becomes, and what their answers mean.

use crate::sql::{Answer, Sql};
use faultline::core::commit::{Decision, Msg, TxId, Vote};

/// Each participant has one account.
pub const ACCOUNT: u16 = 1;

/// Where a vote is read from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Belief {
    /// YES is the tag `PREPARE TRANSACTION`, and nothing else.
    Tag,
    /// YES is the absence of an error: the mistake. A failed transaction is rolled back without one.
    NoError,
}

/// The name of a transaction in a database.
pub fn gid(tx: TxId) -> String {
    format!("faultline-{}-{}", tx.epoch, tx.number)
}

/// The transaction of this name, if it is one of ours.
pub fn tx_of(gid: &str) -> Option<TxId> {
    let (epoch, number) = gid.strip_prefix("faultline-")?.split_once('-')?;
    Some(TxId { epoch: epoch.parse().ok()?, number: number.parse().ok()? })
}

/// The statements that a message becomes, in order. `spoiled`: one in the middle of the work fails.
///
/// # Panics
/// When it is no message of a coordinator.
pub fn statements(msg: &Msg, spoiled: bool) -> Vec<String> {
    let list = match msg {
        Msg::Prepare { tx, change, .. } => {
            let mut list = vec![Sql::Begin];
            if spoiled {
                list.push(Sql::Fail);
            }
            list.push(Sql::Update { id: ACCOUNT, change: *change });
            list.push(Sql::Prepare(gid(*tx)));
            list
        }
        Msg::Decide { tx, decision: Decision::Commit, .. } => vec![Sql::CommitPrepared(gid(*tx))],
        Msg::Decide { tx, .. } => vec![Sql::RollbackPrepared(gid(*tx))],
        other => panic!("no message of this adapter's coordinator: {other:?}"),
    };
    list.iter().map(Sql::to_string).collect()
}

/// What the answer to a message's last statement means to the coordinator.
///
/// # Panics
/// When a decision is answered by an error that leaves open whether it was carried out.
pub fn reply(msg: &Msg, answer: &Answer, belief: Belief) -> Option<Msg> {
    match msg {
        Msg::Prepare { tx, .. } => {
            let yes = match belief {
                Belief::Tag => answer.tag.as_deref() == Some("PREPARE TRANSACTION"),
                Belief::NoError => answer.error().is_none(),
            };
            Some(Msg::Vote { tx: *tx, vote: if yes { Vote::Yes } else { Vote::No }, read: None })
        }
        Msg::Decide { tx, decision, .. } => {
            // It is done, or was done before: COMMIT goes only to those who voted YES.
            let done = answer.error().is_none_or(|code| code == "42704");
            assert!(done, "{msg:?} is answered {answer:?}");
            // Presumed abort: nobody acknowledges an abort.
            (*decision == Decision::Commit).then_some(Msg::Ack(*tx))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_the_vote() {
        let tx = TxId { epoch: 0, number: 1 };
        let prepare = Msg::Prepare { tx, change: -3, peers: Vec::new() };
        let sql = ["BEGIN", "UPDATE acct SET bal = bal - 3 WHERE id = 1", "PREPARE TRANSACTION 'faultline-0-1'"];
        assert_eq!(statements(&prepare, false), sql);
        let answer = |tag: &str| Answer { tag: Some(tag.to_owned()), ..Answer::default() };
        let vote = |tag, belief| reply(&prepare, &answer(tag), belief);
        let (yes, no) = (Msg::Vote { tx, vote: Vote::Yes, read: None }, Msg::Vote { tx, vote: Vote::No, read: None });
        assert_eq!(vote("PREPARE TRANSACTION", Belief::Tag), Some(yes.clone()));
        assert_eq!(vote("ROLLBACK", Belief::Tag), Some(no));
        assert_eq!(vote("ROLLBACK", Belief::NoError), Some(yes), "the mistake");
        assert_eq!((tx_of(&gid(tx)), tx_of("somebody's")), (Some(tx), None));
    }
}
