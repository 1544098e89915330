//! Short sentences that come and stay until they are dismissed: what was wrong, and what was done instead.

use super::icons::icon;
use super::page::Page;
use leptos::prelude::*;

/// More would hide the stage; the oldest gives way.
const MOST: usize = 3;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    pub id: u32,
    pub words: String,
    pub warning: bool,
}

pub fn say(page: Page, words: String) {
    push(page, words, false);
}

pub fn warn(page: Page, words: String) {
    push(page, words, true);
}

fn push(page: Page, words: String, warning: bool) {
    if words.is_empty() {
        return;
    }
    page.notices.update(|notices| {
        notices.retain(|notice| notice.words != words);
        let id = notices.last().map_or(0, |notice| notice.id.wrapping_add(1));
        notices.push(Notice { id, words, warning });
        if notices.len() > MOST {
            notices.remove(0);
        }
    });
}

pub fn list(page: Page) -> impl IntoView {
    let dismiss = move |id: u32| page.notices.update(|notices| notices.retain(|notice| notice.id != id));
    view! {
        <div class="notices" role="status" aria-live="polite">
            <For each=move || page.notices.get() key=|notice| notice.id let(notice)>
                <div class=if notice.warning { "notice warning" } else { "notice" }>
                    <p>{notice.words.clone()}</p>
                    <button class="icon-button" aria-label=move || page.tr("dismiss") on:click=move |_| dismiss(notice.id)>
                        {icon("close")}
                    </button>
                </div>
            </For>
        </div>
    }
}
