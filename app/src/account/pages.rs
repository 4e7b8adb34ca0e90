//! The account page.

use leptos::prelude::*;
use portal::model::{AccountPage, Language, ProjectRef, SessionRow, Theme, Timestamp};
use server_fn::ServerFn;

use super::api;
use crate::{
    components::{PostForm, Sheet, State, Submit, Tone, When},
    layout::{PageTitle, frame::role_word, load},
    tr,
};

/// `/account`
#[component]
pub fn AccountRoute() -> impl IntoView {
    load(api::page(), |page| view! { <AccountView page /> })
}

/// Settings, sessions, and what is known about the person.
#[component]
pub fn AccountView(
    /// What to show.
    page: AccountPage,
) -> impl IntoView {
    let facts = page.clone();
    let sign_out = view! {
        <PostForm to="/auth/logout">
            <Submit label=tr!(account.sign_out) class="" />
        </PostForm>
    };
    let note = view! { <span class="faint">{tr!(account.you_note)}</span> };
    view! {
        <PageTitle title=tr!(account.title) aside=sign_out.into_any()>
            {page.person.name}
        </PageTitle>
        <Sheet title=tr!(account.preferences)>
            <Preferences language=page.language theme=page.theme />
        </Sheet>
        <Sheet title=tr!(account.sessions)>
            <Sessions sessions=page.sessions now=page.now />
        </Sheet>
        <Sheet title=tr!(account.you) head=note.into_any()>
            <Known page=facts />
        </Sheet>
    }
}

/// Each language is named in itself: whoever looks for it reads it.
fn language_name(language: Language) -> &'static str {
    match language {
        Language::En => "English",
        Language::Ko => "한국어",
        Language::Zh => "简体中文",
    }
}

#[component]
fn Preferences(language: Option<Language>, theme: Theme) -> impl IntoView {
    let languages = [
        None,
        Some(Language::En),
        Some(Language::Ko),
        Some(Language::Zh),
    ]
    .map(|choice| {
        let value = choice.map_or("", <&'static str>::from);
        let word = choice.map_or(tr!(account.language_auto), language_name);
        radio("language", value, word, choice == language)
    });
    let themes = [
        (Theme::System, tr!(account.theme_system)),
        (Theme::Light, tr!(account.theme_light)),
        (Theme::Dark, tr!(account.theme_dark)),
    ]
    .map(|(choice, word)| radio("theme", choice.into(), word, choice == theme));
    view! {
        <PostForm to=api::SetPreferences::PATH class="body">
            <fieldset>
                <legend>{tr!(common.field_language)}</legend>
                <div class="choices">{languages.into_iter().collect_view()}</div>
            </fieldset>
            <fieldset>
                <legend>{tr!(common.field_theme)}</legend>
                <div class="choices">{themes.into_iter().collect_view()}</div>
            </fieldset>
            <div>
                <Submit label=tr!(common.save) class="primary" />
            </div>
        </PostForm>
    }
}

fn radio(
    name: &'static str,
    value: &'static str,
    word: &'static str,
    chosen: bool,
) -> impl IntoView {
    let lang = match value {
        "ko" => Some("ko"),
        "zh" => Some("zh-Hans"),
        "en" => Some("en"),
        _ => None,
    };
    view! {
        <label>
            <input type="radio" name=name value=value checked=chosen />
            <span lang=lang>{word}</span>
        </label>
    }
}

#[component]
fn Sessions(sessions: Vec<SessionRow>, now: Timestamp) -> impl IntoView {
    view! {
        <table class="sessions">
            <thead>
                <tr>
                    <th scope="col">{tr!(account.browser)}</th>
                    <th scope="col">{tr!(account.address)}</th>
                    <th scope="col">{tr!(account.started)}</th>
                    <th scope="col">{tr!(account.last_used)}</th>
                    <th scope="col">
                        <span class="unseen">{tr!(account.actions)}</span>
                    </th>
                </tr>
            </thead>
            <tbody>{sessions.into_iter().map(|session| session_row(session, now)).collect_view()}</tbody>
        </table>
    }
}

fn session_row(session: SessionRow, now: Timestamp) -> impl IntoView {
    let (browser, handle) = (session.browser.clone(), session.handle.to_string());
    view! {
        <tr>
            <td>
                <span class="name">{session.browser}</span>
            </td>
            <td data-label=tr!(account.address)>
                <span class="mono">{session.address}</span>
            </td>
            <td data-label=tr!(account.started)>
                <When at=session.started_at now />
            </td>
            <td data-label=tr!(account.last_used)>
                <When at=session.last_used_at now />
            </td>
            <td class="act">
                {if session.is_this {
                    view! { <State tone=Tone::Ok word=tr!(account.this_one) /> }.into_any()
                } else {
                    view! {
                        <PostForm to=api::EndSession::PATH>
                            <input type="hidden" name="handle" value=handle />
                            <button
                                type="submit"
                                class="btn small danger"
                                aria-label=tr!(account.end_for, browser = browser)
                            >
                                {tr!(account.end)}
                            </button>
                        </PostForm>
                    }
                        .into_any()
                }}
            </td>
        </tr>
    }
}

#[component]
fn Known(page: AccountPage) -> impl IntoView {
    let roles = page.roles.into_iter().map(role_word).collect::<Vec<_>>();
    view! {
        <dl class="facts">
            <dt>{tr!(account.name)}</dt>
            <dd>{page.person.name}</dd>
            {page
                .email
                .map(|email| {
                    view! {
                        <dt>{tr!(account.email)}</dt>
                        <dd>{email}</dd>
                    }
                })}
            <dt>{tr!(account.roles)}</dt>
            <dd>{roles.join(tr!(common.list_comma))}</dd>
            <dt>{tr!(account.owns)}</dt>
            <dd>{projects(page.owns)}</dd>
            <dt>{tr!(account.requests_in)}</dt>
            <dd>{projects(page.requests_in)}</dd>
            <dt>{tr!(account.groups)}</dt>
            <dd>
                {if page.groups.is_empty() {
                    tr!(common.none).into_any()
                } else {
                    view! { <span class="mono">{page.groups.join(", ")}</span> }.into_any()
                }}
            </dd>
        </dl>
    }
}

fn projects(projects: Vec<ProjectRef>) -> impl IntoView {
    if projects.is_empty() {
        return tr!(common.none).into_any();
    }
    view! {
        <ul class="inline">
            {projects
                .into_iter()
                .map(|project| {
                    view! {
                        <li>
                            <a href=format!("/projects/{}", project.id)>{project.name}</a>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}
