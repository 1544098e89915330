//! Runs side by side on one clock: the run on show at the left, its twin at the right; two twins in the middle and at the right.
//!
//! The twins follow the run on every frame. What they are stands in the run's own line `compare …` (`scenes/twin.rs`); here they
//! are opened anew whenever the run's commands or settings have changed.

mod choice;
mod frame;

pub use choice::{branch_button, choose, control};

use crate::scenes::OpenError;
use crate::scenes::making::{Made, Making};
use crate::scenes::run::{Halt, Run, RunSpec};
use crate::scenes::scene::{Finding, Lang, Selection, Standing};
use crate::scenes::twin::{self, Other, Twin};
use crate::ui::draw::{plain_words, seconds};
use crate::ui::page::Page;
use crate::ui::text::fill;
use crate::ui::{address, dom, html, kept, morph, notices, parts, player, sentence, slices, stage};
use frame::Frame;
use gloo_timers::callback::Timeout;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

/// While playing, titles and broken promises follow at most this often; stage and sentence follow every event.
const HEADS_MS: f64 = 140.0;
/// While playing, a screen reader hears at most one sentence in this time.
const SPOKEN_MS: f64 = 2_000.0;

struct Stand {
    twin: Box<dyn Twin>,
    /// Revisions of different twins do not compare.
    epoch: u64,
    /// What it was made from.
    core: RunSpec,
    other: Other,
    stage: stage::Parts,
    /// The run, its revision and its time, where the twin followed it last.
    followed: Option<((u64, u64), u64)>,
    /// The promise at whose break play has stopped here.
    halted: Option<&'static str>,
    /// Run, twin and language of what the sentence says, and of what the titles say.
    said: Option<Said>,
    headed: Option<Said>,
    spoken: Option<Said>,
    headed_at: f64,
    spoken_at: f64,
}

type Said = ((u64, u64), u64, Lang, Option<&'static str>);

/// Twins that are being made, one after the other, between frames: what was done in the run is done again in each.
struct Rising {
    core: RunSpec,
    others: Vec<Other>,
    /// Those that are not made yet, the next one last.
    left: Vec<Box<dyn Making<dyn Twin>>>,
    made: Vec<Box<dyn Twin>>,
    /// A task that goes on with it is on its way: it knows it by its number.
    due: bool,
    number: u64,
}

impl Rising {
    fn begin(number: u64, core: RunSpec, run: &dyn Run, others: Vec<Other>, lang: Lang) -> Result<Rising, OpenError> {
        let spec = RunSpec { at: run.horizon(), ..run.spec() };
        let left: Result<Vec<_>, _> = others.iter().rev().map(|other| twin::begin(&spec, other, lang)).collect();
        Ok(Rising { core, others, left: left?, made: Vec::new(), due: false, number })
    }

    /// Goes on for a short while; whether all are made.
    fn more(&mut self) -> Result<bool, OpenError> {
        let mut go_on = slices::while_short();
        while let Some(next) = self.left.pop() {
            match next.more(&mut go_on)? {
                Made::Part(part) => self.left.push(part),
                Made::Whole(twin) => self.made.push(twin),
            }
            if !go_on() {
                break;
            }
        }
        Ok(self.left.is_empty())
    }
}

#[derive(Default)]
struct State {
    frame: Option<Frame>,
    /// One a twin, from the left to the right.
    stands: Vec<Stand>,
    /// The run and its revision when it was last asked what it is compared with.
    seen: Option<(u64, u64)>,
    /// Those that are about to take their places: until then what is shown stays as it is.
    rising: Option<Rising>,
    /// How often twins were begun or opened.
    opened: u64,
    /// What the line says cannot be shown: it goes once the panels are drawn.
    failed: bool,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

fn tr(page: Page, key: &'static str) -> &'static str {
    page.tr(key)
}

fn say(page: Page, key: &'static str, gaps: &[&str]) -> String {
    fill(tr(page, key), gaps)
}

pub fn install(page: Page, root: &Element) {
    let root = root.clone();
    page.on_frame(Rc::new(move |run| {
        STATE.with(|state| {
            if let Ok(mut state) = state.try_borrow_mut() {
                state.paint(page, &root, run);
            }
        });
    }));
    // Beside `state()`: the twin's, or null; `twin(1)` is the second twin's.
    let state = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |n: JsValue| {
        let lang = page.lang_now();
        let shown = |stand: &Stand| crate::embed::state(stand.twin.run(), lang, page.playing.get(), "");
        with_stand(n.as_f64().unwrap_or(0.0) as usize, shown).unwrap_or(JsValue::NULL)
    });
    if let Some(window) = dom::window()
        && let Ok(api) = js_sys::Reflect::get(&window, &"faultline".into())
    {
        let _ = js_sys::Reflect::set(&api, &"twin".into(), state.as_ref().unchecked_ref());
        state.forget();
    }
}

fn with_stand<R>(n: usize, f: impl FnOnce(&Stand) -> R) -> Option<R> {
    STATE.with(|state| state.try_borrow().ok()?.stands.get(n).map(f))
}

/// What a place is called, of so many: that of the run is 0.
fn side(n: usize, of: usize) -> &'static str {
    match n {
        0 => "left-side",
        _ if n + 1 < of => "middle-side",
        _ => "right-side",
    }
}

/// Where a twin stands, within a sentence.
fn place(page: Page, n: usize) -> &'static str {
    let count = STATE.with(|state| state.try_borrow().map_or(0, |state| state.stands.len()));
    place_of(page, n, count)
}

