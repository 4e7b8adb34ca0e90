//! Entries about changes of a project, as sentences.

use leptos::prelude::*;
use portal::model::{AuditRow, ChangeKind, Event};

use super::{
    sentence::{Setting, mono, name},
    words::why_word,
};
use crate::{
    changes::words::cluster_names,
    components::{bold, subject},
    texts::locale,
    tr, tr_view,
};

/// The sentence of an entry about a change; `None` for every other entry.
pub(super) fn sentence(row: &AuditRow, setting: Setting) -> Option<AnyView> {
    let view = said_of_its_object(row).or_else(|| said_of_the_change(row, setting))?;
    Some(view)
}

/// Sentences that name what they are about, and read the same everywhere.
fn said_of_its_object(row: &AuditRow) -> Option<AnyView> {
    let who = subject(&row.actor);
    let view = match &row.event {
        Event::X509DisableRequested { locked_out, .. } => {
            let count: u32 = locked_out.parse().unwrap_or_default();
            let out = (count > 0).then(|| tr!(audit.x509_locked_out, count = count));
            view! { {tr_view!(audit.x509_requested, <b> = bold, who = who)} " " {out} }.into_any()
        }
        Event::X509DisableConfirmed {
            locked_out,
            busy_clusters,
            ..
        } => {
            let count: u32 = locked_out.parse().unwrap_or_default();
            let out = (count > 0).then(|| tr!(audit.x509_locked_out, count = count));
            let busy = (!busy_clusters.is_empty()).then(|| {
                let clusters = cluster_names(locale(), busy_clusters);
                tr!(audit.x509_although_busy, clusters = clusters)
            });
            let said = tr_view!(audit.x509_confirmed, <b> = bold, who = who);
            view! { {said} " " {out} " " {busy} }.into_any()
        }
        Event::X509Disabled { settled_by, .. } => {
            view! { {tr!(audit.x509_disabled)} " " {by_reading(settled_by)} }.into_any()
        }
        Event::UserChangeRequested {
            change_kind,
            username,
            ..
        } => {
            let user = username.to_string();
            match change_kind {
                ChangeKind::CreateUser => tr_view!(
                    audit.user_create_requested, <b> = bold, <u> = name, who = who, user = user
                )
                .into_any(),
                ChangeKind::DeleteUser => tr_view!(
                    audit.user_delete_requested, <b> = bold, <u> = name, who = who, user = user
                )
                .into_any(),
                _ => tr_view!(
                    audit.user_update_requested, <b> = bold, <u> = name, who = who, user = user
                )
                .into_any(),
            }
        }
        Event::UserCreated {
            username,
            roles,
            settled_by,
            ..
        } => {
            let (user, roles) = (username.to_string(), roles.join(tr!(common.list_comma)));
            let sentence = tr_view!(audit.user_created, <u> = name, user = user, roles = roles);
            view! { {sentence} " " {by_reading(settled_by)} }.into_any()
        }
        Event::UserUpdated {
            username,
            after,
            settled_by,
            ..
        } => {
            let (user, roles) = (username.to_string(), after.join(tr!(common.list_comma)));
            let sentence = tr_view!(audit.user_updated, <u> = name, user = user, roles = roles);
            view! { {sentence} " " {by_reading(settled_by)} }.into_any()
        }
        Event::UserDeleted {
            username,
            settled_by,
            ..
        } => {
            let user = username.to_string();
            let sentence = tr_view!(audit.user_deleted, <u> = name, user = user);
            view! { {sentence} " " {by_reading(settled_by)} }.into_any()
        }
        _ => return None,
    };
    Some(view)
}

