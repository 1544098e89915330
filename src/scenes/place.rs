//! The command `place`: which nodes keep which keys, for lists from files.

use super::scene::Lang;
use crate::core::placement::list::{self, BadRow, Fault, WEIGHT_MOST};
use crate::core::placement::ring::{POINTS_MOST, Ring, RingError};
use crate::core::placement::{KeyHash, Member, Placement};
use std::fmt::Write;

/// Strategies that `place` knows.
pub const STRATEGIES: [&str; 1] = ["ring"];

/// The keys with their nodes, in the order of the key list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placed {
    pub members: Vec<Member>,
    pub rows: Vec<Row>,
    /// What was not used, and why.
    pub remarks: Vec<Remark>,
}

/// A key and the nodes that keep it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub key: String,
    /// Indices into [`Placed::members`], the owner first.
    pub nodes: Vec<usize>,
}

/// Something to say on standard error beside the result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Remark {
    /// A row of the node list that was not used.
    Node(BadRow),
    /// A row of the key list that was not used.
    Key(BadRow),
    /// More copies were asked for than there are nodes.
    FewNodes { copies: usize, nodes: usize },
}

/// Why nothing was placed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PlaceError {
    /// Not one of [`STRATEGIES`].
    Strategy { name: String },
    /// Not one of [`KeyHash::ALL`].
    Hash { name: String },
    /// Zero copies were asked for.
    NoCopies,
    /// The node list has no row that can be used; the remarks say why.
    NoNodes { remarks: Vec<Remark> },
    /// The nodes make no ring.
    Ring(RingError),
}

/// Places each key of a list on the nodes of another: `replicas` copies, the owner's included.
///
/// # Errors
/// See [`PlaceError`].
pub fn place(
    nodes: &[u8],
    keys: &[u8],
    strategy: &str,
    hash: &str,
    vnodes: u32,
    replicas: usize,
) -> Result<Placed, PlaceError> {
    let hash = KeyHash::named(hash).ok_or_else(|| PlaceError::Hash { name: hash.into() })?;
    if !STRATEGIES.contains(&strategy) {
        return Err(PlaceError::Strategy { name: strategy.into() });
    }
    if replicas == 0 {
        return Err(PlaceError::NoCopies);
    }
    let nodes = list::nodes(nodes, list::NODES);
    let mut remarks: Vec<Remark> = nodes.bad.into_iter().map(Remark::Node).collect();
    if nodes.rows.is_empty() {
        return Err(PlaceError::NoNodes { remarks });
    }
    let ring = Ring::with_hash(nodes.rows, vnodes, hash).map_err(PlaceError::Ring)?;
    let keys = list::keys(keys, list::KEYS_HEADLESS);
    remarks.extend(keys.bad.into_iter().map(Remark::Key));
    if replicas > ring.members().len() {
        remarks.push(Remark::FewNodes { copies: replicas, nodes: ring.members().len() });
    }
    let place = |key: String| {
        let mut nodes = Vec::new();
        ring.replicas(key.as_bytes(), replicas, &mut nodes);
        Row { key, nodes }
    };
    let rows = keys.rows.into_iter().map(place).collect();
    Ok(Placed { members: ring.members().to_vec(), rows, remarks })
}

impl Placed {
    /// `key<TAB>owner[<TAB>replica…]` a line.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            text.push_str(&row.key);
            for name in self.names(row) {
                text.push('\t');
                text.push_str(name);
            }
            text.push('\n');
        }
        text
    }

    /// The names of a row's nodes, the owner's first.
    pub fn names<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = &'a str> {
        row.nodes.iter().map(|&node| self.members[node].name.as_str())
    }
}