fn place_of(page: Page, n: usize, count: usize) -> &'static str {
    if n + 1 < count { tr(page, "in-middle") } else { tr(page, "on-right") }
}

/// After the panels were drawn.
pub fn drawn(page: Page) {
    if STATE.with(|state| state.try_borrow_mut().is_ok_and(|mut state| std::mem::take(&mut state.failed))) {
        set(page, &[]);
    }
}

/// Says what the run is compared with. It is a way of looking: nothing that undo would take back.
fn set(page: Page, others: &[Other]) {
    page.change(|run| run.command(&twin::line(others), page.lang_now()));
    page.sync();
    address::publish(page);
}

fn compared(page: Page) -> Vec<Other> {
    page.look(|run| twin::others(&run.plain())).flatten().and_then(Result::ok).unwrap_or_default()
}

/// Ends all comparison; false if there is none.
pub fn close(page: Page) -> bool {
    let open = !compared(page).is_empty();
    if open {
        set(page, &[]);
        stage::focus();
    }
    open
}

/// Ends the comparison with one twin.
pub fn close_one(page: Page, n: usize) {
    let mut others = compared(page);
    if n < others.len() {
        others.remove(n);
        set(page, &others);
        stage::focus();
    }
}

/// Another branch has come on show: it is now what the other one is compared with.
pub fn branch_switched(page: Page) {
    let [Other::Branch { theirs, .. }] = &compared(page)[..] else { return };
    let now = page.look(|run| run.inputs(None)).unwrap_or_default();
    let other = Other::branch(theirs.clone(), &now);
    set(page, if *theirs == now { &[] } else { std::slice::from_ref(&other) });
}

/// Undo and redo bring back runs; what the reader looks at beside them stays.
pub fn keeping(page: Page, act: fn(&Page)) {
    let before = compared(page);
    let scene = page.scene.get();
    act(&page);
    let stays = !before.is_empty() && !matches!(before[..], [Other::Branch { .. }]);
    if stays && compared(page) != before && page.scene.get() == scene {
        set(page, &before);
    }
}

/// The frame of play has moved the run: the twins move as far. True if a promise broke in one before the time that the run has
/// reached; all then stand at that time. `halted`: the run has stopped by itself.
pub fn advanced(page: Page, halted: bool) -> bool {
    let Some((now, stamp)) = page.look(|run| (run.now(), page.stamp())) else { return false };
    let advance = |state: &mut State| {
        if state.rising.is_some() {
            return None;
        }
        let mut first: Option<(usize, u64)> = None;
        for (n, stand) in state.stands.iter_mut().enumerate() {
            stand.halted = None;
            let until = first.map_or(now, |(_, at)| at);
            let Some(Halt::Broken { property, .. }) = stand.twin.run_mut().advance(until) else { continue };
            stand.halted = Some(property);
            first = Some((n, stand.twin.run().now()));
        }
        // Whoever broke later has not broken yet.
        let (broke, at) = first?;
        state.stands.iter_mut().take(broke).filter(|stand| stand.twin.run().now() > at).for_each(|s| s.halted = None);
        Some(at)
    };
    let with = |f: &dyn Fn(&mut State) -> Option<u64>| STATE.with(|state| f(&mut *state.try_borrow_mut().ok()?));
    let Some(at) = with(&advance) else { return false };
    let stand_there = |stamp| {
        with(&|state| {
            let halted = state.stands.iter_mut().filter(|stand| stand.halted.is_some());
            halted.for_each(|stand| stand.followed = Some((stamp, at)));
            None
        })
    };
    stand_there(stamp);
    if at == now {
        return !halted;
    }
    page.change(|run| run.seek(at));
    stand_there(page.stamp());
    true
}

