//! The story: what happened, in sentences, in order, each an entry of the audit log.

use leptos::{children::ChildrenFn, prelude::*};
use portal::model::{AuditRow, Event, Serial, Timestamp};

use super::{Reason, Tone, bold, subject};
use crate::{texts::locale, time, tr, tr_view};

/// What happened, oldest first, and what comes next.
#[component]
pub fn Story(
    /// The entries.
    rows: Vec<AuditRow>,
    /// When the page was made.
    now: Timestamp,
    /// Lines of the page's own: what is waited for, and what comes then.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <ol class="story">
            {rows.into_iter().map(|row| story_line(row, now)).collect_view()}
            {children.map(|children| children())}
        </ol>
    }
}

/// One line of a story that is no entry of the log: what is waited for, or what comes next.
#[component]
pub fn StoryLine(
    /// `now` or `todo`.
    class: &'static str,
    /// The sentence.
    children: Children,
) -> impl IntoView {
    view! {
        <li class=class>
            <div>{children()}</div>
        </li>
    }
}

/// One entry as a line.
pub fn story_line(row: AuditRow, now: Timestamp) -> impl IntoView {
    let class = match tone_of(&row.event) {
        Tone::Danger => "bad",
        Tone::Warn => "odd",
        _ => "done",
    };
    let (seq, at) = (row.seq, row.at);
    view! {
        <li class=class>
            <div>{event_sentence(row)}</div>
            <a class="faint" href=format!("/audit/{seq}") title=tr!(audit.entry_title, number = seq)>
                <time datetime=time::machine(at) title=time::title(at)>
                    {time::clock(locale(), now, at)}
                </time>
            </a>
        </li>
    }
}

/// The colour of an event's dot: only what needs a look has one of its own.
pub fn tone_of(event: &Event) -> Tone {
    match event {
        Event::RequestDenied {}
        | Event::IssueRejected { .. }
        | Event::CertUnexplained { .. }
        | Event::CertPickupRefused { .. }
        | Event::LoginFailed { .. }
        | Event::AccessDenied { .. } => Tone::Danger,
        Event::IssueUnknown { .. }
        | Event::IssueNotSent { .. }
        | Event::CertUnconfirmed { .. }
        | Event::CertUncollected { .. }
        | Event::RequestExpired { .. } => Tone::Warn,
        _ => Tone::Ok,
    }
}

/// What happened, in a sentence, with the free text that belongs to it.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of entry")]
pub fn event_sentence(row: AuditRow) -> impl IntoView {
    let who = subject(&row.actor);
    let sentence = match row.event {
        Event::SessionStarted {} => {
            tr_view!(audit.session_started, <b> = bold, who = who).into_any()
        }
        Event::SessionEnded { .. } => {
            tr_view!(audit.session_ended, <b> = bold, who = who).into_any()
        }
        Event::LoginFailed { class } => tr!(audit.login_failed, class = class).into_any(),
        Event::RequestSubmitted { months, .. } => {
            let length = tr!(common.for_months, count = u32::from(months.get()));
            tr_view!(audit.submitted, <b> = bold, who = who, length = length).into_any()
        }
        Event::RequestApproved { months, .. } => {
            let length = tr!(common.for_months, count = u32::from(months.get()));
            tr_view!(audit.approved, <b> = bold, who = who, length = length).into_any()
        }
        Event::RequestDenied {} => tr_view!(audit.denied, <b> = bold, who = who).into_any(),
        Event::RequestWithdrawn {} => tr_view!(audit.withdrawn, <b> = bold, who = who).into_any(),
        Event::RequestExpired { was } if was == "approved" => tr!(audit.expired_approved).into_any(),
        Event::RequestExpired { .. } => tr!(audit.expired_submitted).into_any(),
        Event::IssueIntent {} => tr_view!(audit.intent, <b> = bold, who = who).into_any(),
        Event::IssueNotSent { why } => tr!(audit.not_sent, why = why).into_any(),
        Event::IssueCallStarted { .. } => tr!(audit.call_started).into_any(),
        Event::IssueRejected { status, code } => {
            tr!(audit.rejected, status = status, code = code).into_any()
        }
        Event::IssueUnknown { .. } => tr!(audit.unknown).into_any(),
        Event::CertIssued {
            serial,
            not_after,
            ..
        } => {
            let end = time::day(locale(), not_after);
            tr_view!(
                audit.issued,
                <b> = bold,
                <m> = mono,
                serial = serial.to_string(),
                end = end
            )
            .into_any()
        }
        Event::CertDeliveryStarted { .. } => {
            tr_view!(audit.delivery_started, <b> = bold, who = who).into_any()
        }
        Event::CertDelivered { .. } => tr_view!(audit.delivered, <b> = bold, who = who).into_any(),
        Event::CertUnconfirmed { downloads, .. } => {
            tr!(audit.unconfirmed, downloads = downloads).into_any()
        }
        Event::CertUncollected { .. } => tr!(audit.uncollected).into_any(),
        Event::CertPickupRefused { why } => {
            tr_view!(audit.pickup_refused, <b> = bold, who = who, why = why).into_any()
        }
        Event::CertPreexisting { serial, .. } => with_serial(serial, true).into_any(),
        Event::CertUnexplained { serial, .. } => with_serial(serial, false).into_any(),
        Event::AccessDenied { action, why } => {
            tr_view!(audit.access_denied, <b> = bold, who = who, action = action, why = why)
                .into_any()
        }
    };
    view! {
        {sentence}
        {row.text.map(|text| view! { <Reason text /> })}
    }
}

fn with_serial(serial: Serial, preexisting: bool) -> impl IntoView {
    let serial = serial.to_string();
    if preexisting {
        tr_view!(audit.preexisting, <m> = mono, serial = serial).into_any()
    } else {
        tr_view!(audit.unexplained, <m> = mono, serial = serial).into_any()
    }
}

fn mono(children: ChildrenFn) -> impl IntoView {
    view! { <span class="mono">{children()}</span> }
}
