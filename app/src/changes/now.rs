//! What to do now, or what became of it: the box above a change.

use leptos::prelude::*;
use portal::model::{ChangeKind, ChangePage, ChangeState, Denial, Event, SECOND_SEEN_DAYS};
use server_fn::ServerFn as _;

use super::{
    api,
    decide::{about, sign_in_again},
    words::{asks, place_of_decision, stands_with_x509, x509_page},
};
use crate::{
    audit::words::why_word,
    components::{Callout, Link, PostForm, Reason, Submit, Tone, subject},
    here::here,
    layout::RefusalView,
    requests::words::any_of,
    texts::locale,
    time, tr,
};

/// The page the box stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// The change's own.
    Change,
    /// The project's page about X.509.
    X509,
}

/// What to do now, or what became of it. Who decides about a database user has the brief in its place.
pub fn now_to_do(page: &ChangePage, stand: Stand) -> Option<AnyView> {
    let view = match page.row.state {
        ChangeState::Submitted if page.may.approve || page.may.deny => {
            return decides(page, stand).map(IntoAny::into_any);
        }
        ChangeState::Submitted => submitted(page, stand).into_any(),
        ChangeState::Approved => approved(page).into_any(),
        ChangeState::Calling => waiting(
            Tone::Accent,
            tr!(changes.calling_title),
            tr!(changes.calling_text),
            page,
        )
        .into_any(),
        ChangeState::Unknown => waiting(
            Tone::Warn,
            tr!(requests.unknown_title),
            tr!(changes.unknown_text),
            page,
        )
        .into_any(),
        ChangeState::Applying => applying(page).into_any(),
        ChangeState::Done => done(page, stand).into_any(),
        ChangeState::Denied => denied(page).into_any(),
        ChangeState::Rejected => {
            let (refusal, now) = (page.refusal.clone(), page.now);
            view! {
                <Callout tone=Tone::Danger title=tr!(changes.rejected_title)>
                    {refusal.map(|refusal| view! { <RefusalView refusal now /> })}
                </Callout>
            }
            .into_any()
        }
        ChangeState::NotApplied => plain(
            Tone::Danger,
            tr!(changes.not_applied_title),
            tr!(changes.not_applied_text),
        )
        .into_any(),
        ChangeState::Withdrawn => plain(Tone::Plain, tr!(changes.withdrawn_title), "").into_any(),
        ChangeState::Expired if was_approved(page) => {
            plain(Tone::Warn, tr!(changes.expired_approved), "").into_any()
        }
        ChangeState::Expired => plain(Tone::Warn, tr!(changes.expired_submitted), "").into_any(),
    };
    Some(view)
}

/// Where the viewer decides: on the page about X.509, at its end, below what it would do.
fn decides(page: &ChangePage, stand: Stand) -> Option<impl IntoView + use<>> {
    if !stands_with_x509(page) {
        return None;
    }
    let title = asks(&page.row);
    let until = runs_out(page);
    let view = match stand {
        Stand::X509 => view! {
            <Callout tone=Tone::Accent title>
                <p class="quiet">{tr!(changes.decide_below)} " " {until}</p>
                <p class="row">
                    <a class="btn small" href="#answer">
                        {tr!(changes.to_answer)}
                    </a>
                </p>
            </Callout>
        }
        .into_any(),
        Stand::Change => {
            let there = x509_page(&page.row);
            view! {
                <Callout tone=Tone::Accent title>
                    <p class="quiet">{tr!(changes.decide_there)} " " {until}</p>
                    <p class="row">
                        <a class="btn primary" href=there>
                            {tr!(changes.to_x509)}
                        </a>
                    </p>
                </Callout>
            }
            .into_any()
        }
    };
    Some(view)
}

/// Waits for somebody who is not the viewer.
fn submitted(page: &ChangePage, stand: Stand) -> impl IntoView + use<> {
    let own = page.why_not_approve == Some(Denial::OwnRequest);
    let title = if own {
        tr!(requests.own_title)
    } else {
        tr!(requests.wait_title)
    };
    let who = who_decides(page, own);
    let nobody = page.approvers.is_empty() && !page.security_decides;
    let tone = if nobody { Tone::Warn } else { Tone::Accent };
    let (until, withdraw) = (runs_out(page), withdraw(page));
    let there = (stand == Stand::Change && stands_with_x509(page)).then(|| {
        let there = x509_page(&page.row);
        view! { <p><a href=there>{tr!(changes.to_x509)}</a></p> }
    });
    view! {
        <Callout tone title>
            <p class="quiet">{who} " " {until}</p>
            {there}
            {withdraw}
        </Callout>
    }
}

