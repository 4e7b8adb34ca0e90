//! How a project stands: on or off, whose authorities, and what LDAP has to do with it.

use leptos::prelude::*;
use portal::model::{Authority, Life, Timestamp, X509Page};

use crate::{
    changes::diff::Subject,
    components::{Lifespan, Mono, Sheet, State, Tone},
    tr,
};

/// On, off, or not told.
pub fn mode_state(on: Option<bool>) -> impl IntoView {
    match on {
        Some(true) => view! { <State tone=Tone::Accent word=tr!(x509.on) /> }.into_any(),
        Some(false) => view! { <State tone=Tone::Plain open=true word=tr!(x509.off) /> }.into_any(),
        None => view! { <State tone=Tone::Warn open=true word=tr!(common.not_known) /> }.into_any(),
    }
}

/// Who signs in with what, as Atlas tells it.
#[component]
pub fn Stands(
    /// The project.
    page: X509Page,
) -> impl IntoView {
    let means = match page.on {
        Some(true) => tr!(x509.on_means),
        Some(false) => tr!(x509.off_means),
        None => tr!(x509.unknown_means),
    };
    let now = page.now;
    let ended = page
        .authorities
        .iter()
        .any(|authority| Life::until(authority.not_after, now) == Life::Over);
    let ldap = ldap(&page);
    view! {
        <Sheet title=tr!(x509.stands)>
            <p class="body">{means}</p>
            {(!page.authorities.is_empty())
                .then(|| view! { <Authorities authorities=page.authorities now /> })}
            {page
                .unreadable
                .then(|| view! { <p class="body note warn">{tr!(x509.unreadable)}</p> })}
            {ended.then(|| view! { <p class="body note warn">{tr!(x509.ended)}</p> })}
            <dl class="facts">
                <dt>{tr!(x509.ldap)}</dt>
                <dd>{ldap}</dd>
            </dl>
        </Sheet>
    }
}

/// What LDAP does in the project, and what that means for who can sign in.
fn ldap(page: &X509Page) -> impl IntoView + use<> {
    let (tone, open, word, means) = match (page.ldap_authorization, page.ldap_authentication) {
        (true, _) => (
            Tone::Warn,
            false,
            tr!(x509.ldap_decides),
            tr!(x509.ldap_decides_means),
        ),
        (false, true) => (
            Tone::Accent,
            false,
            tr!(x509.ldap_signs_in),
            tr!(x509.ldap_signs_in_means),
        ),
        (false, false) => (Tone::Plain, true, tr!(x509.ldap_off), ""),
    };
    view! {
        <State tone open word />
        {(!means.is_empty()).then(|| view! { <p class="quiet">{means}</p> })}
    }
}

#[component]
fn Authorities(authorities: Vec<Authority>, now: Timestamp) -> impl IntoView {
    view! {
        <table class="authorities">
            <thead>
                <tr>
                    <th scope="col">{tr!(x509.authority)}</th>
                    <th scope="col">{tr!(x509.fingerprint)}</th>
                    <th scope="col">{tr!(x509.life)}</th>
                </tr>
            </thead>
            <tbody>
                {authorities
                    .into_iter()
                    .map(|authority| {
                        view! {
                            <tr>
                                <td>
                                    <Subject subject=authority.subject />
                                </td>
                                <td class="print" data-label=tr!(requests.f_fingerprint)>
                                    <Mono text=authority.sha256 />
                                </td>
                                <td data-label=tr!(x509.life)>
                                    <Lifespan
                                        begin=authority.not_before
                                        end=authority.not_after
                                        now
                                        exact=true
                                    />
                                </td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
    }
}
