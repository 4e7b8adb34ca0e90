//! Pages of the operators.

use leptos::prelude::*;

use super::api;
use crate::{
    layout::{PageTitle, load},
    tr,
};

/// `/operations`
#[component]
pub fn OperationsRoute() -> impl IntoView {
    load(api::page(), |_page| view! { <PageTitle title=tr!(operations.title) /> })
}
