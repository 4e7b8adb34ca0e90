//! Pages.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::api;
use crate::{
    layout::{PageTitle, load},
    tr,
};

/// `/projects`
#[component]
pub fn ProjectsRoute() -> impl IntoView {
    load(api::list(), |_page| view! { <PageTitle title=tr!(projects.title) /> })
}

/// `/projects/:id`
#[component]
pub fn ProjectRoute() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    load(api::get(id), |page| view! { <PageTitle title=page.row.project.name /> })
}
