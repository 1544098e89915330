//! The words of searches, which come with the part of the page that searches.

use super::late::Late;
use crate::scenes::text::words;

pub static SEARCHES: Late = Late {
    en: words![
        ("continue", "Continue"),
        ("done", "All {0} cells are searched."),
        ("fails", "fails after {0} steps"),
        ("given-up", "not finished: unbroken in {0} states"),
        ("holds", "holds in all {0} states"),
        ("running", "Searching cell {0} of {1}."),
        ("searching", "{0} states so far"),
        ("show-run", "Open the shortest run that breaks it"),
        ("stop", "Stop"),
        ("stopped", "Stopped. {0} of {1} cells are searched."),
        ("waiting", "not searched yet"),
    ],
    zh: words![
        ("continue", "继续"),
        ("done", "{0} 个格子全部搜索完毕。"),
        ("fails", "{0} 步后被打破"),
        ("given-up", "未搜索完：{0} 个状态内未被打破"),
        ("holds", "在全部 {0} 个状态中成立"),
        ("running", "正在搜索第 {0} 个格子，共 {1} 个。"),
        ("searching", "已搜索 {0} 个状态"),
        ("show-run", "打开打破它的最短运行"),
        ("stop", "停止"),
        ("stopped", "已停止。{1} 个格子中已搜索 {0} 个。"),
        ("waiting", "尚未搜索"),
    ],
};
