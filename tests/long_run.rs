//! What is no longer at hand is played again, and is what it was: every reading of a long run, far from the present, is
//! compared with what was seen when it happened.

use faultline::scenes::run::{Run, RunSpec};
use faultline::scenes::scene::{Diagram, EventLine, Lang, Time, View};
use faultline::scenes::{SCENES, default_spec, keep_busy, open};

const SECOND: Time = 1_000_000;

/// What is seen right after an event.
fn seen(run: &dyn Run) -> String {
    let view = View { width: 900.0, height: 600.0, lang: Lang::En };
    format!(
        "{:?} {:?} {:?} {:?} {:x} {:x} {}",
        run.stage(&view),
        run.sentence(Lang::En),
        run.findings(Lang::En),
        run.figures(Lang::En),
        run.state_hash(),
        run.run_hash(),
        run.breaks()
    )
}

/// A window's drawing, without what was not over yet at its end.
fn drawn(mut diagram: Diagram, to: Time) -> Diagram {
    for bar in &mut diagram.bars {
        bar.to = bar.to.filter(|end| *end <= to);
    }
    diagram.arrows.retain(|arrow| arrow.ended.is_some_and(|end| end <= to));
    diagram
}

struct Walk {
    /// Every event's line, in its order.
    lines: Vec<EventLine>,
    /// Some moments: events before, and what was seen.
    moments: Vec<(u32, String)>,
    windows: Vec<(Time, Time, Diagram)>,
    breaks: Vec<u32>,
}

/// Plays so many events one by one and notes down what there is to see.
fn walk(run: &mut dyn Run, events: u32) -> Walk {
    let mut walk = Walk { lines: Vec::new(), moments: Vec::new(), windows: Vec::new(), breaks: Vec::new() };
    while run.position().0 < events {
        let broken = run.breaks();
        let at = run.position().0 + 1;
        keep_busy(run, at);
        walk.lines.extend(run.events(at - 1, 1, Lang::En));
        if run.breaks() > broken {
            walk.breaks.push(at - 1);
        }
        if at.is_multiple_of(997) {
            walk.moments.push((at, seen(run)));
            let (from, to) = (run.now().saturating_sub(8 * SECOND), run.now().saturating_sub(SECOND));
            walk.windows.push((from, to, drawn(run.diagram(from, to, Lang::En), to)));
        }
    }
    walk
}

