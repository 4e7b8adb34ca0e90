//! Pages of the requests.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::api;
use crate::{
    layout::{PageTitle, load},
    tr,
};

/// `/requests`
#[component]
pub fn RequestsRoute() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let of = |name: &str| query.get(name).unwrap_or_default();
    load(
        api::list(of("scope"), of("open"), of("project"), of("after")),
        |_page| {
            view! { <PageTitle title=tr!(requests.title) /> }
        },
    )
}

/// `/requests/new`
#[component]
pub fn NewRequestRoute() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let of = |name: &str| query.get(name).unwrap_or_default();
    load(api::form(of("project"), of("username")), |_form| {
        view! { <PageTitle title=tr!(requests.new_title) /> }
    })
}

/// `/requests/:id`
#[component]
pub fn RequestRoute() -> impl IntoView {
    let id = use_params_map()
        .get_untracked()
        .get("id")
        .unwrap_or_default();
    load(api::get(id), |page| {
        view! { <PageTitle title=tr!(requests.one_title, username = page.row.username.to_string()) /> }
    })
}

/// `/approvals`
#[component]
pub fn ApprovalsRoute() -> impl IntoView {
    load(api::inbox(), |_rows| {
        view! { <PageTitle title=tr!(requests.approvals_title) /> }
    })
}
