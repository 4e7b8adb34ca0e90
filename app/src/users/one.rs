//! One database user, as its project's owners change it.

use leptos::{children::ChildrenFn, prelude::*};
use leptos_router::hooks::use_params_map;
use portal::model::{
    DatabaseUserForm, DatabaseUserRow, Field, Obstacle, ProjectRef, REASON_MAX, REASON_MIN,
    Timestamp, X509Type,
};
use server_fn::ServerFn as _;

use super::{
    api,
    beside::{Beside, Next, UnderWay},
    remove::Remove,
    roles::RoleFields,
    words::username_in,
};
use crate::{
    components::{Callout, FieldShell, Link, Mono, PostForm, Sheet, Submit, TextArea, Tone},
    error::PortalError,
    here::here,
    layout::{PageTitle, load, obstacle_next, obstacle_text},
    requests::facts::Roles,
    texts::locale,
    time, tr, tr_view,
};

/// What the form for roles is called, where this page has several.
pub(super) const ROLES_FORM: &str = "change";

/// `/projects/:id/users/:username`
#[component]
pub fn UserRoute() -> impl IntoView {
    let project = use_params_map()
        .get_untracked()
        .get("id")
        .unwrap_or_default();
    let form = api::form(project, username_in(here().path()), String::new());
    // Without a user there is nothing to change.
    let form = async {
        let form = form.await?;
        match form.user.clone() {
            Some(user) => Ok((form, user)),
            None => Err(PortalError::NotFound),
        }
    };
    load(form, |(form, user)| view! { <UserView form user /> })
}

/// What it may do, and the ways to change that and to end it.
#[component]
pub fn UserView(
    /// What is offered.
    form: DatabaseUserForm,
    /// The user.
    user: DatabaseUserRow,
) -> impl IntoView {
    let now = form.now;
    let lead = of_project(&form.project);
    let gone = user.obstacle == Some(Obstacle::UserGone);
    let managed = user.x509_type == X509Type::Managed;
    let title = user.username.to_string();
    let changeable = managed && !gone;
    // Where the form shows what it may do, nothing else needs to.
    let roles = !changeable || form.open.is_some();
    let facts =
        view! { <Facts project=form.project.clone() user=user.clone() roles now /> }.into_any();
    let content = if !changeable {
        let l = locale();
        let (text, next) = user
            .obstacle
            .map_or((tr!(users.not_managed), ""), |obstacle| {
                (obstacle_text(l, obstacle), obstacle_next(l, obstacle))
            });
        let note = if gone {
            tr!(users.gone_note)
        } else {
            tr!(users.not_managed)
        };
        view! {
            <Callout tone=Tone::Warn title=text>
                <p class="quiet">{next}</p>
                <p class="quiet">{note}</p>
            </Callout>
            {facts}
        }
        .into_any()
    } else if let Some(change) = form.open {
        view! {
            <UnderWay change />
            {facts}
        }
        .into_any()
    } else {
        view! {
            <div class="two">
                <RolesForm form=form.clone() user=user.clone() />
                <div class="stack wide">{facts} <Beside form=form.clone() next=Next::Change /></div>
            </div>
            <Remove form user />
        }
        .into_any()
    };
    view! {
        <PageTitle title>{lead}</PageTitle>
        {content}
    }
}

/// "Database user of Payments prod", with the way to the project.
fn of_project(project: &ProjectRef) -> impl IntoView + use<> {
    let href = format!("/projects/{}", project.id);
    let name = project.name.clone();
    let link = move |children: ChildrenFn| {
        let href = href.clone();
        view! { <a href=href>{children()}</a> }
    };
    tr_view!(users.of_project, <a> = link, project = name)
}

/// Other roles, and why.
#[component]
fn RolesForm(form: DatabaseUserForm, user: DatabaseUserRow) -> impl IntoView {
    let here = here();
    let typed = here.typed_in(ROLES_FORM, "reason").map(str::to_owned);
    let reason_hint = tr!(users.reason_change, least = REASON_MIN, most = REASON_MAX);
    let project = form.project.id.to_string();
    view! {
        <Sheet title=tr!(users.change_title)>
            <div class="body">
                <PostForm to=api::Update::PATH class="stack ask roomy">
                    <input type="hidden" name="project" value=project />
                    <input type="hidden" name="username" value=user.username.to_string() />
                    <RoleFields offer=form of=ROLES_FORM hint=tr!(users.roles_change) />
                    <FieldShell field=Field::Reason hint=reason_hint of=ROLES_FORM>
                        <TextArea
                            field=Field::Reason
                            text=typed.unwrap_or_default()
                            least=REASON_MIN
                            most=REASON_MAX
                            of=ROLES_FORM
                        />
                    </FieldShell>
                    <div>
                        <Submit label=tr!(users.send_change) />
                    </div>
                </PostForm>
            </div>
        </Sheet>
    }
}

/// What is known about the user.
#[component]
fn Facts(
    project: ProjectRef,
    user: DatabaseUserRow,
    /// Whether what it may do is among it.
    roles: bool,
    now: Timestamp,
) -> impl IntoView {
    // Of a customer's user the name is the subject.
    let subject = match user.x509_type {
        X509Type::Managed => format!("CN={}", user.username),
        X509Type::Customer | X509Type::None => user.username.to_string(),
    };
    let clusters = if user.clusters.is_empty() {
        tr!(users.clusters_whole).to_owned()
    } else {
        user.clusters.join(tr!(common.list_comma))
    };
    let certificates = Link::to("/certificates")
        .with("project", project.id.as_str())
        .with("search", user.username.as_str());
    let live = if user.live_certificates == 0 {
        view! { <span>{tr!(users.live_none)}</span> }.into_any()
    } else {
        let words = tr!(users.live, count = user.live_certificates);
        view! { <a href=String::from(certificates)>{words}</a> }.into_any()
    };
    let end = user.latest_end.map(|end| {
        let words = tr!(users.live_last, time = time::ends(locale(), now, end));
        view! {
            <time class="faint" datetime=time::machine(end) title=time::title(end)>
                {words}
            </time>
        }
    });
    view! {
        <Sheet title=tr!(users.facts)>
            <dl class="facts">
                <dt>{tr!(requests.f_subject)}</dt>
                <dd>
                    <Mono text=subject />
                </dd>
                {roles
                    .then(|| {
                        view! {
                            <dt>{tr!(requests.f_may)}</dt>
                            <dd>
                                <Roles roles=user.roles />
                            </dd>
                        }
                    })}
                <dt>{tr!(users.f_clusters)}</dt>
                <dd>{clusters}</dd>
                <dt>{tr!(users.f_certificates)}</dt>
                <dd>{live} " " {end}</dd>
            </dl>
        </Sheet>
    }
}
