//! Pages of the changes, and of customer-managed X.509.

use app::{
    PortalError,
    changes::{
        list::{Asked, ChangesView},
        one::ChangeView,
    },
    here::{Facts, Here, Said, What, here},
    layout::SaidNotice,
    x509::pages::X509View,
};
use leptos::prelude::*;
use portal::model::{
    ChangeKind, ChangePage, ChangeState, Conflict, Field, FieldError, Problem, X509Page,
};

use crate::{
    Page,
    samples::{change_lists, changes as samples, x509},
};

use ChangeKind::{CreateUser, DeleteUser, DisableX509, UpdateUser};

fn one(page: ChangePage) -> AnyView {
    view! { <ChangeView page /> }.into_any()
}

fn project(page: X509Page) -> AnyView {
    view! { <X509View page last=None /> }.into_any()
}

fn ended(page: X509Page, last: ChangePage) -> AnyView {
    view! { <X509View page last=Some(last) /> }.into_any()
}

/// The page as it stands after a form that was not taken.
fn after(error: PortalError, typed: &[(&str, &str)], page: fn() -> AnyView) -> AnyView {
    let before = here();
    provide_context(Here::new(Facts {
        language: before.language,
        theme: before.theme,
        address: before.address.clone(),
        signed_in: true,
        roles: before.roles.clone(),
        csrf: "token".to_owned(),
        said: Some(Said {
            at: before.path().to_owned(),
            what: What::Failed(error),
            typed: typed
                .iter()
                .map(|(field, text)| ((*field).to_owned(), (*text).to_owned()))
                .collect(),
        }),
        failed: Box::new(|_| ()),
    }));
    view! {
        <SaidNotice />
        {page()}
    }
    .into_any()
}

pub(crate) const PAGES: &[Page] = &[
    ("changes", "/changes", || {
        view! { <ChangesView list=change_lists::list() asked=Asked::default() /> }.into_any()
    }),
    ("changes-one-project", "/changes", || {
        let asked = Asked {
            kind: "delete_user".to_owned(),
            project: "000000000000000000000001".to_owned(),
            ..Asked::default()
        };
        view! { <ChangesView list=change_lists::list() asked /> }.into_any()
    }),
    ("changes-none", "/changes", || {
        view! { <ChangesView list=change_lists::no_list() asked=Asked::default() /> }.into_any()
    }),
    ("change-create-decide", "/changes/1", || {
        one(samples::to_decide(CreateUser))
    }),
    ("change-update-decide", "/changes/1", || {
        one(samples::to_decide(UpdateUser))
    }),
    ("change-delete-decide", "/changes/1", || {
        one(samples::to_decide(DeleteUser))
    }),
    ("change-delete-typed", "/changes/1", || {
        let wrong = PortalError::Invalid(vec![FieldError {
            field: Field::Typed,
            problem: Problem::NotAChoice,
        }]);
        after(wrong, &[("typed", "refund-worker")], || {
            one(samples::to_decide(DeleteUser))
        })
    }),
    ("change-step-up", "/changes/1", || {
        let mut page = samples::to_decide(DeleteUser);
        page.step_up = true;
        one(page)
    }),
    ("change-own", "/changes/1", || one(samples::own(UpdateUser))),
    ("change-sole", "/changes/1", || {
        one(samples::sole(DeleteUser))
    }),
    ("change-not-sent", "/changes/1", || {
        one(samples::not_sent(CreateUser, "connect"))
    }),
    ("change-differs", "/changes/1", || {
        one(samples::not_sent(UpdateUser, "atlas_differs"))
    }),
    ("change-calling", "/changes/1", || {
        one(samples::page(CreateUser, ChangeState::Calling))
    }),
    ("change-unknown", "/changes/1", || {
        one(samples::page(DeleteUser, ChangeState::Unknown))
    }),
    ("change-applying", "/changes/1", || {
        one(samples::page(UpdateUser, ChangeState::Applying))
    }),
    ("change-created", "/changes/1", || {
        one(samples::page(CreateUser, ChangeState::Done))
    }),
    ("change-deleted", "/changes/1", || {
        one(samples::untold(DeleteUser))
    }),
    ("change-denied", "/changes/1", || {
        one(samples::page(UpdateUser, ChangeState::Denied))
    }),
    ("change-refused", "/changes/1", || {
        one(samples::refused(CreateUser))
    }),
    ("change-not-applied", "/changes/1", || {
        one(samples::page(DeleteUser, ChangeState::NotApplied))
    }),
    ("change-expired", "/changes/1", || {
        one(samples::page(CreateUser, ChangeState::Expired))
    }),
    ("change-disable", "/changes/1", || {
        one(samples::to_decide(DisableX509))
    }),
    ("change-disabled", "/changes/1", || {
        one(samples::page(DisableX509, ChangeState::Done))
    }),
    ("x509-on", "/projects/1/x509", || project(x509::on())),
    ("x509-odd", "/projects/1/x509", || project(x509::odd())),
    ("x509-little", "/projects/1/x509", || {
        project(x509::little_known())
    }),
    ("x509-security", "/projects/1/x509", || {
        project(x509::looked_at())
    }),
    ("x509-off", "/projects/1/x509", || project(x509::off())),
    ("x509-just-off", "/projects/1/x509", || {
        ended(x509::off(), samples::page(DisableX509, ChangeState::Done))
    }),
    ("x509-just-refused", "/projects/1/x509", || {
        ended(x509::on(), samples::refused(DisableX509))
    }),
    ("x509-just-denied", "/projects/1/x509", || {
        ended(x509::on(), samples::page(DisableX509, ChangeState::Denied))
    }),
    ("x509-recently", "/projects/1/x509", || {
        project(x509::recently())
    }),
    ("x509-not-known", "/projects/1/x509", || {
        project(x509::not_known())
    }),
    ("x509-decide", "/projects/1/x509", || {
        project(x509::with(samples::to_decide(DisableX509), false))
    }),
    ("x509-busy", "/projects/1/x509", || {
        let clusters = vec!["payments-analytics".to_owned()];
        let busy = PortalError::Conflict(Conflict::ClustersBusy { clusters });
        after(busy, &[("typed", "Payments prod")], || {
            project(x509::with(samples::to_decide(DisableX509), true))
        })
    }),
    ("x509-own", "/projects/1/x509", || {
        project(x509::with(samples::own(DisableX509), false))
    }),
    ("x509-not-sent", "/projects/1/x509", || {
        project(x509::with(samples::not_sent(DisableX509, "connect"), false))
    }),
    ("x509-calling", "/projects/1/x509", || {
        let open = samples::page(DisableX509, ChangeState::Calling);
        project(x509::with(open, false))
    }),
    ("x509-restarting", "/projects/1/x509", || {
        project(x509::restarting(1))
    }),
    ("x509-unknown", "/projects/1/x509", || {
        let open = samples::page(DisableX509, ChangeState::Unknown);
        project(x509::with(open, false))
    }),
];
