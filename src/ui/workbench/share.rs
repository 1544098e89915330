//! Sharing this very moment: a link, a file, a frame for another page.

use crate::scenes::link::LinkError;
use crate::ui::page::Page;
use crate::ui::{address, html};

pub fn panel(page: Page) -> String {
    let mut out = format!("<p>{}</p>", page.tr("share-intro"));
    match address::link(page) {
        Ok(link) => {
            out += &html::copyable(page.tr("link"), page.tr("copy"), &link);
            let frame = format!(
                "<iframe src=\"{}\" title=\"Faultline\" width=\"100%\" height=\"560\" loading=\"lazy\"></iframe>",
                link.replacen('#', "?embed#", 1)
            );
            out +=
                &format!("<h3 class=\"caps\">{}</h3><p class=\"hint\">{}</p>", page.tr("embed"), page.tr("embed-help"));
            out += &html::copyable(page.tr("embed-code"), page.tr("copy"), &frame);
        }
        Err(LinkError::TooLong) => out += &format!("<p class=\"hint\">{}</p>", page.tr("share-too-long")),
        Err(_) => out += &format!("<p class=\"hint\">{}</p>", page.tr("no-run")),
    }
    out += &format!(
        "<h3 class=\"caps\">{}</h3><p class=\"hint\">{}</p><div class=\"offers\">{}\
         <label class=\"button file\"><input type=\"file\" accept=\".faultline,text/plain\" class=\"visually-hidden\" data-change=\"file\">{}</label></div>",
        page.tr("as-file"),
        page.tr("file-help"),
        html::button("button", "save", page.tr("save-file")),
        page.tr("open-file")
    );
    out
}
