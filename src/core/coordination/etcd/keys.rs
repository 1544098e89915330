//! etcd's data, as far as locks use it: the keys under one prefix, each with a lease, and the revision of the store.
//!
//! One data structure, generic over keys and leases: strings and ids when it replays the trace of a real server, sessions
//! inside a cluster.
//!
//! Sources: etcd's `client/v3/concurrency/mutex.go`; "etcd API" (KV, Lease); traces of etcd 3.4.23. The revision counts
//! the transactions that wrote something, one each, however many keys they wrote.

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key<K, L> {
    pub name: K,
    /// The revision in which it was created.
    pub created: u32,
    pub lease: L,
}

/// What the recipe's transaction answers: *if the key is not there, put it with this lease, else get it; and in either case
/// get the oldest key under the prefix*.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Claim<K> {
    /// The key was not there.
    pub succeeded: bool,
    /// The store's revision after it.
    pub revision: u32,
    /// The revision in which the key was created: now, or by an earlier try.
    pub created: u32,
    /// The oldest key under the prefix, and the revision in which it was created.
    pub first: (K, u32),
}

/// What the server says to a call that cannot be done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fault {
    /// "requested lease not found"
    NoLease,
    /// "lease already exists"
    LeaseExists,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Keys<K, L> {
    /// In the order of their creation.
    keys: Vec<Key<K, L>>,
    /// Those that have been granted and are not over, ordered.
    leases: Vec<L>,
    /// An empty store is at revision 1.
    revision: u32,
}

impl<K, L> Default for Keys<K, L> {
    fn default() -> Self {
        Keys { keys: Vec::new(), leases: Vec::new(), revision: 1 }
    }
}

impl<K: Copy + Eq, L: Copy + Ord> Keys<K, L> {
    /// The keys, oldest first: `range` with `sort_target = CREATE`.
    pub fn all(&self) -> &[Key<K, L>] {
        &self.keys
    }

    pub fn all_mut(&mut self) -> (&mut [Key<K, L>], &mut [L]) {
        (&mut self.keys, &mut self.leases)
    }

    /// Puts leases in order again after they were renamed.
    pub fn settle(&mut self) {
        self.leases.sort_unstable();
    }

    pub fn leases(&self) -> &[L] {
        &self.leases
    }

    pub fn revision(&self) -> u32 {
        self.revision
    }

    pub fn get(&self, name: &K) -> Option<&Key<K, L>> {
        self.keys.iter().find(|key| key.name == *name)
    }

    /// The newest key that is older than a revision: the one that the recipe waits for.
    pub fn before(&self, revision: u32) -> Option<&Key<K, L>> {
        self.keys.iter().rev().find(|key| key.created < revision)
    }

    /// `lease grant`. It writes nothing: the revision stays.
    ///
    /// # Errors
    /// `LeaseExists`.
    pub fn grant(&mut self, lease: L) -> Result<(), Fault> {
        let Err(at) = self.leases.binary_search(&lease) else { return Err(Fault::LeaseExists) };
        self.leases.insert(at, lease);
        Ok(())
    }

    /// The recipe's transaction.
    ///
    /// # Errors
    /// `NoLease`, where it would have put the key; then nothing has changed.
    pub fn claim(&mut self, name: K, lease: L) -> Result<Claim<K>, Fault> {
        let there = self.get(&name).map(|key| key.created);
        if there.is_none() {
            self.leases.binary_search(&lease).map_err(|_| Fault::NoLease)?;
            self.revision += 1;
            self.keys.push(Key { name, created: self.revision, lease });
        }
        let created = there.unwrap_or(self.revision);
        let first = self.keys.first().map_or((name, created), |key| (key.name, key.created));
        Ok(Claim { succeeded: there.is_none(), revision: self.revision, created, first })
    }

    /// `delete`: the key, if it was there.
    pub fn delete(&mut self, name: &K) -> Option<Key<K, L>> {
        let at = self.keys.iter().position(|key| key.name == *name)?;
        self.revision += 1;
        Some(self.keys.remove(at))
    }

    /// `lease revoke`, and what the server does by itself when a lease's time is over: its keys, oldest first.
    ///
    /// # Errors
    /// `NoLease`.
    pub fn revoke(&mut self, lease: L) -> Result<Vec<Key<K, L>>, Fault> {
        let at = self.leases.binary_search(&lease).map_err(|_| Fault::NoLease)?;
        self.leases.remove(at);
        let (ended, left): (Vec<_>, Vec<_>) = self.keys.drain(..).partition(|key| key.lease == lease);
        self.keys = left;
        self.revision += u32::from(!ended.is_empty());
        Ok(ended)
    }
}
