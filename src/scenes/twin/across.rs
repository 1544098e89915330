//! A run beside one of another scene: Redis beside ZooKeeper.
//!
//! Neither knows the other's messages. What both mean by the same words is done in both at the same virtual time: requests, and
//! what befalls nodes, links, clocks and the background. A node's like is the one with its name, a server's the one with its
//! number. What is said of a single message, timer or step is left out of the twin.

use super::{Skipped, Twin};
use crate::scenes::catalogue;
use crate::scenes::making::{self, Made, Making};
use crate::scenes::run::{Command, Run, RunSpec};
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

/// A twin that is being made: the run is played again before anything is done in the twin.
struct Before {
    main: Box<dyn Making<dyn Run>>,
    wanted: Wanted,
}

/// What shall stand beside the run.
struct Wanted {
    spec: RunSpec,
    scene: String,
    recipe: String,
    mistakes: Vec<String>,
    lang: Lang,
}

/// Then what was done in the run is done in the twin.
struct Rising {
    main: Box<dyn Run>,
    run: Box<dyn Run>,
    /// What the nodes of the run and of the twin are called.
    names: (Vec<String>, Vec<String>),
    likes: Vec<Option<u16>>,
    commands: Vec<Command>,
    /// So many of them are done; of those at its time the last was the one with this number.
    done: usize,
    at_once: Option<(Time, usize)>,
    inputs: Vec<usize>,
    skipped: Vec<Skipped>,
    /// How far it is played.
    at: Time,
    lang: Lang,
}

/// See [`super::begin`].
pub fn begin(
    spec: &RunSpec,
    scene: &str,
    recipe: &str,
    mistakes: &[String],
    lang: Lang,
) -> Result<Box<dyn Making<dyn Twin>>, OpenError> {
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
) -> Result<Box<dyn Making<dyn Twin>>, OpenError> {
    let bare = RunSpec { at: 0, events: 0, hash: 0, opening: String::new(), ..spec.clone() };
    let wanted = Wanted {
        spec: spec.clone(),
        scene: scene.to_owned(),
        recipe: recipe.to_owned(),
        mistakes: mistakes.to_vec(),
        lang,
    };
    Ok(Box::new(Before { main: catalogue::begin(&bare, lang)?, wanted }))
}

impl Wanted {
    /// The twin at its start, beside the run.
    fn beside(&self, main: Box<dyn Run>) -> Result<Rising, OpenError> {
        let desk = parts::desk(&self.scene).ok_or_else(|| catalogue::unknown_scene(&self.scene, self.lang))?;
        // What is the default here may be another one there.
        let spec = RunSpec { options: main.settings(), mistakes: Vec::new(), ..self.spec.clone() };
        let theirs = desk.adopt(&spec, &self.recipe, self.lang)?;
        let run = catalogue::open(&RunSpec { mistakes: self.mistakes.clone(), ..theirs }, self.lang)?;
        let (ours, names) = (main.nodes(), run.nodes());
        let like = |(_, like): &(String, String)| names.iter().position(|(_, theirs)| theirs == like).map(|n| n as u16);
        let likes = ours.iter().map(like).collect();
        let called = |nodes: Vec<(String, String)>| nodes.into_iter().map(|(name, _)| name).collect();
        Ok(Rising {
            likes,
            names: (called(ours), called(names)),
            commands: main.inputs(None),
            main,
            run,
            done: 0,
            at_once: None,
            inputs: vec![0],
            skipped: Vec::new(),
            at: self.spec.at,
            lang: self.lang,
        })
    }
}

impl Making<dyn Twin> for Before {
    fn more(self: Box<Self>, go_on: &mut dyn FnMut() -> bool) -> Result<Made<dyn Twin>, OpenError> {
        let Before { main, wanted } = *self;
        Ok(Made::Part(match main.more(go_on)? {
            Made::Part(main) => Box::new(Before { main, wanted }),
            Made::Whole(main) => Box::new(wanted.beside(main)?),
        }))
    }

    fn done(&self) -> f64 {
        self.main.done() / 2.0
    }
}

