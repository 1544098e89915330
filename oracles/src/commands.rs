//! Random commands of the subset that the simulated Redis knows, for few keys and values, so that they meet.

use faultline::sim::draws::{Purpose, draw, scale};

/// The whole sequence from one printed seed.
pub struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice { seed, thrown: 0 }
    }

    /// A number in `0..bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.thrown += 1;
        scale(draw(self.seed, Purpose::Pick, (0, 0), self.thrown), bound)
    }

    pub fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

pub const KEYS: [&str; 3] = ["lk", "a", "b"];
const VALUES: [&str; 5] = ["t1", "t2", "7", "abc", "9223372036854775807"];

/// Times to live are 1 to 50 ms; the odd ones are refused, delete, or overflow.
fn millis(dice: &mut Dice) -> String {
    match dice.below(12) {
        0 => "0".to_owned(),
        1 => "-5".to_owned(),
        2 => dice.pick(&["9223372036854775807", "-9223372036854775808", "soon", "05"]).to_owned(),
        // Half of them so short that they end among the next few commands.
        3..=7 => (1 + dice.below(8)).to_string(),
        _ => (1 + dice.below(50)).to_string(),
    }
}

/// One command in the words of a trace. `now` is the server's last known clock in milliseconds, for `PXAT`.
pub fn random(dice: &mut Dice, now: i64) -> Vec<String> {
    let key = dice.pick(&KEYS);
    let value = dice.pick(&VALUES);
    let time = millis(dice);
    let plainly = (1 + dice.below(50)).to_string();
    let words: Vec<&str> = match dice.below(32) {
        0..=3 => vec!["SET", key, value, "NX", "PX", &plainly],
        4 => vec!["SET", key, value, "XX", "PX", &time],
        5 => vec!["SET", key, value, "NX", "GET", "PX", &time],
        6 => vec!["SET", key, value, "KEEPTTL"],
        7 => vec!["SET", key, value],
        8 => return at(dice, key, value, now),
        9..=12 => return soup(dice, key, value, now),
        13 => vec!["SETNX", key, value],
        14 => vec!["GETSET", key, value],
        15 => vec!["GETDEL", key],
        16 => vec!["GET", key],
        17 => vec!["EXISTS", key],
        18 => vec!["DEL", key],
        19 => vec!["INCR", key],
        20 => vec!["PERSIST", key],
        21 => vec!["PEXPIRETIME", key],
        22 => vec!["PEXPIRE", key, &time],
        23 => vec!["PEXPIRE", key, &time, dice.pick(&["NX", "XX", "GT", "LT"])],
        24 => vec!["EVALCAD", key, value],
        25 => vec!["EVALCAE", key, value, if time.parse::<i64>().is_ok() && time != "05" { &time } else { "9" }],
        26 => vec!["EVALSETINCR", key, value, &plainly, dice.pick(&KEYS)],
        // Close to what is left, so that the comparison is sometimes with an equal.
        27 | 28 => vec!["PEXPIRE", key, dice.pick(&["1", "2", "3", "4"]), dice.pick(&["GT", "LT"])],
        _ => vec!["PTTL", key],
    };
    words.into_iter().map(str::to_owned).collect()
}

/// An absolute time: mostly soon, sometimes past, now or never valid.
fn absolute(dice: &mut Dice, now: i64) -> String {
    match dice.below(10) {
        0 => "0".to_owned(),
        1 => "-1".to_owned(),
        _ => (now - 4 + dice.below(30) as i64).to_string(),
    }
}

fn at(dice: &mut Dice, key: &str, value: &str, now: i64) -> Vec<String> {
    ["SET", key, value, "PXAT", &absolute(dice, now)].map(str::to_owned).to_vec()
}

/// SET with up to four options in any order, most of which contradict each other.
fn soup(dice: &mut Dice, key: &str, value: &str, now: i64) -> Vec<String> {
    let mut words = ["SET", key, value].map(str::to_owned).to_vec();
    for _ in 0..1 + dice.below(4) {
        let option = dice.pick(&["NX", "XX", "GET", "KEEPTTL", "PX", "EX", "PXAT", "nx", "get", "WHAT"]);
        // Options that make all of the command an error are rarer than those that do not.
        if option == "WHAT" && dice.below(4) > 0 {
            continue;
        }
        words.push(option.to_owned());
        match option {
            "PX" => words.push(millis(dice)),
            "PXAT" => words.push(absolute(dice, now)),
            "EX" => words.push(dice.pick(&["1", "0", "-1", "9223372036854775807", "9223372036854775"]).to_owned()),
            _ => {}
        }
    }
    words
}
