//! A participant's data: accounts, and the transactions that hold them until they end.
//!
//! What a bank does with work that is begun, prepared, committed or rolled back is what PostgreSQL does with a transaction
//! and with PREPARE TRANSACTION: a changed account stays locked until the transaction ends, nobody else sees the change
//! before that, and a crash undoes what is not prepared. `oracles/` holds this value against a real server.

use crate::core::map::Map;

/// Accounts from 0; `T` names a transaction.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Bank<T: Ord> {
    /// What is settled: changed when a transaction commits, and then only.
    balances: Vec<u32>,
    work: Map<T, Work>,
}

/// What a transaction that has not ended does here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Work {
    /// One entry an account, ascending: the account is locked, whatever the change.
    changes: Vec<(u16, i32)>,
    /// It outlives a crash, and only a decision ends it.
    pub prepared: bool,
}

/// Why an account is not changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused<T> {
    /// This transaction holds the account.
    Locked(T),
    /// The balance would fall below 0.
    Funds,
    /// There is no such account.
    Unknown,
}

impl<T: Ord + Clone> Bank<T> {
    pub fn new(balances: Vec<u32>) -> Self {
        Bank { balances, work: Map::new() }
    }

    /// What everybody sees; 0 for an account that there is not.
    pub fn balance(&self, account: u16) -> u32 {
        self.balances.get(usize::from(account)).copied().unwrap_or(0)
    }

    /// How many accounts there are.
    pub fn accounts(&self) -> u16 {
        self.balances.len() as u16
    }

    /// Who has locked the account.
    pub fn holder(&self, account: u16) -> Option<&T> {
        let holds = |work: &Work| work.changes.iter().any(|(a, _)| *a == account);
        self.work.iter().find(|(_, work)| holds(work)).map(|(tx, _)| tx)
    }

    /// The transaction's own change to an account.
    pub fn change(&self, tx: &T, account: u16) -> i32 {
        let changes = self.work.get(tx).map_or(&[][..], |work| &work.changes);
        changes.iter().find(|(a, _)| *a == account).map_or(0, |(_, change)| *change)
    }

    pub fn work(&self) -> impl Iterator<Item = (&T, &Work)> {
        self.work.iter()
    }

    /// Begins a transaction that has done nothing yet.
    pub fn begin(&mut self, tx: T) {
        if !self.work.contains_key(&tx) {
            self.work.insert(tx, Work::default());
        }
    }

    /// Locks the account for the transaction and changes what it alone sees. A change that is too large by what it sees is
    /// refused without a look at the lock: PostgreSQL checks the new row before it waits for the old one.
    ///
    /// # Errors
    /// Another transaction holds the account, its balance is too small, or there is no such account. Nothing changes then.
    pub fn update(&mut self, tx: &T, account: u16, change: i32) -> Result<(), Refused<T>> {
        let Some(balance) = self.balances.get(usize::from(account)) else { return Err(Refused::Unknown) };
        let total = self.change(tx, account).saturating_add(change);
        if balance.checked_add_signed(total).is_none() {
            return Err(Refused::Funds);
        }
        if let Some(holder) = self.holder(account).filter(|holder| *holder != tx) {
            return Err(Refused::Locked(holder.clone()));
        }
        self.begin(tx.clone());
        if let Some(work) = self.work.get_mut(tx) {
            match work.changes.binary_search_by_key(&account, |(a, _)| *a) {
                Ok(at) => work.changes[at].1 = total,
                Err(at) => work.changes.insert(at, (account, total)),
            }
        }
        Ok(())
    }

    /// From now on the transaction outlives a crash and goes by this name.
    pub fn prepare(&mut self, tx: &T, name: T) {
        if let Some(work) = self.work.remove(tx) {
            self.work.insert(name, Work { prepared: true, ..work });
        }
    }

    /// Ends a transaction: its changes are settled or gone, its accounts are free. False if there is no such transaction.
    pub fn end(&mut self, tx: &T, commit: bool) -> bool {
        let Some(work) = self.work.remove(tx) else { return false };
        for (account, change) in work.changes.iter().filter(|_| commit) {
            if let Some(balance) = self.balances.get_mut(usize::from(*account)) {
                *balance = balance.saturating_add_signed(*change);
            }
        }
        true
    }

    /// A crash and the recovery from it: what was not prepared is rolled back.
    pub fn crash(&mut self) {
        self.work.retain(|_, work| work.prepared);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prepared_change_is_held_through_a_crash_and_seen_by_nobody() {
        let mut bank = Bank::new(vec![100, 50]);
        assert_eq!(bank.update(&1, 0, -30), Ok(()));
        assert_eq!(bank.update(&2, 0, 5), Err(Refused::Locked(1)));
        assert_eq!(bank.update(&2, 0, -101), Err(Refused::Funds), "locked as well, but that is looked at second");
        assert_eq!(bank.update(&2, 1, -60), Err(Refused::Funds));
        assert_eq!(bank.update(&2, 2, 1), Err(Refused::Unknown));
        assert_eq!(bank.update(&2, 1, -10), Ok(()));
        bank.prepare(&1, 7);
        bank.crash();
        assert_eq!((bank.balance(0), bank.holder(0)), (100, Some(&7)));
        assert_eq!((bank.balance(1), bank.holder(1)), (50, None));
        assert!(bank.end(&7, true) && !bank.end(&7, true));
        assert_eq!((bank.balance(0), bank.holder(0)), (70, None));
    }
}