impl Rising {
    /// Does in the twin what the next command says, if it means something there.
    fn next(&mut self) {
        let command = &self.commands[self.done];
        let nth = self.at_once.filter(|last| last.0 == command.time).map_or(0, |last| last.1 + 1);
        self.at_once = Some((command.time, nth));
        let there = |name: &str| {
            let node = self.names.0.iter().position(|ours| ours == name)?;
            Some(self.names.1[usize::from(self.likes[node]?)].as_str())
        };
        let line = translated(&command.line, &there);
        if line.is_none_or(|line| self.run.command(&line, self.lang).is_err()) {
            let words = told(&mut *self.main, command.time, nth, self.lang);
            self.skipped.push(Skipped { time: command.time, words });
        }
        self.inputs.push(self.run.done());
        self.done += 1;
    }

    /// Goes on while `go_on` says so; whether it is made.
    fn go_on(&mut self, go_on: &mut dyn FnMut() -> bool) -> bool {
        while let Some(command) = self.commands.get(self.done) {
            if !reach(&mut *self.run, command.time, go_on) {
                return false;
            }
            self.next();
            if !go_on() {
                return false;
            }
        }
        reach(&mut *self.run, self.at, go_on)
    }
}

impl Making<dyn Twin> for Rising {
    fn more(mut self: Box<Self>, go_on: &mut dyn FnMut() -> bool) -> Result<Made<dyn Twin>, OpenError> {
        if !self.go_on(go_on) {
            return Ok(Made::Part(self));
        }
        let Rising { run, likes, inputs, skipped, .. } = *self;
        Ok(Made::Whole(Box::new(Across { run, likes, inputs, skipped })))
    }

    fn done(&self) -> f64 {
        let last = self.commands.last().map_or(0, |command| command.time).max(self.at);
        0.5 + making::share(self.run.now(), last) / 2.0
    }
}

/// Goes on to a time and does what is due at it, whatever breaks on the way. False if `go_on`, which is asked again and again, said
/// no before.
fn reach(run: &mut dyn Run, time: Time, go_on: &mut dyn FnMut() -> bool) -> bool {
    let mut stretch = 1_000_000;
    loop {
        let before = run.position().0;
        let next = time.min(run.now().saturating_add(stretch));
        while run.advance(next).is_some() {}
        if run.now() >= time {
            return true;
        }
        if !go_on() {
            return false;
        }
        // Where little happens more time goes by.
        let few = run.position().0 - before < making::AT_ONCE;
        stretch = if few { stretch.saturating_mul(2) } else { (stretch / 2).max(1_000) };
    }
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
            reach(&mut **run, now, &mut || true);
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
        beside(&run.spec(), "lock", recipe, &[], Lang::En).and_then(making::whole).unwrap_or_else(|e| panic!("{}", e.0))
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

    /// Of several commands at one time each is done when the run has it, and what is due at that time is done with the last.
    #[test]
    fn commands_at_one_time_are_done_one_by_one() {
        let mut run = run(&["pause a", "pause b"]);
        run.command("pause c", Lang::En).expect("it can be paused");
        run.command("resume a", Lang::En).expect("it goes on");
        let mut twin = twin(&*run, &run.spec().recipe);
        twin.follow(&*run);
        let end = (twin.run().position().0, twin.run().state_hash());
        for done in [3, 2, 1, 2, 3, 4] {
            while run.done() > done && run.step_back() {}
            while run.done() < done && run.step_forward() {}
            twin.follow(&*run);
            assert_eq!((twin.run().done(), twin.run().now()), (done, run.now()));
        }
        assert_eq!((twin.run().position().0, twin.run().state_hash()), end);
    }

    #[test]
    fn only_scenes_of_one_tab_stand_beside_each_other() {
        let spec = default_spec("ring");
        let wrong = |scene: &str| begin(&spec, scene, "2pc", &[], Lang::En).err().map(|e| e.0).unwrap_or_default();
        for scene in ["ring", "commit", "nowhere"] {
            assert!(wrong(scene).contains(scene), "{}", wrong(scene));
        }
        let unknown = beside(&default_spec("lock"), "lock", "hope", &[], Lang::En).and_then(making::whole);
        assert!(unknown.err().is_some_and(|why| why.0.contains("hope")));
    }
}
