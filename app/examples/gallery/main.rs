//! Writes pages with made-up contents to files, to look at them without a server:
//! `cargo run -p app --features ssr --example gallery -- target/gallery`, in each language and theme.

mod changes;
mod operations;
mod requests;
mod samples;
mod users;

use std::{error::Error, fs, path::Path};

use app::{
    PortalError,
    account::pages::AccountView,
    certificates::{
        one::CertificateView,
        pages::{Asked, CertificatesView},
    },
    here::{Facts, Here},
    layout::{SaidNotice, TroubleView, frame::Rail, seal::SealView, sentence_of},
    projects::{one::ProjectView, pages::ProjectsView},
    texts::locale_of,
    today::pages::TodayView,
};
use leptos::{prelude::*, reactive::owner::Owner};
use leptos_meta::ServerMetaContext;
use portal::model::{Language, Theme, Upstream};

type Page = (&'static str, &'static str, fn() -> AnyView);

const PAGES: &[Page] = &[
    ("today", "/", || {
        view! { <TodayView today=samples::today::today() /> }.into_any()
    }),
    ("today-clear", "/", || {
        view! { <TodayView today=samples::today::all_clear() /> }.into_any()
    }),
    ("today-security", "/", || {
        view! { <TodayView today=samples::today::security() /> }.into_any()
    }),
    ("certificates", "/certificates", || {
        view! { <CertificatesView list=samples::certificates() asked=Asked::default() /> }
            .into_any()
    }),
    ("certificate", "/certificates/1", || {
        view! { <CertificateView page=samples::certificate() /> }.into_any()
    }),
    ("projects", "/projects", || {
        view! { <ProjectsView rows=samples::projects() /> }.into_any()
    }),
    ("project", "/projects/1", || {
        view! { <ProjectView page=samples::project() /> }.into_any()
    }),
    ("account", "/account", || {
        view! { <AccountView page=samples::account() /> }.into_any()
    }),
    ("unavailable", "/certificates", || {
        let error = PortalError::Unavailable {
            upstream: Upstream::Database,
        };
        let sentence = sentence_of(app::texts::locale(), &error);
        view! { <TroubleView sentence status=503 /> }.into_any()
    }),
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "target/gallery".to_owned());
    fs::create_dir_all(&folder)?;
    for language in [Language::En, Language::Ko, Language::Zh] {
        for theme in [Theme::Light, Theme::Dark] {
            for (name, address, page) in PAGES
                .iter()
                .chain(requests::PAGES)
                .chain(operations::PAGES)
                .chain(users::PAGES)
                .chain(changes::PAGES)
            {
                let html = document(language, theme, address, *page);
                let file = format!("{name}.{language}.{theme}.html");
                fs::write(Path::new(&folder).join(file), html)?;
            }
        }
    }
    Ok(())
}

fn document(language: Language, theme: Theme, address: &str, page: fn() -> AnyView) -> String {
    let style = concat!(env!("CARGO_MANIFEST_DIR"), "/../style/main.css");
    let (meta, _title) = ServerMetaContext::new();
    Owner::new().with(|| {
        provide_context(meta);
        provide_context(Here::new(Facts {
            language,
            theme,
            address: address.to_owned(),
            signed_in: true,
            roles: samples::viewer().roles,
            csrf: "token".to_owned(),
            said: None,
            failed: Box::new(|_| ()),
        }));
        let _ = locale_of(language);
        let lang: &'static str = language.into();
        let theme: &'static str = theme.into();
        let html = view! {
            <html lang=lang data-theme=theme>
                <head>
                    <meta charset="utf-8" />
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <link rel="stylesheet" href=format!("file://{style}") />
                </head>
                <body>
                    <div class="frame">
                        <Rail viewer=Some(samples::viewer()) />
                        <main id="main" tabindex="-1">
                            <SaidNotice />
                            {page()}
                        </main>
                        <SealView head=Some(samples::head()) />
                    </div>
                </body>
            </html>
        }
        .to_html();
        format!("<!DOCTYPE html>{html}")
    })
}
