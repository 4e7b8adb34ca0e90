//! The frame: a rail of rooms, one column of work, the seal at the foot.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Outlet;
use portal::model::{NavCounts, Role, Viewer};

use super::{SaidNotice, Seal, TroubleView, sentence_of, trouble::TroubleTitle};
use crate::{account, error::PortalError, here::here, texts::locale, tr};

/// The frame around every routed page.
#[component]
pub fn Frame() -> impl IntoView {
    view! {
        <Framed>
            <Outlet />
        </Framed>
    }
}

/// The frame around a page given as children.
#[component]
fn Framed(
    /// The page.
    children: Children,
) -> impl IntoView {
    view! {
        <a class="skip" href="#main">
            {tr!(frame.skip)}
        </a>
        <div class="frame">
            {if here().signed_in {
                Suspend::new(async move {
                    // The frame stands without its numbers; the page says what is away.
                    let viewer = account::api::viewer().await.ok();
                    view! { <Rail viewer /> }
                })
                    .into_any()
            } else {
                view! { <Rail viewer=None /> }.into_any()
            }} <main id="main" tabindex="-1">
                <SaidNotice />
                {children()}
            </main> {here().signed_in.then(|| view! { <Seal /> })}
        </div>
    }
}

/// The rooms, and who is here.
#[component]
pub fn Rail(
    /// Who looks; `None` where that could not be found out.
    viewer: Option<Viewer>,
) -> impl IntoView {
    let counts = viewer
        .as_ref()
        .map_or_else(NavCounts::default, |viewer| viewer.counts);
    // A room that would answer 404 has no door.
    let is = |roles: &[Role]| {
        let viewer = viewer.as_ref();
        viewer.is_some_and(|viewer| viewer.roles.iter().any(|role| roles.contains(role)))
    };
    // Security decides where a project has one owner only.
    let approvals = is(&[Role::Owner]) || counts.changes > 0;
    let to_decide = counts.approvals + counts.changes;
    let audit = is(&[Role::Owner, Role::Security]);
    let operations = is(&[Role::Operator, Role::Security]);
    view! {
        <header class="rail">
            <a class="mark" href="/">
                <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">
                    <circle cx="9" cy="12" r="5" />
                    <path d="M14 12h8m-3 0v4m-4-4v3" />
                </svg>
                "Certdesk"
            </a>
            <nav aria-label=tr!(frame.rooms)>
                {room("/", tr!(frame.today), counts.today)}
                {room("/requests", tr!(frame.requests), 0)}
                {approvals.then(|| room("/approvals", tr!(frame.approvals), to_decide))}
                {room("/certificates", tr!(frame.certificates), 0)}
                {room("/projects", tr!(frame.projects), 0)}
                {audit.then(|| room("/audit", tr!(frame.audit), 0))}
                {operations.then(|| room("/operations", tr!(frame.operations), 0))}
            </nav>
            {viewer
                .map(|viewer| {
                    let roles = viewer.roles.iter().map(|role| role_word(*role)).collect::<Vec<_>>();
                    view! {
                        <div class="who">
                            <a href="/account" aria-current=current("/account")>
                                <span>{viewer.person.name}</span>
                                <span class="faint">{roles.join(" · ")}</span>
                            </a>
                        </div>
                    }
                })}
        </header>
    }
}

/// One room of the rail, with what waits in it.
fn room(href: &'static str, name: &'static str, waiting: u32) -> impl IntoView {
    view! {
        <a href=href aria-current=current(href)>
            <span>{name}</span>
            {(waiting > 0)
                .then(|| {
                    view! {
                        <b>
                            <span class="unseen">{tr!(frame.waiting)}</span>
                            {if waiting > 98 { "99+".to_owned() } else { waiting.to_string() }}
                        </b>
                    }
                })}
        </a>
    }
}

/// `aria-current` of a room: the page itself, or something inside it.
fn current(room: &str) -> Option<&'static str> {
    let here = here();
    // Requests and changes are two lists of one room.
    let path = match here.path() {
        "/changes" => "/requests",
        path if path.starts_with("/changes/") => "/requests/",
        path => path,
    };
    if path == room {
        Some("page")
    } else if room != "/"
        && path
            .strip_prefix(room)
            .is_some_and(|rest| rest.starts_with('/'))
    {
        Some("true")
    } else {
        None
    }
}

/// A role in a word.
pub(crate) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Developer => tr!(common.role_developer),
        Role::Owner => tr!(common.role_owner),
        Role::Security => tr!(common.role_security),
        Role::Operator => tr!(common.role_operator),
    }
}

/// The page's heading, what stands under it and beside it; names the window too.
#[component]
pub fn PageTitle(
    /// The heading.
    #[prop(into)]
    title: String,
    /// A line under it.
    #[prop(optional)]
    children: Option<Children>,
    /// What stands at the right: the page's one primary button, or a state.
    #[prop(optional, into)]
    aside: Option<AnyView>,
) -> impl IntoView {
    view! {
        <Title text=format!("{title} · Certdesk") />
        <div class="title">
            <div>
                <h1>{title}</h1>
                {children.map(|children| view! { <p>{children()}</p> })}
            </div>
            {aside}
        </div>
    }
}

/// The page for an address that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    let error = PortalError::NotFound;
    (here().failed)(&error);
    let sentence = sentence_of(locale(), &error);
    view! {
        <TroubleTitle title=sentence.title.clone() />
        <Framed>
            <TroubleView sentence status=404 />
        </Framed>
    }
}