impl Remark {
    /// One sentence.
    pub fn words(&self, lang: Lang) -> String {
        match (self, lang) {
            (Remark::Node(row), Lang::En) => {
                format!("Node list, line {}: {}", row.line, fault_en(&row.fault))
            }
            (Remark::Node(row), Lang::Zh) => {
                format!("节点列表第 {} 行：{}", row.line, fault_zh(&row.fault))
            }
            (Remark::Key(row), Lang::En) => {
                format!("Key list, line {}: {}", row.line, fault_en(&row.fault))
            }
            (Remark::Key(row), Lang::Zh) => {
                format!("键列表第 {} 行：{}", row.line, fault_zh(&row.fault))
            }
            (Remark::FewNodes { copies, nodes }, Lang::En) => {
                format!("{copies} copies were asked for, but there are only {nodes} nodes: each key is on all of them.")
            }
            (Remark::FewNodes { copies, nodes }, Lang::Zh) => {
                format!("要求 {copies} 个副本，但只有 {nodes} 个节点：每个键存放在所有节点上。")
            }
        }
    }
}

fn fault_en(fault: &Fault) -> String {
    match fault {
        Fault::Empty => "it is empty; the line was skipped.".into(),
        Fault::NotUtf8 => "it is not UTF-8; the line was skipped. Save the file as UTF-8.".into(),
        Fault::TooLong { bytes, most } => {
            format!("it has {bytes} bytes, but at most {most} are allowed; the line was skipped.")
        }
        Fault::Control { character } => {
            format!("it contains the control character {}; the line was skipped.", code(*character))
        }
        Fault::Blank => "the name begins or ends with a blank; the line was skipped. Remove the blank.".into(),
        Fault::Duplicate { first } => {
            format!("the name is already on line {first}; that line was used and this one skipped.")
        }
        Fault::Weight { text } => {
            format!("the weight “{}” is not a whole number from 1 to {WEIGHT_MOST}; the line was skipped.", shown(text))
        }
        Fault::Columns { columns } => {
            format!("it has {columns} columns, but only name, weight and zone are read; the line was skipped.")
        }
        Fault::LeftOut { lines, most } => {
            format!("only {most} lines are read; {lines} from here on were left out.")
        }
        Fault::Full { lines, most } => {
            format!("only {most} bytes are read in all; {lines} lines from here on were left out.")
        }
    }
}

fn fault_zh(fault: &Fault) -> String {
    match fault {
        Fault::Empty => "内容为空，已跳过该行。".into(),
        Fault::NotUtf8 => "不是 UTF-8 编码，已跳过该行。请将文件保存为 UTF-8。".into(),
        Fault::TooLong { bytes, most } => {
            format!("长 {bytes} 字节，超过上限 {most} 字节，已跳过该行。")
        }
        Fault::Control { character } => format!("含有控制字符 {}，已跳过该行。", code(*character)),
        Fault::Blank => "名称首尾有空白，已跳过该行。请删除空白。".into(),
        Fault::Duplicate { first } => {
            format!("名称与第 {first} 行重复，使用第 {first} 行，已跳过该行。")
        }
        Fault::Weight { text } => {
            format!("权重“{}”不是 1 到 {WEIGHT_MOST} 的整数，已跳过该行。", shown(text))
        }
        Fault::Columns { columns } => {
            format!("有 {columns} 列，只读取名称、权重和区域三列，已跳过该行。")
        }
        Fault::LeftOut { lines, most } => {
            format!("最多读取 {most} 行，从此行起的 {lines} 行未使用。")
        }
        Fault::Full { lines, most } => {
            format!("总共最多读取 {most} 字节，从此行起的 {lines} 行未使用。")
        }
    }
}

impl PlaceError {
    /// One sentence that says what is wrong and how to mend it. The remarks of [`PlaceError::NoNodes`] are apart.
    pub fn words(&self, lang: Lang) -> String {
        let hashes = || KeyHash::ALL.map(KeyHash::name).join(", ");
        let strategies = || STRATEGIES.join(", ");
        match (self, lang) {
            (PlaceError::Strategy { name }, Lang::En) => {
                format!("There is no strategy “{}”. Known: {}.", shown(name), strategies())
            }
            (PlaceError::Strategy { name }, Lang::Zh) => {
                format!("没有名为“{}”的策略。可用：{}。", shown(name), strategies())
            }
            (PlaceError::Hash { name }, Lang::En) => {
                format!("There is no hash “{}”. Known: {}.", shown(name), hashes())
            }
            (PlaceError::Hash { name }, Lang::Zh) => format!("没有名为“{}”的哈希。可用：{}。", shown(name), hashes()),
            (PlaceError::NoCopies, Lang::En) => "The number of replicas must be at least 1: the owner's copy.".into(),
            (PlaceError::NoCopies, Lang::Zh) => "副本数至少为 1，即所有者的那一份。".into(),
            (PlaceError::NoNodes { .. }, Lang::En) => {
                "The node list has no line that can be used. Write a name, or a name, a tab and a weight, on a line."
                    .into()
            }
            (PlaceError::NoNodes { .. }, Lang::Zh) => {
                "节点列表中没有可用的行。每行写一个名称，或名称、制表符和权重。".into()
            }
            (PlaceError::Ring(error), lang) => ring_words(error, lang),
        }
    }
}

