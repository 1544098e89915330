//! What the workbench's buttons, sliders and fields do. Panels name it in `data-act`, `data-input` and `data-change`.

use super::{branches, family, files, inspector, lists, log, saves, share, tables, trials, twin};
use crate::scenes::geometry::fixed;
use crate::ui::draw::{quantity, quantity_span};
use crate::ui::page::{Dialog, List, Page};
use crate::ui::{dom, morph, notices, parts};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};

pub fn install(page: Page, root: &Element) {
    dom::listen(root, "input", move |event| {
        if let (Some((_, what)), Some(input)) = (dom::carrier(&event, "data-input"), input_of(&event)) {
            moved(page, &input, &what);
        }
    });
    dom::listen(root, "change", move |event| {
        if let Some((element, act)) = dom::carrier(&event, "data-change") {
            let (verb, rest) = act.split_once(' ').unwrap_or((&act, ""));
            change(page, &element, verb, rest);
        }
    });
    dom::listen(root, "submit", move |event| {
        event.prevent_default();
        let Some((form, line)) = dom::carrier(&event, "data-line") else { return };
        if let Ok(Some(input)) = form.query_selector("input")
            && let Ok(input) = input.dyn_into::<HtmlInputElement>()
        {
            let text: String = input.value().chars().filter(|c| !c.is_control()).take(512).collect();
            page.act(&line.replacen("{}", text.trim(), 1));
        }
    });
    // The list of branches lies over other panels: it goes when the reader turns to something else.
    for name in ["pointerdown", "focusin"] {
        dom::listen(root, name, move |event| {
            let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
            let inside = target.is_some_and(|target| target.closest(".branches").ok().flatten().is_some());
            if !inside && page.branches_open.get() {
                page.branches_open.set(false);
            }
        });
    }
    // Scroll does not bubble: listened to on its way down.
    let scrolled = move |event: Event| {
        if let Some(target) = event.target().and_then(|t| t.dyn_into::<Element>().ok())
            && target.class_list().contains("log-scroll")
        {
            log::measure(page, &target);
        }
    };
    dom::listen_captured(root, "scroll", scrolled);
}

fn input_of(event: &Event) -> Option<HtmlInputElement> {
    event.target()?.dyn_into().ok()
}

/// What is not about the question, the scene or the reader's choices.
pub fn click(page: Page, element: &Element, verb: &str, rest: &str) {
    let number = rest.parse::<usize>().unwrap_or(0);
    match verb {
        "dialog" if rest == "matrix" => page.dialog.set(Dialog::Matrix),
        "dialog" if rest == "charts" => page.dialog.set(Dialog::Charts),
        "dialog" if rest == "tables" => tables::open(page),
        "matrix" => trials::click(page, rest),
        "lists" => lists::click(page, rest),
        "sheet" => tables::click(page, rest),
        "export" => saves::export(page, rest),
        "keep" => saves::save(page, rest),
        "keep-copy" => saves::copy(page, rest),
        "dialog" if rest == "table" => parts::with_search(page, move |search| (search.open)(page)),
        "dialog" if rest == "find" => parts::with_search(page, move |search| (search.find.open)(page)),
        "dialog" if rest == "coverage" => parts::with_coverage(page, move |coverage| (coverage.open)(page)),
        "dialog" if rest == "qr" => parts::with_teach(page, move |teach| (teach.click)(page, "qr")),
        "teach" => {
            let rest = rest.to_owned();
            parts::with_teach(page, move |teach| (teach.click)(page, &rest));
        }
        "dialog" if rest == "lessons" => parts::with_lessons(page, move |lessons| (lessons.open)(page)),
        "lesson" => parts::with_lessons(page, {
            let rest = rest.to_owned();
            move |lessons| (lessons.click)(page, &rest)
        }),
        "dialog" => page.dialog.set(if rest == "share" { Dialog::Share } else { Dialog::Help }),
        "close" => page.dialog.set(Dialog::None),
        "search" => {
            if let Some(search) = parts::search() {
                (search.click)(page, rest);
            }
        }
        "find" => {
            if let Some(search) = parts::search() {
                (search.find.click)(page, rest);
            }
        }
        "coverage" => cover(page, rest),
        "to-start" => page.go_to_start(),
        "to-end" => page.go_to_end(),
        "step-back" => page.step(false),
        "step-forward" => page.step(true),
        "undo" => twin::keeping(page, Page::undo),
        "redo" => twin::keeping(page, Page::redo),
        "compare" => twin::choose(page, 0, rest),
        "compare-end" => twin::close_one(page, number),
        "branches" => page.branches_open.update(|open| *open = !*open),
        "branch" => branches::switch(page, number),
        "list" => page.list.set(if rest == "events" { List::Events } else { List::Properties }),
        "event" => page.show_causes(number as u32),
        "case" => family::tell(page, rest),
        "member" => family::fetch(page, rest),
        "copy-log" => log::copy(page),
        "copy" => copy(page, element),
        "deselect" => page.select(None),
        "more" => page.more.update(|more| *more = !*more),
        "cut" => inspector::cut(page),
        "heal" => page.act("heal"),
        "offer" => offer(page, element),
        "lines" => {
            let area =
                element.closest(".lines").ok().flatten().and_then(|lines| lines.query_selector("textarea").ok()?);
            if let Some(area) = area.and_then(|area| area.dyn_into::<HtmlTextAreaElement>().ok()) {
                page.with_option(rest, &area.value());
            }
        }
        "roll" => page.with_seed(roll(page)),
        "share-file" => share::save_file(page),
        "save" => {
            files::save(page);
            page.dialog.set(Dialog::None);
        }
        _ => {}
    }
}

