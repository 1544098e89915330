//! The branches of the run: where each left its parent, which is on show, and their names.

use super::twin;
use crate::ui::draw::seconds;
use crate::ui::html;
use crate::ui::page::Page;
use crate::ui::text::fill;

pub fn panel(page: Page) -> String {
    let branches = page.look(|run| run.branches()).unwrap_or_default();
    let open = page.branches_open.get();
    let at = branches.iter().position(|branch| branch.current).unwrap_or(0);
    let mut words = fill(page.tr("branch-of"), &[&(at + 1).to_string(), &branches.len().max(1).to_string()]);
    if let Some(branch) = branches.get(at).filter(|branch| !branch.name.is_empty()) {
        words = format!("{words} · {}", branch.name);
    }
    let mut out = format!(
        "<div class=\"branches\"><button type=\"button\" class=\"quiet branch-button\" data-act=\"branches\" aria-expanded=\"{open}\">{}</button>",
        html::text(&words)
    );
    if open {
        out += &format!("<div class=\"branch-list\" role=\"group\" aria-label=\"{}\">", page.tr("branches"));
        for (n, branch) in branches.iter().enumerate() {
            out += &format!(
                "<div class=\"branch{}\">{}<input type=\"text\" maxlength=\"40\" value=\"{}\" placeholder=\"{}\" aria-label=\"{}\" data-change=\"rename {n}\">\
                 <span class=\"num muted\">{} – {}</span>{}</div>",
                if branch.current { " now" } else { "" },
                html::choice("button", &format!("branch {n}"), &(n + 1).to_string(), branch.current),
                html::text(&branch.name),
                page.tr("branch-name"),
                fill(page.tr("name-branch"), &[&(n + 1).to_string()]),
                seconds(branch.from),
                seconds(branch.until),
                if branch.current { String::new() } else { twin::branch_button(page, n) }
            );
        }
        out += "</div>";
    }
    out + "</div>"
}

pub fn rename(page: Page, n: usize, name: &str) {
    let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
    page.change(|run| run.name_branch(n, name.trim()));
    page.sync();
}

pub fn switch(page: Page, n: usize) {
    page.change(|run| run.switch_branch(n));
    page.halt.set(None);
    page.causes.set(None);
    twin::branch_switched(page);
    page.sync();
}
