//! The commands `place` and `plan`: which nodes keep which keys, and what moves, for lists from files.
//!
//! [`forms`]: lists in the forms in which people have them. [`library`]: lists at hand, named by their digest. [`files`]:
//! what is written out, here and in the page. [`plan`]: from one list of nodes to another. [`words`]: what is wrong, in
//! sentences. [`lines`]: nodes and keys in command lines.

mod ask;
pub mod csv;
pub mod files;
pub mod forms;
mod json;
pub mod library;
pub mod lines;
pub mod plan;
pub mod words;

use crate::core::placement::assign::{Assigning, Assignment};
use crate::core::placement::keys::Keys;
use crate::core::placement::list::{self, BadRow};
use crate::core::placement::range::Sample;
use crate::core::placement::scheme::{Scheme, SchemeError, Strategy};
use crate::core::placement::{Member, Placement};
use forms::{Form, Read};
use std::sync::Arc;

pub use ask::{Ask, OPTIONS};
pub use words::ring_words;

/// The keys with their nodes.
pub struct Placed {
    pub keys: Arc<Keys>,
    pub placement: Arc<dyn Placement>,
    pub assignment: Arc<Assignment>,
    /// What was not used, and why.
    pub remarks: Vec<Remark>,
}

/// One of the lists that a command reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    Nodes,
    Keys,
    /// The nodes before, and after, of a plan.
    From,
    To,
}

/// Something to say on standard error beside the result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Remark {
    /// A row of the node list that was not used.
    Node(BadRow),
    /// A row of the key list that was not used.
    Key(BadRow),
    /// A row of the node list before, and after, that was not used.
    From(BadRow),
    To(BadRow),
    /// A list is not read line by line. The line of its header, and columns that are not read.
    Form {
        list: Which,
        form: Form,
        header: Option<usize>,
        ignored: Vec<String>,
    },
    /// More copies were asked for than there are nodes.
    FewNodes {
        copies: usize,
        nodes: usize,
    },
    /// Nodes have weights or this option was given, and the strategy does without.
    NoWeights {
        strategy: Strategy,
    },
    Unused {
        option: &'static str,
        strategy: Strategy,
    },
}

/// Why nothing was placed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PlaceError {
    /// Not one of [`Strategy::ALL`].
    Strategy { name: String },
    /// Not one of the hashes that readers choose among.
    Hash { name: String },
    /// Not one of the rules of a ring.
    Rule { name: String },
    /// Not one of the mistakes.
    Mistake { name: String },
    /// No number, or one that is out of range.
    Number { option: &'static str, text: String },
    /// Not one of the forms of lists.
    Lists { name: String },
    /// Zero copies were asked for.
    NoCopies,
    /// The node list has no row that can be used; the remarks say why.
    NoNodes { list: Which, remarks: Vec<Remark> },
    /// The nodes make no placement.
    Scheme(SchemeError),
}

/// Places each key of a list on the nodes of another.
///
/// # Errors
/// See [`PlaceError`].
pub fn place(nodes: &[u8], keys: &[u8], ask: &Ask) -> Result<Placed, PlaceError> {
    let mut remarks = Vec::new();
    let members = members(nodes, Which::Nodes, ask, &mut remarks)?;
    let keys = key_list(keys, ask, &mut remarks);
    let scheme = scheme(ask, &keys);
    let placement = scheme.build(members).map_err(PlaceError::Scheme)?;
    few_nodes(&*placement, ask, &mut remarks);
    let assignment = assigned(&placement, &keys, ask);
    Ok(Placed { keys, placement, assignment, remarks })
}

/// All keys of a list under a placement.
fn assigned(placement: &Arc<dyn Placement>, keys: &Arc<Keys>, ask: &Ask) -> Arc<Assignment> {
    Arc::new(Assigning::all(placement.clone(), keys.clone(), ask.replicas, zoned(placement.members(), ask)))
}

fn zoned(members: &[Member], ask: &Ask) -> bool {
    ask.zones && members.iter().any(|member| !member.zone.is_empty())
}

/// Ranges are cut by the keys that are placed.
fn scheme(ask: &Ask, keys: &Keys) -> Scheme {
    let mut scheme = ask.scheme.clone();
    if scheme.strategy == Strategy::Range {
        scheme.sample = Sample::new(keys.iter().map(str::as_bytes));
    }
    scheme
}

fn members(nodes: &[u8], which: Which, ask: &Ask, remarks: &mut Vec<Remark>) -> Result<Vec<Member>, PlaceError> {
    if ask.replicas == 0 {
        return Err(PlaceError::NoCopies);
    }
    let read = forms::nodes(nodes, list::NODES, ask.form);
    remarks.extend(form_remark(&read, which));
    remarks.extend(read.bad.into_iter().map(|bad| match which {
        Which::From => Remark::From(bad),
        Which::To => Remark::To(bad),
        Which::Nodes | Which::Keys => Remark::Node(bad),
    }));
    if read.list.is_empty() {
        return Err(PlaceError::NoNodes { list: which, remarks: std::mem::take(remarks) });
    }
    let strategy = ask.scheme.strategy;
    let no_weights = Remark::NoWeights { strategy };
    if !strategy.takes_weights() && read.list.iter().any(|member| member.weight != 1) && !remarks.contains(&no_weights)
    {
        remarks.push(no_weights);
    }
    Ok(read.list)
}