fn halted(page: Page, stand: &Stand) -> Option<String> {
    let code = stand.halted?;
    let findings = stand.twin.run().findings(page.lang_now());
    let named = findings.into_iter().find(|finding| finding.code == code);
    Some(page.say("halted-broken", &[&named.map_or_else(|| code.to_owned(), |finding| finding.words)]))
}

impl State {
    fn paint(&mut self, page: Page, root: &Element, run: &dyn Run) {
        let stamp = page.stamp();
        if self.seen != Some(stamp) {
            self.seen = Some(stamp);
            self.look(page, run);
        }
        self.rise(page, root);
        if self.rising.is_some() {
            return;
        }
        let Some(frame) = self.frame.as_ref().filter(|_| !self.stands.is_empty()) else { return };
        for stand in &mut self.stands {
            stand.follow(page, run, stamp);
        }
        say_all(page, frame, &mut self.stands, run, stamp);
    }

    fn fail(&mut self, page: Page, why: String) {
        notices::warn(page, why);
        self.failed = true;
        self.end();
    }

    /// Begins to make the twins that the run is compared with, if they are others than before.
    fn look(&mut self, page: Page, run: &dyn Run) {
        let lang = page.lang_now();
        let others = match twin::others(&run.plain()) {
            Some(Ok(others)) if !page.asking() => others,
            Some(Err(line)) => return self.fail(page, say(page, "twin-unknown", &[&line])),
            _ => return self.end(),
        };
        for other in &others {
            if let Other::Scene { scene, .. } = other
                && !parts::here(scene, lang)
            {
                self.fetch(page, scene);
                return self.end();
            }
        }
        let core = twin::core_of(run);
        let known = self.rising.as_ref().map(|rising| &rising.core);
        if known.or(self.stands.first().map(|stand| &stand.core)) == Some(&core) {
            return;
        }
        self.opened += 1;
        match Rising::begin(self.opened, core, run, others, lang) {
            Ok(rising) => self.rising = Some(rising),
            Err(why) => self.fail(page, why.0),
        }
    }

    /// Goes on with what is being made, and shows it once it is.
    fn rise(&mut self, page: Page, root: &Element) {
        let Some(mut rising) = self.rising.take_if(|rising| !rising.due) else { return };
        match rising.more() {
            Err(why) => self.fail(page, why.0),
            Ok(true) => self.stand(page, root, rising),
            Ok(false) => {
                rising.due = true;
                let number = rising.number;
                self.rising = Some(rising);
                Timeout::new(0, move || go_on(page, number)).forget();
            }
        }
    }

    /// The twins are made: they take their places.
    fn stand(&mut self, page: Page, root: &Element, Rising { core, others, made: twins, .. }: Rising) {
        let old = std::mem::take(&mut self.stands);
        // Only what is new is told: the rest was told when it was done.
        for (n, (twin, other)) in twins.iter().zip(&others).enumerate() {
            let known = old.get(n).filter(|stand| stand.other == *other).map_or(0, |stand| stand.twin.skipped().len());
            if let Some(skipped) = twin.skipped().get(known..).and_then(<[_]>::last) {
                let place = place_of(page, n, others.len());
                notices::say(page, say(page, "twin-skipped", &[place, &seconds(skipped.time), &skipped.words]));
            }
        }
        let Some(mut frame) = self.frame.take().or_else(|| Frame::build(root)) else { return };
        let room = frame.hold(page, twins.len());
        let mut stages = old.into_iter().map(|stand| stand.stage);
        for ((twin, other), side) in twins.into_iter().zip(others).zip(&frame.sides) {
            let Some(stage) = stages.next().or_else(|| stage::build(page, &side.scroll)).filter(|_| room.is_some())
            else {
                break;
            };
            self.opened += 1;
            self.stands.push(Stand {
                twin,
                epoch: self.opened,
                core: core.clone(),
                other,
                stage,
                followed: None,
                halted: None,
                said: None,
                headed: None,
                spoken: None,
                headed_at: 0.0,
                spoken_at: 0.0,
            });
        }
        self.frame = Some(frame);
    }

