//! What a request is about, as facts.

use leptos::{children::ChildrenFn, prelude::*};
use portal::model::{AuditRow, CertificateRow, DatabaseRole, Event, RequestPage, Timestamp};

use super::words::{length, place};
use crate::{
    components::{Lifeline, Meter, Mono, person_name},
    tr, tr_view,
};

/// Subject, roles, lifetime; and, once there is one, the certificate.
#[component]
pub fn Facts(
    /// Whose.
    page: RequestPage,
) -> impl IntoView {
    let now = page.now;
    let made = made(&page.story);
    let subject = made.as_ref().map_or_else(
        || format!("CN={}", page.row.username),
        |made| made.subject.clone(),
    );
    let asked = length(page.months_asked);
    let shortened = page.row.months != page.months_asked;
    // Once it is made, its end says it.
    let open = page.certificate.is_none();
    let meter = page.approvals;
    view! {
        <dl class="facts">
            <dt>{tr!(requests.f_subject)}</dt>
            <dd>
                <Mono text=subject />
            </dd>
            <dt>{tr!(requests.f_may)}</dt>
            <dd>
                <Roles roles=page.database_roles />
            </dd>
            {(open || shortened)
                .then(|| {
                    view! {
                        <dt>{tr!(requests.f_asked)}</dt>
                        <dd>{asked}</dd>
                    }
                })}
            {shortened
                .then(|| {
                    view! {
                        <dt>{tr!(requests.f_approved)}</dt>
                        <dd>{length(page.row.months)}</dd>
                    }
                })}
            {open
                .then(|| {
                    view! {
                        <dt>{tr!(requests.f_approvals)}</dt>
                        <dd>
                            <Meter meter /> " "
                            <span class="quiet">{format!("{}/{}", meter.given, meter.needed)}</span>
                        </dd>
                    }
                })}
            {page
                .certificate
                .map(|certificate| {
                    view! {
                        <dt>{tr!(requests.f_serial)}</dt>
                        <dd>
                            <a class="mono" href=format!("/certificates/{}", certificate.id)>
                                {certificate.serial.to_string()}
                            </a>
                        </dd>
                        {made
                            .map(|made| {
                                view! {
                                    <dt>{tr!(requests.f_fingerprint)}</dt>
                                    <dd>
                                        <Mono text=made.sha256 />
                                    </dd>
                                }
                            })}
                        <dt>{tr!(requests.f_ends)}</dt>
                        <dd>
                            <Lifeline row=certificate now exact=true />
                        </dd>
                    }
                })}
        </dl>
    }
}

/// What the log says of the certificate that was made.
struct Made {
    subject: String,
    sha256: String,
}

fn made(story: &[AuditRow]) -> Option<Made> {
    story.iter().rev().find_map(|row| match &row.event {
        Event::CertIssued {
            subject, sha256, ..
        } => Some(Made {
            subject: subject.clone(),
            sha256: sha256.clone(),
        }),
        _ => None,
    })
}

/// What a database user may do.
#[component]
pub fn Roles(
    /// Its roles.
    roles: Vec<DatabaseRole>,
) -> impl IntoView {
    if roles.is_empty() {
        return view! { <span class="quiet">{tr!(requests.f_may_unknown)}</span> }.into_any();
    }
    view! {
        <ul class="plain">
            {roles
                .into_iter()
                .map(|role| {
                    let (database, role) = (place(&role), role.role);
                    view! {
                        <li>
                            {tr_view!(
                                requests.role_on, <m> = mono, <i> = plain, role = role, database = database
                            )}
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}

/// Certificates that live: whose, and for how long still.
#[component]
pub fn Held(
    /// Which.
    rows: Vec<CertificateRow>,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    view! {
        <ul class="held">
            {rows
                .into_iter()
                .map(|row| {
                    let holder = row.holder.as_ref().map(person_name);
                    view! {
                        <li>
                            <a class="mono" href=format!("/certificates/{}", row.id)>
                                {row.serial.to_string()}
                            </a>
                            {holder.map(|holder| view! { <span class="faint">{holder}</span> })}
                            <Lifeline row now />
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}

fn mono(children: ChildrenFn) -> impl IntoView {
    view! { <span class="mono">{children()}</span> }
}

/// A value before a tag is lost by the texts' parser unless it stands in a tag of its own.
fn plain(children: ChildrenFn) -> impl IntoView {
    children()
}
