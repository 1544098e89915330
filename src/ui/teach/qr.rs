//! This very moment as a QR code, drawn as one path.

use crate::ui::page::Page;
use crate::ui::text::teach::TEACHES;
use crate::ui::{address, html};
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write;

/// What the largest code holds at the lowest correction, in bytes.
const MOST: usize = 2_953;
/// Larger ones (77 modules a side) have modules that a phone in the last row cannot tell apart.
const DENSE: i32 = 77;
/// The white margin that a reader needs, in modules.
const MARGIN: i32 = 4;

pub fn panel(page: Page) -> String {
    let lang = page.lang_now();
    let Ok(link) = address::link(page) else {
        return format!("<p class=\"hint\">{}</p>", page.tr("no-run"));
    };
    let Ok(code) = QrCode::encode_text(&link, QrCodeEcc::Low) else {
        let words = TEACHES.say(lang, "qr-large", &[&link.len().to_string(), &MOST.to_string()]);
        return format!("<p class=\"hint\">{}</p>", html::text(&words));
    };
    let side = code.size() + 2 * MARGIN;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size()).take_while(|x| code.get_module(*x, y)).count() as i32;
            if run > 0 {
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + MARGIN, y + MARGIN);
            }
            x += run.max(1);
        }
    }
    let mut out = format!(
        "<p>{}</p><svg class=\"qr\" viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"{}\"><path d=\"{path}\"></path></svg>",
        TEACHES.tr(lang, "qr-help"),
        html::text(TEACHES.tr(lang, "qr-name"))
    );
    if code.size() > DENSE {
        out += &format!("<p class=\"hint\">{}</p>", TEACHES.tr(lang, "qr-dense"));
    }
    out + &html::copyable(page.tr("link"), page.tr("copy"), &link)
}