    /// Fetches the part of the twin's scene, then looks again.
    fn fetch(&self, page: Page, scene: &str) {
        parts::with(page, scene, page.lang_now(), move |here| {
            let lost = !here && page.awaited.with(|awaited| awaited.0.is_empty());
            STATE.with(|state| {
                if let Ok(mut state) = state.try_borrow_mut() {
                    state.failed |= lost;
                    state.seen = state.seen.filter(|_| !here);
                }
            });
            page.sync();
        });
    }

    fn end(&mut self) {
        self.rising = None;
        if !std::mem::take(&mut self.stands).is_empty()
            && let Some(frame) = &self.frame
        {
            frame.clear();
        }
    }
}

/// The task that goes on with twins in the making.
fn go_on(page: Page, number: u64) {
    if player::DEAD.load(Ordering::Relaxed) {
        return;
    }
    STATE.with(|state| {
        if let Ok(mut state) = state.try_borrow_mut() {
            state.rising.iter_mut().filter(|rising| rising.number == number).for_each(|rising| rising.due = false);
        }
    });
    let rising = || STATE.with(|state| state.try_borrow().is_ok_and(|state| state.rising.is_some()));
    let before = rising();
    page.paint();
    // The lists that name what is compared were drawn without it.
    if before && !rising() {
        kept::changed();
    }
}

/// Titles, broken promises and the twins' sentences.
fn say_all(page: Page, frame: &Frame, stands: &mut [Stand], run: &dyn Run, stamp: (u64, u64)) {
    let (clock, playing, count) = (dom::screen_ms(), page.playing.get(), stands.len());
    let (mut spoken, mut headed) = (false, false);
    for (n, stand) in stands.iter_mut().enumerate() {
        let now = (stamp, stand.twin.run().revision(), page.lang_now(), stand.halted);
        if stand.said != Some(now) {
            stand.said = Some(now);
            dom::set(&frame.sentence, "data-side", tr(page, side(0, count + 1)));
            stand.say(page, &frame.sides[n].sentence, n, count);
        }
        if stand.spoken != Some(now) && (!playing || clock - stand.spoken_at > SPOKEN_MS) {
            (stand.spoken, stand.spoken_at, spoken) = (Some(now), clock, true);
        }
        if stand.headed != Some(now) && (!playing || clock - stand.headed_at > HEADS_MS) {
            (stand.headed, stand.headed_at, headed) = (Some(now), clock, true);
        }
    }
    if spoken {
        let heard: Vec<String> =
            stands.iter().enumerate().filter_map(|(n, stand)| stand.heard(page, n, count, run)).collect();
        frame.spoken.set_text_content(Some(&heard.join(" ")));
    }
    if headed {
        head(page, frame, stands, 0, run);
        (1..=count).for_each(|n| head(page, frame, stands, n, stands[n - 1].twin.run()));
    }
}

/// The head over the stage of a run, which is at the `n`-th place.
fn head(page: Page, frame: &Frame, stands: &[Stand], n: usize, run: &dyn Run) {
    let title = match n {
        0 => title(page, run, stands, false),
        _ => title(page, run, &stands[n - 1..n], true),
    };
    let (count, side) = (stands.len(), tr(page, side(n, stands.len() + 1)));
    let name = frame.name(page, n, count + 1, &title);
    let (head, end) = match n {
        0 => (&frame.head, String::new()),
        _ => {
            let act = if n > 1 { format!("compare-end {}", n - 1) } else { "compare-end".to_owned() };
            dom::set(&frame.sides[n - 1].sentence, "aria-label", &name);
            let words =
                if count > 1 { say(page, "compare-end-one", &[&title]) } else { tr(page, "compare-end").to_owned() };
            (&frame.sides[n - 1].head, html::icon_button("icon-button", &act, "close", &words))
        }
    };
    let markup = format!(
        "<div class=\"twin-words\"><p class=\"twin-title\"><span class=\"caps\">{}</span> <b>{}</b></p>{}</div>{end}",
        html::text(side),
        html::text(&title),
        promises(page, &run.findings(page.lang_now()))
    );
    morph::morph(head, &markup);
}

