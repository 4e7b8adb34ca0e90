//! Pages.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::api;
use crate::{
    layout::{PageTitle, load},
    tr,
};

/// `/certificates`
#[component]
pub fn CertificatesRoute() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let of = |name: &str| query.get(name).unwrap_or_default();
    load(api::list(of("scope"), of("ends"), of("project"), of("search"), of("after")), |_page| {
        view! { <PageTitle title=tr!(certificates.title) /> }
    })
}

/// `/certificates/:id`
#[component]
pub fn CertificateRoute() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    load(api::get(id), |page| view! { <PageTitle title=page.row.username.to_string() /> })
}
