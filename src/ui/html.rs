//! Small pieces of markup that all panels use. Text is escaped here and nowhere else.

use super::draw::escape_into;

/// Text as markup.
pub fn text(words: &str) -> String {
    let mut out = String::with_capacity(words.len() + 8);
    escape_into(&mut out, words);
    out
}

/// An icon of the sprite, hidden from screen readers: the control that carries it has the name.
pub fn icon(name: &str) -> String {
    format!(
        "<span class=\"icon\" aria-hidden=\"true\"><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><use href=\"#i-{name}\"></use></svg></span>"
    )
}

/// A button with words. `act` is what `actions` does on a click.
pub fn button(class: &str, act: &str, words: &str) -> String {
    format!("<button type=\"button\" class=\"{class}\" data-act=\"{}\">{}</button>", text(act), text(words))
}

/// A button that is pressed or not.
pub fn choice(class: &str, act: &str, words: &str, pressed: bool) -> String {
    format!(
        "<button type=\"button\" class=\"{class}\" data-act=\"{act}\" aria-pressed=\"{pressed}\">{}</button>",
        text(words)
    )
}

/// A button that shows an icon and is called by its words.
pub fn icon_button(class: &str, act: &str, name: &str, words: &str) -> String {
    let words = text(words);
    format!(
        "<button type=\"button\" class=\"{class}\" data-act=\"{act}\" aria-label=\"{words}\" title=\"{words}\">{}</button>",
        icon(name)
    )
}

/// A head of a panel in small capitals.
pub fn caps(words: &str) -> String {
    format!("<h2 class=\"caps\">{}</h2>", text(words))
}

/// A read-only text with a button that copies it.
pub fn copyable(name: &str, copy: &str, shown: &str) -> String {
    format!(
        "<div class=\"copyable\"><textarea readonly rows=\"2\" class=\"mono\" spellcheck=\"false\" aria-label=\"{}\">{}</textarea>{}</div>",
        text(name),
        text(shown),
        button("button", "copy", copy)
    )
}
