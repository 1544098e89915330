//! The words of what is for the lecture, which come with that part of the page.

use super::late::Late;
use crate::scenes::text::words;

pub static TEACHES: Late = Late {
    en: words![
        ("end", "End the presentation"),
        ("hide", "Hide verdicts"),
        ("qr-dense", "This link is long, so the code is fine: show it large, or scan from near."),
        ("qr-help", "It opens this very moment."),
        (
            "qr-large",
            "This run is too long for a QR code: {0} characters of at most {1}. Share it as a link or as a file."
        ),
        ("qr-name", "QR code of a link"),
        ("qr-short", "QR"),
        ("show", "Show verdicts"),
    ],
    zh: words![
        ("end", "结束演示"),
        ("hide", "隐藏判定"),
        ("qr-dense", "链接较长，二维码较密：请放大显示，或靠近扫描。"),
        ("qr-help", "扫描后打开的正是这一时刻。"),
        ("qr-large", "这次运行太长，放不进二维码：{0} 个字符，最多 {1} 个。请用链接或文件分享。"),
        ("qr-name", "链接的二维码"),
        ("qr-short", "二维码"),
        ("show", "显示判定"),
    ],
};