/// Who can say yes: named, or security in general, or nobody yet.
fn who_decides(page: &ChangePage, own: bool) -> String {
    let names = any_of(&page.approvers);
    let days = u32::from(SECOND_SEEN_DAYS);
    match (page.security_decides, names.is_empty(), own) {
        (true, true, true) => tr!(changes.security_you, days = days),
        (true, true, false) => tr!(changes.security_decides, days = days),
        (true, false, true) => tr!(changes.security_you_named, days = days, names = names),
        (true, false, false) => tr!(changes.security_named, days = days, names = names),
        (false, true, _) => tr!(changes.nobody_decides).to_owned(),
        (false, false, _) => tr!(changes.can_approve, days = days, names = names),
    }
}

/// When nobody waits any more: the exact time on hover.
fn runs_out(page: &ChangePage) -> Option<impl IntoView + use<>> {
    page.row.until.map(|until| {
        let time = time::ahead(locale(), page.now, until);
        let words = if page.row.state == ChangeState::Submitted {
            tr!(requests.wait_until, time = time)
        } else {
            tr!(changes.send_until, time = time)
        };
        view! {
            <time class="wraps" datetime=time::machine(until) title=time::title(until)>
                {words}
            </time>
        }
    })
}

fn withdraw(page: &ChangePage) -> Option<impl IntoView + use<>> {
    let note = if page.row.state == ChangeState::Submitted {
        tr!(requests.withdraw_note)
    } else {
        tr!(changes.withdraw_sent_note)
    };
    let about = about(page);
    page.may.withdraw.then(|| {
        view! {
            <PostForm to=api::Withdraw::PATH class="row">
                {about} <Submit label=tr!(requests.withdraw) class="small" />
                <span class="faint">{note}</span>
            </PostForm>
        }
    })
}

/// Said yes to, and not with Atlas: on its way, or stopped before it was sent.
fn approved(page: &ChangePage) -> impl IntoView + use<> {
    let (until, withdraw) = (runs_out(page), withdraw(page));
    let again = page.may.carry_out.then(|| again(page));
    let Some(why) = &page.not_sent else {
        let place = place_of_decision(&page.row);
        return view! {
            <Callout tone=Tone::Accent title=tr!(changes.approved_title)>
                <p class="quiet">
                    {tr!(changes.approved_text)} " " <a href=place>{tr!(requests.reload)}</a>
                </p>
                {again}
            </Callout>
        }
        .into_any();
    };
    let text = match why.as_str() {
        "atlas_differs" => tr!(changes.differs_text).to_owned(),
        "name_refused" => tr!(changes.name_refused_text).to_owned(),
        "clusters_busy" => tr!(changes.busy_text).to_owned(),
        "certificate_unsettled" => tr!(changes.unsettled_text).to_owned(),
        why => tr!(changes.not_sent_text, why = why_word(why)),
    };
    let (refusal, now) = (page.refusal.clone(), page.now);
    view! {
        <Callout tone=Tone::Warn title=tr!(changes.not_sent_title)>
            <p class="quiet">{text} " " {until}</p>
            {refusal.map(|refusal| view! { <RefusalView refusal now /> })}
            {again}
            {withdraw}
        </Callout>
    }
    .into_any()
}

/// One more try. Where what was asked for does not fit any more, it is not the thing to do first.
fn again(page: &ChangePage) -> impl IntoView + use<> {
    if page.step_up {
        return view! {
            <p class="row">
                <a class="btn" href=sign_in_again(page)>
                    {tr!(changes.step_up_again)}
                </a>
                <span class="faint">{tr!(requests.step_up_note)}</span>
            </p>
        }
        .into_any();
    }
    let fits = !matches!(
        page.not_sent.as_deref(),
        Some("atlas_differs" | "name_refused")
    );
    let class = if fits { "primary" } else { "small" };
    let about = about(page);
    view! {
        <PostForm to=api::CarryOut::PATH class="row">
            {about} <Submit label=tr!(changes.carry_out) class />
            <span class="faint">{tr!(changes.carry_out_note)}</span>
        </PostForm>
    }
    .into_any()
}

