//! Two runs side by side on one clock: the run on show at the left, its twin at the right.
//!
//! The twin follows the run on every frame. What it is stands in the run's own line `compare …` (`scenes/twin.rs`); here it
//! is opened anew whenever the run's commands or settings have changed.

use super::family;
use crate::scenes::run::{Halt, Run, RunSpec};
use crate::scenes::scene::{Finding, Lang, Selection, Standing};
use crate::scenes::twin::{self, Other, Twin};
use crate::ui::draw::{plain_words, seconds};
use crate::ui::page::Page;
use crate::ui::text::fill;
use crate::ui::{address, dom, html, morph, notices, parts, sentence, stage};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement};

/// Comes with the workbench, for the first load has no use for it.
const STYLE: &str = include_str!("../../../style/twin.css");
/// While playing, titles and broken promises follow at most this often; stage and sentence follow every event.
const HEADS_MS: f64 = 140.0;
/// While playing, a screen reader hears at most one sentence in this time.
const SPOKEN_MS: f64 = 2_000.0;

/// What is around the two stages, made when something is compared for the first time.
struct Frame {
    root: Element,
    heads: [Element; 2],
    main: HtmlElement,
    scroll: HtmlElement,
    sentences: [Element; 2],
    /// The live region: what a screen reader hears after the run's sentence.
    spoken: Element,
}

