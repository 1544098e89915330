//! The branches of the run: where each left its parent, which is on show, and their names.

use super::draw::seconds;
use super::page::Page;
use super::text::fill;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

pub fn list(page: Page) -> impl IntoView {
    let open = RwSignal::new(false);
    let branches = Memo::new(move |_| {
        page.panels.get();
        page.look(|run| run.branches()).unwrap_or_default()
    });
    let words = move || {
        branches.with(|branches| {
            let at = branches.iter().position(|branch| branch.current).map_or(1, |at| at + 1);
            let words = fill(page.tr("branch-of"), &[&at.to_string(), &branches.len().max(1).to_string()]);
            match branches.get(at - 1).filter(|branch| !branch.name.is_empty()) {
                Some(branch) => format!("{words} · {}", branch.name),
                None => words,
            }
        })
    };
    view! {
        <div class="branches" on:keydown=move |event| if event.key() == "Escape" { open.set(false) }>
            <button
                class="quiet branch-button"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {words}
            </button>
            <Show when=move || open.get()>
                <div class="branch-list" role="group" aria-label=move || page.tr("branches")>
                    {move || branches.get().into_iter().enumerate().map(|(n, branch)| line(page, n, branch)).collect_view()}
                </div>
            </Show>
        </div>
    }
}

fn line(page: Page, n: usize, branch: crate::scenes::run::BranchLine) -> AnyView {
    let rename = move |event: web_sys::Event| {
        let input = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlInputElement>().ok());
        if let Some(input) = input {
            let name: String = input.value().chars().take(40).collect();
            page.change(|run| run.name_branch(n, name.trim()));
            page.sync();
        }
    };
    let switch = move |_| {
        page.change(|run| run.switch_branch(n));
        page.halt.set(None);
        page.causes.set(None);
        page.sync();
    };
    view! {
        <div class="branch" class:now=branch.current>
            <button class="button" aria-pressed=branch.current.to_string() on:click=switch>
                {(n + 1).to_string()}
            </button>
            <input
                type="text"
                maxlength="40"
                prop:value=branch.name.clone()
                placeholder=page.tr("branch-name")
                aria-label=fill(page.tr("name-branch"), &[&(n + 1).to_string()])
                on:change=rename
            />
            <span class="num muted">{format!("{} – {}", seconds(branch.from), seconds(branch.until))}</span>
        </div>
    }
    .into_any()
}