/// Something happens elsewhere; the page turns itself.
fn waiting(
    tone: Tone,
    title: &'static str,
    text: &'static str,
    page: &ChangePage,
) -> impl IntoView + use<> {
    let place = place_of_decision(&page.row);
    view! {
        <Callout tone title>
            <p class="quiet">{text} " " <a href=place>{tr!(requests.reload)}</a></p>
        </Callout>
    }
}

/// Atlas took it.
fn applying(page: &ChangePage) -> impl IntoView + use<> {
    let (title, text) = match page.row.kind {
        ChangeKind::DisableX509 => (tr!(changes.off_title), tr!(changes.off_text)),
        _ => (tr!(changes.taken_title), tr!(changes.taken_text)),
    };
    waiting(Tone::Accent, title, text, page)
}

/// It holds.
fn done(page: &ChangePage, stand: Stand) -> impl IntoView + use<> {
    let user = page
        .row
        .username
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let untold = page
        .clusters
        .is_none()
        .then(|| view! { <p class="quiet">{tr!(changes.clusters_untold)}</p> });
    let unseen = unseen(page).map(|clusters| {
        let text = tr!(changes.clusters_unseen, clusters = clusters);
        view! { <p class="quiet">{text}</p> }
    });
    let tone = if unseen.is_some() {
        Tone::Warn
    } else {
        Tone::Ok
    };
    let title = match page.row.kind {
        ChangeKind::DisableX509 => tr!(changes.done_disable).to_owned(),
        ChangeKind::CreateUser => tr!(changes.done_create, user = user.clone()),
        ChangeKind::UpdateUser => tr!(changes.done_update, user = user.clone()),
        ChangeKind::DeleteUser => tr!(changes.done_delete, user = user.clone()),
    };
    let way = match page.row.kind {
        ChangeKind::CreateUser if here().may_ask() => Some((
            tr!(requests.ask),
            Link::to("/requests/new")
                .with("project", page.row.project.id.as_str())
                .with("username", &user),
        )),
        ChangeKind::DisableX509 if stand == Stand::Change => {
            Some((tr!(changes.to_x509_now), Link::to(x509_page(&page.row))))
        }
        _ => None,
    };
    let way = way.map(|(label, link)| {
        view! {
            <p class="row">
                <a class="btn small" href=String::from(link)>
                    {label}
                </a>
            </p>
        }
    });
    view! {
        <Callout tone title>
            {untold}
            {unseen}
            {way}
        </Callout>
    }
}

/// The clusters that were not seen to follow, where some were not.
fn unseen(page: &ChangePage) -> Option<String> {
    let names: Vec<&str> = page
        .clusters
        .iter()
        .flatten()
        .filter(|cluster| !cluster.done)
        .map(|cluster| cluster.name.as_str())
        .collect();
    (!names.is_empty()).then(|| names.join(tr!(common.list_comma)))
}

/// Who said no, and why.
fn denied(page: &ChangePage) -> impl IntoView + use<> {
    let no = page
        .story
        .iter()
        .rev()
        .find(|row| matches!(row.event, Event::ChangeDenied {}));
    let title = no.map_or_else(
        || tr!(requests.denied_plain).to_owned(),
        |row| tr!(requests.denied_title, who = subject(&row.actor)),
    );
    let text = no.and_then(|row| row.text.clone());
    view! {
        <Callout tone=Tone::Danger title>
            {text.map(|text| view! { <Reason text /> })}
            <p class="quiet">{tr!(changes.nothing_changed)}</p>
        </Callout>
    }
}

fn plain(tone: Tone, title: &'static str, text: &'static str) -> impl IntoView {
    view! {
        <Callout tone title>
            {(!text.is_empty()).then(|| view! { <p class="quiet">{text}</p> })}
        </Callout>
    }
}

/// Whether a change that ran out of time had been approved.
fn was_approved(page: &ChangePage) -> bool {
    page.story
        .iter()
        .any(|row| matches!(&row.event, Event::ChangeExpired { was } if was == "approved"))
}
