//! While it is not known what was made, and right after it is: what was sent, what is not known, what is
//! being done about it, and what the person can do.

use leptos::{children::ChildrenFn, prelude::*};
use portal::model::{AuditRow, Event, RequestPage, Settling, Timestamp};

use super::pickup::countdown_words;
use crate::{
    audit::words::why_word,
    components::{Callout, Countdown, CountdownWords, Tone, bold},
    texts::locale,
    time, tr, tr_view,
};

/// What the last attempt says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sent {
    at: Timestamp,
    deadline: Timestamp,
}

/// The call of the last attempt, if it was started.
fn sent(story: &[AuditRow]) -> Option<Sent> {
    story
        .iter()
        .rev()
        .take_while(|row| !matches!(row.event, Event::IssueIntent {}))
        .find_map(|row| match row.event {
            Event::IssueCallStarted { deadline, .. } => Some(Sent {
                at: row.at,
                deadline,
            }),
            _ => None,
        })
}

/// The certificate is being made.
pub fn issuing(page: &RequestPage) -> impl IntoView + use<> {
    let now = page.now;
    let text = match sent(&page.story) {
        None => tr!(unclear.preparing).to_owned(),
        Some(sent) => {
            let asked = tr!(unclear.sent, time = time::ago(locale(), now, sent.at));
            let then = if sent.deadline > now {
                let by = time::clock(locale(), now, sent.deadline);
                tr!(unclear.deadline, time = by)
            } else {
                tr!(unclear.late).to_owned()
            };
            format!("{asked} {then}")
        }
    };
    let reload = reload(page);
    view! {
        <Callout tone=Tone::Accent title=tr!(requests.issuing_title)>
            <p class="quiet">{text} " " {tr!(unclear.refreshes)} " " {reload}</p>
        </Callout>
    }
}

/// The answer was lost, and it is being found out.
pub fn unknown(page: &RequestPage) -> impl IntoView + use<> {
    let now = page.now;
    let asked = sent(&page.story).map(|sent| {
        view! {
            <time datetime=time::machine(sent.at) title=time::title(sent.at)>
                {tr!(unclear.sent_at, time = time::ago(locale(), now, sent.at))}
            </time>
            " "
        }
    });
    let looking = page.settling.map(|settling| looking(settling, now));
    let reload = reload(page);
    view! {
        <Callout tone=Tone::Warn title=tr!(requests.unknown_title)>
            <p>{asked} {tr!(unclear.not_known)}</p>
            {looking}
            <p class="quiet">{tr!(unclear.can)} " " {reload}</p>
        </Callout>
    }
}

/// What is being done about it: how often the list was read, and when it is next.
fn looking(settling: Settling, now: Timestamp) -> impl IntoView {
    let Settling {
        polls,
        next_at,
        window_ends,
        ..
    } = settling;
    let so_far = (polls > 0).then(|| format!("{} ", tr!(unclear.looked, count = polls)));
    let left_s = (next_at - now).whole_seconds();
    let words = CountdownWords {
        over: tr!(unclear.any_moment).to_owned(),
        ..countdown_words()
    };
    let end = if window_ends > now {
        let by = time::clock(locale(), now, window_ends);
        tr!(unclear.until, time = by)
    } else {
        tr!(unclear.overdue).to_owned()
    };
    view! {
        <p class="quiet">
            {tr!(unclear.looking)} " " {so_far} {tr!(unclear.next_before)}
            <Countdown left_s words /> {tr!(unclear.next_after)} " " {end}
        </p>
    }
}

/// Security decides, and this is not security.
pub fn ambiguous(page: &RequestPage) -> impl IntoView + use<> {
    let (why, reload) = (why_ambiguous(&page.story), reload(page));
    view! {
        <Callout tone=Tone::Warn title=tr!(requests.ambiguous_title)>
            <p class="quiet">{why} " " {tr!(unclear.ambiguous_next)} " " {reload}</p>
        </Callout>
    }
}

/// Why Atlas's list does not tell.
pub fn why_ambiguous(story: &[AuditRow]) -> &'static str {
    let why = story.iter().rev().find_map(|row| match &row.event {
        Event::IssueAmbiguous { why, .. } => Some(why.as_str()),
        _ => None,
    });
    match why {
        Some("others") => tr!(unclear.why_others),
        Some("list_differs") => tr!(unclear.why_list),
        Some("user_gone") => tr!(unclear.why_gone),
        _ => tr!(unclear.why_several),
    }
}

/// Since when Atlas's answer is missing.
pub fn asked_at(story: &[AuditRow]) -> Option<Timestamp> {
    sent(story).map(|sent| sent.at)
}

/// A certificate exists that nobody has the key of.
pub fn lost(page: &RequestPage, again: AnyView) -> impl IntoView + use<> {
    let what = page.certificate.clone().map(|row| {
        let (serial, end) = (row.serial.to_string(), time::day(locale(), row.not_after));
        let sentence = tr_view!(
            unclear.lost_what, <b> = bold, <m> = mono, serial = serial, end = end
        );
        view! {
            <p>
                {sentence} " "
                <a href=format!("/certificates/{}", row.id)>{tr!(unclear.lost_see)}</a>
            </p>
        }
    });
    let next = page
        .may
        .ask_again
        .then(|| view! { <p class="quiet">{tr!(unclear.lost_again)}</p> });
    view! {
        <Callout tone=Tone::Danger title=tr!(requests.lost_title)>
            {what} {next} {again}
        </Callout>
    }
}

/// Why the request is approved once more, or has failed, where Atlas's refusal is not the reason.
pub fn came_to_nothing(page: &RequestPage) -> Option<(&'static str, String)> {
    if page.refusal.is_some() {
        return None;
    }
    let last = page.story.iter().rev().find(|row| {
        let name = row.event.kind().to_string();
        name.starts_with("issue.")
    })?;
    Some(match &last.event {
        Event::IssueNotIssued { approval, .. } if approval == "used_up" => used_up(),
        Event::IssueResolved { approval, .. } if approval.as_deref() == Some("used_up") => {
            used_up()
        }
        Event::IssueNotIssued { polls, .. } => {
            let count = polls.parse::<u32>().unwrap_or_default();
            (
                tr!(unclear.not_issued_title),
                tr!(unclear.not_issued_text, count = count).to_string(),
            )
        }
        Event::IssueResolved { serial: None, .. } => (
            tr!(unclear.not_issued_title),
            tr!(unclear.resolved_text).to_owned(),
        ),
        Event::IssueNotSent { why } => (
            tr!(unclear.not_sent_title),
            tr!(unclear.not_sent_text, why = why_word(why)),
        ),
        _ => return None,
    })
}

fn used_up() -> (&'static str, String) {
    (
        tr!(unclear.used_up_title),
        tr!(unclear.used_up_text).to_owned(),
    )
}

/// For those whose page does not turn itself.
fn reload(page: &RequestPage) -> impl IntoView + use<> {
    let here = format!("/requests/{}", page.row.id);
    view! { <a href=here>{tr!(requests.reload)}</a> }
}

fn mono(children: ChildrenFn) -> impl IntoView {
    view! { <span class="mono">{children()}</span> }
}