/// What the buttons of the page of all searches do.
fn cover(page: Page, rest: &str) {
    let Some(coverage) = parts::coverage() else { return };
    match rest {
        "copy" => log::copied(page, &(coverage.csv)(page)),
        "save" => files::save_text(page, "faultline-coverage.csv", "text/csv", &(coverage.csv)(page)),
        _ => (coverage.click)(page, rest),
    }
}

/// Another seed of four digits: which one depends on when the button was pressed.
fn roll(page: Page) -> u64 {
    let seed = page.look(|run| run.spec().seed).unwrap_or(0);
    let mixed = (dom::screen_ms() * 1_000.0) as u64 ^ seed.rotate_left(17);
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % 10_000
}

fn copy(page: Page, element: &Element) {
    let area = element.previous_element_sibling().and_then(|e| e.dyn_into::<HtmlTextAreaElement>().ok());
    if let Some(area) = area {
        area.select();
        log::copied(page, &area.value());
    }
}

fn offer(page: Page, element: &Element) {
    let Some(line) = element.get_attribute("data-line") else { return };
    let amount = element.next_element_sibling().and_then(|e| e.dyn_into::<HtmlInputElement>().ok());
    let amount = amount.map_or(String::new(), |input| read_number(page, &input).to_string());
    page.act(&line.replacen("{}", &amount, 1));
}

