//! What the classes of the stage's markup look like, as attributes: the style sheet's rules, for pictures without one.
//!
//! `--h`, `--h-text` and `--h-tint` stand for the hue that the element wears, other names for a colour of the theme, `mono`
//! for the fonts of protocol words.

use super::Palette;
use super::fonts::MONO;

const RULES: &[(&str, &str)] = &[
    ("arc", "fill=\"none\" stroke=\"--h\" stroke-width=\"11\""),
    ("arc gone", "fill=\"none\" stroke=\"--h\" stroke-width=\"4\" stroke-dasharray=\"3 3\" opacity=\"0.7\""),
    ("arrow", "fill=\"none\" stroke=\"--h\" stroke-width=\"1.25\""),
    ("arrow lost", "fill=\"none\" stroke=\"--h\" stroke-width=\"1.25\" stroke-dasharray=\"4 3\""),
    ("arrow-head", "fill=\"--h\""),
    (
        "arrow-words",
        "fill=\"--h-text\" font-family=\"mono\" paint-order=\"stroke\" stroke=\"--paper\" stroke-width=\"3\" stroke-linejoin=\"round\"",
    ),
    ("axis", "fill=\"--ink-3\""),
    ("badge", "fill=\"--ink\" font-weight=\"700\""),
    ("bar broken", "fill=\"--bad\" fill-opacity=\"0.13\" stroke=\"--bad\" stroke-dasharray=\"3 3\""),
    ("bar doubt", "fill=\"--warn-fill\""),
    ("bar down", "fill=\"--bad-tint\" stroke=\"--bad\" stroke-width=\"1.1\" stroke-dasharray=\"4 3\""),
    ("bar pale", "fill=\"--h\" opacity=\"0.38\""),
    ("bar paused", "fill=\"--card\" stroke=\"--edge\" stroke-width=\"0.75\" stroke-dasharray=\"2 2\""),
    ("bar strong", "fill=\"--h\""),
    ("bar-words", "fill=\"--h-on\" font-weight=\"500\" paint-order=\"stroke\" stroke=\"--h\" stroke-width=\"2\""),
    (
        "bar-words doubt",
        "fill=\"--on-node-4\" font-weight=\"500\" paint-order=\"stroke\" stroke=\"--warn-fill\" stroke-width=\"2\"",
    ),
    (
        "bar-words down",
        "fill=\"--bad\" font-weight=\"500\" paint-order=\"stroke\" stroke=\"--bad-tint\" stroke-width=\"3\"",
    ),
    (
        "bar-words paused",
        "fill=\"--ink\" font-weight=\"500\" paint-order=\"stroke\" stroke=\"--card\" stroke-width=\"3\"",
    ),
    ("card", "fill=\"--card\" stroke=\"--line-strong\""),
    ("card down", "fill=\"--card\" stroke=\"--bad\" stroke-width=\"1.5\" stroke-dasharray=\"5 4\""),
    ("card paused", "fill=\"--sunk\" stroke=\"--line-strong\""),
    ("card-hatch", "fill=\"url(#paused)\""),
    ("caps", "fill=\"--ink-2\" letter-spacing=\"0.07em\""),
    ("cross", "fill=\"none\" stroke=\"--bad\" stroke-width=\"1.5\""),
    ("dial", "fill=\"none\" stroke=\"--h\""),
    ("code-label", "fill=\"--ink-2\" font-family=\"mono\""),
    ("disk", "fill=\"none\" stroke=\"--h\" stroke-width=\"1.2\""),
    ("disk pale", "fill=\"none\" stroke=\"--h\" stroke-width=\"1.2\" opacity=\"0.4\""),
    ("dot", "fill=\"--h\""),
    ("grid", "fill=\"none\" stroke=\"--line\" stroke-dasharray=\"1 3\""),
    ("key", "fill=\"--h\" opacity=\"0.55\""),
    ("key moved", "fill=\"--h\""),
    ("label", "fill=\"--ink-2\""),
    ("lane", "fill=\"none\" stroke=\"--line-strong\""),
    ("lead", "fill=\"none\" stroke=\"--h\" stroke-width=\"1\""),
    ("line", "fill=\"--h-text\""),
    ("line strong", "fill=\"--h-text\" font-weight=\"600\""),
    ("mark-dot", "fill=\"--h\" stroke=\"--card\" stroke-width=\"1\""),
    ("mark-tick", "fill=\"none\" stroke=\"--h\" stroke-width=\"1.75\""),
    (
        "mark-words",
        "fill=\"--h-text\" paint-order=\"stroke\" stroke=\"--paper\" stroke-width=\"3\" stroke-linejoin=\"round\"",
    ),
    ("met", "fill=\"--paper\" stroke=\"--h\" stroke-width=\"1.75\""),
    ("met taken", "fill=\"--h\" stroke=\"--h\" stroke-width=\"1.75\""),
    ("mono", "fill=\"--h-text\" font-family=\"mono\""),
    ("mover", "fill=\"--h\""),
    ("mover needless", "fill=\"none\" stroke=\"--h\" stroke-width=\"1.5\""),
    ("name", "fill=\"--ink\" font-weight=\"600\""),
    ("panel-arc", "fill=\"none\" stroke=\"--h\""),
    ("panel-arc gone", "fill=\"none\" stroke=\"--h\" stroke-dasharray=\"3 3\" opacity=\"0.7\""),
    ("panel-bar", "fill=\"--h\""),
    ("panel-bar down", "fill=\"--bad-tint\" stroke=\"--bad\" stroke-dasharray=\"3 2\""),
    ("panel-bar out", "fill=\"none\" stroke=\"--ink-3\" stroke-dasharray=\"1 2\""),
    ("panel-bin", "fill=\"none\" stroke=\"--h\" opacity=\"0.42\""),
    ("panel-bin moved", "fill=\"none\" stroke=\"--h\""),
    ("panel-dot", "fill=\"none\" stroke=\"--h\" stroke-linecap=\"round\" opacity=\"0.55\""),
    ("panel-dot moved", "fill=\"none\" stroke=\"--h\" stroke-linecap=\"round\""),
    ("panel-fair", "fill=\"none\" stroke=\"--accent\" stroke-dasharray=\"5 3\""),
    ("panel-fair-band", "fill=\"--accent\" opacity=\"0.1\""),
    ("panel-figure", "fill=\"--ink\" font-weight=\"700\""),
    ("panel-foot", "fill=\"none\" stroke=\"--line-strong\""),
    ("panel-key", "fill=\"--ink\" font-weight=\"600\" paint-order=\"stroke\" stroke=\"--paper\" stroke-width=\"3\""),
    ("panel-label", "fill=\"--ink-2\""),
    ("panel-label gone", "fill=\"--ink-3\" text-decoration=\"line-through\""),
    ("panel-line", "fill=\"--ink-2\""),
    (
        "panel-number",
        "fill=\"--ink\" paint-order=\"stroke\" stroke=\"--paper\" stroke-width=\"2.5\" stroke-linejoin=\"round\"",
    ),
    ("panel-over", "fill=\"--bad\""),
    ("panel-queue", "fill=\"--ink-2\""),
    ("panel-queue full", "fill=\"--bad\""),
    ("panel-queue-room", "fill=\"none\" stroke=\"--edge\" stroke-width=\"0.75\""),
    ("panel-reach", "fill=\"none\" stroke=\"--h\" stroke-width=\"1.25\""),
    ("panel-round", "fill=\"none\" stroke=\"--line-strong\""),
    ("panel-sector", "fill=\"none\" stroke=\"--h\""),
    ("panel-sector gone", "fill=\"none\" stroke=\"--h\" stroke-dasharray=\"1 1\""),
    ("panel-title", "fill=\"--ink\" font-weight=\"600\""),
    ("panel-trail", "fill=\"none\" stroke=\"--h\""),
    ("panel-was", "fill=\"none\" stroke=\"--ink-3\" stroke-dasharray=\"2 2\""),
    ("panel-wrong", "fill=\"--bad\" font-weight=\"600\""),
    ("paper", "fill=\"--paper\""),
    ("pill", "fill=\"--card\" stroke=\"--h\" stroke-width=\"1.5\""),
    ("pill resting", "fill=\"--card\" stroke=\"--h\" stroke-width=\"1.5\" stroke-dasharray=\"4 3\""),
    ("pill-dot", "fill=\"--h\""),
    ("pill-words", "fill=\"--ink\" font-family=\"mono\""),
    ("probe", "fill=\"--h\" stroke=\"--ink\" stroke-width=\"1.5\""),
    (
        "probe-label",
        "fill=\"--ink\" font-weight=\"600\" font-size=\"12\" paint-order=\"stroke\" stroke=\"--paper\" stroke-width=\"4\"",
    ),
    ("record", "fill=\"none\" stroke=\"--h\" stroke-width=\"1.5\""),
    ("record unforced", "fill=\"none\" stroke=\"--edge\" stroke-width=\"1.5\" stroke-dasharray=\"4 3\""),
    ("refused", "fill=\"--ink-3\" text-decoration=\"line-through\""),
    ("rule", "fill=\"none\" stroke=\"--line\""),
    ("scissors", "fill=\"none\" stroke=\"--bad\" stroke-width=\"1.75\""),
    ("stage-heading", "fill=\"--ink-2\" letter-spacing=\"0.07em\" font-weight=\"500\""),
    ("tint", "fill=\"--h-tint\""),
    ("track", "fill=\"none\" stroke=\"--line\""),
    ("trough", "fill=\"--line\""),
    ("walk", "fill=\"none\" stroke=\"--ink-3\" stroke-width=\"1.25\" stroke-dasharray=\"2 3\""),
    ("wire", "fill=\"none\" stroke=\"--wire\" stroke-width=\"1.25\""),
    ("wire cut", "fill=\"none\" stroke=\"--bad\" stroke-width=\"1.25\" stroke-dasharray=\"3 5\""),
    (
        "wire watch",
        "fill=\"none\" stroke=\"--h\" stroke-width=\"2\" stroke-dasharray=\"0.1 5\" stroke-linecap=\"round\"",
    ),
];