struct Stand {
    twin: Box<dyn Twin>,
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

#[derive(Default)]
struct State {
    frame: Option<Frame>,
    stand: Option<Stand>,
    /// The run and its revision when it was last asked what it is compared with.
    seen: Option<(u64, u64)>,
    /// How often a twin was opened: revisions of different twins do not compare.
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
    // Beside `state()`: the twin's, or null.
    let state = Closure::<dyn FnMut() -> JsValue>::new(move || {
        let lang = page.lang_now();
        let shown = |stand: &Stand| crate::embed::state(stand.twin.run(), lang, page.playing.get(), "");
        with_stand(shown).unwrap_or(JsValue::NULL)
    });
    if let Some(window) = dom::window()
        && let Ok(api) = js_sys::Reflect::get(&window, &"faultline".into())
    {
        let _ = js_sys::Reflect::set(&api, &"twin".into(), state.as_ref().unchecked_ref());
        state.forget();
    }
}

fn with_stand<R>(f: impl FnOnce(&Stand) -> R) -> Option<R> {
    STATE.with(|state| state.try_borrow().ok()?.stand.as_ref().map(f))
}

/// After the panels were drawn.
pub fn drawn(page: Page) {
    if STATE.with(|state| state.try_borrow_mut().is_ok_and(|mut state| std::mem::take(&mut state.failed))) {
        set(page, None);
    }
}

/// Says what the run is compared with. It is a way of looking: nothing that undo would take back.
fn set(page: Page, other: Option<&Other>) {
    let line = other.map_or_else(|| "compare".to_owned(), Other::line);
    page.change(|run| run.command(&line, page.lang_now()));
    page.sync();
    address::publish(page);
}

fn compared(page: Page) -> Option<Other> {
    page.look(|run| Other::of(&run.spec()))??.ok()
}

/// Ends the comparison; false if there is none.
pub fn close(page: Page) -> bool {
    let open = compared(page).is_some();
    if open {
        set(page, None);
        stage::focus();
    }
    open
}

/// Compares with what the list or a branch's button names: `recipe X`, `scene S X`, `mistake X on`, `branch 2`.
pub fn choose(page: Page, what: &str) {
    let words: Vec<&str> = what.split(' ').collect();
    let lang = page.lang_now();
    if let ["scene", scene, recipe] = words[..] {
        let (name, recipe) = (scene.to_owned(), recipe.to_owned());
        return parts::with(page, scene, lang, move |here| {
            match page.look(|run| Other::scene(&run.spec(), &name, &recipe, lang)).filter(|_| here) {
                Some(Ok(other)) => set(page, Some(&other)),
                Some(Err(why)) => drop(notices::warn(page, why.0)),
                None => {}
            }
        });
    }
    let other = match words[..] {
        ["branch", n] => page.look(|run| Ok(Other::branch(run.inputs(n.parse().ok()), &run.inputs(None)))),
        ["recipe", value] => page.look(|run| Other::variant(&run.spec(), "recipe", value, lang)),
        ["outage", value] => page.look(|run| Other::variant(&run.spec(), "outage", value, lang)),
        ["mistake", key, value] => page.look(|run| Other::variant(&run.spec(), key, value, lang)),
        _ => None,
    };
    match other {
        Some(Ok(other)) => set(page, Some(&other)),
        Some(Err(why)) => notices::warn(page, why.0),
        // What stands in the list for the present state changes nothing.
        None if what == "now" => {}
        None => drop(close(page)),
    }
    page.branches_open.set(false);
}

/// Another branch has come on show: it is now what the other one is compared with.
pub fn branch_switched(page: Page) {
    let Some(Other::Branch { theirs, .. }) = compared(page) else { return };
    let now = page.look(|run| run.inputs(None)).unwrap_or_default();
    let other = Other::branch(theirs, &now);
    set(page, Some(&other).filter(|other| !matches!(other, Other::Branch { theirs, .. } if *theirs == now)));
}

/// Undo and redo bring back runs; what the reader looks at beside them stays.
pub fn keeping(page: Page, act: fn(&Page)) {
    let before = compared(page).filter(|other| !matches!(other, Other::Branch { .. }));
    let scene = page.scene.get();
    act(&page);
    if before.is_some() && compared(page) != before && page.scene.get() == scene {
        set(page, before.as_ref());
    }
}

/// The frame of play has moved the run: the twin moves as far. True if a promise broke in the twin before the time that the
/// run has reached; the run then stands at that time. `halted`: the run has stopped by itself.
pub fn advanced(page: Page, halted: bool) -> bool {
    let Some((now, stamp)) = page.look(|run| (run.now(), page.stamp())) else { return false };
    let broke = STATE.with(|state| {
        let mut state = state.try_borrow_mut().ok()?;
        let stand = state.stand.as_mut()?;
        stand.halted = None;
        let Some(Halt::Broken { property, .. }) = stand.twin.run_mut().advance(now) else { return None };
        let at = stand.twin.run().now();
        stand.halted = Some(property);
        stand.followed = Some((stamp, at));
        Some(at)
    });
    let Some(at) = broke else { return false };
    if at == now {
        return !halted;
    }
    page.change(|run| run.seek(at));
    let stamp = page.stamp();
    STATE.with(|state| {
        if let Some(stand) = state.try_borrow_mut().ok().as_mut().and_then(|state| state.stand.as_mut()) {
            stand.followed = Some((stamp, at));
        }
    });
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
            self.look(page, root, run);
        }
        let epoch = self.opened;
        let (Some(stand), Some(frame)) = (&mut self.stand, &self.frame) else { return };
        if stand.followed != Some((stamp, run.now())) {
            stand.followed = Some((stamp, run.now()));
            stand.halted = None;
            stand.twin.follow(run);
        }
        let chosen = match page.selection.get() {
            Some(Selection::Message(id)) => stand.twin.same_message(run, id, true).map(Selection::Message),
            Some(Selection::Node(id)) => stand.twin.same_node(id, true).map(Selection::Node),
            None => None,
        };
        stand.stage.paint(stand.twin.run(), (epoch, stand.twin.run().revision()), chosen);
        stand.say(page, frame, run, stamp);
    }

    /// Opens the twin that the run is compared with, if it is another one than before.
    fn look(&mut self, page: Page, root: &Element, run: &dyn Run) {
        let other = match Other::of(&run.spec()) {
            Some(Ok(other)) if !page.asking() => other,
            Some(Err(line)) => {
                notices::warn(page, say(page, "twin-unknown", &[&line]));
                self.failed = true;
                return self.end();
            }
            _ => return self.end(),
        };
        if let Other::Scene { scene, .. } = &other
            && !parts::here(scene, page.lang_now())
        {
            self.fetch(page, scene);
            return self.end();
        }
        let core = twin::core_of(run);
        if self.stand.as_ref().is_some_and(|stand| stand.core == core) {
            return;
        }
        let twin = match twin::open(&run.spec(), &other, page.lang_now()) {
            Ok(twin) => twin,
            Err(why) => {
                notices::warn(page, why.0);
                self.failed = true;
                return self.end();
            }
        };
        // Only what is new is told: the rest was told when it was done.
        let same = |stand: &&Stand| Other::of(&stand.core) == Other::of(&core);
        let known = self.stand.as_ref().filter(same).map_or(0, |stand| stand.twin.skipped().len());
        if let Some(skipped) = twin.skipped().get(known..).and_then(<[_]>::last) {
            notices::say(page, say(page, "twin-skipped", &[&seconds(skipped.time), &skipped.words]));
        }
        self.opened += 1;
        let Some(frame) = self.frame.take().or_else(|| Frame::build(page, root)) else { return };
        let old = self.stand.take().map(|stand| stand.stage);
        let stage = old.or_else(|| stage::build(page, &frame.scroll));
        dom::toggle(root, "comparing", true);
        self.frame = Some(frame);
        self.stand = stage.map(|stage| Stand {
            twin,
            core,
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
        let (Some(_), Some(frame)) = (self.stand.take(), &self.frame) else { return };
        dom::toggle(&frame.root, "comparing", false);
        frame.scroll.set_inner_html("");
        frame.spoken.set_text_content(None);
        for name in ["role", "aria-label"] {
            let _ = frame.main.remove_attribute(name);
        }
    }
}

impl Frame {
    fn build(page: Page, root: &Element) -> Option<Frame> {
        dom::add_style(STYLE);
        let find = |selector: &str| root.query_selector(selector).ok().flatten();
        let main: HtmlElement = find(".stage-scroll")?.dyn_into().ok()?;
        let sentence = find(".sentence")?;
        let [left, right] = [dom::create("div", "twin-head left-side")?, dom::create("div", "twin-head right-side")?];
        let scroll = dom::create("div", "stage-scroll twin-scroll")?;
        let theirs = dom::create("section", "twin-sentence")?;
        dom::set(&theirs, "data-simulation", "");
        let stage = main.parent_element()?;
        let spoken = dom::create("div", "visually-hidden spoken-beside")?;
        for (name, value) in [("role", "status"), ("aria-live", "polite")] {
            dom::set(&spoken, name, value);
        }
        root.append_child(&spoken).ok()?;
        stage.insert_before(&left, Some(&main)).ok()?;
        stage.append_child(&right).ok()?;
        stage.append_child(&scroll).ok()?;
        sentence.parent_element()?.insert_before(&theirs, sentence.next_sibling().as_ref()).ok()?;
        // A message at the right is the one at the left with its sender, receiver and words, if there is one.
        dom::listen_captured(&scroll, "click", move |event| {
            if let Some(node) = dom::carried::<u16>(&event, "data-node") {
                // In another scene the same node has another number.
                let ours = with_stand(|stand| stand.twin.same_node(node, false)).flatten();
                if ours != Some(node) {
                    event.stop_propagation();
                    match ours {
                        Some(node) => page.choose(Selection::Node(node)),
                        None => notices::say(page, tr(page, "twin-node").into()),
                    }
                }
                return;
            }
            let Some(id) = dom::carried::<u32>(&event, "data-pill") else { return };
            event.stop_propagation();
            let same = |stand: &Stand| page.look(|run| stand.twin.same_message(run, id, false)).flatten();
            match with_stand(same).flatten() {
                Some(id) => page.choose(Selection::Message(id)),
                None => notices::say(page, tr(page, "twin-only").into()),
            }
        });
        stage::listen(page, &scroll);
        dom::on_resize(&scroll, move || page.paint());
        // What is out of sight in one is out of sight in the other.
        for (from, to) in [(main.clone(), scroll.clone()), (scroll.clone(), main.clone())] {
            let itself = from.clone();
            dom::listen(&from, "scroll", move |_| {
                if to.scroll_top() != itself.scroll_top() {
                    to.set_scroll_top(itself.scroll_top());
                }
            });
        }
        Some(Frame {
            root: root.clone(),
            heads: [left.into(), right.into()],
            main,
            scroll,
            sentences: [sentence, theirs.into()],
            spoken: spoken.into(),
        })
    }
}

impl Stand {
    /// Titles, broken promises and the twin's sentence.
    fn say(&mut self, page: Page, frame: &Frame, run: &dyn Run, stamp: (u64, u64)) {
        let theirs = self.twin.run();
        let now = (stamp, theirs.revision(), page.lang_now(), self.halted);
        if self.said != Some(now) {
            self.said = Some(now);
            let [ours, bar] = &frame.sentences;
            dom::set(ours, "data-side", tr(page, "left-side"));
            dom::set(bar, "data-side", tr(page, "right-side"));
            let sentence = theirs.sentence(page.lang_now());
            let (tint, icon) = sentence::look(sentence.tone);
            bar.set_class_name(&format!("sentence twin-sentence {tint}"));
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
        let (clock, playing) = (dom::screen_ms(), page.playing.get());
        if self.spoken != Some(now) && (!playing || clock - self.spoken_at > SPOKEN_MS) {
            (self.spoken, self.spoken_at) = (Some(now), clock);
            self.speak(page, frame, run);
        }
        if self.headed != Some(now) && (!playing || clock - self.headed_at > HEADS_MS) {
            (self.headed, self.headed_at) = (Some(now), clock);
            self.head(page, frame, run);
        }
    }

    /// The twin's sentence, where it is another one than the run's.
    fn speak(&self, page: Page, frame: &Frame, run: &dyn Run) {
        let plain = |run: &dyn Run| {
            let now = run.now();
            run.sentence(page.lang_now()).pieces.iter().map(|text| plain_words(text, now)).collect::<String>()
        };
        let (theirs, halted) = (plain(self.twin.run()), halted(page, self));
        let words = match halted {
            None if theirs == plain(run) => String::new(),
            halted => {
                let words = [theirs, halted.unwrap_or_default()].join(" ");
                say(page, "side", &[tr(page, "right-side"), words.trim_end()])
            }
        };
        frame.spoken.set_text_content(Some(&words));
    }

    fn head(&self, page: Page, frame: &Frame, run: &dyn Run) {
        let sides = [(run, "left-side"), (self.twin.run(), "right-side")];
        let stages = [&frame.main, &frame.scroll];
        for (n, (run, side)) in sides.into_iter().enumerate() {
            let side = tr(page, side);
            let title = self.title(page, run, n == 1);
            let name = say(page, "side", &[side, &title]);
            dom::set(stages[n], "role", "group");
            dom::set(stages[n], "aria-label", &name);
            if n == 1 {
                dom::set(&frame.sentences[1], "aria-label", &name);
            }
            let end = match n {
                0 => String::new(),
                _ => html::icon_button("icon-button", "compare-end", "close", tr(page, "compare-end")),
            };
            let markup = format!(
                "<div class=\"twin-words\"><p class=\"twin-title\"><span class=\"caps\">{}</span> <b>{}</b></p>{}</div>{end}",
                html::text(side),
                html::text(&title),
                promises(page, &run.findings(page.lang_now()))
            );
            morph::morph(&frame.heads[n], &markup);
        }
    }

    fn title(&self, page: Page, run: &dyn Run, right: bool) -> String {
        let mut words = twin::title(run, page.lang_now());
        match self.other {
            Other::Variant { .. } | Other::Scene { .. } => {}
            Other::Outage { power } => words.insert(0, twin::outage(power == right, page.lang_now())),
            Other::Branch { .. } => {
                words.insert(0, tr(page, if right { "other-branch" } else { "this-branch" }).to_owned());
            }
        }
        words.join(" · ")
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

/// The group of the left panel.
pub fn control(page: Page) -> String {
    if page.asking() {
        return String::new();
    }
    let lang = page.lang_now();
    let found = page.look(|run| (twin::choices(run, lang), run.spec(), run.branches(), compared_branch(run)));
    let Some((choices, spec, branches, branch)) = found else { return String::new() };
    let other = Other::of(&spec).and_then(Result::ok);
    let mut options: Vec<(String, String, bool)> = Vec::new();
    for choice in choices {
        let recipe = choice.key == "recipe";
        let outage = choice.key == "outage";
        let words = match choice.value.as_str() {
            _ if recipe => choice.words,
            _ if outage => say(page, "outage-instead", &[&choice.words]),
            "on" => say(page, "one-mistake", &[&choice.words]),
            _ => say(page, "without-mistake", &[&choice.words]),
        };
        let chosen = match &other {
            Some(Other::Outage { power }) => outage && *power == (choice.value == "power"),
            _ if outage => false,
            Some(Other::Variant { recipe: theirs, mistakes }) if recipe => {
                *theirs == choice.value && mistakes.iter().all(|mistake| spec.mistakes.contains(mistake))
            }
            Some(Other::Variant { recipe: theirs, mistakes }) => {
                let one = |m: &String| (mistakes.contains(m) != spec.mistakes.contains(m)) == (*m == choice.key);
                *theirs == spec.recipe && mistakes.iter().chain(&spec.mistakes).chain([&choice.key]).all(one)
            }
            _ => false,
        };
        let value = if recipe || outage {
            format!("{} {}", choice.key, choice.value)
        } else {
            format!("mistake {} {}", choice.key, choice.value)
        };
        options.push((value, words, chosen));
    }
    for (n, line) in branches.iter().enumerate().filter(|(_, line)| !line.current) {
        let name = if line.name.is_empty() { (n + 1).to_string() } else { line.name.clone() };
        options.push((format!("branch {n}"), say(page, "branch-n", &[&name]), branch == Some(n)));
    }
    // The other scenes of the tab, each under its name.
    let others = family::members(page).into_iter().filter(|member| member.scene != spec.scene);
    let groups: Vec<(String, Vec<family::Entry>)> = others
        .map(|member| {
            let entry = |(recipe, words): (&str, String)| {
                let chosen = matches!(&other, Some(Other::Scene { scene, recipe: theirs, mistakes })
                    if scene == member.scene && theirs == recipe && mistakes.iter().all(|m| spec.mistakes.contains(m)));
                (format!("scene {} {recipe}", member.scene), words, chosen)
            };
            (member.words, member.recipes.into_iter().map(entry).collect())
        })
        .collect();
    let in_group = groups.iter().flat_map(|(_, entries)| entries).find(|entry| entry.2).map(|entry| entry.0.clone());
    // What has come to be otherwise is named as well: the list says what is so.
    if other.is_some() && in_group.is_none() && !options.iter().any(|option| option.2) {
        let title = with_stand(|stand| stand.title(page, stand.twin.run(), true)).unwrap_or_default();
        options.push(("now".to_owned(), title, true));
    }
    options.insert(0, (String::new(), tr(page, "nothing").to_owned(), other.is_none()));
    let value = in_group.or_else(|| Some(options.iter().find(|option| option.2)?.0.clone())).unwrap_or_default();
    let list = family::entries("", &options)
        + &groups.iter().map(|(name, all)| family::entries(name, all)).collect::<String>();
    format!(
        "<section class=\"group\">{}<label class=\"control choice\" title=\"{}\">\
         <select data-value=\"{}\" data-change=\"compare\" aria-label=\"{}\">{list}</select></label></section>",
        html::caps(tr(page, "compare-to")),
        tr(page, "compare-help"),
        html::text(&value),
        tr(page, "compare-to")
    )
}

/// The branch that the run is compared with, if it is still as it was.
fn compared_branch(run: &dyn Run) -> Option<usize> {
    let Some(Ok(Other::Branch { theirs, .. })) = Other::of(&run.spec()) else { return None };
    let branches = run.branches();
    (0..branches.len()).find(|n| !branches[*n].current && run.inputs(Some(*n)) == theirs)
}

/// The button beside a branch.
pub fn branch_button(page: Page, n: usize) -> String {
    let name = say(page, "compare-branch", &[&(n + 1).to_string()]);
    format!(
        "<button type=\"button\" class=\"quiet\" data-act=\"compare branch {n}\" aria-label=\"{}\">{}</button>",
        html::text(&name),
        tr(page, "compare")
    )
}
