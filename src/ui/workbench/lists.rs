//! Lists of nodes and keys as files: dropped, chosen or pasted, asked for when a link only names them, kept for a reload.
//!
//! A short list goes into the run's options, and so into its link. A long one stays here under its digest, and the option is
//! a reference to it (`scenes/place/library.rs`).

use super::{Told, shelf};
use crate::scenes::place::Remark;
use crate::scenes::place::forms::{self, Read};
use crate::scenes::place::library::{self, KEYS, NODES, Reference};
use crate::scenes::run::RunSpec;
use crate::scenes::scene::ControlKind;
use crate::ui::draw::grouped;
use crate::ui::page::{Dialog, Page};
use crate::ui::{address, html, kept};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;

/// Lists up to so many bytes go into the link.
const IN_LINK: usize = 2_000;
/// Rows that are not used are told one by one up to this many.
const TOLD: usize = 20;

/// The two options that are lists, by the names that scenes give them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Nodes,
    Keys,
}

impl Kind {
    pub fn of(key: &str) -> Option<Kind> {
        match key {
            "nodes" => Some(Kind::Nodes),
            "keys" => Some(Kind::Keys),
            _ => None,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Kind::Nodes => "nodes",
            Kind::Keys => "keys",
        }
    }
}

/// A file whose rows are nodes or keys.
#[derive(Clone)]
struct Given {
    name: String,
    bytes: Rc<Vec<u8>>,
}

/// What the dialog is about.
#[derive(Clone, Default)]
enum Talk {
    #[default]
    Nothing,
    /// Which of the two the file is.
    Which(Given),
    /// The run needs these lists; the last file that was given instead was this one.
    Missing { spec: Box<RunSpec>, lists: Vec<(Kind, Reference)>, wrong: Option<Reference> },
    /// What became of a list.
    Report(Report),
}

#[derive(Clone)]
struct Report {
    kind: Kind,
    name: String,
    rows: usize,
    bad: Vec<Remark>,
    ignored: Vec<String>,
    /// It will not be here after a reload.
    lost: bool,
}

thread_local! {
    static TALK: RefCell<Talk> = const { RefCell::new(Talk::Nothing) };
}

fn talk(page: Page, about: Talk) {
    let open = !matches!(about, Talk::Nothing);
    TALK.set(about);
    if open {
        page.dialog.set(Dialog::Lists);
    } else if page.dialog.get() == Dialog::Lists {
        page.dialog.set(Dialog::None);
    }
    kept::changed();
}

/// Whether the run on show takes lists.
pub fn taken(page: Page) -> bool {
    let lang = page.lang_now();
    let lines = |kind: &ControlKind| matches!(kind, ControlKind::Lines { .. });
    page.look(|run| run.controls(lang).iter().any(|c| Kind::of(&c.key).is_some() && lines(&c.kind))).unwrap_or(false)
}

/// Whether a run waits for a list.
pub fn awaited() -> bool {
    TALK.with_borrow(|talk| matches!(talk, Talk::Missing { .. }))
}

/// A list that was read: how many rows, its canonical lines, and what of it was not used.
struct Listed {
    rows: usize,
    text: String,
    bad: Vec<Remark>,
    ignored: Vec<String>,
    reference: Reference,
}

/// Reads a list and keeps it at hand.
fn read(kind: Kind, name: &str, bytes: &[u8]) -> Listed {
    match kind {
        Kind::Nodes => {
            let Read { list, bad, form, header, ignored } = forms::nodes(bytes, NODES, None);
            let (rows, text) = (list.len(), library::lines(&list));
            let all = Read { list, bad: bad.clone(), form, header, ignored: ignored.clone() };
            let reference = library::add_nodes(name, Arc::new(all));
            Listed { rows, text, bad: bad.into_iter().map(Remark::Node).collect(), ignored, reference }
        }
        Kind::Keys => {
            let all = forms::keys(bytes, KEYS, None).shared();
            let (rows, text) = (all.list.len(), all.list.text().to_owned());
            let (bad, ignored) = (all.bad.clone(), all.ignored.clone());
            let reference = library::add_keys(name, Arc::new(all));
            Listed { rows, text, bad: bad.into_iter().map(Remark::Key).collect(), ignored, reference }
        }
    }
}