fn key_list(keys: &[u8], ask: &Ask, remarks: &mut Vec<Remark>) -> Arc<Keys> {
    let read = forms::keys(keys, list::KEYS_HEADLESS, ask.form);
    remarks.extend(form_remark(&read, Which::Keys));
    remarks.extend(read.bad.into_iter().map(Remark::Key));
    Arc::new(read.list)
}

fn form_remark<T>(read: &Read<T>, list: Which) -> Option<Remark> {
    let (form, header, ignored) = (read.form, read.header, read.ignored.clone());
    (form != Form::Lines).then_some(Remark::Form { list, form, header, ignored })
}

fn few_nodes(placement: &dyn Placement, ask: &Ask, remarks: &mut Vec<Remark>) {
    let nodes = placement.members().len();
    if ask.replicas > nodes {
        remarks.push(Remark::FewNodes { copies: ask.replicas, nodes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::placement::KeyHash;
    use crate::scenes::scene::Lang;

    fn ask(vnodes: u32, replicas: usize) -> Ask {
        Ask { scheme: Scheme { vnodes, ..Scheme::default() }, replicas, ..Ask::default() }
    }

    fn text(placed: &Placed) -> String {
        files::placement_text(&placed.keys, &placed.assignment)
    }

    #[test]
    fn rows_come_in_the_order_of_the_keys() {
        let placed = place(b"n0\nn1\nn2\n", "key-1\nαβγ\nkey-0\nkey-1".as_bytes(), &ask(3, 2)).unwrap();
        assert_eq!(text(&placed), "key-1\tn2\tn1\nαβγ\tn2\tn1\nkey-0\tn0\tn2\nkey-1\tn2\tn1\n");
        assert_eq!(placed.remarks, []);
    }

    #[test]
    fn what_is_not_used_is_said() {
        let placed = place(b"a\na\nb\n", b"k\n\n", &ask(1, 3)).unwrap();
        let words: Vec<_> = placed.remarks.iter().map(|remark| remark.words(Lang::En)).collect();
        assert_eq!(
            words,
            [
                "Node list, line 2: the name is already on line 1; that line was used and this one skipped.",
                "Key list, line 2: it is empty; the line was skipped.",
                "3 copies were asked for, but there are only 2 nodes: each key is on all of them.",
            ]
        );
        assert!(placed.remarks.iter().all(|remark| !remark.words(Lang::Zh).is_empty()));
        let modulo = Ask { scheme: Scheme { strategy: Strategy::Modulo, ..Scheme::default() }, ..Ask::default() };
        let placed = place(b"name,rack,weight\na,7,2\nb,8\n", b"[\"k\"]", &modulo).unwrap();
        let words: Vec<_> = placed.remarks.iter().map(|remark| remark.words(Lang::En)).collect();
        assert_eq!(
            words,
            [
                "Node list: read as CSV. Line 1 is its header. Not read: rack.",
                "modulo takes no notice of weights: each node counts as one.",
                "Key list: read as JSON.",
            ]
        );
    }

    #[test]
    fn copies_go_to_other_zones_unless_asked_otherwise() {
        let nodes = b"a\t1\tx\nb\t1\tx\nc\t1\ty\n";
        let apart = place(nodes, b"1\n2\n3\n4\n5\n6\n", &ask(9, 2)).unwrap();
        let any = place(nodes, b"1\n2\n3\n4\n5\n6\n", &Ask { zones: false, ..ask(9, 2) }).unwrap();
        let same = |placed: &Placed| {
            let zone = |node: usize| placed.assignment.members()[node].zone.clone();
            (0..6).filter(|&key| placed.assignment.nodes(key).map(zone).collect::<Vec<_>>() == ["x", "x"]).count()
        };
        assert_eq!(same(&apart), 0);
        assert!(same(&any) > 0);
    }

    #[test]
    fn errors_name_what_is_known_and_how_to_mend_it() {
        let words = |scheme: Scheme, replicas, nodes: &[u8]| {
            let error = place(nodes, b"k", &Ask { scheme, replicas, ..Ask::default() }).err().expect("it is refused");
            assert!(!error.words(Lang::Zh).is_empty());
            error.words(Lang::En)
        };
        let strategy = PlaceError::Strategy { name: "rnig\u{1b}".into() }.words(Lang::En);
        assert!(strategy.starts_with("There is no strategy “rnigU+001B”. Known: ring, modulo, "), "{strategy}");
        let hash = PlaceError::Hash { name: "md4".into() }.words(Lang::En);
        assert_eq!(hash, "There is no hash “md4”. Known: sha1, md5, fnv1a, weak.");
        let with = |strategy| Scheme { strategy, hash: KeyHash::Sha1, ..Scheme::default() };
        let ring = |vnodes| Scheme { vnodes, ..with(Strategy::Ring) };
        assert_eq!(words(ring(0), 1, b"a"), "The number of virtual nodes must be at least 1.");
        assert!(words(ring(1), 0, b"a").contains("at least 1"));
        assert!(words(ring(1), 1, b"\n").contains("no line that can be used"));
        assert!(words(ring(u32::MAX), 1, b"a\t9").contains("at most 4194304"));
        let table = Scheme { table: 100, ..with(Strategy::Maglev) };
        assert_eq!(words(table, 1, b"a"), "The table size 100 is not a prime number. Take a prime, such as 65537.");
        let bound = crate::core::placement::Bound { percent: 99 };
        assert!(words(Scheme { bound, ..with(Strategy::BoundedRing) }, 1, b"a").contains("at least 100"));
    }
}
