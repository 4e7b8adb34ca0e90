//! Made-up lists of changes.

use app::changes::api::ChangeList;

use super::changes::{change_row, page};
#[expect(
    clippy::wildcard_imports,
    reason = "samples are made of the other samples"
)]
use super::*;

pub(crate) fn list() -> ChangeList {
    use ChangeKind::{CreateUser, DeleteUser, DisableX509, UpdateUser};

    let rows = [
        (DisableX509, None, ChangeState::Submitted),
        (CreateUser, Some("jdoe-7k2m"), ChangeState::Applying),
        (UpdateUser, Some("orders-api"), ChangeState::Done),
        (DeleteUser, Some("refunds-worker"), ChangeState::Unknown),
        (CreateUser, Some("etl-nightly-q4za"), ChangeState::Denied),
        (DeleteUser, Some("bi-reader"), ChangeState::Rejected),
        (DisableX509, None, ChangeState::Expired),
    ];
    let mut rows: Vec<ChangeRow> = (60_u128..)
        .zip(rows)
        .map(|(number, (kind, name, state))| change_row(number, kind, name, state))
        .collect();
    for (days, row) in (0_i64..).zip(&mut rows) {
        row.submitted_at = ago(Duration::hours(2) + Duration::days(days * days));
    }
    rows[4].project = catalog();
    rows[5].project = lake();
    rows[1].requester = dana();
    ChangeList {
        rows,
        more: Some(Cursor("next".to_owned())),
        now: NOW,
    }
}

pub(crate) fn no_list() -> ChangeList {
    ChangeList {
        rows: Vec::new(),
        more: None,
        now: NOW,
    }
}

/// What the log holds of them.
pub(super) fn logged() -> Vec<AuditRow> {
    let mut rows = page(ChangeKind::DisableX509, ChangeState::Done).story;
    rows.extend(page(ChangeKind::UpdateUser, ChangeState::Unknown).story);
    rows.extend(page(ChangeKind::DeleteUser, ChangeState::Denied).story);
    rows.sort_by_key(|row| row.at);
    rows
}

/// What waits for the viewer's decision.
pub(super) fn waiting() -> Vec<ChangeRow> {
    let mut rows = list().rows;
    rows.truncate(1);
    rows.push(change_row(
        68,
        ChangeKind::DeleteUser,
        Some("refunds-worker"),
        ChangeState::Submitted,
    ));
    rows
}

/// What is under way, or ended lately.
pub(super) fn recent() -> Vec<ChangeRow> {
    list().rows.drain(1..5).collect()
}
