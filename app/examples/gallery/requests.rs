//! Pages of the requests, the log and the operators.

use app::{
    audit::{
        entry::AuditEntryView,
        list::{Asked as LogAsked, AuditView},
    },
    requests::{
        inbox::ApprovalsView,
        list::{Asked, RequestsView},
        new::NewRequestView,
        one::RequestView,
    },
};
use leptos::prelude::*;
use portal::model::{DeliveryFormat, RequestPage, RequestState};

use crate::{
    Page,
    samples::requests::{self as samples},
};

fn one(page: RequestPage) -> AnyView {
    view! { <RequestView page /> }.into_any()
}

pub(crate) const PAGES: &[Page] = &[
    ("requests", "/requests", || {
        view! { <RequestsView list=samples::list() asked=Asked::default() /> }.into_any()
    }),
    ("requests-others", "/requests", || {
        let asked = Asked {
            scope: "projects".to_owned(),
            open: "open".to_owned(),
            project: "000000000000000000000001".to_owned(),
        };
        view! { <RequestsView list=samples::others_list() asked /> }.into_any()
    }),
    ("requests-none", "/requests", || {
        view! { <RequestsView list=samples::no_list() asked=Asked::default() /> }.into_any()
    }),
    ("new-project", "/requests/new", || {
        view! { <NewRequestView form=samples::form(false, None) /> }.into_any()
    }),
    ("new-user", "/requests/new", || {
        view! { <NewRequestView form=samples::form(true, None) /> }.into_any()
    }),
    ("new-rest", "/requests/new", || {
        view! { <NewRequestView form=samples::form(true, Some(2)) /> }.into_any()
    }),
    ("new-open", "/requests/new", || {
        view! { <NewRequestView form=samples::form(true, Some(1)) /> }.into_any()
    }),
    ("new-nobody", "/requests/new", || {
        view! { <NewRequestView form=samples::nobody_to_approve() /> }.into_any()
    }),
    ("request-waiting", "/requests/1", || one(samples::waiting())),
    ("request-own", "/requests/1", || one(samples::own())),
    ("request-nobody", "/requests/1", || one(samples::nobody())),
    (
        "request-decide",
        "/requests/1",
        || one(samples::to_decide()),
    ),
    ("request-step-up", "/requests/1", || one(samples::step_up())),
    ("request-approved", "/requests/1", || {
        one(samples::approved())
    }),
    ("request-refused", "/requests/1", || one(samples::refused())),
    ("request-limited", "/requests/1", || one(samples::limited())),
    ("request-issuing", "/requests/1", || {
        one(samples::page(RequestState::Issuing, 4))
    }),
    ("request-ready", "/requests/1", || {
        one(samples::ready(0, true))
    }),
    ("request-ready-once", "/requests/1", || {
        one(samples::ready(1, true))
    }),
    ("request-ready-pkcs12", "/requests/1", || {
        one(samples::ready_as(DeliveryFormat::Pkcs12))
    }),
    ("request-ready-split", "/requests/1", || {
        one(samples::ready_as(DeliveryFormat::Split))
    }),
    ("request-ready-kubernetes", "/requests/1", || {
        one(samples::ready_as(DeliveryFormat::Kubernetes))
    }),
    ("request-ready-gone", "/requests/1", || {
        one(samples::ready(3, true))
    }),
    ("request-elsewhere", "/requests/1", || {
        one(samples::ready(1, false))
    }),
    ("request-unknown", "/requests/1", || {
        one(samples::page(RequestState::Unknown, 4))
    }),
    ("request-denied", "/requests/1", || {
        one(samples::over(RequestState::Denied, 1))
    }),
    ("request-delivered", "/requests/1", || {
        one(samples::over(RequestState::Delivered, 6))
    }),
    ("request-uncollected", "/requests/1", || {
        one(samples::over(RequestState::Uncollected, 5))
    }),
    ("approvals", "/approvals", || {
        view! { <ApprovalsView inbox=samples::inbox() /> }.into_any()
    }),
    ("audit", "/audit", || {
        view! { <AuditView list=samples::log() asked=LogAsked::default() /> }.into_any()
    }),
    ("audit-entry", "/audit/1196", || {
        view! { <AuditEntryView page=samples::entry() last=Some(1204) /> }.into_any()
    }),
];
