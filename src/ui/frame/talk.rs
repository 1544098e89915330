//! Messages between this frame and the page around it. Whose they are is checked here, what they say in `embed/message.rs`.

use super::{full_link, given, set_theme, size, start, watch};
use crate::embed::message::{self, Answer, Code, Command, FIELDS, Failed, Message, Out, Refusal};
use crate::embed::params::Origin;
use crate::ui::page::Page;
use crate::ui::{address, dom, parts, stage};
use gloo_timers::callback::Timeout;
use js_sys::{Array, Function, JsString, Object, Reflect};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

/// What this build can do beyond what every build can.
const CAPABILITIES: [&str; 4] = ["state", "theme", "lang", "svg"];

thread_local! {
    /// The way to the host, once it has handed one over: from then on everything goes over it.
    static PORT: RefCell<Option<JsValue>> = const { RefCell::new(None) };
    /// What was heard and is not yet done.
    static INBOX: RefCell<VecDeque<(Message, Option<JsValue>)>> = const { RefCell::new(VecDeque::new()) };
    /// What was heard last is still being done, and what was heard since waits for it.
    static BUSY: Cell<bool> = const { Cell::new(false) };
    static WAITING: Cell<bool> = const { Cell::new(false) };
    /// The word of a greeting that came before there was a run.
    static NONCE: RefCell<Option<String>> = const { RefCell::new(None) };
    /// The run has moved and is not yet drawn.
    static MOVED: Cell<bool> = const { Cell::new(false) };
}

/// More messages do not wait: a page that says so many in a moment says them in vain.
const MOST_WAITING: usize = 4_096;
/// What was heard is done in pieces of this length, and drawn once a piece.
const PIECE_MS: f64 = 30.0;

/// The page around this one, if there is one.
fn host() -> Option<JsValue> {
    let window = dom::window()?;
    let parent = dom::get(&window, "parent")?;
    (parent.is_object() && !Object::is(&parent, &window)).then_some(parent)
}

pub fn install(page: Page) {
    let Some(window) = dom::window() else { return };
    dom::listen(&window, "message", move |event| {
        let Some(host) = host() else { return };
        let from = dom::get(&event, "source").is_some_and(|source| Object::is(&source, &host));
        let at = dom::get(&event, "origin").and_then(|origin| origin.as_string()).unwrap_or_default();
        let known = given(|params| match &params.origin {
            Origin::Any => true,
            Origin::Only(origin) => *origin == at,
            Origin::Nobody => false,
        });
        let Some(data) = dom::get(&event, "data").filter(|_| from && known) else { return };
        if let Some(words) = data.dyn_ref::<JsString>() {
            // What reveal.js says to the frames of a slide. Longer strings are somebody else's, and are not even copied.
            if words.length() < 16 {
                slide(page, &String::from(words));
            }
            return;
        }
        let port = dom::get(&event, "ports").map_or(JsValue::UNDEFINED, |ports| Array::from(&ports).get(0));
        take(page, &data, Some(port).filter(JsValue::is_object), false);
    });
}

fn slide(page: Page, words: &str) {
    match words {
        "slide:start" => watch::play_by_itself(page),
        "slide:stop" => watch::pause(page),
        _ => {}
    }
}

/// An own property of a value that came with a message: its prototype says nothing.
fn own(data: &Object, name: &str) -> Option<JsValue> {
    let found = Reflect::get_own_property_descriptor(data, &JsValue::from_str(name)).ok()?;
    dom::get(&found, "value").filter(|value| !value.is_undefined())
}

/// The fields that are ours as JSON, if the value is one of ours and not too long: nothing else of it is looked at.
fn picked(data: &JsValue) -> Result<String, Refusal> {
    let data = data.dyn_ref::<Object>().ok_or(Refusal::NotOurs)?;
    if own(data, "faultline").and_then(|mark| mark.as_f64()) != Some(1.0) {
        return Err(Refusal::NotOurs);
    }
    let fields = Object::new();
    let _ = Reflect::set(&fields, &"faultline".into(), &1.into());
    let mut long = false;
    for name in FIELDS {
        let Some(value) = own(data, name) else { continue };
        let value = match value.dyn_ref::<JsString>() {
            Some(words) => {
                let most =
                    if name == "link" { message::LONGEST_LINK + message::LONGEST_ADDRESS } else { message::LONGEST };
                if words.length() as usize > most {
                    long = true;
                    continue;
                }
                value
            }
            None if value.as_f64().is_some() => value,
            // Anything else is not what it should be, whatever it is.
            None => JsValue::FALSE,
        };
        let _ = Reflect::set(&fields, &name.into(), &value);
    }
    if long {
        let id = dom::get(&fields, "id").and_then(|id| id.as_string()).filter(|id| id.len() <= message::LONGEST_ID);
        return Err(message::too_big(id));
    }
    js_sys::JSON::stringify(&fields).map(String::from).map_err(|_| Refusal::NotOurs)
}

