//! Entries as sentences: one place for the story of a request and for the log.

use leptos::{children::ChildrenFn, prelude::*};
use portal::model::{AuditRow, Event, PersonRef, Timestamp};

use super::{
    change_sentence, settle_sentence,
    words::{action_word, format_word, why_refused, why_word},
};
use crate::{
    components::{Reason, Tone, bold, subject},
    texts::locale,
    time, tr, tr_view,
};

/// Where a sentence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// In the story of one request or certificate: what it is about is known.
    Story,
    /// In the log: the sentence says whose request it is about, and for which database user.
    Log,
}

/// What happened, in a sentence, with the free text that belongs to it.
pub fn told(row: AuditRow, setting: Setting) -> impl IntoView {
    view! {
        {sentence(&row, setting)}
        {row.text.map(|text| view! { <Reason text /> })}
    }
}

/// What happened, in a sentence.
pub fn sentence(row: &AuditRow, setting: Setting) -> AnyView {
    let told_elsewhere =
        change_sentence::sentence(row, setting).or_else(|| settle_sentence::sentence(row, setting));
    if let Some(view) = told_elsewhere {
        return view;
    }
    match (setting, &row.username) {
        (Setting::Log, Some(user)) => in_log(row, user.to_string()),
        // Nothing tells what it was about, or the page has said it already.
        _ => in_story(row),
    }
}

