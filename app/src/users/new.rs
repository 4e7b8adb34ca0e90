//! A new database user: first its name, then the rest.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use portal::model::{DatabaseUserForm, NameCheck, NameVerdict, ProjectRef};

use super::{
    api,
    ask::AskForm,
    beside::{Beside, Next, UnderWay},
    name::{AboutNames, Asked, GoodName, NameForm, RefusedName},
};
use crate::{
    layout::{PageTitle, load},
    tr,
};

/// `/projects/:id/users/new`
#[component]
pub fn NewUserRoute() -> impl IntoView {
    let project = use_params_map()
        .get_untracked()
        .get("id")
        .unwrap_or_default();
    let query = use_query_map().get_untracked();
    let asked = Asked {
        text: query.get("name").unwrap_or_default(),
        suggested: query.get("suggested").is_some(),
    };
    // A name of the wrong form is not asked about: the page says what is wrong with it.
    let name = asked.name().map(String::from).unwrap_or_default();
    load(api::form(project, String::new(), name), |form| {
        view! { <NewUserView form asked /> }
    })
}

/// The name; and, once there is one that can be had, what the user may do and why.
#[component]
pub fn NewUserView(
    /// What is offered.
    form: DatabaseUserForm,
    /// The name as it stands in the address.
    asked: Asked,
) -> impl IntoView {
    let lead = tr!(users.new_lead, project = form.project.name.clone());
    let content = match form.name.clone() {
        None => naming(form.project, asked, true),
        Some(check) if is_refused(&check) => {
            let project = form.project.clone();
            view! {
                <RefusedName project=project.clone() check now=form.now />
                {naming(project, asked, false)}
            }
            .into_any()
        }
        Some(check) => asking(form, check, asked.suggested),
    };
    view! {
        <PageTitle title=tr!(users.new_title)>{lead}</PageTitle>
        {content}
    }
}

fn is_refused(check: &NameCheck) -> bool {
    matches!(
        check.verdict,
        NameVerdict::Taken | NameVerdict::StillLives { .. }
    )
}

/// The name, and what one should know of names.
fn naming(project: ProjectRef, asked: Asked, first: bool) -> AnyView {
    view! {
        <div class="two">
            <NameForm project asked first />
            <AboutNames />
        </div>
    }
    .into_any()
}

/// The rest, once the name can be had.
fn asking(form: DatabaseUserForm, check: NameCheck, suggested: bool) -> AnyView {
    if let Some(change) = form.open {
        return view! { <UnderWay change fresh=true /> }.into_any();
    }
    let (project, username) = (form.project.clone(), check.username.clone());
    view! {
        <div class="two">
            <div class="stack wide">
                <GoodName project check suggested />
                <AskForm form=form.clone() username />
            </div>
            <Beside form next=Next::Create />
        </div>
    }
    .into_any()
}
