//! The document around every page.

use http::request::Parts;
use leptos::{nonce::use_nonce, prelude::*, reactive::owner::Owner};
use leptos_meta::MetaTags;
use portal::{
    Portal,
    model::{Language, Role, Theme},
};

use super::{
    answer::{redirect_to, sign_in_address},
    boot::SiteFiles,
    caller::Caller,
    cookies,
    language::language_of,
    request::{address, set_status},
};
use crate::{
    error::PortalError,
    here::{Facts, Here},
    routes::App,
};

/// The document around every page the router shows.
///
/// Our own tags in place of `HydrationScripts`: that one writes the nonce into `crossorigin`, where
/// an injected stylesheet could read it, and always loads the wasm.
pub fn shell(_options: LeptosOptions) -> impl IntoView {
    // Nothing outside an island is hydrated, so nothing outside an island is marked for it.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    let here = use_context::<Parts>().map_or_else(Here::default, |parts| here_of(&parts));
    provide_context(here.clone());
    let files = use_context::<SiteFiles>().unwrap_or_default();
    let boot = files.boot_script();

    view! {
        <!DOCTYPE html>
        <html lang=lang_of(here.language) data-theme=theme_of(here.theme)>
            <head>
                <Head files />
                <script type="module" nonce=use_nonce()>
                    {boot}
                </script>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// What every page's head holds.
#[component]
pub fn Head(
    /// The files to load.
    files: SiteFiles,
) -> impl IntoView {
    view! {
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href=format!("/pkg/{}", files.css) />
    }
}

/// The facts of a request that a page is the answer to.
fn here_of(parts: &Parts) -> Here {
    let caller = parts.extensions.get::<Caller>();
    let here_address = address(parts);
    Here::new(Facts {
        language: language_of(parts),
        theme: caller
            .map(|caller| caller.theme)
            .or_else(|| cookies::theme(parts))
            .unwrap_or_default(),
        address: here_address.clone(),
        signed_in: caller.is_some(),
        roles: caller.map(roles_of).unwrap_or_default(),
        csrf: caller.map(|caller| caller.csrf.clone()).unwrap_or_default(),
        said: cookies::take_said(parts),
        failed: Box::new(move |failure| match failure {
            PortalError::SignInRequired => redirect_to(&sign_in_address(&here_address, false)),
            PortalError::StepUpRequired => redirect_to(&sign_in_address(&here_address, true)),
            _ => set_status(failure.status()),
        }),
    })
}

/// What the caller is; nothing where the product is not at hand to ask.
fn roles_of(caller: &Caller) -> Vec<Role> {
    let groups = use_context::<Portal>().map(|portal| portal.role_groups.clone());
    match (groups, caller.actor.person()) {
        (Some(groups), Some(person)) => groups.roles_of(person),
        _ => Vec::new(),
    }
}

/// The value of `lang`.
pub(super) fn lang_of(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Ko => "ko",
        Language::Zh => "zh-Hans",
    }
}

/// The value of `data-theme`; none where the system decides.
pub(super) fn theme_of(theme: Theme) -> Option<&'static str> {
    match theme {
        Theme::System => None,
        Theme::Light => Some("light"),
        Theme::Dark => Some("dark"),
    }
}
