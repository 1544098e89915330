//! Sentences about lists and placements, in both languages: what is wrong, where, and how to mend it.

use super::forms::Form;
use super::{PlaceError, Remark, Which};
use crate::core::placement::KeyHash;
use crate::core::placement::list::{BadRow, Fault, WEIGHT_MOST};
use crate::core::placement::maglev::{MaglevError, TABLE, TABLE_MOST};
use crate::core::placement::mistake::Mistake;
use crate::core::placement::ring::{POINTS_MOST, RingError};
use crate::core::placement::rule::Rule;
use crate::core::placement::scheme::{SchemeError, Strategy};
use crate::core::placement::slots::{SLOTS, TooManyMembers};
use crate::scenes::scene::Lang;
use std::fmt::Write;

impl Remark {
    /// One sentence, or a few.
    pub fn words(&self, lang: Lang) -> String {
        match (self, lang) {
            (Remark::Node(row), lang) => row_words(Which::Nodes, row, lang),
            (Remark::Key(row), lang) => row_words(Which::Keys, row, lang),
            (Remark::From(row), lang) => row_words(Which::From, row, lang),
            (Remark::To(row), lang) => row_words(Which::To, row, lang),
            (Remark::Form { list, form, header, ignored }, Lang::En) => {
                let mut words = format!("{}: read as {}.", list_en(*list), form_en(*form));
                if let Some(line) = header {
                    words.push_str(&format!(" Line {line} is its header."));
                }
                if !ignored.is_empty() {
                    words.push_str(&format!(" Not read: {}.", names(ignored, ", ")));
                }
                words
            }
            (Remark::Form { list, form, header, ignored }, Lang::Zh) => {
                let mut words = format!("{}：按 {} 读取。", list_zh(*list), form_zh(*form));
                if let Some(line) = header {
                    words.push_str(&format!("第 {line} 行是表头。"));
                }
                if !ignored.is_empty() {
                    words.push_str(&format!("未读取：{}。", names(ignored, "、")));
                }
                words
            }
            (Remark::FewNodes { copies, nodes }, Lang::En) => {
                format!("{copies} copies were asked for, but there are only {nodes} nodes: each key is on all of them.")
            }
            (Remark::FewNodes { copies, nodes }, Lang::Zh) => {
                format!("要求 {copies} 个副本，但只有 {nodes} 个节点：每个键存放在所有节点上。")
            }
            (Remark::NoWeights { strategy }, Lang::En) => {
                format!("{} takes no notice of weights: each node counts as one.", strategy.name())
            }
            (Remark::NoWeights { strategy }, Lang::Zh) => {
                format!("{} 不考虑权重：所有节点一视同仁。", strategy.name())
            }
            (Remark::Unused { option, strategy }, Lang::En) => {
                format!("{} makes no use of {option}.", strategy.name())
            }
            (Remark::Unused { option, strategy }, Lang::Zh) => format!("{} 用不到 {option}。", strategy.name()),
        }
    }
}

fn row_words(list: Which, row: &BadRow, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{}, line {}: {}", list_en(list), row.line, fault_en(&row.fault)),
        Lang::Zh => format!("{}第 {} 行：{}", list_zh(list), row.line, fault_zh(&row.fault)),
    }
}

fn list_en(list: Which) -> &'static str {
    match list {
        Which::Nodes => "Node list",
        Which::Keys => "Key list",
        Which::From => "Node list before",
        Which::To => "Node list after",
    }
}

fn list_zh(list: Which) -> &'static str {
    match list {
        Which::Nodes => "节点列表",
        Which::Keys => "键列表",
        Which::From => "变更前的节点列表",
        Which::To => "变更后的节点列表",
    }
}

fn form_en(form: Form) -> &'static str {
    match form {
        Form::Lines => "lines",
        Form::Columns { delimiter: b';' } => "columns with semicolons between them",
        Form::Columns { delimiter: b'\t' } => "columns with tabs between them",
        Form::Columns { .. } => "CSV",
        Form::Json => "JSON",
        Form::JsonLines => "JSON, a value a line",
    }
}

fn form_zh(form: Form) -> &'static str {
    match form {
        Form::Lines => "逐行文本",
        Form::Columns { delimiter: b';' } => "分号分隔的列",
        Form::Columns { delimiter: b'\t' } => "制表符分隔的列",
        Form::Columns { .. } => "CSV",
        Form::Json => "JSON",
        Form::JsonLines => "每行一个值的 JSON",
    }
}