/// The markup with attributes in the place of classes and of what only the page needs.
pub fn resolved(markup: &str, palette: &Palette) -> String {
    let mut out = String::with_capacity(markup.len() * 2);
    let mut known: Vec<(String, String)> = Vec::new();
    let mut look = |class: &str, name: &str| {
        let key = format!("{class} {name}");
        if let Some((_, value)) = known.iter().find(|(known, _)| *known == key) {
            return value.clone();
        }
        let value = palette.get(class, name);
        known.push((key, value.clone()));
        value
    };
    let mut rest = markup;
    while let Some(at) = rest.find('<') {
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end);
        out.push_str(&rest[..at]);
        tag(&mut out, &rest[at..end], &mut look);
        rest = &rest[end..];
    }
    out + rest
}

/// One tag: its attributes one after the other, each value is quoted.
fn tag(out: &mut String, tag: &str, look: &mut dyn FnMut(&str, &str) -> String) {
    let mut parts = tag.split('"');
    while let Some(before) = parts.next() {
        let Some(value) = parts.next() else { return out.push_str(before) };
        let name = before.rsplit([' ', '<']).next().unwrap_or_default();
        if name == "class=" {
            out.push_str(before.strip_suffix("class=").unwrap_or(before));
            classes(out, value, look);
        } else if name.starts_with("data-") {
            out.push_str(before.strip_suffix(name).unwrap_or(before).trim_end());
        } else {
            out.push_str(before);
            out.push('"');
            out.push_str(value);
            out.push('"');
        }
    }
}

