//! A key that waits to be collected.

use leptos::prelude::*;
use portal::model::{Pickup, RequestPage};
use server_fn::ServerFn as _;

use super::{api, files::files, words::agent};
use crate::{
    components::{Callout, Countdown, CountdownWords, LeaveGuard, PostForm, Submit, Tone},
    tr,
};

/// The download and its end; for everybody else, for whom it waits.
pub fn pickup(page: &RequestPage) -> impl IntoView + use<> {
    let left_s = |pickup: Pickup| (pickup.until - page.now).whole_seconds();
    match page.pickup {
        Some(pickup) if left_s(pickup) <= 0 => view! {
            <Callout tone=Tone::Warn title=tr!(requests.ready_gone)>
                <p class="quiet">{tr!(requests.ready_gone_text)}</p>
            </Callout>
        }
        .into_any(),
        Some(pickup) if pickup.in_this_browser => here(page, pickup, left_s(pickup)).into_any(),
        Some(pickup) => elsewhere(page, pickup, left_s(pickup)).into_any(),
        None => {
            let title = tr!(requests.ready_other, who = agent(&page.row.requester));
            view! {
                <Callout tone=Tone::Accent title>
                    <p class="quiet">{tr!(requests.ready_other_text)}</p>
                </Callout>
            }
            .into_any()
        }
    }
}

/// The element whose forms are no leaving of the page.
const PICKUP: &str = "pickup";

/// In the browser that can open it.
fn here(page: &RequestPage, pickup: Pickup, left_s: i64) -> impl IntoView + use<> {
    let id = page.row.id.to_string();
    let Pickup {
        downloads_used: used,
        downloads_allowed: allowed,
        ..
    } = pickup;
    let count = if used < allowed {
        tr!(requests.downloads, used = used, allowed = allowed)
    } else {
        tr!(requests.downloads_gone, allowed = allowed)
    };
    // Until it is downloaded once, that is what to do; then, to say that it is saved. Both are there
    // from the start: without JavaScript, the page does not notice a download.
    let save_class = if used == 0 { "" } else { "primary" };
    let files = files(page, pickup);
    view! {
        <div id=PICKUP>
            <Callout tone=Tone::Ok title=tr!(requests.ready_title)>
                <p class="quiet">
                    {tr!(requests.ready_before)} <Countdown left_s words=countdown_words() />
                    {tr!(requests.ready_after)} " " {count}
                </p>
                {files}
                <div class="row saving">
                    {i_saved_it(&id, save_class)} <p class="quiet">{tr!(requests.saved_note)}</p>
                </div>
            </Callout>
            <LeaveGuard within=PICKUP.to_owned() />
        </div>
    }
}

/// In a browser that cannot.
fn elsewhere(page: &RequestPage, pickup: Pickup, left_s: i64) -> impl IntoView + use<> {
    let id = page.row.id.to_string();
    let saved = (pickup.downloads_used > 0).then(|| i_saved_it(&id, ""));
    view! {
        <Callout tone=Tone::Warn title=tr!(requests.elsewhere_title)>
            <p class="quiet">
                {tr!(requests.elsewhere_before)} <Countdown left_s words=countdown_words() />
                {tr!(requests.elsewhere_after)}
            </p>
            {saved
                .map(|saved| {
                    view! {
                        <div class="row">{saved}</div>
                        <p class="faint">{tr!(requests.saved_note)}</p>
                    }
                })}
        </Callout>
    }
}

fn i_saved_it(id: &str, class: &'static str) -> impl IntoView + use<> {
    let id = id.to_owned();
    view! {
        <PostForm to=api::Acknowledge::PATH>
            <input type="hidden" name="id" value=id />
            <Submit label=tr!(requests.saved) class />
        </PostForm>
    }
}

/// The words of a time that runs out.
pub fn countdown_words() -> CountdownWords {
    CountdownWords {
        minutes: tr!(common.unit_minutes).to_owned(),
        seconds: tr!(common.unit_seconds).to_owned(),
        over: tr!(common.time_over).to_owned(),
    }
}
