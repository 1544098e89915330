//! Short sentences that come and stay until they are dismissed: what was wrong, and what was done instead.

use super::html;
use super::page::Page;

/// More would hide the stage; the oldest gives way.
const MOST: usize = 3;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    pub id: u32,
    pub words: String,
    pub warning: bool,
}

pub fn say(page: Page, words: String) {
    push(page, words, false);
}

pub fn warn(page: Page, words: String) {
    push(page, words, true);
}

fn push(page: Page, words: String, warning: bool) {
    if words.is_empty() {
        return;
    }
    page.notices.update(|notices| {
        notices.retain(|notice| notice.words != words);
        let id = notices.last().map_or(0, |notice| notice.id.wrapping_add(1));
        notices.push(Notice { id, words, warning });
        if notices.len() > MOST {
            notices.remove(0);
        }
    });
}

/// Something else begins: what was only said is over, warnings stay.
pub fn settle(page: Page) {
    if page.notices.with(|notices| notices.iter().any(|notice| !notice.warning)) {
        page.notices.update(|notices| notices.retain(|notice| notice.warning));
    }
}

pub fn dismiss(page: Page, id: u32) {
    page.notices.update(|notices| notices.retain(|notice| notice.id != id));
}

pub fn panel(page: Page) -> String {
    let mut out = String::new();
    if let Some(done) = page.coming.get() {
        // Who hears the page is told once: not of every percent.
        let stop = html::button("button", "stop-opening", page.tr("stop-opening"));
        out += &format!(
            "<div class=\"notice\" data-key=\"coming\"><p>{0}</p>\
             <progress max=\"100\" value=\"{done}\" aria-label=\"{0}\"></progress>{stop}</div>",
            page.tr("opening-run")
        );
    }
    for notice in page.notices.get() {
        let class = if notice.warning { "notice warning" } else { "notice" };
        out += &format!(
            "<div class=\"{class}\" data-key=\"{}\"><p>{}</p>{}</div>",
            notice.id,
            html::text(&notice.words),
            html::icon_button("icon-button", &format!("dismiss {}", notice.id), "close", page.tr("dismiss"))
        );
    }
    out
}