/// The colour of an event's dot: only what needs a look has one of its own.
pub fn tone_of(event: &Event) -> Tone {
    match event {
        Event::RequestDenied {}
        | Event::ChangeDenied {}
        | Event::ChangeRejected { .. }
        | Event::ChangeNotApplied {}
        | Event::IssueRejected { .. }
        | Event::IssueAmbiguous { .. }
        | Event::CertLost { .. }
        | Event::CertUnexplained { .. }
        | Event::CertPickupRefused { .. }
        | Event::LoginFailed { .. }
        | Event::AccessDenied { .. } => Tone::Danger,
        Event::IssueUnknown { .. }
        | Event::IssueNotIssued { .. }
        | Event::IssueNotSent { .. }
        | Event::ChangeUnknown { .. }
        | Event::ChangeNotSent { .. }
        | Event::ChangeExpired { .. }
        | Event::CertUnconfirmed { .. }
        | Event::CertUncollected { .. }
        | Event::RequestExpired { .. } => Tone::Warn,
        _ => Tone::Ok,
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of entry")]
fn in_story(row: &AuditRow) -> AnyView {
    let who = subject(&row.actor);
    match &row.event {
        Event::SessionStarted {} => {
            tr_view!(audit.session_started, <b> = bold, who = who).into_any()
        }
        Event::SessionEnded { how } => match how.as_str() {
            "signed_out" => tr_view!(audit.signed_out, <b> = bold, who = who).into_any(),
            "ended_by_owner" => {
                tr_view!(audit.session_ended_by_owner, <b> = bold, who = who).into_any()
            }
            "provider" => tr!(audit.session_ended_by_provider).into_any(),
            how => tr!(audit.session_ended, how = how.to_owned()).into_any(),
        },
        Event::LoginFailed { class } => {
            let class = class.clone();
            tr_view!(audit.login_failed, <m> = mono, class = class).into_any()
        }
        Event::RequestSubmitted { months, .. } => {
            let length = length(months.get());
            tr_view!(audit.submitted, <b> = bold, who = who, length = length).into_any()
        }
        Event::RequestApproved { months, .. } => {
            let length = length(months.get());
            tr_view!(audit.approved, <b> = bold, who = who, length = length).into_any()
        }
        Event::RequestDenied {} => tr_view!(audit.denied, <b> = bold, who = who).into_any(),
        Event::RequestWithdrawn {} => tr_view!(audit.withdrawn, <b> = bold, who = who).into_any(),
        Event::RequestExpired { was } if was == "approved" => {
            tr!(audit.expired_approved).into_any()
        }
        Event::RequestExpired { .. } => tr!(audit.expired_submitted).into_any(),
        Event::IssueIntent {} => tr_view!(audit.intent, <b> = bold, who = who).into_any(),
        Event::IssueNotSent { why } => tr!(audit.not_sent, why = why_word(why)).into_any(),
        Event::IssueCallStarted { .. } => tr!(audit.call_started).into_any(),
        Event::IssueRejected { status, code } => {
            let (status, code) = (status.clone(), code.clone());
            tr_view!(audit.rejected, <m> = mono, code = code, status = status).into_any()
        }
        Event::IssueUnknown { class } => tr!(audit.unknown, why = why_word(class)).into_any(),
        Event::CertIssued {
            serial,
            not_after,
            elapsed_ms,
            ..
        } => {
            let (serial, end) = (serial.to_string(), day(*not_after));
            let took = tr!(audit.seconds, n = seconds(elapsed_ms));
            tr_view!(audit.issued, <b> = bold, <m> = mono, <i> = plain, took = took, serial = serial, end = end)
                .into_any()
        }
        Event::CertDeliveryStarted { format, .. } => match format_word(format) {
            None => tr_view!(audit.delivery_started, <b> = bold, who = who).into_any(),
            Some(format) => {
                tr_view!(audit.delivery_as, <b> = bold, <i> = plain, who = who, format = format)
                    .into_any()
            }
        },
        Event::CertDelivered { .. } => tr_view!(audit.delivered, <b> = bold, who = who).into_any(),
        Event::CertUnconfirmed { downloads, .. } => {
            tr!(audit.unconfirmed, downloads = times(downloads)).into_any()
        }
        Event::CertUncollected { .. } => tr!(audit.uncollected).into_any(),
        Event::CertPickupRefused { why } => {
            let why = why_word(why);
            tr_view!(audit.pickup_refused, <b> = bold, who = who, why = why).into_any()
        }
        Event::CertPreexisting { serial, .. } => {
            let serial = serial.to_string();
            tr_view!(audit.preexisting, <m> = mono, serial = serial).into_any()
        }
        Event::CertUnexplained { serial, .. } => {
            let serial = serial.to_string();
            tr_view!(audit.unexplained, <m> = mono, serial = serial).into_any()
        }
        Event::AccessDenied { action, why } => {
            let (action, why) = (action_word(action), why_refused(why, &row.actor));
            tr_view!(audit.access_denied, <b> = bold, who = who, action = action, why = why)
                .into_any()
        }
        // What lost answers led to has been told in `settle_sentence`, changes in `change_sentence`.
        Event::IssueNotIssued { .. }
        | Event::IssueAmbiguous { .. }
        | Event::IssueResolved { .. }
        | Event::CertLost { .. }
        | Event::CertExplained { .. }
        | Event::X509DisableRequested { .. }
        | Event::X509DisableConfirmed { .. }
        | Event::X509Disabled { .. }
        | Event::UserChangeRequested { .. }
        | Event::UserChangeApproved { .. }
        | Event::UserCreated { .. }
        | Event::UserUpdated { .. }
        | Event::UserDeleted { .. }
        | Event::ChangeDenied {}
        | Event::ChangeWithdrawn {}
        | Event::ChangeExpired { .. }
        | Event::ChangeCallStarted { .. }
        | Event::ChangeNotSent { .. }
        | Event::ChangeRejected { .. }
        | Event::ChangeUnknown { .. }
        | Event::ChangeNotApplied {}
        | Event::ChangeCompleted { .. } => ().into_any(),
    }
}

/// The sentence with its object. Kinds that have none, or need none, read as in a story.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of entry")]
fn in_log(row: &AuditRow, user: String) -> AnyView {
    let who = subject(&row.actor);
    let whose = whose(row.requester.as_ref());
    match &row.event {
        Event::RequestSubmitted { months, .. } => {
            let length = length(months.get());
            tr_view!(
                audit.log_submitted, <b> = bold, <u> = name, who = who, user = user, length = length
            )
            .into_any()
        }
        Event::RequestApproved { months, .. } => {
            let length = length(months.get());
            tr_view!(
                audit.log_approved, <b> = bold, <i> = plain, <u> = name,
                who = who, whose = whose, user = user, length = length
            )
            .into_any()
        }
        Event::RequestDenied {} => tr_view!(
            audit.log_denied, <b> = bold, <i> = plain, <u> = name, who = who, whose = whose, user = user
        )
        .into_any(),
        Event::RequestWithdrawn {} => {
            tr_view!(audit.log_withdrawn, <b> = bold, <u> = name, who = who, user = user).into_any()
        }
        Event::RequestExpired { was } if was == "approved" => {
            tr_view!(audit.log_expired_approved, <i> = plain, <u> = name, whose = whose, user = user).into_any()
        }
        Event::RequestExpired { .. } => {
            tr_view!(audit.log_expired_submitted, <i> = plain, <u> = name, whose = whose, user = user).into_any()
        }
        Event::IssueIntent {} => {
            tr_view!(audit.log_intent, <b> = bold, <u> = name, who = who, user = user).into_any()
        }
        Event::IssueNotSent { why } => {
            let why = why_word(why);
            tr_view!(audit.log_not_sent, <u> = name, user = user, why = why).into_any()
        }
        Event::IssueCallStarted { .. } => {
            tr_view!(audit.log_call_started, <u> = name, user = user).into_any()
        }
        Event::IssueRejected { status, code } => {
            let (status, code) = (status.clone(), code.clone());
            tr_view!(
                audit.log_rejected, <u> = name, <m> = mono, user = user, code = code, status = status
            )
            .into_any()
        }
        Event::IssueUnknown { class } => {
            let why = why_word(class);
            tr_view!(audit.log_unknown, <u> = name, user = user, why = why).into_any()
        }
        Event::CertIssued {
            serial, not_after, ..
        } => {
            let (serial, end) = (serial.to_string(), day(*not_after));
            tr_view!(
                audit.log_issued, <b> = bold, <u> = name, <m> = mono,
                serial = serial, user = user, end = end
            )
            .into_any()
        }
        Event::CertDeliveryStarted { format, .. } => match format_word(format) {
            None => {
                tr_view!(audit.log_delivery_started, <b> = bold, <u> = name, who = who, user = user)
                    .into_any()
            }
            Some(format) => tr_view!(
                audit.log_delivery_as, <b> = bold, <u> = name, <i> = plain, who = who, user = user,
                format = format
            )
            .into_any(),
        },
        Event::CertDelivered { .. } => {
            tr_view!(audit.log_delivered, <b> = bold, <u> = name, who = who, user = user).into_any()
        }
        Event::CertUnconfirmed { downloads, .. } => {
            let downloads = times(downloads);
            tr_view!(audit.log_unconfirmed, <u> = name, user = user, downloads = downloads).into_any()
        }
        Event::CertUncollected { .. } => {
            tr_view!(audit.log_uncollected, <u> = name, user = user).into_any()
        }
        Event::CertPickupRefused { why } => {
            let why = why_word(why);
            tr_view!(
                audit.log_pickup_refused, <b> = bold, <u> = name, who = who, user = user, why = why
            )
            .into_any()
        }
        Event::CertPreexisting { serial, .. } => {
            let serial = serial.to_string();
            tr_view!(audit.log_preexisting, <u> = name, <m> = mono, serial = serial, user = user)
                .into_any()
        }
        Event::CertUnexplained { serial, .. } => {
            let serial = serial.to_string();
            tr_view!(audit.log_unexplained, <u> = name, <m> = mono, serial = serial, user = user)
                .into_any()
        }
        _ => in_story(row),
    }
}

/// Whose request, as the words before it: "your", "Dana Reyes’s".
fn whose(requester: Option<&PersonRef>) -> String {
    match requester {
        Some(person) if person.is_you => tr!(audit.whose_you).to_owned(),
        Some(person) => tr!(audit.whose_person, name = person.name.clone()),
        None => tr!(audit.whose_unknown).to_owned(),
    }
}

fn length(months: u8) -> String {
    tr!(common.for_months, count = u32::from(months))
}

pub(super) fn day(at: Timestamp) -> String {
    time::day(locale(), at)
}

/// "once", "2 times": the log keeps numbers as text.
fn times(number: &str) -> String {
    tr!(
        audit.times,
        count = number.parse::<u32>().unwrap_or_default()
    )
    .to_string()
}

/// Milliseconds as seconds with a tenth: "1.1".
fn seconds(elapsed_ms: &str) -> String {
    let ms: u64 = elapsed_ms.parse().unwrap_or_default();
    let tenths = (ms + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

pub(super) fn mono(children: ChildrenFn) -> impl IntoView {
    view! { <span class="mono">{children()}</span> }
}

/// A value before a tag is lost by the texts' parser unless it stands in a tag of its own: this one
/// shows nothing.
fn plain(children: ChildrenFn) -> impl IntoView {
    children()
}

pub(super) fn name(children: ChildrenFn) -> impl IntoView {
    view! { <span class="name">{children()}</span> }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn a_call_is_timed_to_a_tenth_of_a_second() {
        assert_eq!(seconds("1104"), "1.1");
        assert_eq!(seconds("49"), "0.0");
        assert_eq!(seconds("50"), "0.1");
        assert_eq!(seconds("59960"), "60.0");
        assert_eq!(seconds("nonsense"), "0.0");
    }
}