fn take(page: Page, data: &JsValue, port: Option<JsValue>, by_port: bool) {
    let read = picked(data).and_then(|text| message::read(&text));
    let read = match read {
        Err(Refusal::NotOurs) => return,
        // Once there is a port, the window is for a new beginning only.
        Ok(Message { command, .. }) if !by_port && has_port() && !matches!(command, Command::Hello { .. }) => return,
        read => read,
    };
    match read {
        Ok(message) => {
            let waiting = INBOX.with_borrow_mut(|inbox| {
                if inbox.len() < MOST_WAITING {
                    inbox.push_back((message, port));
                }
                inbox.len()
            });
            if waiting == 1 {
                Timeout::new(0, move || work(page)).forget();
            }
        }
        Err(Refusal::Error { id, code, message }) => refuse(id, code, message),
        Err(Refusal::NotOurs) => {}
    }
}

/// Does what was heard. A host that says a thousand things at once has the page drawn a few times, not a thousand.
fn work(page: Page) {
    if BUSY.get() {
        return WAITING.set(true);
    }
    let begun = dom::screen_ms();
    let mut rest = true;
    while rest && dom::screen_ms() - begun < PIECE_MS {
        // It stays at the front until it is done, so that nobody else begins to work.
        let Some((message, port)) = INBOX.with_borrow(|inbox| inbox.front().cloned()) else { return };
        act(page, message.id, message.command, port);
        rest = INBOX.with_borrow_mut(|inbox| {
            inbox.pop_front();
            !inbox.is_empty()
        });
        if BUSY.get() {
            WAITING.set(std::mem::take(&mut rest));
        }
    }
    if MOVED.take() {
        page.sync();
        address::publish(page);
    }
    if rest {
        Timeout::new(0, move || work(page)).forget();
    }
}

/// What took its time is done: on with what waits.
fn done(page: Page) {
    BUSY.set(false);
    if WAITING.take() {
        Timeout::new(0, move || work(page)).forget();
    }
}

fn has_port() -> bool {
    PORT.with_borrow(Option::is_some)
}

fn refuse(id: Option<String>, code: Code, message: String) {
    send(&match id {
        Some(id) => Out::Reply { id, ok: false, value: None, error: Some(Failed { code, message }) },
        None => Out::Error { code, message },
    });
}

fn reply(id: Option<String>, value: Answer) {
    if let Some(id) = id {
        send(&Out::Reply { id, ok: true, value: Some(value), error: None });
    }
}

/// Takes the port that came with a greeting.
fn keep_port(page: Page, port: JsValue) {
    let heard = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
        if let Some(data) = dom::get(&event, "data") {
            take(page, &data, None, true);
        }
    });
    // To set it also starts the port.
    if Reflect::set(&port, &"onmessage".into(), heard.as_ref()) == Ok(true) {
        if let Some(old) = PORT.replace(Some(port)) {
            let _ = Reflect::set(&old, &"onmessage".into(), &JsValue::NULL);
        }
        // Hosts greet once or twice in the life of a page.
        heard.forget();
    }
}

