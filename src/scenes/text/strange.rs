//! Words that no translator has written, in builds for tests only (`panic-test`): what a page must bear of any language.
//! `?strange=long` doubles each text, `?strange=rtl` writes it in letters that run from right to left.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Plain,
    Long,
    RightToLeft,
}

std::thread_local! {
    static WAY: Cell<Way> = const { Cell::new(Way::Plain) };
    static MADE: RefCell<BTreeMap<&'static str, &'static str>> = const { RefCell::new(BTreeMap::new()) };
}

/// From here on texts are as this word wants them; of any other they are as they were.
pub fn choose(tag: &str) {
    WAY.set(match tag {
        "long" => Way::Long,
        "rtl" => Way::RightToLeft,
        _ => Way::Plain,
    });
}

/// The text as the chosen way has it. Each is made once and stays.
pub fn strange(text: &'static str) -> &'static str {
    let way = WAY.get();
    if way == Way::Plain || text.is_empty() {
        return text;
    }
    MADE.with_borrow_mut(|made| *made.entry(text).or_insert_with(|| Box::leak(make(way, text).into_boxed_str())))
}

fn make(way: Way, text: &str) -> String {
    match way {
        Way::Plain => text.to_owned(),
        Way::Long => format!("{text} {}", words_of(text)),
        Way::RightToLeft => turn(text),
    }
}

/// Without the gaps: a value stands in its sentence once.
fn words_of(text: &str) -> String {
    let mut inside = false;
    let keep = |letter: &char| {
        let gap = inside || *letter == '{';
        inside = gap && *letter != '}';
        !gap
    };
    text.chars().filter(keep).collect()
}

/// Hebrew letters for Latin ones, outside of gaps.
fn turn(text: &str) -> String {
    let mut inside = false;
    let turned = |letter: char| {
        inside = (inside || letter == '{') && letter != '}';
        match letter.to_ascii_lowercase() {
            small @ 'a'..='z' if !inside => char::from_u32(0x5d0 + (small as u32 - 'a' as u32)).unwrap_or('א'),
            _ => letter,
        }
    };
    text.chars().map(turned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_stay_what_they_are() {
        assert_eq!(make(Way::Long, "at {time} s {}"), "at {time} s {} at  s ");
        assert_eq!(make(Way::RightToLeft, "ab {a}c"), "אב {a}ג");
        choose("zh-CN");
        assert_eq!(strange("x"), "x");
    }
}