/// What a run is, and in what it differs from what it is compared with.
fn title(page: Page, run: &dyn Run, stands: &[Stand], theirs: bool) -> String {
    let mut words = twin::title(run, page.lang_now());
    let first = stands.iter().find_map(|stand| match stand.other {
        Other::Variant { .. } | Other::Scene { .. } => None,
        Other::Outage { power } => Some(twin::outage(power == theirs, page.lang_now())),
        Other::Branch { .. } => Some(tr(page, if theirs { "other-branch" } else { "this-branch" }).to_owned()),
    });
    words.splice(0..0, first);
    words.join(" · ")
}

impl Stand {
    fn follow(&mut self, page: Page, run: &dyn Run, stamp: (u64, u64)) {
        if self.followed != Some((stamp, run.now())) {
            self.followed = Some((stamp, run.now()));
            self.halted = None;
            self.twin.follow(run);
        }
        let chosen = match page.selection.get() {
            Some(Selection::Message(id)) => self.twin.same_message(run, id, true).map(Selection::Message),
            Some(Selection::Node(id)) => self.twin.same_node(id, true).map(Selection::Node),
            None => None,
        };
        self.stage.paint(self.twin.run(), (self.epoch, self.twin.run().revision()), chosen);
    }

    fn say(&self, page: Page, bar: &Element, n: usize, count: usize) {
        let theirs = self.twin.run();
        dom::set(bar, "data-side", tr(page, side(n + 1, count + 1)));
        let sentence = theirs.sentence(page.lang_now());
        let (tint, icon) = sentence::look(sentence.tone);
        let third = if n > 0 { "third " } else { "" };
        bar.set_class_name(&format!("sentence twin-sentence {third}{tint}"));
        let stopped = halted(page, self).map_or_else(String::new, |words| {
            let on = html::button("button go-on", "play", page.tr("go-on"));
            format!("<span class=\"halted\"><span class=\"halt-words\">{}</span>{on}</span>", html::text(&words))
        });
        let markup = format!(
            "{}<p class=\"words\">{}</p>{stopped}<span class=\"step-count num\">{}</span>",
            html::icon(icon),
            sentence::pieces(&sentence, theirs.now()),
            page.say("step-at", &[&theirs.position().0.to_string()])
        );
        morph::morph(bar, &markup);
    }

    /// What is heard of the twin's sentence, where it is another one than the run's.
    fn heard(&self, page: Page, n: usize, count: usize, run: &dyn Run) -> Option<String> {
        let plain = |run: &dyn Run| {
            let now = run.now();
            run.sentence(page.lang_now()).pieces.iter().map(|text| plain_words(text, now)).collect::<String>()
        };
        let (theirs, halted) = (plain(self.twin.run()), halted(page, self));
        if halted.is_none() && theirs == plain(run) {
            return None;
        }
        let words = [theirs, halted.unwrap_or_default()].join(" ");
        Some(say(page, "side", &[tr(page, side(n + 1, count + 1)), words.trim_end()]))
    }
}

/// Which promises are broken, in words.
fn promises(page: Page, findings: &[Finding]) -> String {
    let broken: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.promised && matches!(finding.standing, Standing::Broken | Standing::Never))
        .map(|finding| finding.words.as_str())
        .collect();
    let (class, icon, words) = match broken[..] {
        [] => ("ok", "check", tr(page, "no-promise-broken").to_owned()),
        _ => ("bad", "broken", say(page, "promise-broken", &[&broken.join(" · ")])),
    };
    format!("<p class=\"twin-promises {class}\">{}<span>{}</span></p>", html::icon(icon), html::text(&words))
}
