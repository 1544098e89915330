//! Sharing this very moment: a link, a file, a frame for another page.

use super::saves;
use crate::scenes::link::LinkError;
use crate::ui::page::Page;
use crate::ui::text::tr;
use crate::ui::{address, html};

pub fn panel(page: Page) -> String {
    let lang = page.lang_now();
    let mut out = format!("<p>{}</p>", tr(lang, "share-intro"));
    match address::link(page) {
        Ok(link) => {
            out += &html::copyable(page.tr("link"), page.tr("copy"), &link);
            let frame = format!(
                "<iframe src=\"{}\" title=\"Faultline\" width=\"100%\" height=\"560\" loading=\"lazy\"></iframe>",
                link.replacen('#', "?embed#", 1)
            );
            out += &format!(
                "<h3 class=\"caps\">{}</h3><p class=\"hint\">{}</p>",
                page.tr("embed"),
                tr(lang, "embed-help")
            );
            out += &html::copyable(tr(lang, "embed-code"), page.tr("copy"), &frame);
        }
        Err(LinkError::TooLong) => out += &format!("<p class=\"hint\">{}</p>", tr(lang, "share-too-long")),
        Err(_) => out += &format!("<p class=\"hint\">{}</p>", page.tr("no-run")),
    }
    out += &format!(
        "<h3 class=\"caps\">{}</h3><p class=\"hint\">{}</p><div class=\"offers\">{}{}</div>",
        tr(lang, "lecture"),
        tr(lang, "lecture-help"),
        html::button("button", "teach present", tr(lang, "present")),
        html::button("button", "dialog qr", tr(lang, "qr"))
    );
    out += &format!(
        "<h3 class=\"caps\">{}</h3><p class=\"hint\">{}</p><div class=\"offers\">{}\
         <label class=\"button file\"><input type=\"file\" accept=\".faultline,text/plain\" class=\"visually-hidden\" data-change=\"file\">{}</label></div>",
        tr(lang, "as-file"),
        tr(lang, "file-help"),
        html::button("button", "save", tr(lang, "save-file")),
        tr(lang, "open-file")
    );
    out + &saves::section(page)
}
