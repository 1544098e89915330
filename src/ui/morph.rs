//! Brings a panel's DOM to what its markup says, touching only what differs: focus, scroll places and half-typed text
//! stay where they are.

use super::dom;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlSelectElement, Node};

/// Attributes that set a style through the CSSOM: the security policy forbids `style` in markup.
const STYLES: [(&str, &str); 5] = [
    ("data-share", "--share"),
    ("data-from", "--from"),
    ("data-to", "--to"),
    ("data-top", "top"),
    ("data-height", "height"),
];

pub fn morph(target: &Element, markup: &str) {
    let Some(fresh) = dom::create("div", "") else { return };
    fresh.set_inner_html(markup);
    children(target, &fresh);
}

fn list(parent: &Node) -> Vec<Node> {
    let nodes = parent.child_nodes();
    (0..nodes.length()).filter_map(|i| nodes.item(i)).collect()
}

/// Two nodes that may become one another: the same kind of thing with the same key.
fn alike(old: &Node, new: &Node) -> bool {
    let key = |node: &Node| node.dyn_ref::<Element>().and_then(|element| element.get_attribute("data-key"));
    old.node_name() == new.node_name() && key(old) == key(new)
}

fn children(old: &Node, new: &Node) {
    let mut olds = list(old).into_iter().peekable();
    for fresh in list(new) {
        // Most are as they were: no name has to cross from the browser for that.
        if let Some(same) = olds.next_if(|old| old.is_equal_node(Some(&fresh))) {
            styles(&same);
            continue;
        }
        // What is no longer wanted goes, until the next thing that fits.
        while let Some(stale) = olds.next_if(|stale| !alike(stale, &fresh)) {
            let _ = old.remove_child(&stale);
        }
        match olds.next() {
            Some(kept) => node(&kept, &fresh),
            None => {
                let _ = old.append_child(&fresh);
                styles(&fresh);
            }
        }
    }
    for stale in olds {
        let _ = old.remove_child(&stale);
    }
}

fn node(old: &Node, new: &Node) {
    let (Some(before), Some(after)) = (old.dyn_ref::<Element>(), new.dyn_ref::<Element>()) else {
        return old.set_node_value(new.node_value().as_deref());
    };
    for name in before.get_attribute_names().iter().filter_map(|name| name.as_string()) {
        // What the reader opened stays open; a style was set through the CSSOM.
        if !after.has_attribute(&name) && name != "open" && name != "style" {
            let _ = before.remove_attribute(&name);
        }
    }
    for name in after.get_attribute_names().iter().filter_map(|name| name.as_string()) {
        let value = after.get_attribute(&name);
        if before.get_attribute(&name) != value {
            dom::set(before, &name, value.as_deref().unwrap_or_default());
        }
    }
    children(old, new);
    style_one(before);
    restore(before);
}

/// Sets a field to what its markup says: after a change of the markup, or when what was entered did not do.
pub fn restore(element: &Element) {
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        input.set_checked(input.has_attribute("checked"));
        if let Some(value) = input.get_attribute("value").filter(|value| *value != input.value()) {
            input.set_value(&value);
        }
    } else if let Some(select) = element.dyn_ref::<HtmlSelectElement>()
        && let Some(value) = select.get_attribute("data-value")
    {
        select.set_value(&value);
    }
    style_one(element);
}

fn style_one(element: &Element) {
    for (attribute, property) in STYLES {
        if let (Some(value), Some(element)) = (element.get_attribute(attribute), element.dyn_ref::<HtmlElement>()) {
            dom::style(element, property, &value);
        }
    }
}

fn styles(root: &Node) {
    let Some(root) = root.dyn_ref::<Element>() else { return };
    style_one(root);
    for element in dom::all(root, "[data-share],[data-from],[data-top],[data-height],select") {
        if element.tag_name() == "SELECT" { restore(&element) } else { style_one(&element) }
    }
}
