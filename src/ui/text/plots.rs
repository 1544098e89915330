//! The words of pictures of placement, which come with the part of the page that draws them.

use super::late::Late;
use crate::scenes::text::words;

pub static PLOTS: Late = Late {
    en: words![("bin", "{0} keys here, {1} of them moved"), ("placing", "placing {0} %"),],
    zh: words![("bin", "此处 {0} 个键，其中 {1} 个已迁移"), ("placing", "正在放置 {0}%"),],
};
