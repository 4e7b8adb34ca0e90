//! Words that several pages of the changes share.

use leptos::prelude::*;
use portal::model::{ANY_CLUSTER, ChangeKind, ChangePage, ChangeRow, ChangeState, Username};

use crate::{
    components::{State, Tone},
    i18n::Locale,
    requests::words::agent,
    texts::locale,
    tr, tr_in,
};

/// What a change is called: "Delete orders-api".
pub fn change_name(kind: ChangeKind, username: Option<&Username>) -> String {
    let user = username.map(ToString::to_string).unwrap_or_default();
    match kind {
        ChangeKind::DisableX509 => tr!(changes.name_disable).to_owned(),
        ChangeKind::CreateUser => tr!(changes.name_create, user = user),
        ChangeKind::UpdateUser => tr!(changes.name_update, user = user),
        ChangeKind::DeleteUser => tr!(changes.name_delete, user = user),
    }
}

/// What the change of a row is called.
pub fn name_of(row: &ChangeRow) -> String {
    change_name(row.kind, row.username.as_ref())
}

/// Who asks for what: "Olga Lindt asks to delete orders-api".
pub fn asks(row: &ChangeRow) -> String {
    let who = agent(&row.requester);
    let user = row
        .username
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    match row.kind {
        ChangeKind::DisableX509 => tr!(changes.asks_disable, who = who),
        ChangeKind::CreateUser => tr!(changes.asks_create, who = who, user = user),
        ChangeKind::UpdateUser => tr!(changes.asks_update, who = who, user = user),
        ChangeKind::DeleteUser => tr!(changes.asks_delete, who = who, user = user),
    }
}

/// A kind of change in a word or two, for the filter.
pub fn kind_word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::DisableX509 => tr!(changes.kind_disable),
        ChangeKind::CreateUser => tr!(changes.kind_create),
        ChangeKind::UpdateUser => tr!(changes.kind_update),
        ChangeKind::DeleteUser => tr!(changes.kind_delete),
    }
}

/// Clusters by name; where Atlas does not tell which there are, all there may be.
pub fn cluster_names(l: Locale, clusters: &[String]) -> String {
    let names: Vec<&str> = clusters
        .iter()
        .map(|name| match name.as_str() {
            ANY_CLUSTER => tr_in!(l, changes.any_cluster),
            name => name,
        })
        .collect();
    names.join(tr_in!(l, common.list_comma))
}

/// Where a change stands.
pub fn change_state(state: ChangeState) -> impl IntoView {
    let (tone, open) = match state {
        ChangeState::Submitted => (Tone::Accent, true),
        ChangeState::Approved | ChangeState::Calling | ChangeState::Applying => {
            (Tone::Accent, false)
        }
        ChangeState::Unknown => (Tone::Warn, true),
        ChangeState::Done => (Tone::Ok, false),
        ChangeState::Denied | ChangeState::Rejected | ChangeState::NotApplied => {
            (Tone::Danger, false)
        }
        ChangeState::Withdrawn | ChangeState::Expired => (Tone::Plain, true),
    };
    view! { <State tone open word=change_state_word(locale(), state) /> }
}

/// A change's state in words.
pub fn change_state_word(l: Locale, state: ChangeState) -> &'static str {
    match state {
        ChangeState::Submitted => tr_in!(l, changes.state_submitted),
        ChangeState::Approved => tr_in!(l, changes.state_approved),
        ChangeState::Calling => tr_in!(l, changes.state_calling),
        ChangeState::Unknown => tr_in!(l, changes.state_unknown),
        ChangeState::Applying => tr_in!(l, changes.state_applying),
        ChangeState::Done => tr_in!(l, changes.state_done),
        ChangeState::Denied => tr_in!(l, changes.state_denied),
        ChangeState::Withdrawn => tr_in!(l, changes.state_withdrawn),
        ChangeState::Expired => tr_in!(l, changes.state_expired),
        ChangeState::Rejected => tr_in!(l, changes.state_rejected),
        ChangeState::NotApplied => tr_in!(l, changes.state_not_applied),
    }
}

/// Whether the change is decided, and shown while it is open, on its project's page about X.509.
pub fn stands_with_x509(page: &ChangePage) -> bool {
    page.row.kind == ChangeKind::DisableX509
}

/// Where a change is decided.
pub fn place_of_decision(row: &ChangeRow) -> String {
    match row.kind {
        ChangeKind::DisableX509 => x509_page(row),
        _ => format!("/changes/{}", row.id),
    }
}

/// The project's page about X.509.
pub fn x509_page(row: &ChangeRow) -> String {
    format!("/projects/{}/x509", row.project.id)
}
