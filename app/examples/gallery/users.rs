//! Pages of the database users.

use app::{
    PortalError,
    here::{Facts, Here, Said, What, here},
    layout::SaidNotice,
    users::{name::Asked, new::NewUserView, one::UserView},
};
use leptos::prelude::*;
use portal::model::{
    Conflict, DatabaseUserForm, DatabaseUserRow, Field, FieldError, NameVerdict, Problem,
};

use crate::{
    Page,
    samples::{project, users as samples},
};

fn new(form: DatabaseUserForm, text: &str) -> AnyView {
    let asked = Asked {
        text: text.to_owned(),
        suggested: text.ends_with("-7k2m"),
    };
    view! { <NewUserView form asked /> }.into_any()
}

fn one((form, user): (DatabaseUserForm, DatabaseUserRow)) -> AnyView {
    view! { <UserView form user /> }.into_any()
}

/// The page after a form was not taken.
fn after(error: PortalError, typed: &[(&str, &str)], page: impl FnOnce() -> AnyView) -> AnyView {
    let before = here();
    provide_context(Here::new(Facts {
        language: before.language,
        theme: before.theme,
        address: before.address.clone(),
        signed_in: true,
        roles: before.roles.clone(),
        csrf: before.csrf.clone(),
        said: Some(Said {
            at: before.path().to_owned(),
            what: What::Failed(error),
            typed: typed
                .iter()
                .map(|&(field, text)| (field.to_owned(), text.to_owned()))
                .collect(),
        }),
        failed: Box::new(|_| ()),
    }));
    let notice = view! { <SaidNotice /> }.into_any();
    view! {
        {notice}
        {page()}
    }
    .into_any()
}

fn wrong(fields: &[(Field, Problem)]) -> PortalError {
    let errors = fields
        .iter()
        .map(|&(field, problem)| FieldError { field, problem });
    PortalError::Invalid(errors.collect())
}

const NEW: &str = "/projects/000000000000000000000001/users/new";
const ONE: &str = "/projects/000000000000000000000001/users/orders-api";

pub(crate) const PAGES: &[Page] = &[
    ("user-new", NEW, || new(samples::nameless(), "")),
    ("user-malformed", NEW, || new(samples::nameless(), "j.doe")),
    ("user-taken", NEW, || {
        new(
            samples::named("orders-api", NameVerdict::Taken),
            "orders-api",
        )
    }),
    ("user-lives", NEW, || {
        new(samples::still_lives(), "orders-api")
    }),
    ("user-free", NEW, || {
        new(samples::named("jdoe", NameVerdict::Free), "jdoe")
    }),
    ("user-suggested", NEW, || {
        new(samples::named("jdoe-7k2m", NameVerdict::Free), "jdoe-7k2m")
    }),
    ("user-large", NEW, || new(samples::large(), "x")),
    ("user-asked", NEW, || new(samples::asked_for(), "jdoe")),
    ("user-new-wrong", NEW, || {
        let error = wrong(&[
            (Field::Roles, Problem::Malformed),
            (Field::Clusters, Problem::Missing),
            (Field::Reason, Problem::TooShort { least: 10 }),
        ]);
        let typed = [
            ("roles", "read@orders"),
            ("added", "readWrite\t\t\nread\taudit\tevents"),
            ("scope", "chosen"),
            ("reason", "because"),
        ];
        after(error, &typed, || {
            new(samples::named("jdoe-7k2m", NameVerdict::Free), "jdoe-7k2m")
        })
    }),
    ("user-new-refused", NEW, || {
        let form = samples::still_lives();
        let check = form.name.clone().expect("a name");
        after(
            PortalError::Conflict(Conflict::NameRefused(check)),
            &[],
            || new(form, "orders-api"),
        )
    }),
    ("user", ONE, || one(samples::there())),
    ("user-strange", ONE, || one(samples::strange())),
    ("user-under-way", ONE, || one(samples::under_way())),
    ("user-gone", ONE, || one(samples::gone())),
    ("user-customers", ONE, || one(samples::customers())),
    ("user-same", ONE, || {
        let typed = [
            ("form", "change"),
            ("roles", "read@orders"),
            ("reason", "The same again."),
        ];
        after(
            PortalError::Conflict(Conflict::NothingChanges),
            &typed,
            || one(samples::there()),
        )
    }),
    ("user-delete-wrong", ONE, || {
        let error = wrong(&[
            (Field::Typed, Problem::NotAChoice),
            (Field::Reason, Problem::Missing),
        ]);
        let typed = [("form", "delete"), ("typed", "orders-ap"), ("reason", "")];
        after(error, &typed, || one(samples::there()))
    }),
    ("project-owner", "/projects/1", || {
        let mut page = project();
        page.may_change_users = true;
        view! { <app::projects::one::ProjectView page /> }.into_any()
    }),
];
