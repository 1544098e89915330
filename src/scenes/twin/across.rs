//! A run beside one of another scene: Redis beside ZooKeeper.
//!
//! Neither knows the other's messages. What both mean by the same words is done in both at the same virtual time: requests, and
//! what befalls nodes, links, clocks and the background. A node's like is the one with its name, a server's the one with its
//! number. What is said of a single message, timer or step is left out of the twin.

use super::{Skipped, Twin};
use crate::scenes::catalogue::unknown_scene;
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::scene::{Lang, Time};
use crate::scenes::text::say;
use crate::scenes::{OpenError, family, parts};

struct Across {
    run: Box<dyn Run>,
    /// Each node of the run with its like in the twin.
    likes: Vec<Option<u16>>,
    /// How many inputs the twin has had when the run has had so many.
    inputs: Vec<usize>,
    skipped: Vec<Skipped>,
}

/// See [`super::open`].
pub fn open(
    spec: &RunSpec,
    scene: &str,
    recipe: &str,
    mistakes: &[String],
    lang: Lang,
) -> Result<Box<dyn Twin>, OpenError> {
    let others = family(&spec.scene).iter().filter(|name| **name != spec.scene);
    if !others.clone().any(|name| *name == scene) {
        let known = others.copied().collect::<Vec<_>>();
        let known = if known.is_empty() { "–".to_owned() } else { known.join(", ") };
        let shown: String = scene.chars().take(40).collect();
        let args = [("name", shown.into()), ("scene", spec.scene.as_str().into()), ("known", known.into())];
        return Err(OpenError(say(lang, "common.no-sister", &args)));
    }
    beside(spec, scene, recipe, mistakes, lang)
}

fn beside(
    spec: &RunSpec,
    scene: &str,
    recipe: &str,
    mistakes: &[String],
    lang: Lang,
) -> Result<Box<dyn Twin>, OpenError> {
    let desk = parts::desk(scene).ok_or_else(|| unknown_scene(scene, lang))?;
    let mut main =
        super::super::open(&RunSpec { at: 0, events: 0, hash: 0, opening: String::new(), ..spec.clone() }, lang)?;
    // What is the default here may be another one there.
    let options = main.settings();
    let theirs = desk.adopt(&RunSpec { options, mistakes: Vec::new(), ..spec.clone() }, recipe, lang)?;
    let mut run = super::super::open(&RunSpec { mistakes: mistakes.to_vec(), ..theirs }, lang)?;
    let (ours, names) = (main.nodes(), run.nodes());
    let like = |(_, like): &(String, String)| names.iter().position(|(_, theirs)| theirs == like).map(|n| n as u16);
    let likes: Vec<Option<u16>> = ours.iter().map(like).collect();
    let there = |name: &str| {
        let node = ours.iter().position(|(ours, _)| ours == name)?;
        Some(names[usize::from(likes[node]?)].0.as_str())
    };
    let mut inputs = vec![0];
    let mut left_out: Vec<(Time, usize)> = Vec::new();
    let mut at_once = (0, 0);
    for command in main.inputs(None) {
        at_once = if at_once.0 == command.time { (command.time, at_once.1 + 1) } else { (command.time, 0) };
        reach(&mut *run, command.time);
        let done = translated(&command.line, &there).is_some_and(|line| run.command(&line, lang).is_ok());
        if !done {
            left_out.push(at_once);
        }
        inputs.push(run.inputs(None).len());
    }
    let skipped = left_out.into_iter().map(|(time, nth)| Skipped { time, words: told(&mut *main, time, nth, lang) });
    Ok(Box::new(Across { skipped: skipped.collect(), run, likes, inputs }))
}

/// Goes on to a time, whatever breaks on the way.
fn reach(run: &mut dyn Run, time: Time) {
    while run.advance(time).is_some() {}
}

/// A command line in the other scene's names. `there` says what a node is called there. `None` if it means nothing there.
fn translated<'a>(line: &str, there: &impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    // What was chosen inside a step is that step's.
    let body = line.split_once(" picks ").map_or(line, |(body, _)| body);
    let mut words: Vec<&str> = body.split_whitespace().collect();
    let nodes = match *words.first()? {
        "request" | "pause" | "resume" | "crash" | "restart" | "clock" | "drift" => 1,
        "cut" | "heal" => 2,
        "set" => 0,
        _ => return None,
    };
    for word in words.get_mut(1..=nodes)? {
        *word = there(word)?;
    }
    Some(words.join(" "))
}

/// What the command did that was the `nth` at its time, as the event log says it.
fn told(run: &mut dyn Run, time: Time, nth: usize, lang: Lang) -> String {
    run.seek(time);
    let mut end = run.position().0;
    // From the back: few events happen at one time.
    let mut lines = Vec::new();
    while end > 0 {
        let from = end.saturating_sub(32);
        let more = run.events(from, end - from, lang);
        let whole = more.first().is_none_or(|line| line.time < time);
        lines.splice(0..0, more.into_iter().filter(|line| line.time == time && line.command));
        if whole {
            break;
        }
        end = from;
    }
    lines.into_iter().nth(nth).map_or_else(String::new, |line| line.words)
}

impl Twin for Across {
    fn run(&self) -> &dyn Run {
        &*self.run
    }

    fn run_mut(&mut self) -> &mut dyn Run {
        &mut *self.run
    }

    /// A moment of the one is a time of the other: at that time it has had all that happens by itself, and of the commands as
    /// many as the run has had.
    fn follow(&mut self, main: &dyn Run) {
        let (now, had) = (main.now(), self.inputs.get(main.done()).copied().unwrap_or(usize::MAX));
        let run = &mut self.run;
        if run.now() > now || run.now() + super::FAR < now || run.done() > had {
            run.seek(now);
        } else {
            reach(&mut **run, now);
        }
        while run.done() > had && run.step_back() {}
    }

