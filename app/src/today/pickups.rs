//! Keys somebody reached for who should not have, on security's first page.

use leptos::prelude::*;
use portal::model::{Event, RefusedPickup, Timestamp};

use super::pages::section;
use crate::{
    audit::words::why_word,
    components::{Link, subject},
    texts::locale,
    time, tr,
};

/// Attempts to collect a key that were refused, each with the way to its request's log.
pub(super) fn refused(rows: Vec<RefusedPickup>, now: Timestamp) -> Option<impl IntoView> {
    section(
        tr!(today.pickups),
        tr!(today.pickups_note),
        rows,
        move |row| line(row, now).into_any(),
    )
}

fn line(refused: RefusedPickup, now: Timestamp) -> impl IntoView {
    let RefusedPickup { last, times } = refused;
    let log = last.request.map_or_else(
        || Link::to("/audit"),
        |id| Link::to("/audit").with("request", &id.to_string()),
    );
    let log = String::from(log);
    let why = match &last.event {
        Event::CertPickupRefused { why } => why_word(why),
        _ => String::new(),
    };
    let sentence = tr!(today.pickup_refused, who = subject(&last.actor), why = why);
    let often = (times > 1).then(|| tr!(today.pickup_times, count = times).to_string());
    let name = last
        .username
        .map_or_else(|| tr!(today.pickup).to_owned(), |name| name.to_string());
    let ago = time::ago(locale(), now, last.at);
    view! {
        <div class="what">
            <a class="name" href=log.clone()>
                {name.clone()}
            </a>
            <span class="sub">
                {last.project.map(|project| format!("{} · ", project.name))} {sentence} " " {often}
            </span>
        </div>
        <div class="when faint">
            <time datetime=time::machine(last.at) title=time::title(last.at)>
                {ago}
            </time>
        </div>
        <div class="do">
            <a class="btn small" href=log aria-label=format!("{}: {name}", tr!(today.pickup_log))>
                {tr!(today.pickup_log)}
            </a>
        </div>
    }
}
