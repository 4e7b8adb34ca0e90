//! What to do now: the box above a request's story.

use leptos::prelude::*;
use portal::model::{AuditRow, Denial, Event, RequestPage, RequestState};
use server_fn::ServerFn as _;

use super::{
    api,
    pickup::pickup,
    unclear::{ambiguous, came_to_nothing, issuing, lost, unknown},
    words::{agent, any_of},
};
use crate::{
    components::{Callout, Link, PostForm, Reason, Submit, Tone, subject},
    here::{Done, What, here},
    layout::{RefusalView, obstacle_next, obstacle_text},
    texts::locale,
    time, tr,
};

/// What to do now, or what became of it. Who decides has the brief in its place.
pub fn now_to_do(page: &RequestPage) -> Option<AnyView> {
    if page.brief.is_some() || page.ambiguity.is_some() {
        return None;
    }
    // The message above the page has just said it.
    let just_saved = here()
        .said
        .as_ref()
        .is_some_and(|said| said.what == What::Done(Done::KeyDestroyed));
    if just_saved && page.row.state == RequestState::Delivered {
        return None;
    }
    let view = match page.row.state {
        RequestState::Submitted => submitted(page).into_any(),
        RequestState::Approved => approved(page).into_any(),
        RequestState::Issuing => issuing(page).into_any(),
        RequestState::Unknown => unknown(page).into_any(),
        RequestState::Ambiguous => ambiguous(page).into_any(),
        RequestState::Ready => pickup(page).into_any(),
        RequestState::Denied => denied(page).into_any(),
        RequestState::Failed => failed(page).into_any(),
        RequestState::Lost => lost(page, again(page).into_any()).into_any(),
        RequestState::Withdrawn
        | RequestState::Expired
        | RequestState::Delivered
        | RequestState::Unconfirmed
        | RequestState::Uncollected => over(page).into_any(),
    };
    Some(view)
}

/// Nothing was issued, and nothing will be.
fn failed(page: &RequestPage) -> impl IntoView + use<> {
    let (refusal, now, again) = (page.refusal.clone(), page.now, again(page));
    let (title, text) =
        came_to_nothing(page).unwrap_or((tr!(requests.failed_title), String::new()));
    view! {
        <Callout tone=Tone::Danger title>
            {refusal.map(|refusal| view! { <RefusalView refusal now /> })}
            {(!text.is_empty()).then(|| view! { <p class="quiet">{text}</p> })} {again}
        </Callout>
    }
}

/// Waits for a decision that the viewer does not make.
fn submitted(page: &RequestPage) -> impl IntoView + use<> {
    let own = page.why_not_approve == Some(Denial::OwnRequest);
    let somebody = !page.approvers.is_empty();
    let title = if own {
        tr!(requests.own_title)
    } else {
        tr!(requests.wait_title)
    };
    let names = any_of(&page.approvers);
    let who = match (own, somebody) {
        (true, true) => tr!(requests.own_names, names = names),
        (true, false) => tr!(requests.own_nobody).to_owned(),
        (false, true) => tr!(requests.can_approve, names = names),
        (false, false) => format!(
            "{} {}",
            tr!(requests.nobody_named),
            tr!(requests.nobody_named_next)
        ),
    };
    let tone = if somebody { Tone::Accent } else { Tone::Warn };
    let (runs_out, withdraw) = (runs_out(page), withdraw(page));
    view! {
        <Callout tone title>
            <p class="quiet">{who} " " {runs_out}</p>
            {withdraw}
        </Callout>
    }
}

/// When nobody waits any more: the exact time on hover.
fn runs_out(page: &RequestPage) -> Option<impl IntoView + use<>> {
    page.row.until.map(|until| {
        let time = time::ahead(locale(), page.now, until);
        let words = if page.row.state == RequestState::Submitted {
            tr!(requests.wait_until, time = time)
        } else {
            tr!(requests.issue_until, time = time)
        };
        view! {
            <time class="wraps" datetime=time::machine(until) title=time::title(until)>
                {words}
            </time>
        }
    })
}

fn withdraw(page: &RequestPage) -> Option<impl IntoView + use<>> {
    let id = page.row.id.to_string();
    let note = if page.row.state == RequestState::Submitted {
        tr!(requests.withdraw_note)
    } else {
        tr!(requests.withdraw_issue_note)
    };
    page.may.withdraw.then(|| {
        view! {
            <PostForm to=api::Withdraw::PATH class="row">
                <input type="hidden" name="id" value=id />
                <Submit label=tr!(requests.withdraw) class="small" />
                <span class="faint">{note}</span>
            </PostForm>
        }
    })
}

