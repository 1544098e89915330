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
        ("worker-lost", "The worker that searches has not been heard of for a minute. It is ended; ask again."),
        (
            "worker-missing",
            "The worker that searches did not start. Check the connection and ask again; a host's content security policy needs worker-src 'self' and script-src 'wasm-unsafe-eval'. ({0})",
        ),
        ("worker-stopped", "The worker that searches has stopped: {0}"),
        ("worker-unread", "The worker that searches speaks as another version does. Load the page again. ({0})"),
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
        ("worker-lost", "负责搜索的 Worker 已有一分钟没有回应，现已终止。请重新提问。"),
        (
            "worker-missing",
            "负责搜索的 Worker 未能启动。请检查网络连接后重新提问；托管站点的内容安全策略需要 worker-src 'self' 和 script-src 'wasm-unsafe-eval'。（{0}）",
        ),
        ("worker-stopped", "负责搜索的 Worker 已停止运行：{0}"),
        ("worker-unread", "负责搜索的 Worker 与本页版本不一致。请重新加载页面。（{0}）"),
    ],
};
