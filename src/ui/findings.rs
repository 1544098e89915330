//! The properties: words first, the code small, an icon for how each stands.

use super::icons::icon;
use super::log;
use super::page::Page;
use crate::scenes::scene::{Finding, Standing};
use leptos::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Properties,
    Events,
}

pub fn panel(page: Page) -> impl IntoView {
    let tab = RwSignal::new(Tab::Properties);
    let findings = Memo::new(move |_| {
        page.panels.get();
        let lang = page.lang.get();
        page.look(|run| run.findings(lang)).unwrap_or_default()
    });
    let choice = move |this: Tab, key: &'static str| {
        view! {
            <button class="caps view-tab" aria-pressed=move || (tab.get() == this).to_string() on:click=move |_| tab.set(this)>
                {move || page.tr(key)}
            </button>
        }
    };
    view! {
        <section class="findings" data-simulation="" aria-label=move || page.tr("properties-and-events")>
            <div class="view-tabs">
                {choice(Tab::Properties, "properties")}
                {choice(Tab::Events, "events")}
            </div>
            {move || match tab.get() {
                Tab::Events => log::list(page).into_any(),
                Tab::Properties if page.asking() => {
                    view! { <p class="hint hidden-until">{page.tr("hidden-until-answered")}</p> }.into_any()
                }
                Tab::Properties => view! {
                    <ul class="properties">
                        {move || findings.get().into_iter().map(|finding| one(page, finding)).collect_view()}
                    </ul>
                }
                .into_any(),
            }}
        </section>
    }
}

fn one(page: Page, finding: Finding) -> AnyView {
    let (class, name, said) = match finding.standing {
        Standing::Unbroken => ("ok", "check", "standing-unbroken"),
        // What the recipe does not promise may break without anybody having lied.
        Standing::Broken if !finding.promised => ("expected", "warn", "standing-broken"),
        Standing::Broken => ("bad", "broken", "standing-broken"),
        Standing::Open => ("open", "open", "standing-open"),
        Standing::Met => ("ok", "check", "standing-met"),
        Standing::Never => ("bad", "broken", "standing-never"),
    };
    let kind = page.tr(if finding.liveness { "liveness" } else { "safety" });
    let promise = (!finding.promised).then(|| view! { <span class="not-promised">{page.tr("not-promised")}</span> });
    let go = finding.broken_at.map(|event| {
        view! {
            <button class="link" on:click=move |_| page.show_causes(event)>{page.tr("show-moment")}</button>
        }
    });
    view! {
        <li class=format!("finding {class}")>
            <span class="standing" role="img" aria-label=page.tr(said)>{icon(name)}</span>
            <div>
                <p class="claim">
                    <b>{finding.words}</b>" "
                    <code>{finding.code}</code>" "
                    <span class="kind">{kind}</span>
                    {promise}
                </p>
                <p class="because">{finding.because}" "{go}</p>
            </div>
        </li>
    }
    .into_any()
}
