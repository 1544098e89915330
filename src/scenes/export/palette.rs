//! The colours of a theme, read from the style sheet that has them all: a picture that is saved looks like the page.

use std::fmt::Write;

const TOKENS: &str = include_str!("../../../style/tokens.css");

/// How often a value may name another one; more than that is a circle.
const DEEPEST: u32 = 8;

/// What the style sheet says for one theme: later declarations win.
pub struct Palette {
    /// Declarations of the root.
    root: Vec<(&'static str, &'static str)>,
}

/// A rule: its selector, and what stands in its braces.
type Rule = (&'static str, &'static str);

/// The rules of the style sheet. Those within `@media` are left out: they depend on the screen.
fn rules() -> Vec<Rule> {
    let mut found = Vec::new();
    let mut rest = TOKENS;
    while let Some(open) = rest.find('{') {
        let head = rest[..open].rsplit("*/").next().unwrap_or_default().trim();
        let mut depth = 0;
        let end = rest[open..].find(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            depth == 0
        });
        let end = end.map_or(rest.len(), |end| open + end);
        if !head.starts_with('@') {
            found.push((head, &rest[open + 1..end]));
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    found
}

/// Names and values, comments left out.
fn declarations(body: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    body.split(';').filter_map(|one| {
        let (name, value) = one.rsplit("*/").next().unwrap_or_default().split_once(':')?;
        Some((name.trim(), value.trim()))
    })
}

impl Palette {
    /// A theme by the name that it has on the page: `light`, `dark`. `None` if the style sheet has no such theme.
    pub fn of(theme: &str) -> Option<Palette> {
        let wanted = format!(":root[data-theme=\"{theme}\"]");
        let rules = rules();
        let own = rules.iter().filter(|(head, _)| head.split(',').any(|one| one.trim() == wanted));
        let own: Vec<_> = own.flat_map(|(_, body)| declarations(body)).collect();
        if own.is_empty() && theme != "light" {
            return None;
        }
        let base = rules.iter().filter(|(head, _)| *head == ":root").flat_map(|(_, body)| declarations(body));
        Some(Palette { root: base.chain(own).collect() })
    }

    /// Every theme that the style sheet names.
    pub fn themes() -> Vec<&'static str> {
        let named =
            rules().into_iter().filter_map(|(head, _)| head.strip_prefix(":root[data-theme=\"")?.split('"').next());
        std::iter::once("light").chain(named.filter(|name| *name != "light")).collect()
    }

    /// What a property is, within an element that wears a class such as `hue-n0`: `#0072b2`. Empty if there is none.
    pub fn get(&self, class: &str, name: &str) -> String {
        self.value(class, &format!("var({name})"), DEEPEST)
    }

    fn declared(&self, class: &str, name: &str) -> Option<&'static str> {
        let wears = |head: &str| head.split(',').any(|one| one.trim().strip_prefix('.') == Some(class));
        let of_class = rules()
            .into_iter()
            .filter(|(head, _)| wears(head))
            .flat_map(|(_, body)| declarations(body))
            .collect::<Vec<_>>();
        let last =
            |all: &[(&'static str, &'static str)]| all.iter().rev().find(|(known, _)| *known == name).map(|d| d.1);
        last(&of_class).or_else(|| last(&self.root))
    }

    fn value(&self, class: &str, text: &str, left: u32) -> String {
        let text = text.trim();
        if left == 0 {
            return String::new();
        }
        if let Some(name) = text.strip_prefix("var(").and_then(|rest| rest.strip_suffix(')')) {
            let found = self.declared(class, name.trim());
            return found.map_or_else(String::new, |value| self.value(class, value, left - 1));
        }
        if let Some(mixed) = text.strip_prefix("color-mix(in srgb,").and_then(|rest| rest.strip_suffix(')')) {
            return self.mixed(class, mixed, left).unwrap_or_default();
        }
        text.to_owned()
    }

    /// `A 14%, B`: so much of A, the rest is B.
    fn mixed(&self, class: &str, text: &str, left: u32) -> Option<String> {
        let (first, second) = text.split_once(',')?;
        let (first, share) = first.trim().rsplit_once(' ')?;
        let share: f32 = share.strip_suffix('%')?.parse().ok()?;
        let (a, b) = (rgb(&self.value(class, first, left - 1))?, rgb(&self.value(class, second, left - 1))?);
        let mut out = String::from("#");
        for (a, b) in a.into_iter().zip(b) {
            let mixed = f32::from(a) * share / 100.0 + f32::from(b) * (1.0 - share / 100.0);
            let _ = write!(out, "{:02x}", mixed.round_ties_even() as u8);
        }
        Some(out)
    }
}

/// `#0072b2` as its three parts.
fn rgb(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let part = |n: usize| u8::from_str_radix(digits.get(n..n + 2)?, 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn themes_have_the_colours_of_the_style_sheet() {
        let themes = Palette::themes();
        assert!(themes.starts_with(&["light"]) && themes.contains(&"dark"), "{themes:?}");
        let (light, dark) = (Palette::of("light").expect("a theme"), Palette::of("dark").expect("a theme"));
        assert_eq!(light.get("", "--paper"), "#fbfaf7");
        assert_eq!(dark.get("", "--paper"), "#15171a");
        // What the dark theme does not say is the light one's.
        assert_eq!(dark.get("", "--node-0"), light.get("", "--node-0"));
        assert_eq!(light.get("hue-n0", "--h-text"), light.get("", "--node-0-text"));
        assert_eq!(light.get("hue-good", "--h-tint"), light.get("", "--good-tint"));
        // 14 % of #0072b2 on white.
        assert_eq!(light.get("hue-n0", "--h-tint"), "#dbebf4");
        assert_eq!(light.get("", "--no-such-name"), "");
        assert!(Palette::of("sepia").is_none());
    }

    #[test]
    fn every_hue_is_a_colour_in_every_theme() {
        for theme in Palette::themes() {
            let palette = Palette::of(theme).expect("a theme of the sheet");
            for hue in ["plain", "muted", "accent", "good", "warn", "bad", "n0", "n1", "n2", "n3", "n4", "n5"] {
                for name in ["--h", "--h-text", "--h-tint", "--h-on"] {
                    let value = palette.get(&format!("hue-{hue}"), name);
                    assert!(rgb(&value).is_some(), "{theme}, {hue}: {name} is “{value}”");
                }
            }
        }
    }
}
