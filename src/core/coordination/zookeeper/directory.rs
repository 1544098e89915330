//! ZooKeeper's data, as far as locks use it: the children of one node, and who watches what.
//!
//! One data structure, generic over names and sessions: strings and session ids when it replays the trace of a real server,
//! attempts and clients inside a cluster. The directory that the traces test is the one on the page.
//!
//! Sources: "ZooKeeper Programmer's Guide" (ephemeral and sequence nodes, watches); traces of ZooKeeper 3.8.0. A sequence
//! number is how many children the parent has ever had, whatever they were called, and never comes again while the parent
//! lives. A watch fires once.

/// A child's name: what its creator called it and, of a sequential node, the number that the server put behind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Name<N> {
    pub label: N,
    pub number: Option<u32>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Child<N, S> {
    pub name: Name<N>,
    /// The transaction that created it: grows over all nodes of the service.
    pub czxid: u32,
    /// The session that an ephemeral node ends with.
    pub owner: Option<S>,
}

/// What the server says to a call that cannot be done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fault {
    NodeExists,
    NoNode,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Directory<N, S> {
    /// In the order in which they were created.
    children: Vec<Child<N, S>>,
    /// How many there have been.
    created: u32,
}

impl<N, S> Default for Directory<N, S> {
    fn default() -> Self {
        Directory { children: Vec::new(), created: 0 }
    }
}

impl<N: Copy + Eq, S: Copy + Eq> Directory<N, S> {
    /// The children, oldest first. The real server says them in no particular order.
    pub fn children(&self) -> &[Child<N, S>] {
        &self.children
    }

    pub fn children_mut(&mut self) -> &mut [Child<N, S>] {
        &mut self.children
    }

    pub fn created(&self) -> u32 {
        self.created
    }

    pub fn get(&self, name: &Name<N>) -> Option<&Child<N, S>> {
        self.children.iter().find(|child| child.name == *name)
    }

    /// `create`, in the transaction `zxid`.
    ///
    /// # Errors
    /// `NodeExists`, which cannot befall a sequential node.
    pub fn create(&mut self, label: N, sequential: bool, owner: Option<S>, zxid: u32) -> Result<Child<N, S>, Fault> {
        let name = Name { label, number: sequential.then_some(self.created) };
        if self.get(&name).is_some() {
            return Err(Fault::NodeExists);
        }
        let child = Child { name, czxid: zxid, owner };
        self.created += 1;
        self.children.push(child.clone());
        Ok(child)
    }

    /// `delete`, whatever its version.
    ///
    /// # Errors
    /// `NoNode`.
    pub fn delete(&mut self, name: &Name<N>) -> Result<Child<N, S>, Fault> {
        let at = self.children.iter().position(|child| child.name == *name).ok_or(Fault::NoNode)?;
        Ok(self.children.remove(at))
    }

    /// Takes out what belongs to a session that is over, oldest first.
    pub fn end(&mut self, session: S) -> Vec<Child<N, S>> {
        let (ended, left) = self.children.drain(..).partition(|child| child.owner == Some(session));
        self.children = left;
        ended
    }
}

/// What a watch is set on, in the order in which the server tells of one transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Watched<N> {
    /// By `exists`: one child, whether it is there or not.
    Child(Name<N>),
    /// By `getChildren`: the list of children.
    Children,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Change {
    Created,
    Deleted,
    /// The list of children is another one.
    Children,
}

/// The watches that one server holds, each with the connection that it is told on, ordered.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Watches<N, W> {
    set: Vec<(Watched<N>, W)>,
}

impl<N, W> Default for Watches<N, W> {
    fn default() -> Self {
        Watches { set: Vec::new() }
    }
}

impl<N: Copy + Ord, W: Copy + Ord> Watches<N, W> {
    pub fn all(&self) -> &[(Watched<N>, W)] {
        &self.set
    }

    /// Replaces names, which may change their order.
    pub fn rename(&mut self, mut rename: impl FnMut(&mut Watched<N>, &mut W)) {
        self.set.iter_mut().for_each(|(what, who)| rename(what, who));
        self.set.sort_unstable();
    }

    /// Setting the same watch twice is setting it once.
    pub fn add(&mut self, what: Watched<N>, who: W) {
        if let Err(at) = self.set.binary_search(&(what, who)) {
            self.set.insert(at, (what, who));
        }
    }

    /// Of a connection that is gone nothing is told.
    pub fn forget(&mut self, gone: impl Fn(&W) -> bool) {
        self.set.retain(|(_, who)| !gone(who));
    }

    /// A child came or went: takes out the watches that this fires, and says what each is told, in that order. Of the
    /// nodes that go with one session the server promises no order.
    pub fn fire(&mut self, name: &Name<N>, created: bool) -> Vec<(W, Watched<N>, Change)> {
        let mut fired = Vec::new();
        self.set.retain(|(what, who)| {
            let change = match what {
                Watched::Child(watched) if watched == name && created => Change::Created,
                Watched::Child(watched) if watched == name => Change::Deleted,
                Watched::Children => Change::Children,
                Watched::Child(_) => return true,
            };
            fired.push((*who, *what, change));
            false
        });
        fired
    }
}
