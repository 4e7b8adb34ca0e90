//! Entries about what lost answers led to, as sentences.

use leptos::prelude::*;
use portal::model::{AuditRow, Event};

use super::sentence::{Setting, day, mono, name};
use crate::{
    components::{bold, subject},
    tr, tr_view,
};

/// The sentence of an entry about a lost answer; `None` for every other entry.
pub(super) fn sentence(row: &AuditRow, setting: Setting) -> Option<AnyView> {
    match (setting, &row.username) {
        (Setting::Log, Some(user)) => in_log(row, user.to_string()),
        _ => in_story(row),
    }
}

fn in_story(row: &AuditRow) -> Option<AnyView> {
    let who = subject(&row.actor);
    let view = match &row.event {
        Event::IssueNotIssued { approval, .. } if approval == "used_up" => {
            tr!(audit.not_issued_used_up).into_any()
        }
        Event::IssueNotIssued { .. } => tr!(audit.not_issued).into_any(),
        Event::IssueAmbiguous { why, .. } => match why.as_str() {
            "several" => tr!(audit.ambiguous_several).into_any(),
            "others" => tr!(audit.ambiguous_others).into_any(),
            _ => tr!(audit.ambiguous_list).into_any(),
        },
        Event::IssueResolved {
            serial: Some(serial),
            ..
        } => {
            let serial = serial.to_string();
            tr_view!(audit.resolved_lost, <b> = bold, <m> = mono, who = who, serial = serial)
                .into_any()
        }
        Event::IssueResolved { .. } => {
            tr_view!(audit.resolved_nothing, <b> = bold, who = who).into_any()
        }
        Event::CertLost {
            serial, not_after, ..
        } => {
            let (serial, end) = (serial.to_string(), day(*not_after));
            tr_view!(audit.lost, <b> = bold, <m> = mono, serial = serial, end = end).into_any()
        }
        Event::CertExplained { serial } => {
            let serial = serial.to_string();
            tr_view!(audit.explained, <b> = bold, <m> = mono, who = who, serial = serial).into_any()
        }
        _ => return None,
    };
    Some(view)
}

fn in_log(row: &AuditRow, user: String) -> Option<AnyView> {
    let who = subject(&row.actor);
    let view = match &row.event {
        Event::IssueNotIssued { .. } => {
            tr_view!(audit.log_not_issued, <u> = name, user = user).into_any()
        }
        Event::IssueAmbiguous { .. } => {
            tr_view!(audit.log_ambiguous, <u> = name, user = user).into_any()
        }
        Event::IssueResolved {
            serial: Some(serial),
            ..
        } => {
            let serial = serial.to_string();
            tr_view!(
                audit.log_resolved_lost, <b> = bold, <u> = name, <m> = mono,
                who = who, serial = serial, user = user
            )
            .into_any()
        }
        Event::IssueResolved { .. } => tr_view!(
            audit.log_resolved_nothing, <b> = bold, <u> = name, who = who, user = user
        )
        .into_any(),
        Event::CertLost {
            serial, not_after, ..
        } => {
            let (serial, end) = (serial.to_string(), day(*not_after));
            tr_view!(
                audit.log_lost, <b> = bold, <u> = name, <m> = mono,
                serial = serial, user = user, end = end
            )
            .into_any()
        }
        Event::CertExplained { serial } => {
            let serial = serial.to_string();
            tr_view!(
                audit.log_explained, <b> = bold, <u> = name, <m> = mono,
                who = who, serial = serial, user = user
            )
            .into_any()
        }
        _ => return in_story(row),
    };
    Some(view)
}