fn attribute(element: &Element, name: &str) -> i64 {
    element.get_attribute(name).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Reads a number; what is no number or out of range is mended, and the reader is told.
fn read_number(page: Page, input: &HtmlInputElement) -> i64 {
    let (min, max) = (attribute(input, "min"), attribute(input, "max"));
    let read = Some(input.value_as_number()).filter(|number| number.is_finite());
    // `as` saturates at the ends of i64.
    let value = read.map_or(attribute(input, "value"), |read| read.round() as i64).clamp(min, max.max(min));
    if read.is_none_or(|read| read.round() as i64 != value) {
        let shown = value.to_string();
        input.set_value(&shown);
        notices::warn(page, page.say("value-mended", &[&min.to_string(), &max.to_string(), &shown]));
    }
    value
}

/// Both thumbs of a span: the one that moves pushes the other.
fn both(input: &HtmlInputElement) -> (i64, i64) {
    let now = input.value().parse().unwrap_or_else(|_| attribute(input, "value"));
    let lower = input.class_list().contains("low");
    let other = if lower { input.next_element_sibling() } else { input.previous_element_sibling() };
    let other = other.map_or(now, |other| attribute(&other, "value"));
    if lower { (now, now.max(other)) } else { (now.min(other), now) }
}

/// A slider is being dragged: its number and its track follow, the run does not yet.
fn moved(page: Page, input: &HtmlInputElement, what: &str) {
    if what == "sheet" {
        return tables::filter(page, input.value());
    }
    if what == "coverage" {
        if let Some(coverage) = parts::coverage() {
            (coverage.filter)(page, input.value());
            super::draw_dialog(page);
        }
        return;
    }
    let value: i64 = input.value().parse().unwrap_or(0);
    if what == "speed" {
        return page.set_speed(value.max(0) as usize);
    }
    let (min, max) = (attribute(input, "min"), attribute(input, "max"));
    let unit = input.get_attribute("data-unit").unwrap_or_default();
    let share = |value: i64| format!("{}%", fixed((value - min) as f64 / (max - min).max(1) as f64 * 100.0, 1));
    let shown = if what == "span" {
        let (low, high) = both(input);
        if let Some(track) = input.parent_element().and_then(|e| e.dyn_into().ok()) {
            dom::style(&track, "--from", &share(low));
            dom::style(&track, "--to", &share(high));
        }
        quantity_span(low, high, &unit)
    } else {
        dom::style(input, "--share", &share(value));
        quantity(value, &unit)
    };
    if let Ok(Some(row)) = input.closest(".control")
        && let Ok(Some(number)) = row.query_selector(".num")
    {
        number.set_text_content(Some(&shown));
    }
}

fn change(page: Page, element: &Element, verb: &str, rest: &str) {
    if let ("lesson", Some(lessons)) = (verb, parts::lessons()) {
        return (lessons.change)(page, rest, element);
    }
    let input = element.dyn_ref::<HtmlInputElement>();
    let words = match (input, element.dyn_ref::<HtmlSelectElement>()) {
        (Some(input), _) => input.value(),
        (None, Some(select)) => select.value(),
        (None, None) => return,
    };
    match (verb, input) {
        ("set" | "option", _) => {
            set(page, element, input, verb, rest, words);
            // If it was refused, the control shows what is so.
            morph::restore(element);
        }
        ("seed", Some(input)) => match words.trim().parse::<u64>() {
            Ok(seed) => page.with_seed(seed),
            Err(_) => {
                let kept = input.get_attribute("value").unwrap_or_default();
                input.set_value(&kept);
                notices::warn(page, page.say("seed-mended", &[&kept]));
            }
        },
        ("amount", Some(input)) => {
            read_number(page, input);
        }
        ("compare", _) => twin::choose(page, rest.parse().unwrap_or(0), &words),
        ("rename", _) => branches::rename(page, rest.parse().unwrap_or(0), &words),
        ("share", _) => {
            if let Some(input) = input.filter(|input| input.type_() == "number") {
                read_number(page, input);
            }
            share::change(rest, &input.map_or(words, ticked));
            super::draw_dialog(page);
        }
        ("find", _) => {
            let value = input.filter(|input| input.type_() == "checkbox").map_or(words, ticked);
            if let Some(search) = parts::search() {
                (search.find.change)(page, rest, &value);
            }
        }
        ("tick", _) => page.tick(rest.parse().unwrap_or(0)),
        ("keys", Some(input)) => {
            page.keys_on.set(input.checked());
            dom::store("faultline.keys", if input.checked() { "on" } else { "off" });
        }
        ("file", Some(input)) => {
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                files::open_file(page, file, lists::Kind::of(rest));
            }
            // The same file may be chosen again.
            input.set_value("");
            if !lists::awaited() {
                page.dialog.set(Dialog::None);
            }
        }
        _ => {}
    }
}

/// What a field says: of a box whether it is ticked.
fn ticked(input: &HtmlInputElement) -> String {
    match (input.type_() == "checkbox", input.checked()) {
        (true, true) => "on".to_owned(),
        (true, false) => "off".to_owned(),
        _ => input.value(),
    }
}

/// A control's value goes into the running run as a command, or into a run started afresh.
fn set(page: Page, element: &Element, input: Option<&HtmlInputElement>, way: &str, key: &str, words: String) {
    let value = match input {
        Some(input) if input.type_() == "checkbox" => if input.checked() { "on" } else { "off" }.to_string(),
        Some(input) => {
            read_number(page, input);
            if element.get_attribute("data-input").as_deref() == Some("span") {
                let (low, high) = both(input);
                format!("{low} {high}")
            } else {
                input.value()
            }
        }
        None => words,
    };
    if let ("recipe", Some((scene, recipe))) = (key, value.split_once(' ')) {
        family::choose(page, scene, recipe);
    } else if way == "set" {
        page.act(&format!("set {key} {value}"));
    } else {
        page.with_option(key, &value);
    }
}