/// Waits for the requester.
fn approved(page: &RequestPage) -> impl IntoView + use<> {
    let (id, now) = (page.row.id, page.now);
    let refused = page.refusal.clone().map(|refusal| {
        view! {
            <Callout tone=Tone::Danger title=tr!(requests.refused_title)>
                <RefusalView refusal now />
            </Callout>
        }
    });
    let nothing = came_to_nothing(page).map(|(title, text)| {
        view! {
            <Callout tone=Tone::Plain title>
                <p class="quiet">{text}</p>
            </Callout>
        }
    });
    let (runs_out, withdraw) = (runs_out(page), withdraw(page));
    let obstacle = page.obstacle.filter(|_| page.may.issue);
    let standing = if let Some(obstacle) = obstacle {
        let l = locale();
        view! {
            <Callout tone=Tone::Warn title=obstacle_text(l, obstacle)>
                <p class="quiet">{obstacle_next(l, obstacle)} " " {runs_out}</p>
                {withdraw}
            </Callout>
        }
        .into_any()
    } else if page.may.issue {
        let how = if page.step_up {
            view! {
                <p class="row">
                    <a class="btn primary" href=sign_in_again(id)>
                        {tr!(requests.step_up_issue)}
                    </a>
                    <span class="faint">{tr!(requests.step_up_note)}</span>
                </p>
            }
            .into_any()
        } else {
            view! {
                <PostForm to=api::Issue::PATH class="row">
                    <input type="hidden" name="id" value=id.to_string() />
                    <Submit label=tr!(requests.issue) />
                </PostForm>
            }
            .into_any()
        };
        view! {
            <Callout tone=Tone::Accent title=tr!(requests.issue_title)>
                <p class="quiet">{tr!(requests.issue_what)} " " {runs_out}</p>
                {how}
                {withdraw}
            </Callout>
        }
        .into_any()
    } else if page.row.until.is_some_and(|until| until <= page.now) {
        view! {
            <Callout tone=Tone::Warn title=tr!(requests.approval_over)>
                <p class="quiet">{tr!(requests.again_note)}</p>
            </Callout>
        }
        .into_any()
    } else {
        let title = tr!(requests.approved_other, who = agent(&page.row.requester));
        view! {
            <Callout tone=Tone::Accent title>
                <p class="quiet">{runs_out}</p>
            </Callout>
        }
        .into_any()
    };
    view! {
        {refused}
        {nothing}
        {standing}
    }
}

/// Who said no, and why.
fn denied(page: &RequestPage) -> impl IntoView + use<> {
    let no = page
        .story
        .iter()
        .rev()
        .find(|row| matches!(row.event, Event::RequestDenied {}));
    let title = no.map_or_else(
        || tr!(requests.denied_plain).to_owned(),
        |row| tr!(requests.denied_title, who = subject(&row.actor)),
    );
    let text = no.and_then(|row| row.text.clone());
    let next = page
        .may
        .ask_again
        .then(|| view! { <p class="quiet">{tr!(requests.denied_next)}</p> });
    let again = again(page);
    view! {
        <Callout tone=Tone::Danger title>
            {text.map(|text| view! { <Reason text /> })}
            {next}
            {again}
        </Callout>
    }
}

/// Nothing can change any more.
fn over(page: &RequestPage) -> impl IntoView + use<> {
    let (tone, title, text) = match page.row.state {
        RequestState::Delivered if page.row.requester.is_you => (
            Tone::Ok,
            tr!(requests.delivered_title),
            tr!(requests.delivered_you).to_owned(),
        ),
        RequestState::Delivered => (
            Tone::Ok,
            tr!(requests.delivered_title),
            tr!(requests.delivered_other, who = agent(&page.row.requester)),
        ),
        RequestState::Unconfirmed => (
            Tone::Warn,
            tr!(requests.unconfirmed_title),
            tr!(requests.unconfirmed_text).to_owned(),
        ),
        RequestState::Uncollected => (
            Tone::Warn,
            tr!(requests.uncollected_title),
            tr!(requests.uncollected_text).to_owned(),
        ),
        RequestState::Expired if was_approved(&page.story) => {
            (Tone::Warn, tr!(requests.expired_approved), String::new())
        }
        RequestState::Expired => (Tone::Warn, tr!(requests.expired_submitted), String::new()),
        _ => (Tone::Plain, tr!(requests.withdrawn_title), String::new()),
    };
    let again = again(page);
    view! {
        <Callout tone title>
            {(!text.is_empty()).then(|| view! { <p class="quiet">{text}</p> })} {again}
        </Callout>
    }
}

/// Whether a request that ran out of time had been approved.
fn was_approved(story: &[AuditRow]) -> bool {
    story
        .iter()
        .any(|row| matches!(&row.event, Event::RequestExpired { was } if was == "approved"))
}

/// The way to the same once more, with the form filled in.
fn again(page: &RequestPage) -> Option<impl IntoView + use<>> {
    page.may.ask_again.then(|| {
        let href = Link::to("/requests/new")
            .with("project", page.row.project.id.as_str())
            .with("username", page.row.username.as_str());
        let word = if page.row.state == RequestState::Delivered {
            tr!(requests.renew)
        } else {
            tr!(requests.ask_again)
        };
        view! {
            <p class="row">
                <a class="btn" href=String::from(href)>
                    {word}
                </a>
            </p>
        }
    })
}

/// The way to a fresh sign-in and back.
pub fn sign_in_again(id: impl std::fmt::Display) -> String {
    let link = Link::to("/auth/login").with("step_up", "1");
    String::from(link.with("return_to", &format!("/requests/{id}")))
}

#[cfg(test)]
mod tests {
    use super::sign_in_again;

    #[test]
    fn a_fresh_sign_in_comes_back() {
        assert_eq!(
            sign_in_again("x"),
            "/auth/login?step_up=1&return_to=%2Frequests%2Fx"
        );
    }
}
