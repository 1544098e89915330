//! Two-phase commit with a crash at a drawn moment: what is decided, what is in a log.

use super::{Dice, Draft, Told, at, run, told};
use crate::scenes::run::RunSpec;
use crate::sim::time::MILLISECOND;

// With messages and forces of 40 ms: PREPARE is sent at 0.20 s and comes at 0.24; the prepared records are forced and YES is
// sent at 0.28; all votes are there at 0.32; the commit record is forced and COMMIT is sent at 0.36; it comes at 0.40; the
// banks' commit records are forced at 0.44.
const BANKS: [&str; 3] = ["north", "east", "south"];

fn bank(told: Told, name: &str) -> Told {
    told.word("bank", format!("commit.node-{name}"))
}

fn transfer(no: Option<&str>, options: &[(&str, &str)]) -> RunSpec {
    let fixed = [("disk", "40")];
    let options: Vec<_> = fixed.iter().chain(options).copied().collect();
    let mut run = run("presumed-abort", &[], &options);
    if let Some(bank) = no {
        at(&mut run, 100, format!("request {bank} vote-no on"));
    }
    at(&mut run, 200, "request coordinator transfer north east 20 fee south 1");
    run
}

/// How somebody goes down: a power cut leaves what was forced, and here nothing else.
fn down(run: &mut RunSpec, who: &str, moment: u64, unforced: bool, power: bool) {
    let how = match (power, unforced) {
        (false, _) => "killed",
        (true, true) => "power picks 0",
        (true, false) => "power",
    };
    at(run, moment, format!("crash {who} {how}"));
}

pub fn decision(dice: &mut Dice) -> Draft {
    let asked = dice.pick(&BANKS);
    let no = (dice.below(5) == 0).then(|| dice.pick(&BANKS));
    let power = dice.below(2) == 0;
    let back = dice.below(2) == 0;
    let (moment, when) =
        dice.pick(&[(220, "prepare-sent"), (300, "votes-sent"), (340, "deciding"), (340, "deciding"), (380, "told")]);
    // NO needs no force, and no record of the coordinator: it is sent at 0.24 s, and ABORT at 0.28 s.
    let with_no = dice.pick(&[(260, "no-sent"), (300, "abort-sent")]);
    let (moment, when) = if no.is_some() { with_no } else { (moment, when) };
    let mut run = transfer(no, &[]);
    let unforced = when == "deciding";
    down(&mut run, "coordinator", moment, unforced, power);
    let mut say = vec![told("rules")];
    say.extend(no.map(|name| bank(told("votes-no"), name)));
    say.push(told(when));
    say.push(told(if power { "power" } else { "killed" }));
    if back {
        at(&mut run, 2_000, "restart coordinator");
    }
    say.push(told(if back { "restarts" } else { "stays-down" }));
    let why = match (when, no == Some(asked), back) {
        ("told", ..) => "why-told",
        ("abort-sent", ..) => "why-abort-sent",
        (_, true, _) => "why-said-no",
        (_, _, false) => "why-doubt",
        ("deciding", _, true) if !power => "why-written",
        (_, _, true) => "why-forgotten",
    };
    Draft {
        run,
        at: (moment - 10) * MILLISECOND,
        by: if back { 4_000 } else { 1_900 } * MILLISECOND,
        fact: format!("decision {asked}"),
        say,
        ask: bank(told(if back { "knows-4" } else { "knows-2" }), asked),
        why: told(why),
    }
}

pub fn log(dice: &mut Dice) -> Draft {
    let power = dice.below(2) == 0;
    let of_bank = dice.below(3) > 0;
    let who = if of_bank { dice.pick(&BANKS) } else { "coordinator" };
    let (moment, when, unforced, why) = if of_bank {
        dice.pick(&[
            (220, "prepare-sent", false, "why-not-yet"),
            (260, "preparing", true, "why-unforced"),
            (300, "votes-sent", false, "why-prepared"),
            (420, "committing", true, "why-unforced"),
            (460, "committed", false, "why-forced"),
        ])
    } else {
        dice.pick(&[
            (300, "votes-sent", false, "why-not-yet"),
            (340, "deciding", true, "why-unforced"),
            (380, "told", false, "why-forced"),
        ])
    };
    let mut run = transfer(None, &[]);
    down(&mut run, who, moment, unforced, power);
    at(&mut run, 1_200, format!("restart {who}"));
    Draft {
        run,
        at: (moment - 10) * MILLISECOND,
        // Nobody has answered it yet.
        by: 1_210 * MILLISECOND,
        fact: format!("log {who}"),
        say: vec![told("rules"), told(when), bank(told(if power { "bank-power" } else { "bank-killed" }), who)],
        ask: bank(told("log"), who),
        why: told(why),
    }
}
