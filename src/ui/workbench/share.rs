//! Sharing this very moment: a link, a file, a frame for another page.

use crate::scenes::link::LinkError;
use crate::ui::page::Page;
use crate::ui::text::dialogs::DIALOGS;
use crate::ui::{address, html};

pub fn panel(page: Page) -> String {
    let lang = page.lang_now();
    let mut out = format!("<p>{}</p>", DIALOGS.tr(lang, "share-intro"));
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
                DIALOGS.tr(lang, "embed-help")
            );
            out += &html::copyable(DIALOGS.tr(lang, "embed-code"), page.tr("copy"), &frame);
        }
        Err(LinkError::TooLong) => out += &format!("<p class=\"hint\">{}</p>", DIALOGS.tr(lang, "share-too-long")),
        Err(_) => out += &format!("<p class=\"hint\">{}</p>", page.tr("no-run")),
    }
    out += &format!(
        "<h3 class=\"caps\">{}</h3><p class=\"hint\">{}</p><div class=\"offers\">{}\
         <label class=\"button file\"><input type=\"file\" accept=\".faultline,text/plain\" class=\"visually-hidden\" data-change=\"file\">{}</label></div>",
        DIALOGS.tr(lang, "as-file"),
        DIALOGS.tr(lang, "file-help"),
        html::button("button", "save", DIALOGS.tr(lang, "save-file")),
        DIALOGS.tr(lang, "open-file")
    );
    out
}