/// One sentence on why these members make no ring.
pub fn ring_words(error: &RingError, lang: Lang) -> String {
    match (error, lang) {
        (RingError::NoVnodes, Lang::En) => "The number of virtual nodes must be at least 1.".into(),
        (RingError::NoVnodes, Lang::Zh) => "虚拟节点数至少为 1。".into(),
        (RingError::EmptyName, Lang::En) => "A node needs a name.".into(),
        (RingError::EmptyName, Lang::Zh) => "节点必须有名称。".into(),
        (RingError::NoWeight { name }, Lang::En) => {
            format!("The weight of “{}” must be at least 1.", shown(name))
        }
        (RingError::NoWeight { name }, Lang::Zh) => {
            format!("节点“{}”的权重至少为 1。", shown(name))
        }
        (RingError::Duplicate { name }, Lang::En) => {
            format!("There is already a node “{}”.", shown(name))
        }
        (RingError::Duplicate { name }, Lang::Zh) => format!("已有名为“{}”的节点。", shown(name)),
        (RingError::TooManyPoints { points }, Lang::En) => format!(
            "Virtual nodes times weights are {points} points, but at most {POINTS_MOST} are allowed: take fewer virtual \
             nodes or smaller weights."
        ),
        (RingError::TooManyPoints { points }, Lang::Zh) => {
            format!("虚拟节点数乘以权重共 {points} 个点，超过上限 {POINTS_MOST}：请减少虚拟节点数或权重。")
        }
    }
}

/// Foreign text inside a sentence: short, and without characters that spoil a terminal.
fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut shown = String::new();
    for character in text.chars().take(LONGEST) {
        match character.is_control() {
            true => shown.push_str(&code(character)),
            false => shown.push(character),
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

fn code(character: char) -> String {
    let mut code = String::new();
    write!(code, "U+{:04X}", u32::from(character)).expect("a string takes what is written to it");
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_the_order_of_the_keys() {
        let placed = place(b"n0\nn1\nn2\n", "key-1\nαβγ\nkey-0\nkey-1".as_bytes(), "ring", "sha1", 3, 2).unwrap();
        assert_eq!(placed.text(), "key-1\tn2\tn1\nαβγ\tn2\tn1\nkey-0\tn0\tn2\nkey-1\tn2\tn1\n");
        assert_eq!(placed.remarks, []);
    }

    #[test]
    fn what_is_not_used_is_said() {
        let placed = place(b"a\na\nb\n", b"k\n\n", "ring", "sha1", 1, 3).unwrap();
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
    }

    #[test]
    fn errors_name_what_is_known() {
        let words = |strategy, hash, vnodes, copies, nodes: &[u8]| {
            place(nodes, b"k", strategy, hash, vnodes, copies).unwrap_err().words(Lang::En)
        };
        assert_eq!(words("rnig\u{1b}", "sha1", 1, 1, b"a"), "There is no strategy “rnigU+001B”. Known: ring.");
        assert_eq!(words("ring", "md5", 1, 1, b"a"), "There is no hash “md5”. Known: sha1.");
        assert_eq!(words("ring", "sha1", 0, 1, b"a"), "The number of virtual nodes must be at least 1.");
        assert!(words("ring", "sha1", 1, 0, b"a").contains("at least 1"));
        assert!(words("ring", "sha1", 1, 1, b"\n").contains("no line that can be used"));
        assert!(words("ring", "sha1", u32::MAX, 1, b"a\t9").contains("at most 4194304"));
    }
}