fn act(page: Page, id: Option<String>, command: Command, port: Option<JsValue>) {
    if page.look(|_| ()).is_none() && !matches!(command, Command::Hello { .. }) {
        return refuse(id, Code::NoRun, "There is no run yet.".to_owned());
    }
    let mut value = Answer::Nothing(());
    match command {
        Command::Hello { nonce } => {
            if let Some(port) = port {
                keep_port(page, port);
            }
            watch::hosted(page);
            ready(page, nonce);
            size::again();
        }
        Command::Play => watch::play(page),
        Command::Pause => watch::pause(page),
        Command::Step(n) => steps(page, n, true),
        Command::Back(n) => steps(page, n, false),
        Command::Seek(step) => {
            watch::pause(page);
            page.halt.set(None);
            page.change(|run| start::to_step(run, step));
            MOVED.set(true);
        }
        Command::Reset => {
            watch::pause(page);
            BUSY.set(true);
            return start::again(page, move || {
                done(page);
                reply(id, Answer::Nothing(()));
            });
        }
        Command::GetState => value = state(page),
        Command::SetState(link) => {
            watch::pause(page);
            BUSY.set(true);
            return address::open_link(page, &link, move |opened| {
                done(page);
                if !opened {
                    return refuse(id, Code::BadLink, "That run was not opened.".to_owned());
                }
                start::remember(page);
                reply(id, Answer::Nothing(()));
            });
        }
        Command::ExportSvg => {
            return parts::with_export(page, move |exporting| match (exporting.stage_svg)(page) {
                Some(svg) => reply(id, Answer::Text(svg)),
                None => refuse(id, Code::Unsupported, "There is nothing on the stage.".to_owned()),
            });
        }
        Command::SetTheme(colours) => set_theme(page, colours),
        Command::SetLang(lang) => {
            return parts::with(page, &page.scene.get(), lang, move |here| {
                if !here {
                    return refuse(id, Code::Unsupported, "The language did not arrive.".to_owned());
                }
                page.lang.set(lang);
                reply(id, Answer::Nothing(()));
            });
        }
        Command::SetSpeed(speed) => page.set_speed(start::stop(speed)),
        Command::Focus => stage::focus(),
    }
    reply(id, value);
}

fn steps(page: Page, n: u32, forward: bool) {
    watch::pause(page);
    page.halt.set(None);
    page.causes.set(None);
    page.change(|run| (0..n).take_while(|_| if forward { run.step_forward() } else { run.step_back() }).count());
    MOVED.set(true);
}

fn state(page: Page) -> Answer {
    let link = address::fragment(page).unwrap_or_default();
    let asking = page.asking();
    let found = page.look(|run| {
        let (spec, (step, known)) = (run.spec(), run.position());
        (spec.scene, spec.recipe, spec.seed.to_string(), step, if asking { step } else { known }, run.now())
    });
    let (sim, recipe, seed, step, total, now) = found.unwrap_or_default();
    Answer::State(message::State {
        sim,
        recipe,
        seed,
        step,
        total,
        time: now as f64 / 1_000.0,
        playing: page.playing.get(),
        speed: page.speed_now(),
        link,
        url: full_link(page),
    })
}

/// Says that the run is on show, and which.
pub fn ready(page: Page, nonce: Option<String>) {
    let asking = page.asking();
    let Some((sim, (step, known))) = page.look(|run| (run.scene().to_owned(), run.position())) else {
        return NONCE.set(nonce);
    };
    let nonce = nonce.or_else(|| NONCE.take());
    send(&Out::Ready {
        version: env!("CARGO_PKG_VERSION"),
        sim,
        steps: if asking { step } else { known },
        capabilities: CAPABILITIES.to_vec(),
        nonce,
    });
}

/// Tells the host, over its port if it has handed one over.
pub fn send(what: &Out) {
    if host().is_none() {
        return;
    }
    let Ok(value) = js_sys::JSON::parse(&what.text()) else { return };
    let port = PORT.with_borrow(Clone::clone);
    match port {
        Some(port) => call(&port, &[&value]),
        None => post(&value),
    }
}

/// Posts to the window around this one, whose origin is the one that the address names, if it names one.
pub fn post(value: &JsValue) {
    let target = given(|params| match &params.origin {
        Origin::Any => Some("*".to_owned()),
        Origin::Only(origin) => Some(origin.clone()),
        Origin::Nobody => None,
    });
    if let (Some(host), Some(target)) = (host(), target) {
        call(&host, &[value, &JsValue::from_str(&target)]);
    }
}

fn call(target: &JsValue, with: &[&JsValue]) {
    let function = dom::get(target, "postMessage").and_then(|function| function.dyn_into::<Function>().ok());
    if let Some(function) = function {
        let _ = function.apply(target, &with.iter().copied().collect::<Array>());
    }
}