fn spec(scene: &str) -> RunSpec {
    let mut spec = default_spec(scene);
    if scene == "lock" {
        // So that something breaks now and then.
        spec.recipe = "set-nx-px".to_owned();
        spec.mistakes = vec!["unconditional-del".to_owned()];
        spec.options = [("clients", "5"), ("latency-max", "900"), ("work", "2600")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
    }
    spec
}

#[test]
fn far_from_the_present_everything_is_as_it_was() {
    for scene in SCENES {
        let events = if scene == "lock" { 40_000 } else { 14_000 };
        let mut run = open(&spec(scene), Lang::En).expect("it opens");
        let walk = walk(run.as_mut(), events);
        assert_eq!(walk.lines.len() as u32, events);
        for n in [7, 3, 11, 1, 9, 5, 12, 2] {
            // From the end, then from wherever the last turn left the present.
            let (count, expected) = &walk.moments[walk.moments.len() * n / 13];
            let from = (count * 7 + n as u32 * 1_000) % (events - 60);
            let lines = run.events(from, 60, Lang::En);
            assert_eq!(lines, walk.lines[from as usize..from as usize + 60], "{scene}, lines from {from}");
            run.seek_event(count - 1);
            assert_eq!(&seen(run.as_ref()), expected, "{scene}, event {count}");
            run.step_back();
            run.step_forward();
            assert_eq!(&seen(run.as_ref()), expected, "{scene}, event {count}, back and forth");
            let (from, to, then) = &walk.windows[walk.windows.len() * (13 - n) / 13];
            let now = drawn(run.diagram(*from, *to, Lang::En), *to);
            assert_eq!(now.marks, then.marks, "{scene}, marks from {from} to {to}");
            assert_eq!(now.arrows, then.arrows, "{scene}, arrows from {from} to {to}");
            assert_eq!(now.bars, then.bars, "{scene}, bars from {from} to {to}");
        }
        // The whole branch at once.
        assert_eq!(run.events(0, u32::MAX, Lang::En), walk.lines, "{scene}");
    }
}

#[test]
fn every_break_is_found_forwards_and_backwards() {
    let mut run = open(&spec("lock"), Lang::En).expect("it opens");
    let walk = walk(run.as_mut(), 20_000);
    assert!(walk.breaks.len() > 20, "{:?}", walk.breaks);
    run.seek(0);
    let mut found = Vec::new();
    while let Some(event) = run.next_break(true) {
        run.seek_event(event);
        found.push(event);
    }
    assert_eq!(found, walk.breaks);
    run.seek(run.horizon() + 1);
    let mut found = Vec::new();
    while let Some(event) = run.next_break(false) {
        run.seek_event(event);
        found.insert(0, event);
    }
    assert_eq!(found, walk.breaks);
}

#[test]
fn causes_are_the_same_near_and_far() {
    let mut run = open(&spec("lock"), Lang::En).expect("it opens");
    keep_busy(run.as_mut(), 2_000);
    let near = run.causes(1_999);
    assert!(near.len() > 600 && near.is_sorted() && near.last() == Some(&1_999));
    keep_busy(run.as_mut(), 30_000);
    assert_eq!(run.causes(1_999), near);
    let late = run.causes(29_999);
    assert!(late[0] >= 27_999 && late.len() > 200, "of the two thousand events before it");
}

/// Undo goes on from a checkpoint before the command; what it leaves is the run that never had it.
#[test]
fn undo_and_branches_in_a_long_run() {
    let mut run = open(&spec("lock"), Lang::En).expect("it opens");
    keep_busy(run.as_mut(), 20_000);
    let before = (run.spec(), seen(run.as_ref()), run.horizon());
    run.command("pause a", Lang::En).expect("it pauses");
    run.seek(run.now() + 20 * SECOND);
    let after = (run.spec(), seen(run.as_ref()));
    assert!(run.undo());
    assert_eq!((run.spec(), seen(run.as_ref()), run.horizon()), before);
    run.seek(run.now() + 60 * SECOND);
    assert!(run.redo());
    assert_eq!((run.spec(), seen(run.as_ref())), after);
    let end = run.position();
    // Acting in the past makes a branch; the old one is found again whole.
    run.seek_event(6_000);
    run.command("crash redis killed", Lang::En).expect("it goes down");
    run.seek(run.now() + 20 * SECOND);
    let branch = (run.position(), run.horizon(), seen(run.as_ref()));
    run.switch_branch(0);
    assert_eq!(run.position(), end);
    assert_eq!(seen(run.as_ref()), after.1);
    let lines = run.events(end.0 - 90, 90, Lang::En);
    run.switch_branch(1);
    assert_eq!((run.position(), run.horizon(), seen(run.as_ref())), branch);
    // What was left can be read backwards, and differs from the other one only after the moment of the branch.
    run.seek_event(5_999);
    let shared = seen(run.as_ref());
    run.switch_branch(0);
    assert_eq!(run.events(end.0 - 90, 90, Lang::En), lines);
    for _ in 0..70 {
        run.step_back();
    }
    run.seek(run.horizon());
    assert_eq!(seen(run.as_ref()), after.1);
    run.seek_event(5_999);
    assert_eq!(seen(run.as_ref()), shared);
}

/// What is played after a command comes back with it, and what is played after an undo with the next one.
#[test]
fn redo_and_undo_bring_back_what_was_played() {
    let mut run = open(&spec("lock"), Lang::En).expect("it opens");
    keep_busy(run.as_mut(), 500);
    let before = (run.position().0, seen(run.as_ref()));
    run.command("pause a", Lang::En).expect("it pauses");
    let paused = seen(run.as_ref());
    keep_busy(run.as_mut(), 6_000);
    let with = (run.position(), run.horizon(), seen(run.as_ref()));
    assert!(run.undo());
    assert_eq!((run.position().0, seen(run.as_ref())), before);
    keep_busy(run.as_mut(), 5_000);
    let without = (run.position(), run.horizon(), seen(run.as_ref()));
    for _ in 0..2 {
        assert!(run.redo() && !run.redo());
        assert_eq!((run.position(), run.horizon(), seen(run.as_ref())), with);
        run.seek_event(before.0);
        assert_eq!(seen(run.as_ref()), paused);
        run.seek(run.horizon());
        assert!(run.undo() && !run.undo());
        assert_eq!((run.position(), run.horizon(), seen(run.as_ref())), without);
    }
}

/// A message whose time is not drawn before it is delivered arrives when it did, wherever one comes from.
#[test]
fn what_is_known_to_come_is_shown_from_wherever_one_comes() {
    let mut free = spec("lock");
    free.options.push(("pace".to_owned(), "free".to_owned()));
    let mut run = open(&free, Lang::En).expect("it opens");
    let due = |run: &dyn Run| {
        let view = View { width: 900.0, height: 600.0, lang: Lang::En };
        run.stage(&view).pills.iter().map(|pill| (pill.id, pill.due)).collect::<Vec<_>>()
    };
    run.command("request a acquire", Lang::En).expect("it asks");
    let sent = due(run.as_ref());
    let [(id, None)] = sent[..] else { panic!("one message, which nobody has delivered: {sent:?}") };
    let at = run.position().0;
    run.seek(run.now() + SECOND);
    run.command(&format!("deliver {id}"), Lang::En).expect("it is under way");
    let then = vec![(id, Some(run.now()))];
    for _ in 0..700 {
        run.command("pause b", Lang::En).expect("it pauses");
        run.command("resume b", Lang::En).expect("it goes on");
    }
    let end = run.position().0;
    for away in [end - 1, 0, end / 2, at, at + 1] {
        run.seek_event(away);
        run.seek_event(at - 1);
        assert_eq!((run.position().0, due(run.as_ref())), (at, then.clone()), "from {away}");
    }
    run.command("pause c", Lang::En).expect("it pauses");
    assert!(run.undo());
    assert_eq!((run.position().0, due(run.as_ref())), (at, then));
}

/// Undo leaves a branch that acting in the past made, and redo finds it as it was.
#[test]
fn undo_goes_from_branch_to_branch() {
    let mut run = open(&spec("lock"), Lang::En).expect("it opens");
    keep_busy(run.as_mut(), 8_000);
    let (end, horizon) = (run.position(), run.horizon());
    run.seek_event(2_000);
    let there = (run.position().0, run.now(), seen(run.as_ref()));
    run.command("pause a", Lang::En).expect("it pauses");
    run.seek(run.now() + 20 * SECOND);
    run.command("resume a", Lang::En).expect("it goes on");
    let other = (run.spec(), seen(run.as_ref()));
    for _ in 0..2 {
        assert!(run.undo() && run.undo());
        assert_eq!((run.position().0, run.now(), seen(run.as_ref())), there);
        assert_eq!((run.position().1, run.horizon()), (end.1, horizon), "the old branch is known to its end");
        assert_eq!(run.branches().iter().position(|branch| branch.current), Some(0));
        assert!(run.redo() && run.redo() && !run.redo());
        assert_eq!((run.spec(), seen(run.as_ref())), other);
    }
}
