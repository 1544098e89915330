//! What is around stages that stand side by side, made when something is compared for the first time.

use super::{tr, with_stand};
use crate::scenes::scene::Selection;
use crate::ui::page::Page;
use crate::ui::{dom, notices, stage};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Comes with the workbench, for the first load has no use for it.
const STYLE: &str = include_str!("../../../../style/twin.css");

/// A twin's place.
pub struct Side {
    pub head: Element,
    pub scroll: HtmlElement,
    pub sentence: Element,
}

pub struct Frame {
    root: Element,
    pub head: Element,
    pub main: HtmlElement,
    pub sentence: Element,
    /// The live region: what a screen reader hears after the run's sentence.
    pub spoken: Element,
    /// One a twin.
    pub sides: Vec<Side>,
}

impl Frame {
    pub fn build(root: &Element) -> Option<Frame> {
        dom::add_style(STYLE);
        let find = |selector: &str| root.query_selector(selector).ok().flatten();
        let main: HtmlElement = find(".stage-scroll")?.dyn_into().ok()?;
        let head = dom::create("div", "twin-head left-side")?;
        let spoken = dom::create("div", "visually-hidden spoken-beside")?;
        for (name, value) in [("role", "status"), ("aria-live", "polite")] {
            dom::set(&spoken, name, value);
        }
        root.append_child(&spoken).ok()?;
        main.parent_element()?.insert_before(&head, Some(&main)).ok()?;
        Some(Frame {
            root: root.clone(),
            head: head.into(),
            main,
            sentence: find(".sentence")?,
            spoken: spoken.into(),
            sides: Vec::new(),
        })
    }

    /// Makes room for so many twins.
    pub fn hold(&mut self, page: Page, count: usize) -> Option<()> {
        while self.sides.len() < count {
            self.sides.push(self.side(page, self.sides.len())?);
        }
        dom::toggle(&self.root, "comparing", true);
        dom::toggle(&self.root, "three", count > 1);
        self.empty(count);
        Some(())
    }

    fn side(&self, page: Page, n: usize) -> Option<Side> {
        let third = if n > 0 { " third" } else { "" };
        let head = dom::create("div", &format!("twin-head right-side{third}"))?;
        let scroll = dom::create("div", &format!("stage-scroll twin-scroll{third}"))?;
        let theirs = dom::create("section", "twin-sentence")?;
        dom::set(&theirs, "data-simulation", "");
        let stage = self.main.parent_element()?;
        stage.append_child(&head).ok()?;
        stage.append_child(&scroll).ok()?;
        let last = self.sides.last().map_or(&self.sentence, |side| &side.sentence);
        last.parent_element()?.insert_before(&theirs, last.next_sibling().as_ref()).ok()?;
        dom::listen_captured(&scroll, "click", move |event| {
            if let Some(node) = dom::carried::<u16>(&event, "data-node") {
                // In another scene the same node has another number.
                let ours = with_stand(n, |stand| stand.twin.same_node(node, false)).flatten();
                if ours == Some(node) {
                    return;
                }
                event.stop_propagation();
                match ours {
                    Some(node) => page.choose(Selection::Node(node)),
                    None => notices::say(page, super::say(page, "twin-node", &[super::place(page, n)])),
                }
            }
            // A message here is the one at the left with its sender, receiver and words, if there is one.
            let Some(id) = dom::carried::<u32>(&event, "data-pill") else { return };
            event.stop_propagation();
            let same = |stand: &super::Stand| page.look(|run| stand.twin.same_message(run, id, false)).flatten();
            match with_stand(n, same).flatten() {
                Some(id) => page.choose(Selection::Message(id)),
                None => notices::say(page, super::say(page, "twin-only", &[super::place(page, n)])),
            }
        });
        stage::listen(page, &scroll);
        dom::on_resize(&scroll, move || page.paint());
        // What is out of sight in one is out of sight in the others.
        for other in self.sides.iter().map(|side| &side.scroll).chain([&self.main]) {
            for (from, to) in [(other.clone(), scroll.clone()), (scroll.clone(), other.clone())] {
                let itself = from.clone();
                dom::listen(&from, "scroll", move |_| {
                    if to.scroll_top() != itself.scroll_top() {
                        to.set_scroll_top(itself.scroll_top());
                    }
                });
            }
        }
        Some(Side { head: head.into(), scroll, sentence: theirs.into() })
    }

    /// Takes the stages from those of its places that are no longer needed. A place stays, for who compares once does so again.
    fn empty(&self, from: usize) {
        self.sides.iter().skip(from).for_each(|side| side.scroll.set_inner_html(""));
    }

    /// Nothing is compared any more.
    pub fn clear(&self) {
        for name in ["comparing", "three"] {
            dom::toggle(&self.root, name, false);
        }
        self.empty(0);
        self.spoken.set_text_content(None);
        for name in ["role", "aria-label"] {
            let _ = self.main.remove_attribute(name);
        }
    }

    /// The name of a stage, for those who do not see where it is.
    pub fn name(&self, page: Page, n: usize, of: usize, title: &str) -> String {
        let name = super::say(page, "side", &[tr(page, super::side(n, of)), title]);
        let stage = if n == 0 { &self.main } else { &self.sides[n - 1].scroll };
        dom::set(stage, "role", "group");
        dom::set(stage, "aria-label", &name);
        name
    }
}