/// Whether a list in an option's own text is read back as the same one.
fn reads_back(kind: Kind, text: &str, reference: &Reference) -> bool {
    match kind {
        Kind::Nodes => library::nodes(text, NODES).is_ok_and(|read| library::lines(&read.list) == text),
        Kind::Keys => library::keys(text, KEYS)
            .is_ok_and(|read| Reference::new("", read.list.digest()).digest == reference.digest),
    }
}

/// A file that is no run. `kind` where it was put says what it is.
pub fn given(page: Page, name: &str, bytes: Vec<u8>, kind: Option<Kind>) {
    let file = Given { name: name.to_owned(), bytes: Rc::new(bytes) };
    if awaited() {
        return arrived(page, &file);
    }
    match kind {
        Some(kind) => take(page, &file, kind),
        None => talk(page, Talk::Which(file)),
    }
}

/// Puts a list into the run.
fn take(page: Page, file: &Given, kind: Kind) {
    let listed = read(kind, &file.name, &file.bytes);
    let report = Report {
        kind,
        name: file.name.clone(),
        rows: listed.rows,
        bad: listed.bad,
        ignored: listed.ignored,
        lost: false,
    };
    if listed.rows == 0 {
        return talk(page, Talk::Report(report));
    }
    let short = listed.text.len() <= IN_LINK && reads_back(kind, &listed.text, &listed.reference);
    let value = if short { listed.text } else { listed.reference.to_string() };
    page.with_option(kind.key(), &value);
    let quiet = report.bad.is_empty() && report.ignored.is_empty();
    if short {
        return tell(page, report, quiet);
    }
    let (digest, bytes) = (listed.reference.digest, file.bytes.clone());
    spawn_local(async move {
        let kept = !page.embedded && shelf::keep(&digest, &bytes).await;
        tell(page, Report { lost: !kept, ..report }, quiet && kept);
    });
}

fn tell(page: Page, report: Report, quiet: bool) {
    // The picture says by itself how many there are.
    if quiet {
        talk(page, Talk::Nothing);
    } else {
        talk(page, Talk::Report(report));
    }
}

fn used(page: Page, report: &Report) -> String {
    let gaps = [grouped(report.rows), report.name.clone()];
    let gaps: Vec<&str> = gaps.iter().map(String::as_str).collect();
    match report.kind {
        Kind::Nodes => page.say("list-nodes-used", &gaps),
        Kind::Keys => page.say("list-keys-used", &gaps),
    }
}

/// Opens a run whose lists may only be named: once they are at hand. Asks for those that are nowhere.
pub fn with_lists(page: Page, spec: RunSpec, told: Told) {
    spawn_local(async move {
        let mut lists = Vec::new();
        for (key, value) in &spec.options {
            let (Some(kind), Some(reference)) = (Kind::of(key), Reference::parse(value)) else { continue };
            let here = match kind {
                Kind::Nodes => library::nodes(value, NODES).is_ok(),
                Kind::Keys => library::keys(value, KEYS).is_ok(),
            };
            if here {
                continue;
            }
            let kept = shelf::find(&reference.digest).await;
            let found = kept.map(|bytes| read(kind, &reference.name, &bytes).reference.digest);
            if found.as_ref() != Some(&reference.digest) {
                lists.push((kind, reference));
            }
        }
        if lists.is_empty() {
            return address::open_ready(page, spec, told);
        }
        told(false);
        talk(page, Talk::Missing { spec: Box::new(spec), lists, wrong: None });
    });
}

/// A file came while a run waits for lists.
fn arrived(page: Page, file: &Given) {
    let Talk::Missing { spec, mut lists, .. } = TALK.with_borrow(Clone::clone) else { return };
    let mut last = None;
    let mut found = None;
    for (n, (kind, wanted)) in lists.iter().enumerate() {
        let reference = read(*kind, &file.name, &file.bytes).reference;
        if reference.digest == wanted.digest {
            found = Some(n);
            break;
        }
        last = Some(reference);
    }
    let Some(n) = found else { return talk(page, Talk::Missing { spec, lists, wrong: last }) };
    let (_, reference) = lists.remove(n);
    let bytes = file.bytes.clone();
    if !page.embedded {
        spawn_local(async move {
            shelf::keep(&reference.digest, &bytes).await;
        });
    }
    if lists.is_empty() {
        talk(page, Talk::Nothing);
        address::open_ready(page, *spec, |_| ());
    } else {
        talk(page, Talk::Missing { spec, lists, wrong: None });
    }
}