/// Sentences about "it": in the log, what it is stands before them.
fn said_of_the_change(row: &AuditRow, setting: Setting) -> Option<AnyView> {
    let who = subject(&row.actor);
    let view = match &row.event {
        Event::UserChangeApproved { .. } => {
            tr_view!(audit.change_approved, <b> = bold, who = who).into_any()
        }
        Event::ChangeDenied {} => tr_view!(audit.denied, <b> = bold, who = who).into_any(),
        Event::ChangeWithdrawn {} => tr_view!(audit.withdrawn, <b> = bold, who = who).into_any(),
        Event::ChangeExpired { was } if was == "approved" => {
            tr!(audit.change_expired_approved).into_any()
        }
        Event::ChangeExpired { .. } => tr!(audit.expired_submitted).into_any(),
        Event::ChangeCallStarted { .. } => tr!(audit.call_started).into_any(),
        Event::ChangeNotSent { why } => tr!(audit.not_sent, why = why_word(why)).into_any(),
        Event::ChangeRejected { status, code } => {
            let (status, code) = (status.clone(), code.clone());
            tr_view!(audit.change_rejected, <m> = mono, code = code, status = status).into_any()
        }
        Event::ChangeUnknown { class } => {
            tr!(audit.change_unknown, why = why_word(class)).into_any()
        }
        Event::ChangeNotApplied {} => tr!(audit.change_not_applied).into_any(),
        Event::ChangeCompleted { unseen, .. } if !unseen.is_empty() => {
            let clusters = unseen.join(tr!(common.list_comma));
            tr!(audit.change_completed_unseen, clusters = clusters).into_any()
        }
        Event::ChangeCompleted { clusters, .. } => match clusters.parse::<u32>() {
            Ok(count) if count > 0 => tr!(audit.change_completed, count = count).into_any(),
            _ => tr!(audit.change_completed_untold).into_any(),
        },
        _ => return None,
    };
    let view = match setting {
        Setting::Story => view,
        Setting::Log => {
            let what = row.username.as_ref().map_or_else(
                || tr!(x509.title).to_owned(),
                std::string::ToString::to_string,
            );
            view! { {tr_view!(audit.about, <u> = name, what = what)} " " {view} }.into_any()
        }
    };
    Some(view)
}

/// That it was found out by reading, where the answer was lost.
fn by_reading(settled_by: &str) -> Option<&'static str> {
    (settled_by == "reading").then(|| tr!(audit.settled_reading))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use leptos::reactive::owner::Owner;
    use portal::model::{ActorName, ChangeId, PersonId, PersonRef, Timestamp};

    use super::*;

    fn row(event: Event, username: Option<&str>) -> AuditRow {
        let otto = PersonRef {
            id: PersonId(uuid::Uuid::nil()),
            name: "Otto Brandt".to_owned(),
            is_you: false,
        };
        AuditRow {
            seq: 1,
            at: Timestamp::UNIX_EPOCH,
            actor: ActorName::Person(otto),
            event,
            text: None,
            project: None,
            username: username.map(|name| name.parse().expect("a name")),
            request: None,
            change: Some(ChangeId(uuid::Uuid::nil())),
            requester: None,
            certificate: None,
            may_open: true,
        }
    }

    /// The sentence without its markup.
    fn said(event: Event, username: Option<&str>, setting: Setting) -> String {
        let html = Owner::new().with(|| {
            sentence(&row(event, username), setting)
                .expect("an entry about a change")
                .to_html()
        });
        let mut text = String::new();
        let mut inside = false;
        for c in html.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => text.push(c),
                _ => {}
            }
        }
        text.trim().to_owned()
    }

    #[test]
    fn the_log_says_what_it_is_about_and_the_story_need_not() {
        let denied = || Event::ChangeDenied {};
        assert_eq!(
            said(denied(), Some("orders-api"), Setting::Log),
            "orders-api: Otto Brandt denied it."
        );
        assert_eq!(
            said(denied(), None, Setting::Log),
            "Customer-managed X.509: Otto Brandt denied it."
        );
        assert_eq!(
            said(denied(), Some("orders-api"), Setting::Story),
            "Otto Brandt denied it."
        );
    }

    #[test]
    fn what_was_found_out_by_reading_says_so() {
        let off = |settled_by: &str| Event::X509Disabled {
            before: Vec::new(),
            settled_by: settled_by.to_owned(),
        };
        assert_eq!(
            said(off("answer"), None, Setting::Log),
            "Customer-managed X.509 is off."
        );
        assert_eq!(
            said(off("reading"), None, Setting::Log),
            "Customer-managed X.509 is off. Atlas’s answer was lost; what Atlas shows says so."
        );
    }

    #[test]
    fn clusters_that_nobody_could_watch_are_not_counted() {
        let completed = |clusters: &str, unseen: &[&str]| Event::ChangeCompleted {
            clusters: clusters.to_owned(),
            unseen: unseen.iter().map(|&name| name.to_owned()).collect(),
        };
        let said = |clusters, unseen| said(completed(clusters, unseen), None, Setting::Story);
        assert_eq!(said("3", &[]), "All 3 clusters have followed.");
        assert_eq!(said("1", &[]), "The cluster has followed.");
        assert_eq!(
            said("", &[]),
            "It holds. Atlas does not tell how far the clusters are."
        );
        assert_eq!(
            said("3", &["payments", "reports"]),
            "Atlas took it. Within a day it was not seen to hold on: payments, reports."
        );
    }
}
