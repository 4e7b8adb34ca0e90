//! Pages of the audit log.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::api;
use crate::{
    layout::{PageTitle, load},
    tr,
};

/// `/audit`
#[component]
pub fn AuditRoute() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let of = |name: &str| query.get(name).unwrap_or_default();
    let list = api::list(
        of("kind"),
        of("person"),
        of("project"),
        of("request"),
        of("since"),
        of("until"),
        of("after"),
    );
    load(list, |_list| view! { <PageTitle title=tr!(audit.title) /> })
}

/// `/audit/:seq`
#[component]
pub fn AuditEntryRoute() -> impl IntoView {
    let seq = use_params_map().get_untracked().get("seq").unwrap_or_default();
    load(api::get(seq), |page| {
        view! { <PageTitle title=tr!(audit.entry_title, number = page.row.seq) /> }
    })
}
