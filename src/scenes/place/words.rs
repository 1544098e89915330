//! Sentences about lists and placements, in both languages: what is wrong, where, and how to mend it.

use super::{PlaceError, Remark, STRATEGIES};
use crate::core::placement::KeyHash;
use crate::core::placement::list::{Fault, WEIGHT_MOST};
use crate::core::placement::ring::{POINTS_MOST, RingError};
use crate::scenes::scene::Lang;
use std::fmt::Write;

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
        Fault::Columns { columns, most } => {
            format!("it has {columns} columns, but at most {most} are expected; the line was skipped.")
        }
        Fault::LeftOut { lines, most } => {
            format!("only {most} lines are read; {lines} from here on were left out.")
        }
        Fault::Full { lines, most } => {
            format!("only {most} bytes are read in all; {lines} lines from here on were left out.")
        }
        Fault::Unclosed => {
            "a quotation mark opens and none closes; the line was skipped. Close it, or double it.".into()
        }
        Fault::NotJson => "it is not JSON; the line was skipped.".into(),
        Fault::Shape => {
            "a string or an object with strings and numbers is expected, each name once; the row was skipped.".into()
        }
        Fault::Missing => "it has no name or no key; the row was skipped.".into(),
        Fault::Broken { lines } => {
            format!("here the JSON ends too early or goes on wrongly; what follows on {lines} lines was left out.")
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
        Fault::Columns { columns, most } => format!("有 {columns} 列，最多应有 {most} 列，已跳过该行。"),
        Fault::LeftOut { lines, most } => {
            format!("最多读取 {most} 行，从此行起的 {lines} 行未使用。")
        }
        Fault::Full { lines, most } => {
            format!("总共最多读取 {most} 字节，从此行起的 {lines} 行未使用。")
        }
        Fault::Unclosed => "引号没有闭合，已跳过该行。请补上引号，或将引号写成两个。".into(),
        Fault::NotJson => "不是 JSON，已跳过该行。".into(),
        Fault::Shape => "应为字符串，或由字符串和数字组成且名称不重复的对象，已跳过该项。".into(),
        Fault::Missing => "缺少名称或键，已跳过该项。".into(),
        Fault::Broken { lines } => format!("JSON 在此处中断或有误，其后 {lines} 行中的内容未使用。"),
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
pub fn shown(text: &str) -> String {
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
