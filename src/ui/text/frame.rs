//! The words of the frame, which come with it.

use super::late::Late;
use crate::scenes::text::words;

pub static FRAMES: Late = Late {
    en: words![
        ("as-usual", "The address says {0}={1}. That cannot be; what is usual is taken instead."),
        ("full-page", "Open this moment in Faultline"),
        ("not-with", "The address says {0}={1}, which a scenario has of its own; that is taken."),
        ("readonly", "Here the run can be watched and not changed."),
        ("taken", "The address says {0}={1}. That cannot be; {2} is taken instead."),
        ("too-far", "The run has no step {0}; it stands at its last, {1}."),
    ],
    zh: words![
        ("as-usual", "网址中的 {0}={1} 无效，已按默认处理。"),
        ("full-page", "在 Faultline 中打开这一刻"),
        ("not-with", "网址中的 {0}={1} 与情景自带的设置不能并用，已按情景的设置处理。"),
        ("readonly", "此处只能观看，不能改动这次运行。"),
        ("taken", "网址中的 {0}={1} 无效，已改用 {2}。"),
        ("too-far", "这次运行没有第 {0} 步，已停在最后一步（第 {1} 步）。"),
    ],
};
