//! Leases: who writes last, who gets the lock, who has most of the masters.

use super::{Dice, Draft, at, run, told};
use crate::sim::time::MILLISECOND;

/// A asks at 0.2 s, holds the lock from 0.288 s, and has looked at its clock at 1.188 s: the write is the event after that.
const LOOKED: u64 = 1_188;

pub fn writer(dice: &mut Dice) -> Draft {
    let checked = dice.below(5) < 2;
    let mistakes: &[&str] = if checked { &[] } else { &["storage-unchecked"] };
    let options = [("think", "-1"), ("rounds", "9"), ("clients", "2"), ("ttl", "3000"), ("work", "900")];
    let mut run = run("set-nx-px-fence", mistakes, &options);
    at(&mut run, 200, "request a acquire");
    at(&mut run, LOOKED, "pause a");
    // One event of its own comes first at that time: the look.
    if let Some(pause) = run.commands.last_mut() {
        pause.nth = 1;
    }
    let asks = dice.tenths(34, 40);
    // B's write arrives 1.03 s after it asks.
    let (wakes, late) = match dice.below(6) {
        0 => (dice.tenths(16, 26), false),
        1 => (asks + dice.tenths(2, 6), false),
        _ => (asks + dice.tenths(14, 25), true),
    };
    at(&mut run, asks, "request b acquire");
    at(&mut run, wakes, "resume a");
    let (asks_say, wakes_say) = (told("b-asks").seconds("at", asks), told("a-wakes").seconds("at", wakes));
    let [first, second] = if wakes < asks { [wakes_say, asks_say] } else { [asks_say, wakes_say] };
    let storage = told(if checked { "storage-checks" } else { "storage-takes" });
    let why = match (late, checked) {
        (false, _) => "why-in-time",
        (true, true) => "why-refused",
        (true, false) => "why-late",
    };
    Draft {
        run,
        at: wakes.min(3_300).min(asks) * MILLISECOND - 100 * MILLISECOND,
        by: (wakes.max(asks) + 2_500) * MILLISECOND,
        fact: "writer".to_owned(),
        say: vec![told("freezes"), first, second, storage],
        ask: told("writer"),
        why: told(why),
    }
}

/// The key of A lies at Redis from 0.24 s on.
const SET: u64 = 240;

pub fn holder(dice: &mut Dice) -> Draft {
    let ttl = dice.tenths(15, 60);
    let ends = SET + ttl;
    let what = dice.below(5);
    // In half of the runs B asks when the time to live is over.
    let over = dice.below(2) == 0;
    let early = SET + 800;
    let asks = if over {
        ends + 400 + dice.tenths(0, 10)
    } else {
        let latest = (ends.saturating_sub(400)).max(early);
        early + dice.tenths(0, (latest - early) / 100)
    } / 100
        * 100;
    let keeps = if what == 3 { "none" } else { "always" };
    // A is done at 0.288 s and its work later, and has given the lock back 0.12 s after that.
    let work = if what == 2 { 200 } else { 30_000 };
    let (ttl_option, work_option) = (ttl.to_string(), work.to_string());
    let options = [
        ("think", "-1"),
        ("rounds", "9"),
        ("clients", "2"),
        ("tries", "1"),
        ("ttl", ttl_option.as_str()),
        ("work", work_option.as_str()),
        ("persistence", keeps),
    ];
    let mut run = run("set-nx-px", &[], &options);
    at(&mut run, 200, "request a acquire");
    let happens = match what {
        0 => {
            at(&mut run, 400, "crash a killed");
            told("a-dies")
        }
        1 => {
            at(&mut run, 400, "pause a");
            told("a-freezes")
        }
        2 => told("a-is-done"),
        _ => {
            at(&mut run, 400, "crash redis killed");
            at(&mut run, 600, "restart redis");
            told(if what == 3 { "redis-forgets" } else { "redis-remembers" })
        }
    };
    at(&mut run, asks, "request b acquire");
    let why = match (what, asks > ends) {
        (2, _) => "why-done",
        (3, _) => "why-forgot",
        (_, true) => "why-expired",
        (_, false) => "why-kept",
    };
    Draft {
        run,
        at: 300 * MILLISECOND,
        by: (asks + 150) * MILLISECOND,
        fact: "holds b".to_owned(),
        say: vec![told("ttl").seconds("ttl", ttl), happens, told("b-asks-once").seconds("at", asks)],
        ask: told("gets"),
        why: told(why),
    }
}

pub fn majority(dice: &mut Dice) -> Draft {
    let masters = dice.pick(&[3_usize, 5, 5]);
    let most = masters / 2 + 1;
    let all: Vec<usize> = (1..=masters).collect();
    let cut_off = dice.below(masters - most + 1);
    let unreached = dice.some(&all, cut_off);
    let mut reached: Vec<usize> = all.iter().copied().filter(|n| !unreached.contains(n)).collect();
    let names = |some: &[usize]| some.iter().map(|n| format!("Redis {n}")).collect::<Vec<_>>().join(", ");
    let forgets = dice.below(4) < 3;
    // Of those that are free already one needs no more than so many.
    let needed = most - unreached.len();
    let gets = dice.below(2) == 0;
    let down = if gets { needed } else { needed.saturating_sub(1).max(1) };
    let mut down = dice.some(&reached, down);
    if !gets && needed == 1 {
        // All that can go without setting one free: a master that has not got the lock.
        down = unreached.first().map_or_else(|| down.clone(), |n| vec![*n]);
    }
    down.sort_unstable();
    reached.sort_unstable();
    let count = masters.to_string();
    let options = [
        ("think", "-1"),
        ("rounds", "9"),
        ("clients", "2"),
        ("tries", "1"),
        ("masters", count.as_str()),
        ("ttl", "10000"),
        ("work", "8000"),
        ("persistence", if forgets { "none" } else { "always" }),
    ];
    let mut run = run("redlock", &[], &options);
    for n in &unreached {
        at(&mut run, 100, format!("cut a redis{n}"));
    }
    at(&mut run, 200, "request a acquire");
    for n in &down {
        at(&mut run, 800, format!("crash redis{n} killed"));
        at(&mut run, 1_200, format!("restart redis{n}"));
    }
    at(&mut run, 2_000, "request b acquire");
    let free = unreached.iter().chain(down.iter().filter(|n| forgets && reached.contains(n))).count();
    Draft {
        run,
        at: 600 * MILLISECOND,
        by: 2_300 * MILLISECOND,
        fact: "holds b".to_owned(),
        say: vec![
            told("masters").with("count", masters).with("most", most),
            told("reached").with("names", names(&reached)),
            told(if forgets { "restart-forgets" } else { "restart-remembers" }).with("names", names(&down)),
            told("b-asks-all").seconds("at", 2_000),
        ],
        ask: told("gets"),
        why: told("why-majority").with("free", free).with("most", most),
    }
}
