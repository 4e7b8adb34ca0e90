//! What the second person should know beside the difference: the certificates that live, and what a
//! yes does at once.

use leptos::prelude::*;
use portal::model::{ChangeKind, ChangePage, ChangeState};

use crate::{
    components::{Callout, Tone},
    texts::locale,
    time, tr,
};

/// The live certificates of the database user, and what the change means for them. Nothing where there
/// are none, or where the change came to nothing.
pub fn certificates(page: &ChangePage) -> Option<impl IntoView + use<>> {
    let count = page.live_certificates;
    let matters = !page.row.state.is_over() || page.row.state == ChangeState::Done;
    if count == 0 || !matters {
        return None;
    }
    let done = page.row.state == ChangeState::Done;
    let (tone, text) = match (page.row.kind, done) {
        (ChangeKind::DeleteUser, false) => (Tone::Warn, tr!(changes.live_delete)),
        (ChangeKind::DeleteUser, true) => (Tone::Warn, tr!(changes.live_deleted)),
        (ChangeKind::UpdateUser, false) => (Tone::Accent, tr!(changes.live_update)),
        (ChangeKind::CreateUser, false) => (Tone::Danger, tr!(changes.live_create)),
        // The new roles hold already, and who created a user has been told.
        (ChangeKind::UpdateUser | ChangeKind::CreateUser, true) | (ChangeKind::DisableX509, _) => {
            return None;
        }
    };
    let title = page.latest_end.map_or_else(
        || tr!(changes.live, count = count),
        |end| {
            let end = time::day(locale(), end);
            tr!(changes.live_until, count = count, end = end)
        },
    );
    Some(view! {
        <Callout tone title>
            <p class="quiet">{text}</p>
        </Callout>
    })
}
