//! What the classes of the stage's markup look like, as attributes: the style sheet's rules, for pictures without one.
//!
//! `--h`, `--h-text` and `--h-tint` stand for the hue that the element wears, other names for a colour of the theme.

const RULES: &[(&str, &str)] = &[
    ("arc", "fill=\"none\" stroke=\"--h\" stroke-width=\"11\""),
    ("arc gone", "fill=\"none\" stroke=\"--h\" stroke-width=\"4\" stroke-dasharray=\"3 3\" opacity=\"0.7\""),
    ("badge", "fill=\"--ink\" font-weight=\"700\""),
    ("card", "fill=\"--card\" stroke=\"--line-strong\""),
    ("card down", "fill=\"--card\" stroke=\"--bad\" stroke-width=\"1.5\" stroke-dasharray=\"5 4\""),
    ("card paused", "fill=\"--sunk\" stroke=\"--line-strong\""),
    ("caps", "fill=\"--ink-2\" letter-spacing=\"0.07em\""),
    ("dial", "fill=\"none\" stroke=\"--h\" stroke-width=\"4\""),
    ("dot", "fill=\"--h\""),
    ("key", "fill=\"--h\" opacity=\"0.55\""),
    ("key moved", "fill=\"--h\""),
    ("label", "fill=\"--ink-2\""),
    ("line", "fill=\"--h-text\""),
    ("line strong", "fill=\"--h-text\" font-weight=\"600\""),
    ("met", "fill=\"--paper\" stroke=\"--h\" stroke-width=\"1.75\""),
    ("met taken", "fill=\"--h\" stroke=\"--h\" stroke-width=\"1.75\""),
    ("mono", "fill=\"--h-text\" font-family=\"ui-monospace, Menlo, Consolas, 'Noto Sans Mono', monospace\""),
    ("mover", "fill=\"--h\""),
    ("mover needless", "fill=\"none\" stroke=\"--h\" stroke-width=\"1.5\""),
    ("name", "fill=\"--ink\" font-weight=\"600\""),
    ("panel-arc", "fill=\"none\" stroke=\"--h\""),
    ("panel-arc gone", "fill=\"none\" stroke=\"--h\" stroke-dasharray=\"3 3\" opacity=\"0.7\""),
    ("panel-bar", "fill=\"--h\""),
    ("panel-bar down", "fill=\"--bad-tint\" stroke=\"--bad\" stroke-dasharray=\"3 2\""),
    ("panel-bar out", "fill=\"none\" stroke=\"--ink-3\" stroke-dasharray=\"1 2\""),
    ("panel-bin", "fill=\"none\" stroke=\"--h\" opacity=\"0.32\""),
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
    ("panel-number", "fill=\"--ink\""),
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
    ("pill-words", "fill=\"--ink\" font-family=\"ui-monospace, Menlo, Consolas, 'Noto Sans Mono', monospace\""),
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
    ("tag", "fill=\"--h-tint\""),
    ("track", "fill=\"none\" stroke=\"--line\" stroke-width=\"4\""),
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
pub fn resolved(markup: &str, colour: &mut dyn FnMut(&str) -> String) -> String {
    let mut out = String::with_capacity(markup.len() * 2);
    let mut known: Vec<(String, String)> = Vec::new();
    let mut rest = markup;
    while let Some(at) = rest.find(['<']) {
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end);
        out.push_str(&rest[..at]);
        tag(&mut out, &rest[at..end], &mut |name| {
            if let Some((_, value)) = known.iter().find(|(known, _)| known == name) {
                return value.clone();
            }
            let value = colour(name).trim().to_owned();
            known.push((name.to_owned(), value.clone()));
            value
        });
        rest = &rest[end..];
    }
    out + rest
}

/// One tag: its attributes one after the other, each value is quoted.
fn tag(out: &mut String, tag: &str, colour: &mut dyn FnMut(&str) -> String) {
    let mut parts = tag.split('"');
    while let Some(before) = parts.next() {
        let Some(value) = parts.next() else { return out.push_str(before) };
        let name = before.rsplit([' ', '<']).next().unwrap_or_default();
        if name == "class=" {
            out.push_str(before.strip_suffix("class=").unwrap_or(before));
            classes(out, value, colour);
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

fn classes(out: &mut String, classes: &str, colour: &mut dyn FnMut(&str) -> String) {
    let (hues, own): (Vec<&str>, Vec<&str>) = classes.split_whitespace().partition(|class| class.starts_with("hue-"));
    let own = own.join(" ");
    let hue = hues.first().map_or("plain", |hue| &hue[4..]);
    let Some((_, attributes)) = RULES.iter().find(|(class, _)| *class == own) else { return };
    let mut parts = attributes.split('"');
    while let Some(before) = parts.next() {
        out.push_str(before);
        let Some(value) = parts.next() else { return };
        out.push('"');
        match value {
            "--h" => out.push_str(&colour(&of_hue(hue, ""))),
            "--h-text" => out.push_str(&colour(&of_hue(hue, "-text"))),
            "--h-tint" => out.push_str(&colour(&of_hue(hue, "-tint"))),
            name if name.starts_with("--") => out.push_str(&colour(name)),
            value => out.push_str(&value.replace('\'', "&#39;")),
        }
        out.push('"');
    }
}

/// The theme's property for a hue, as `style/base.css` has it.
fn of_hue(hue: &str, kind: &str) -> String {
    match (hue, kind) {
        ("plain", "-tint") | ("muted", "-tint") => "--sunk".to_owned(),
        ("plain", "-text") => "--ink".to_owned(),
        ("plain", _) => "--ink-2".to_owned(),
        ("muted", _) => "--ink-3".to_owned(),
        (node, "-tint") if node.starts_with('n') => "--sunk".to_owned(),
        (node, kind) if node.starts_with('n') => format!("--node-{}{kind}", &node[1..]),
        (name, "-tint") => format!("--{name}-tint"),
        (name, _) => format!("--{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_become_attributes_and_hands_are_left_out() {
        let markup =
            "<path class=\"arc hue-n2 gone\" data-node=\"3\" d=\"M0 0\"/><text class=\"line hue-warn\">a > b</text>";
        let shown = resolved(markup, &mut |name| name.replace("--", "#"));
        assert_eq!(
            shown,
            "<path fill=\"none\" stroke=\"#node-2\" stroke-width=\"4\" stroke-dasharray=\"3 3\" opacity=\"0.7\" d=\"M0 0\"/>\
             <text fill=\"#warn\">a > b</text>"
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
}
