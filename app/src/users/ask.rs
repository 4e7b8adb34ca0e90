//! The form that asks for a new user, once its name is settled.

use leptos::prelude::*;
use portal::model::{DatabaseUserForm, Field, REASON_MAX, REASON_MIN, Username};
use server_fn::ServerFn as _;

use super::{api, roles::RoleFields};
use crate::{
    components::{FieldShell, PostForm, Sheet, Submit, TextArea},
    here::here,
    layout::{field_name, problem_of},
    texts::locale,
    tr,
};

/// What it may do, where, and why.
#[component]
pub fn AskForm(
    /// What is offered.
    form: DatabaseUserForm,
    /// The name.
    username: Username,
) -> impl IntoView {
    let typed = here().typed("reason").unwrap_or_default().to_owned();
    let reason_hint = tr!(users.reason_new, least = REASON_MIN, most = REASON_MAX);
    let project = form.project.id.to_string();
    let clusters = form.clusters.clone();
    view! {
        <Sheet title=tr!(users.new_rest)>
            <div class="body">
                <PostForm to=api::Create::PATH class="stack ask roomy">
                    <input type="hidden" name="project" value=project />
                    <input type="hidden" name="username" value=username.to_string() />
                    <RoleFields offer=form of="" hint=tr!(users.roles_new) />
                    <Reach clusters />
                    <FieldShell field=Field::Reason hint=reason_hint>
                        <TextArea field=Field::Reason text=typed least=REASON_MIN most=REASON_MAX />
                    </FieldShell>
                    <div>
                        <Submit label=tr!(users.send_new) />
                    </div>
                </PostForm>
            </div>
        </Sheet>
    }
}

/// On which clusters: all of the project, or some. To choose is one thing and to tick another, so that
/// nothing ticked never means everything.
#[component]
fn Reach(clusters: Vec<String>) -> impl IntoView {
    let here = here();
    let problem = here
        .problem(Field::Clusters)
        .map(|problem| problem_of(locale(), Field::Clusters, problem));
    let chosen = here.typed("scope") == Some("chosen");
    let ticked: Vec<&str> = here
        .typed("clusters")
        .map(|names| names.lines().collect())
        .unwrap_or_default();
    let boxes = clusters
        .iter()
        .map(|name| {
            let checked = ticked.contains(&name.as_str());
            view! {
                <li>
                    <label>
                        <input type="checkbox" name="clusters[]" value=name.clone() checked=checked />
                        <span class="mono">{name.clone()}</span>
                    </label>
                </li>
            }
        })
        .collect_view();
    let known = !clusters.is_empty();
    let wrong = problem.is_some();
    let hint = if known {
        tr!(users.clusters_hint)
    } else {
        tr!(users.clusters_none)
    };
    view! {
        <fieldset class="field reach" class:amiss=wrong aria-describedby="clusters-hint clusters-problem">
            <legend>{field_name(locale(), Field::Clusters)}</legend>
            <p class="hint" id="clusters-hint">
                {hint}
            </p>
            {problem
                .map(|problem| {
                    view! {
                        <p class="problem" id="clusters-problem">
                            {problem}
                        </p>
                    }
                })}
            {known
                .then(|| {
                    view! {
                        <div class="choices">
                            <label>
                                <input type="radio" name="scope" value="whole" checked=!chosen />
                                {tr!(users.clusters_whole)}
                            </label>
                            <label>
                                <input type="radio" name="scope" value="chosen" checked=chosen />
                                {tr!(users.clusters_chosen)}
                            </label>
                        </div>
                        <ul class="ticks">{boxes}</ul>
                    }
                })}
        </fieldset>
    }
}
