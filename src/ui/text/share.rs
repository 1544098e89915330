//! What the dialog says in which a moment is shared. It comes with the panels.

use super::late::Late;
use crate::scenes::text::words;

pub static SHARES: Late = Late {
    en: words![
        (
            "alone",
            "This page is one file. Put it beside your page, under the name that the code says, or send it along with the link."
        ),
        ("autoplay", "Plays by itself"),
        ("colours", "Colours"),
        ("colours-auto", "the page's"),
        ("colours-dark", "dark"),
        ("colours-light", "light"),
        ("colours-projector", "for a projector"),
        ("controls", "Controls"),
        ("controls-full", "all"),
        ("controls-minimal", "play and step"),
        ("controls-none", "none"),
        ("element", "Element"),
        (
            "element-help",
            "For pages that allow scripts: follows the page's colours and language, loads when it comes into view, and can be driven by a script."
        ),
        ("file", "One file, works offline"),
        (
            "file-help",
            "The whole simulator as one HTML file that opens at this moment: from a disk, without a network, on any course site."
        ),
        ("file-save", "Save as HTML file"),
        ("frame", "Frame"),
        ("frame-help", "For course sites, wikis and notebooks: needs no script on the page around it."),
        ("height", "Height in pixels"),
        ("label", "Faultline: {0}, step {1}"),
        ("markdown", "Link in Markdown"),
        ("options", "How it is shown there"),
        ("whole-missing", "The file did not arrive. Check the connection and try again."),
    ],
    zh: words![
        ("alone", "本页就是一个完整的文件：请按代码中的文件名放在你的网页旁边，或连同链接一起发送。"),
        ("autoplay", "自动播放"),
        ("colours", "配色"),
        ("colours-auto", "跟随网页"),
        ("colours-dark", "深色"),
        ("colours-light", "浅色"),
        ("colours-projector", "投影"),
        ("controls", "控件"),
        ("controls-full", "全部"),
        ("controls-minimal", "播放和单步"),
        ("controls-none", "无"),
        ("element", "自定义元素"),
        ("element-help", "适用于允许脚本的网页：跟随网页的配色和语言，进入视野时才加载，并可用脚本控制。"),
        ("file", "单个文件，可离线使用"),
        ("file-help", "把整个模拟器存成一个 HTML 文件，打开就是这一刻：可从磁盘打开，无需联网，也可放到任何课程网站。"),
        ("file-save", "存为 HTML 文件"),
        ("frame", "内嵌框架"),
        ("frame-help", "适用于课程网站、维基和笔记本：所在网页不需要脚本。"),
        ("height", "高度（像素）"),
        ("label", "Faultline：{0}，第 {1} 步"),
        ("markdown", "Markdown 链接"),
        ("options", "嵌入后的显示方式"),
        ("whole-missing", "文件没有加载成功。请检查网络连接，然后重试。"),
    ],
};