/// The dialog was closed: what it was about is dropped, and what was asked is not asked again.
pub fn forget() {
    TALK.take();
}

pub fn click(page: Page, verb: &str) {
    if let (Some(kind), Talk::Which(file)) = (Kind::of(verb), TALK.with_borrow(Clone::clone)) {
        TALK.take();
        page.dialog.set(Dialog::None);
        take(page, &file, kind);
    }
}

pub fn title(page: Page) -> String {
    TALK.with_borrow(|talk| match talk {
        Talk::Nothing => String::new(),
        Talk::Which(file) => html::text(&page.say("list-which", &[&file.name])),
        Talk::Missing { .. } => page.tr("list-missing").to_owned(),
        Talk::Report(report) => html::text(&report.name),
    })
}

pub fn panel(page: Page) -> String {
    TALK.with_borrow(|talk| match talk {
        Talk::Nothing => String::new(),
        Talk::Which(file) => which(page, file),
        Talk::Missing { lists, wrong, .. } => missing(page, lists, wrong.as_ref()),
        Talk::Report(report) => told(page, report),
    })
}

fn which(page: Page, file: &Given) -> String {
    let first = String::from_utf8_lossy(&file.bytes[..file.bytes.len().min(400)]).into_owned();
    let lines: Vec<&str> = first.lines().take(4).collect();
    format!(
        "<p>{}</p><pre class=\"mono list-head\">{}</pre><div class=\"offers\">{}{}</div>",
        page.tr("list-which-help"),
        html::text(&lines.join("\n")),
        html::button("button primary", "lists nodes", page.tr("list-as-nodes")),
        html::button("button primary", "lists keys", page.tr("list-as-keys"))
    )
}

fn missing(page: Page, lists: &[(Kind, Reference)], wrong: Option<&Reference>) -> String {
    let mut out = format!("<p>{}</p><ul class=\"list-wanted\">", page.tr("list-missing-help"));
    for (kind, reference) in lists {
        let kind = page.tr(if *kind == Kind::Nodes { "list-of-nodes" } else { "list-of-keys" });
        out += &format!(
            "<li><b>{}</b> <span>{kind}</span> <code>{}</code></li>",
            html::text(&reference.name),
            reference.digest
        );
    }
    out += "</ul>";
    if let Some(wrong) = wrong {
        let words = page.say("list-other-digest", &[&wrong.name, &wrong.digest]);
        out += &format!("<p class=\"list-wrong\" role=\"alert\">{}</p>", html::text(&words));
    }
    out + &format!(
        "<div class=\"offers\"><label class=\"button file primary\"><input type=\"file\" class=\"visually-hidden\" data-change=\"file\">{}</label></div>",
        page.tr("open-file")
    )
}

fn told(page: Page, report: &Report) -> String {
    let mut out = if report.rows == 0 {
        format!("<p class=\"list-wrong\" role=\"alert\">{}</p>", page.tr("list-empty"))
    } else {
        format!("<p>{}</p>", html::text(&used(page, report)))
    };
    let lang = page.lang_now();
    if !report.bad.is_empty() {
        out += &format!(
            "<h3 class=\"caps\">{}</h3><ul class=\"list-bad\">",
            page.say("list-bad", &[&grouped(report.bad.len())])
        );
        for remark in report.bad.iter().take(TOLD) {
            out += &format!("<li>{}</li>", html::text(&remark.words(lang)));
        }
        if report.bad.len() > TOLD {
            out += &format!("<li>{}</li>", page.say("list-more", &[&grouped(report.bad.len() - TOLD)]));
        }
        out += "</ul>";
    }
    if !report.ignored.is_empty() {
        out +=
            &format!("<p class=\"hint\">{}</p>", html::text(&page.say("list-ignored", &[&report.ignored.join(", ")])));
    }
    if report.lost {
        out += &format!("<p class=\"hint\">{}</p>", page.tr("list-lost"));
    }
    out
}
