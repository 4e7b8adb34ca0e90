//! Pages.

use leptos::prelude::*;

use super::api;
use crate::{
    layout::{PageTitle, load},
    tr,
};

/// Page.
#[component]
pub fn AccountRoute() -> impl IntoView {
    load(api::page(), |_page| view! { <PageTitle title=tr!(account.title) /> })
}
