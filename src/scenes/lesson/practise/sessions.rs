//! A queue at a coordination service, and a connection that is cut.

use super::{Dice, Draft, at, run, told};
use crate::sim::time::MILLISECOND;

/// A holds the lock from 0.44 s on at the latest and writes after its work; 0.2 s later whoever is next has it.
const HOLDS: u64 = 440;

pub fn next(dice: &mut Dice) -> Draft {
    let service = dice.pick(&["zookeeper", "etcd"]);
    let order = dice.some(&["b", "c", "d"], 3);
    let dies = dice.below(3) > 0;
    // Whoever is first in the queue was last heard of at 1.72 s: its session ends between 4.72 and 5.22 s.
    let soon = dice.below(2) == 0;
    let work = if soon { dice.tenths(23, 30) } else { dice.tenths(62, 75) };
    let work_option = work.to_string();
    let options = [("think", "-1"), ("rounds", "9"), ("clients", "4"), ("work", work_option.as_str())];
    let mut run = run(service, &[], &options);
    at(&mut run, 200, "request a acquire");
    for (n, client) in order.iter().enumerate() {
        at(&mut run, 600 + 300 * n as u64, format!("request {client} acquire"));
    }
    let letters: Vec<String> = order.iter().map(|client| client.to_uppercase()).collect();
    let queue = letters.join(", ");
    let mut say = vec![told("queue").word("service", format!("coordination.recipe-{service}")).with("queue", queue)];
    let victim = usize::from(dice.below(3) == 0);
    if dies {
        at(&mut run, 1_800, format!("crash {} killed", order[victim]));
        say.push(told("one-dies").with("who", &letters[victim]));
    }
    let back = (HOLDS + work + 200) / 100 * 100;
    say.push(told("gives-back").seconds("at", back));
    let why = match (dies && victim == 0, soon) {
        (false, _) => "why-next",
        (true, true) => "why-dead-waits",
        (true, false) => "why-dead-gone",
    };
    Draft {
        run,
        at: 2_000 * MILLISECOND,
        by: (back + 500) * MILLISECOND,
        fact: "holder".to_owned(),
        say,
        ask: told("next"),
        why: told(why),
    }
}

pub fn holder(dice: &mut Dice) -> Draft {
    // A's ping of 1.28 s arrives, the next is due at 2.28 s. Without another it stops at 3.36 s, and its session ends between 4.32 and 4.82 s.
    let (moment, works_on, heals) = match dice.below(10) {
        0 | 1 => (dice.tenths(23, 29), false, 0),
        2 | 3 => (dice.tenths(37, 40), false, 0),
        4 | 5 => (dice.tenths(53, 70), false, 0),
        6 | 7 => (dice.tenths(53, 70), true, 0),
        8 => (dice.tenths(37, 40), true, 0),
        _ => (dice.tenths(53, 70), false, dice.tenths(18, 21)),
    };
    let mistakes: &[&str] = if works_on { &["works-disconnected"] } else { &[] };
    let options = [("think", "-1"), ("rounds", "9"), ("clients", "2"), ("work", "20000")];
    let mut run = run("zookeeper", mistakes, &options);
    at(&mut run, 200, "request a acquire");
    at(&mut run, 700, "request b acquire");
    at(&mut run, 1_500, "cut a zookeeper");
    let mut say = vec![told("session"), told(if works_on { "works-on" } else { "stops" }), told("cut")];
    if heals > 0 {
        at(&mut run, heals, "heal a zookeeper");
        say.push(told("heals").seconds("at", heals));
    }
    let why = match (moment < 4_500, works_on, heals > 0) {
        (_, _, true) => "why-again",
        (true, true, _) => "why-works-early",
        (false, true, _) => "why-several",
        (true, false, _) if moment < 3_200 => "why-still",
        (true, false, _) => "why-nobody",
        (false, false, _) => "why-over",
    };
    Draft {
        run,
        at: 1_600 * MILLISECOND,
        by: moment * MILLISECOND,
        fact: "holder".to_owned(),
        say,
        ask: told("holder-at").seconds("at", moment),
        why: told(why),
    }
}
