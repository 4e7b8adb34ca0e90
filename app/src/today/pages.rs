//! Pages.

use leptos::prelude::*;

use super::api;
use crate::{
    layout::{PageTitle, load},
    tr,
};

/// Page.
#[component]
pub fn TodayRoute() -> impl IntoView {
    load(api::page(), |_page| view! { <PageTitle title=tr!(today.title) /> })
}
