//! Pages of the operators.

use app::operations::pages::OperationsView;
use leptos::prelude::*;

use crate::{Page, samples::operations as samples};

pub(crate) const PAGES: &[Page] = &[
    ("operations", "/operations", || {
        view! { <OperationsView page=samples::operations() /> }.into_any()
    }),
    ("operations-trouble", "/operations", || {
        view! { <OperationsView page=samples::trouble() /> }.into_any()
    }),
    ("operations-shared", "/operations", || {
        view! { <OperationsView page=samples::shared() /> }.into_any()
    }),
];
