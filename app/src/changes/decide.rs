//! Yes and no.

use leptos::prelude::*;
use portal::model::{ChangeKind, ChangePage, Field, REASON_MAX, REASON_MIN};
use server_fn::ServerFn as _;

use super::{
    api,
    words::{place_of_decision, stands_with_x509},
};
use crate::{
    components::{FieldShell, Link, PostForm, Submit, TextArea},
    here::here,
    requests::words::agent,
    tr,
};

/// Both answers, as far as the viewer may give them.
pub fn answers(page: &ChangePage) -> impl IntoView + use<> {
    let yes = page.may.approve.then(|| approve(page));
    let no = page.may.deny.then(|| deny(page));
    view! { <div class="answers">{yes} {no}</div> }
}

/// What every form about a change sends: which, and the page that it stands on.
pub fn about(page: &ChangePage) -> impl IntoView + use<> {
    let id = page.row.id.to_string();
    let project = stands_with_x509(page).then(|| {
        let project = page.row.project.id.to_string();
        view! { <input type="hidden" name="project" value=project /> }
    });
    view! {
        <input type="hidden" name="id" value=id />
        {project}
    }
}

/// The way to a fresh sign-in, and back.
pub fn sign_in_again(page: &ChangePage) -> String {
    let link = Link::to("/auth/login").with("step_up", "1");
    String::from(link.with("return_to", &place_of_decision(&page.row)))
}

fn approve(page: &ChangePage) -> impl IntoView + use<> {
    if page.step_up {
        return view! {
            <p class="row">
                <a class="btn primary" href=sign_in_again(page)>
                    {tr!(requests.step_up_approve)}
                </a>
                <span class="faint">{tr!(requests.step_up_note)}</span>
            </p>
        }
        .into_any();
    }
    let label = match page.row.kind {
        ChangeKind::DisableX509 => tr!(changes.do_disable),
        ChangeKind::CreateUser => tr!(changes.do_create),
        ChangeKind::UpdateUser => tr!(changes.do_update),
        ChangeKind::DeleteUser => tr!(changes.do_delete),
    };
    // What takes something away is outlined, not filled.
    let takes_away = matches!(
        page.row.kind,
        ChangeKind::DeleteUser | ChangeKind::DisableX509
    );
    let class = if takes_away { "danger" } else { "primary" };
    let typed = match (page.row.kind, &page.row.username) {
        (ChangeKind::DeleteUser, Some(name)) => Some(typed_name(&name.to_string())),
        _ => None,
    };
    let (about, digest) = (about(page), page.digest.clone());
    view! {
        <PostForm to=api::Approve::PATH class="answer">
            {about} <input type="hidden" name="digest" value=digest /> {typed}
            <Submit label=label class=class />
        </PostForm>
    }
    .into_any()
}

/// The field for a name that must be typed again.
pub fn typed_name(name: &str) -> impl IntoView + use<> {
    let field: &'static str = Field::Typed.into();
    let hint = tr!(changes.typed_hint, name = name.to_owned());
    let typed = here().typed(field).unwrap_or_default().to_owned();
    let wrong = here().problem(Field::Typed).is_some();
    view! {
        <FieldShell field=Field::Typed hint>
            <input
                type="text"
                id=field
                name=field
                value=typed
                required
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-describedby=format!("{field}-hint {field}-problem")
                aria-invalid=wrong.then_some("true")
            />
        </FieldShell>
    }
}

/// No is one click further away than yes, and needs words.
pub fn deny(page: &ChangePage) -> impl IntoView + use<> {
    let typed = here().typed("reason").map(str::to_owned);
    let open = typed.is_some() || here().problem(Field::Reason).is_some();
    let about = about(page);
    let hint = tr!(
        requests.deny_hint,
        who = agent(&page.row.requester),
        least = REASON_MIN,
        most = REASON_MAX
    );
    view! {
        <details class="deny" open=open>
            <summary>
                <span class="btn">{tr!(requests.deny_open)}</span>
            </summary>
            <PostForm to=api::Deny::PATH class="stack">
                {about} <FieldShell field=Field::Reason hint>
                    <TextArea
                        field=Field::Reason
                        text=typed.unwrap_or_default()
                        least=REASON_MIN
                        most=REASON_MAX
                    />
                </FieldShell>
                <div>
                    <Submit label=tr!(requests.deny) class="" />
                </div>
            </PostForm>
        </details>
    }
}
