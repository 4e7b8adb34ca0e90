//! The end of a database user: what it ends with it, and what it does not.

use leptos::prelude::*;
use portal::model::{DatabaseUserForm, DatabaseUserRow, Field, REASON_MAX, REASON_MIN};
use server_fn::ServerFn as _;

use super::{api, words::mono};
use crate::{
    components::{FieldShell, PostForm, Sheet, Submit, TextArea, bold},
    here::here,
    requests::facts::Held,
    texts::locale,
    time, tr, tr_view,
};

/// What this form is called, on a page that has several.
pub(super) const FORM: &str = "delete";

/// What would happen, and the form one click further away.
#[component]
pub fn Remove(
    /// What is known.
    form: DatabaseUserForm,
    /// The user.
    user: DatabaseUserRow,
) -> impl IntoView {
    let here = here();
    let open = here.typed("form") == Some(FORM);
    let typed = here.typed_in(FORM, "typed").unwrap_or_default().to_owned();
    let reason = here.typed_in(FORM, "reason").unwrap_or_default().to_owned();
    let reason_hint = tr!(users.reason_delete, least = REASON_MIN, most = REASON_MAX);
    let name = user.username.to_string();
    let project = form.project.id.to_string();
    let wrong = here.problem_in(FORM, Field::Typed).is_some();
    let shown = name.clone();
    view! {
        <Sheet title=tr!(users.remove_title)>
            <div class="body remove">
                {consequences(&form, &user)}
                <details class="deny" open=open>
                    <summary>
                        <span class="btn danger">{tr!(users.remove_open)}</span>
                    </summary>
                    <PostForm to=api::Delete::PATH class="stack">
                        <input type="hidden" name="project" value=project />
                        <input type="hidden" name="username" value=name.clone() />
                        <p class="quiet">
                            {tr_view!(users.remove_type, <m> = mono, name = shown)}
                        </p>
                        <FieldShell field=Field::Typed of=FORM>
                            <input
                                type="text"
                                class="mono"
                                id=format!("{FORM}-typed")
                                name="typed"
                                value=typed
                                required
                                autocomplete="off"
                                autocapitalize="none"
                                spellcheck="false"
                                aria-describedby=format!("{FORM}-typed-problem")
                                aria-invalid=wrong.then_some("true")
                            />
                        </FieldShell>
                        <FieldShell field=Field::Reason hint=reason_hint of=FORM>
                            <TextArea
                                field=Field::Reason
                                text=reason
                                least=REASON_MIN
                                most=REASON_MAX
                                of=FORM
                            />
                        </FieldShell>
                        <div>
                            <Submit label=tr!(users.send_delete) class="danger" />
                        </div>
                    </PostForm>
                </details>
            </div>
        </Sheet>
    }
}

/// What stops working, and that it would work again.
fn consequences(form: &DatabaseUserForm, user: &DatabaseUserRow) -> AnyView {
    let Some(end) = user.latest_end.filter(|_| user.live_certificates > 0) else {
        return view! { <p class="quiet">{tr!(users.remove_nothing)}</p> }.into_any();
    };
    let count = user.live_certificates;
    let day = time::day(locale(), end);
    let held = form.held.clone();
    let now = form.now;
    view! {
        <p>{tr!(users.remove_ends, count = count)}</p>
        <p class="quiet">{tr_view!(users.remove_again, <b> = bold, day = day)}</p>
        {(!held.is_empty())
            .then(|| {
                view! {
                    <div class="ends">
                        <Held rows=held now />
                    </div>
                }
            })}
    }
    .into_any()
}
