//! How wide words are, where nothing can measure them: a picture is set before anybody shows it.

use crate::scenes::draw::is_wide;
pub use crate::scenes::draw::mono;

/// What words are set in: Inter as on the page, then what lies nearest. Signs of Chinese come from the fonts behind it.
pub const SANS: &str = "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
/// What protocol words are set in: fonts whose letters are all six tenths of their size wide.
pub const MONO: &str =
    "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', 'Noto Sans CJK SC', monospace";

/// The widths of the signs from blank to tilde in hundredths of the size: those of Inter in its half-bold cut, which no
/// plain cut of the fonts above exceeds by much.
const WIDTHS: [u8; 95] = [
    28, 31, 40, 64, 65, 84, 66, 22, 39, 39, 54, 67, 30, 47, 29, 38, 67, 48, 62, 65, 67, 63, 65, 59, 65, 65, 29, 30, 67,
    67, 67, 54, 100, 72, 66, 74, 72, 61, 59, 75, 74, 27, 56, 68, 57, 91, 74, 77, 64, 78, 65, 65, 66, 73, 72, 101, 69,
    70, 65, 39, 38, 39, 48, 47, 50, 57, 63, 58, 63, 59, 38, 63, 61, 26, 26, 57, 26, 90, 61, 61, 62, 62, 40, 55, 38, 61,
    58, 84, 56, 58, 56, 39, 36, 39, 67,
];

/// The width in ems.
pub fn sans(words: &str) -> f32 {
    words.chars().map(one).sum()
}

/// Words that fit so many ems, with an ellipsis where they were cut.
pub fn cut(words: &str, room: f32, width: fn(&str) -> f32) -> String {
    if width(words) <= room {
        return words.to_owned();
    }
    let mut kept = words.to_owned();
    while !kept.is_empty() && width(kept.trim_end()) + 1.0 > room {
        kept.pop();
    }
    kept.truncate(kept.trim_end().len());
    kept + "…"
}

/// Words in lines of so many ems at most. Signs of Chinese may be parted anywhere but before a closing mark, other words at
/// blanks; what is longer than a line is cut.
pub fn lines(words: &str, most: f32, width: fn(&str) -> f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut place = |piece: &str| {
        let Some(line) = lines.last_mut() else { return };
        if !line.is_empty() && width(line) + width(piece.trim_end()) > most {
            let whole = line.trim_end().len();
            line.truncate(whole);
            lines.push(piece.trim_start().to_owned());
        } else {
            line.push_str(piece);
        }
    };
    let mut piece = String::new();
    let mut rest = words.chars().peekable();
    while let Some(c) = rest.next() {
        piece.push(c);
        let closes = rest.peek().is_some_and(|next| "，。、；：！？）》」”’".contains(*next));
        if (c == ' ' || is_wide(c)) && !closes {
            place(&piece);
            piece.clear();
        }
    }
    place(&piece);
    lines.into_iter().map(|line| cut(line.trim_end(), most, width)).filter(|line| !line.is_empty()).collect()
}

fn one(c: char) -> f32 {
    match c {
        ' '..='~' => f32::from(WIDTHS[c as usize - ' ' as usize]) / 100.0,
        '·' | '’' | '‘' => 0.3,
        '“' | '”' => 0.42,
        '–' => 0.52,
        '−' | '±' | '×' | '≥' | '≤' => 0.7,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_broken_at_blanks_and_between_signs() {
        assert_eq!(lines("one two three", 5.0, sans), ["one two", "three"]);
        assert_eq!(lines("一致性哈希", 3.0, sans), ["一致性", "哈希"]);
        assert_eq!(lines("一致性。哈希", 3.0, sans), ["一致", "性。哈", "希"]);
        assert_eq!(lines("unbreakable", 3.0, sans), ["unb…"]);
        assert_eq!(lines("", 3.0, sans), Vec::<String>::new());
    }

    #[test]
    fn what_is_cut_fits_and_says_so() {
        for words in ["abcdefghij", "a b c d e f g h", "写入存储服务的值"] {
            for most in 2..20 {
                let most = most as f32 / 2.0;
                let shown = cut(words, most, sans);
                assert!(sans(&shown) <= most.max(1.0), "{shown} in {most}");
                assert!(shown == words || shown.ends_with('…'));
            }
        }
    }
}
