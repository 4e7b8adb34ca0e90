//! The map of the house: which address leads to which page.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::{
    account::pages::AccountRoute,
    audit::pages::{AuditEntryRoute, AuditRoute},
    certificates::pages::{CertificateRoute, CertificatesRoute},
    changes::pages::{ChangeRoute, ChangesRoute},
    layout::{Frame, NotFound},
    operations::pages::OperationsRoute,
    projects::pages::{ProjectRoute, ProjectsRoute},
    requests::pages::{ApprovalsRoute, NewRequestRoute, RequestRoute, RequestsRoute},
    today::pages::TodayRoute,
    users::pages::{NewUserRoute, UserRoute},
    x509::pages::X509Route,
};

/// Everything people see. Runs once at the start too, to collect the routes: nothing here may need
/// a request.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFound>
                // Whole pages only: status, redirects and cookies then still count, and nothing
                // needs JavaScript to appear. The parent's mode holds for every page in it.
                <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                    <Route path=path!("") view=TodayRoute />
                    <Route path=path!("requests") view=RequestsRoute />
                    <Route path=path!("requests/new") view=NewRequestRoute />
                    <Route path=path!("requests/:id") view=RequestRoute />
                    <Route path=path!("approvals") view=ApprovalsRoute />
                    <Route path=path!("certificates") view=CertificatesRoute />
                    <Route path=path!("certificates/:id") view=CertificateRoute />
                    <Route path=path!("projects") view=ProjectsRoute />
                    <Route path=path!("projects/:id") view=ProjectRoute />
                    <Route path=path!("projects/:id/users/new") view=NewUserRoute />
                    <Route path=path!("projects/:id/users/:username") view=UserRoute />
                    <Route path=path!("projects/:id/x509") view=X509Route />
                    <Route path=path!("changes") view=ChangesRoute />
                    <Route path=path!("changes/:id") view=ChangeRoute />
                    <Route path=path!("audit") view=AuditRoute />
                    <Route path=path!("audit/:seq") view=AuditEntryRoute />
                    <Route path=path!("operations") view=OperationsRoute />
                    <Route path=path!("account") view=AccountRoute />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