fn classes(out: &mut String, classes: &str, look: &mut dyn FnMut(&str, &str) -> String) {
    let (hues, own): (Vec<&str>, Vec<&str>) = classes.split_whitespace().partition(|class| class.starts_with("hue-"));
    let own = own.join(" ");
    let hue = hues.first().copied().unwrap_or("hue-plain");
    let Some((_, attributes)) = RULES.iter().find(|(class, _)| *class == own) else { return };
    let mut parts = attributes.split('"');
    while let Some(before) = parts.next() {
        out.push_str(before);
        let Some(value) = parts.next() else { return };
        out.push('"');
        match value {
            "mono" => out.push_str(&MONO.replace('\'', "&#39;")),
            name if name.starts_with("--") => out.push_str(&look(hue, name)),
            value => out.push_str(value),
        }
        out.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_become_attributes_and_hands_are_left_out() {
        let markup =
            "<path class=\"arc hue-n2 gone\" data-node=\"3\" d=\"M0 0\"/><text class=\"line hue-warn\">a > b</text>";
        let palette = Palette::of("light").expect("a theme of the page");
        let shown = resolved(markup, &palette);
        let (node, warn) = (palette.get("", "--node-2"), palette.get("", "--warn"));
        assert_eq!(
            shown,
            format!(
                "<path fill=\"none\" stroke=\"{node}\" stroke-width=\"4\" stroke-dasharray=\"3 3\" opacity=\"0.7\" \
                 d=\"M0 0\"/><text fill=\"{warn}\">a > b</text>"
            )
        );
    }

    #[test]
    fn rules_are_sorted_and_each_stands_once() {
        assert!(RULES.iter().all(|(_, attributes)| attributes.matches('"').count() % 2 == 0));
        let mut names: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
    }

    /// What the page's sheet says of a class of the plots, this table says too: the same markup looks the same.
    #[test]
    fn plots_look_as_on_the_page() {
        let sheet = include_str!("../../../style/plots.css");
        let mut compared = 0;
        for (class, attributes) in RULES {
            let selector = format!("\n.{} {{", class.replace(' ', "."));
            let Some((_, rest)) = sheet.split_once(&selector) else { continue };
            let body = rest.split('}').next().unwrap_or_default();
            for (name, value) in body.split(';').filter_map(|one| one.trim().split_once(':')) {
                let known = ["fill", "stroke", "stroke-dasharray", "stroke-linecap", "opacity"].contains(&name);
                let value = value.trim().trim_start_matches("var(").trim_end_matches(')');
                // Whatever moved is opaque, as attributes are from the start.
                if !known || value.starts_with("color-mix") || (name, value) == ("opacity", "1") {
                    continue;
                }
                compared += 1;
                assert!(attributes.contains(&format!("{name}=\"{value}\"")), "{class}: {name} is {value} on the page");
            }
        }
        assert!(compared > 30, "{compared}");
    }
}