    fn same_message(&self, _: &dyn Run, _: u32, _: bool) -> Option<u32> {
        None
    }

    fn same_node(&self, node: u16, in_twin: bool) -> Option<u16> {
        if in_twin {
            return self.likes.get(usize::from(node)).copied().flatten();
        }
        self.likes.iter().position(|like| *like == Some(node)).map(|n| n as u16)
    }

    fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::{default_spec, open as open_run};

    const DONE: [&str; 9] = [
        "pause a",
        "cut b redis",
        "clock c 500",
        "resume a",
        "set latency 10 300",
        "crash redis power",
        "heal b redis",
        "restart redis",
        "drift c 20000",
    ];

    fn run(lines: &[&str]) -> Box<dyn Run> {
        let mut run = open_run(&default_spec("lock"), Lang::En).expect("it opens");
        for line in lines {
            run.seek(run.now() + 700_001);
            run.command(line, Lang::En).unwrap_or_else(|e| panic!("{line}: {}", e.0));
        }
        run
    }

    fn twin(run: &dyn Run, recipe: &str) -> Box<dyn Twin> {
        beside(&run.spec(), "lock", recipe, &[], Lang::En).unwrap_or_else(|e| panic!("{}", e.0))
    }

    fn lines(run: &dyn Run) -> Vec<String> {
        run.inputs(None).into_iter().map(|command| command.line).collect()
    }

    /// The scene itself is the one other scene that must do exactly the same.
    #[test]
    fn beside_a_run_of_its_own_scene_stands_the_run_itself() {
        let mut run = run(&DONE);
        let mut twin = twin(&*run, &run.spec().recipe);
        assert_eq!(twin.skipped(), []);
        assert_eq!(lines(twin.run()).len(), DONE.len());
        let end = run.now() + 3_000_000;
        let times: Vec<Time> = (0..end).step_by(99_991).collect();
        for time in times.iter().chain(times.iter().rev()).chain(&[0, end, 10, end]).copied() {
            run.seek(time);
            twin.follow(&*run);
            let is = |run: &dyn Run| (run.now(), run.position().0, run.state_hash(), run.run_hash());
            assert_eq!(is(twin.run()), is(&*run), "at {time}");
        }
    }

    #[test]
    fn a_server_is_the_one_with_its_number_and_others_are_found_by_name() {
        let run = run(&DONE);
        let twin = twin(&*run, "redlock");
        assert_eq!(twin.skipped(), []);
        let theirs = lines(twin.run());
        assert_eq!((&*theirs[1], &*theirs[6]), ("cut b redis1", "heal b redis1"));
        assert!(theirs[5].starts_with("crash redis1 power"));
        // Three clients, a server (there three), the storage.
        let there: Vec<_> = (0..5).map(|node| twin.same_node(node, true)).collect();
        assert_eq!(there, [Some(0), Some(1), Some(2), Some(3), Some(6)]);
        let here: Vec<_> = (0..7).map(|node| twin.same_node(node, false)).collect();
        assert_eq!(here, [Some(0), Some(1), Some(2), Some(3), None, None, Some(4)]);
    }

    #[test]
    fn what_is_said_of_one_message_or_step_is_left_out_and_told() {
        let mut run = run(&["pause a", "trip c 1 power"]);
        let view = crate::scenes::scene::View { width: 900.0, height: 600.0, lang: Lang::En };
        while run.stage(&view).pills.is_empty() {
            assert!(run.step_forward());
        }
        let id = run.stage(&view).pills[0].id;
        run.command(&format!("delay {id} 500"), Lang::En).expect("it is under way");
        run.command("cut a redis", Lang::En).expect("the link is there");
        run.command(&format!("drop {id}"), Lang::En).expect("it is under way");
        let now = run.now();
        let twin = twin(&*run, "set-nx-px");
        assert_eq!(lines(twin.run()), ["pause a", "cut a redis"]);
        let [trip, delay, drop] = twin.skipped() else { panic!("{:?}", twin.skipped()) };
        assert_eq!((trip.time, delay.time, drop.time), (1_400_002, now, now));
        assert!(trip.words.contains("crash"), "{}", trip.words);
        assert!(delay.words.contains("500"), "{}", delay.words);
        assert!(drop.words.contains("lost"), "{}", drop.words);
    }

    /// One event back from a command: the time is the same, and the command has not been given.
    #[test]
    fn a_command_is_done_in_both_or_in_neither() {
        let mut run = run(&["pause a", "pause b"]);
        let mut twin = twin(&*run, "set-nx-px");
        twin.follow(&*run);
        assert_eq!(twin.run().done(), 2);
        let time = run.now();
        assert!(run.step_back());
        run.seek(time - 1);
        twin.follow(&*run);
        assert_eq!(twin.run().done(), 1);
        run.seek(time);
        while run.done() > 1 && run.step_back() {}
        twin.follow(&*run);
        assert_eq!((twin.run().done(), run.done()), (1, 1));
        run.step_forward();
        twin.follow(&*run);
        assert_eq!(twin.run().done(), 2);
    }

    #[test]
    fn only_scenes_of_one_tab_stand_beside_each_other() {
        let spec = default_spec("ring");
        let wrong = |scene: &str| open(&spec, scene, "2pc", &[], Lang::En).err().map(|e| e.0).unwrap_or_default();
        for scene in ["ring", "commit", "nowhere"] {
            assert!(wrong(scene).contains(scene), "{}", wrong(scene));
        }
        let unknown = beside(&default_spec("lock"), "lock", "hope", &[], Lang::En);
        assert!(unknown.err().is_some_and(|why| why.0.contains("hope")));
    }
}