fn names(names: &[String], between: &str) -> String {
    names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(between)
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
        let (en, zh, name, known) = match self {
            PlaceError::Strategy { name } => ("strategy", "策略", name, Strategy::ALL.map(Strategy::name).join(", ")),
            PlaceError::Hash { name } => ("hash", "哈希", name, KeyHash::ALL.map(KeyHash::name).join(", ")),
            PlaceError::Rule { name } => ("rule", "规则", name, Rule::ALL.map(Rule::name).join(", ")),
            PlaceError::Mistake { name } => ("mistake", "错误", name, Mistake::ALL.map(Mistake::name).join(", ")),
            PlaceError::Lists { name } => ("form of lists", "列表格式", name, "auto, lines, csv, json, jsonl".into()),
            PlaceError::Number { option, text } => {
                return match lang {
                    Lang::En => format!("{option} wants a number in range, not “{}”", shown(text)),
                    Lang::Zh => format!("{option} 需要范围内的整数，而不是“{}”", shown(text)),
                };
            }
            PlaceError::NoCopies => {
                return match lang {
                    Lang::En => "The number of replicas must be at least 1: the owner's copy.".into(),
                    Lang::Zh => "副本数至少为 1，即所有者的那一份。".into(),
                };
            }
            PlaceError::NoNodes { list, .. } => return no_nodes(*list, lang),
            PlaceError::Scheme(error) => return scheme_words(error, lang),
        };
        match lang {
            Lang::En => format!("There is no {en} “{}”. Known: {known}.", shown(name)),
            Lang::Zh => format!("没有名为“{}”的{zh}。可用：{known}。", shown(name)),
        }
    }
}

fn no_nodes(list: Which, lang: Lang) -> String {
    match (list, lang) {
        (Which::From | Which::To, Lang::En) => format!(
            "{}: there is no line that can be used. Write a name, or a name, a tab and a weight, on a line.",
            list_en(list)
        ),
        (Which::From | Which::To, Lang::Zh) => {
            format!("{}中没有可用的行。每行写一个名称，或名称、制表符和权重。", list_zh(list))
        }
        (_, Lang::En) => {
            "The node list has no line that can be used. Write a name, or a name, a tab and a weight, on a line.".into()
        }
        (_, Lang::Zh) => "节点列表中没有可用的行。每行写一个名称，或名称、制表符和权重。".into(),
    }
}

/// One sentence on why a scheme makes no placement of these members.
pub fn scheme_words(error: &SchemeError, lang: Lang) -> String {
    match (error, lang) {
        (SchemeError::Ring(error), lang) => ring_words(error, lang),
        (SchemeError::Maglev(MaglevError::NotPrime { size }), Lang::En) => {
            format!("The table size {size} is not a prime number. Take a prime, such as {TABLE}.")
        }
        (SchemeError::Maglev(MaglevError::NotPrime { size }), Lang::Zh) => {
            format!("表的大小 {size} 不是素数。请取素数，如 {TABLE}。")
        }
        (SchemeError::Maglev(MaglevError::TooLarge { size }), Lang::En) => {
            format!("The table size {size} is greater than {TABLE_MOST}. Take a smaller prime, such as {TABLE}.")
        }
        (SchemeError::Maglev(MaglevError::TooLarge { size }), Lang::Zh) => {
            format!("表的大小 {size} 超过上限 {TABLE_MOST}。请取较小的素数，如 {TABLE}。")
        }
        (SchemeError::Maglev(MaglevError::TooSmall { size, members }), Lang::En) => {
            format!("A table of {size} slots is too small for {members} nodes. Take a greater prime, such as {TABLE}.")
        }
        (SchemeError::Maglev(MaglevError::TooSmall { size, members }), Lang::Zh) => {
            format!("{size} 个槽位的表容不下 {members} 个节点。请取较大的素数，如 {TABLE}。")
        }
        (SchemeError::Slots(TooManyMembers { members }), Lang::En) => {
            format!("There are {members} nodes, but only {SLOTS} slots. Take fewer nodes.")
        }
        (SchemeError::Slots(TooManyMembers { members }), Lang::Zh) => {
            format!("有 {members} 个节点，但只有 {SLOTS} 个槽位。请减少节点。")
        }
        (SchemeError::Bound { percent }, Lang::En) => {
            format!("The bound is {percent} percent, but it must be at least 100, or the keys have no room.")
        }
        (SchemeError::Bound { percent }, Lang::Zh) => {
            format!("负载上限为 {percent}%，至少应为 100%，否则放不下所有键。")
        }
        (SchemeError::Mistake { mistake, strategy }, Lang::En) => format!(
            "The mistake {} cannot be made with {}. It belongs to {}.",
            mistake.name(),
            strategy.name(),
            mistake.of().name()
        ),
        (SchemeError::Mistake { mistake, strategy }, Lang::Zh) => {
            format!("{} 不会犯错误 {}，它属于 {}。", strategy.name(), mistake.name(), mistake.of().name())
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
