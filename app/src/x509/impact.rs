//! What switching customer-managed X.509 off does, in numbers first and by name below.

use leptos::prelude::*;
use portal::model::{
    ClusterCondition, Impact, LastSeen, LockedOutUser, Timestamp, Username, X509Page,
};

use crate::{
    components::{FilterRows, Sheet, State, Tone, When},
    requests::facts::Roles,
    texts::locale,
    time, tr,
};

/// A list longer than this can be narrowed as one types.
const LONG: usize = 8;
/// Names shown before the rest is folded away.
const NAMES_MOST: usize = 12;

/// What would happen.
#[component]
pub fn ImpactSheet(
    /// The project.
    page: X509Page,
) -> impl IntoView {
    let now = page.now;
    let busy = !page.busy_clusters.is_empty();
    let Impact {
        clusters,
        locked_out,
        freed,
    } = page.impact.clone();
    let numbers = numbers(&page);
    view! {
        <Sheet title=tr!(x509.impact)>
            {numbers}
            <div class="toll-parts">
                <section>
                    <h3>{tr!(x509.out_title)}</h3>
                    {if locked_out.is_empty() {
                        view! { <p class="quiet">{tr!(x509.out_none)}</p> }.into_any()
                    } else {
                        view! { <LockedOut users=by_risk(locked_out) now /> }.into_any()
                    }}
                </section>
                <section>
                    <h3>{tr!(x509.clusters_title)}</h3>
                    <Clusters clusters busy />
                </section>
                <section>
                    <h3>{tr!(x509.freed_title)}</h3>
                    <Freed names=freed ldap=page.ldap_authorization />
                </section>
            </div>
        </Sheet>
    }
}

/// The numbers: what is lost, what restarts, what leaves, what is won.
fn numbers(page: &X509Page) -> impl IntoView + use<> {
    let impact = &page.impact;
    let out = count(impact.locked_out.len());
    let freed = count(impact.freed.len());
    let gone = count(page.authorities.len());
    let latest = latest(&impact.locked_out, page.now);
    let (restarts, restart_words) = match &impact.clusters {
        None => ("?".to_owned(), tr!(x509.n_clusters_unknown).to_owned()),
        Some(clusters) => (
            clusters.len().to_string(),
            tr!(x509.n_clusters, count = count(clusters.len())),
        ),
    };
    view! {
        <dl class="toll">
            <div class:harm=out != 0>
                <dt>{tr!(x509.n_out, count = out)}</dt>
                <dd>{out}</dd>
                <dd class="faint">{latest}</dd>
            </div>
            <div>
                <dt>{restart_words}</dt>
                <dd>{restarts}</dd>
                <dd class="faint">{tr!(x509.n_clusters_note)}</dd>
            </div>
            <div>
                <dt>{tr!(x509.n_authorities, count = gone)}</dt>
                <dd>{gone}</dd>
                <dd class="faint">{tr!(x509.n_authorities_note)}</dd>
            </div>
            <div>
                <dt>{tr!(x509.n_freed, count = freed)}</dt>
                <dd>{freed}</dd>
                <dd class="faint">{tr!(x509.n_freed_note)}</dd>
            </div>
        </dl>
    }
}

/// The same in sentences: restated where somebody commits to them.
pub fn sentences(page: &X509Page) -> Vec<String> {
    let impact = &page.impact;
    let mut told = Vec::new();
    let out = count(impact.locked_out.len());
    told.push(match seen_latest(&impact.locked_out) {
        Some(at) => {
            let time = time::ago(locale(), page.now, at);
            tr!(x509.s_out_latest, count = out, time = time)
        }
        None if out > 0 => tr!(x509.s_out, count = out),
        None => tr!(x509.s_out_none).to_owned(),
    });
    told.push(match &impact.clusters {
        Some(clusters) => tr!(x509.s_clusters, count = count(clusters.len())),
        None => tr!(x509.s_clusters_unknown).to_owned(),
    });
    told.push(tr!(
        x509.s_authorities,
        count = count(page.authorities.len())
    ));
    told
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The latest sign-in of anybody who would be locked out: the plainest sign of how much it matters.
fn latest(users: &[LockedOutUser], now: Timestamp) -> String {
    if users.is_empty() {
        return String::new();
    }
    let unknown = users.iter().any(|user| user.last_seen == LastSeen::Unknown);
    match seen_latest(users) {
        Some(at) => tr!(x509.n_out_latest, time = time::ago(locale(), now, at)),
        None if unknown => tr!(x509.n_out_unknown).to_owned(),
        None => tr!(x509.n_out_not_lately).to_owned(),
    }
}

fn seen_latest(users: &[LockedOutUser]) -> Option<Timestamp> {
    users.iter().filter_map(seen_at).max()
}

fn seen_at(user: &LockedOutUser) -> Option<Timestamp> {
    match &user.last_seen {
        LastSeen::At { at, .. } => Some(*at),
        LastSeen::NotLately { .. } | LastSeen::Unknown => None,
    }
}

/// Those who sign in, the latest first; then those nobody knows about; then those who seem not to.
fn by_risk(mut users: Vec<LockedOutUser>) -> Vec<LockedOutUser> {
    users.sort_by_key(|user| match &user.last_seen {
        LastSeen::At { at, .. } => (0, -at.unix_timestamp()),
        LastSeen::Unknown => (1, 0),
        LastSeen::NotLately { .. } => (2, 0),
    });
    users
}

#[component]
fn LockedOut(users: Vec<LockedOutUser>, now: Timestamp) -> impl IntoView {
    let narrow = (users.len() > LONG).then(|| {
        view! {
            <FilterRows
                list="locked-out".to_owned()
                label=tr!(requests.filter_users).to_owned()
                nothing=tr!(requests.nothing_fits).to_owned()
            />
        }
    });
    let unknown = users.iter().any(|user| user.last_seen == LastSeen::Unknown);
    view! {
        {narrow}
        <table class="locked-out" id="locked-out">
            <thead>
                <tr>
                    <th scope="col">{tr!(requests.user)}</th>
                    <th scope="col">{tr!(requests.f_may)}</th>
                    <th scope="col">{tr!(x509.seen)}</th>
                </tr>
            </thead>
            <tbody>{users.into_iter().map(|user| locked_out(user, now)).collect_view()}</tbody>
        </table>
        {unknown.then(|| view! { <p class="faint">{tr!(x509.seen_unknown_note)}</p> })}
    }
}

fn locked_out(user: LockedOutUser, now: Timestamp) -> impl IntoView {
    let name = user.username.to_string();
    let find = name.clone();
    let seen = match user.last_seen {
        LastSeen::At { at, cluster } => view! {
            <When at now />
            <span class="sub">{tr!(x509.seen_on, cluster = cluster)}</span>
        }
        .into_any(),
        LastSeen::NotLately { since } => {
            let span = time::lasting(locale(), now - since);
            view! { <span class="quiet">{tr!(x509.seen_not, span = span)}</span> }.into_any()
        }
        LastSeen::Unknown => {
            view! { <span class="quiet">{tr!(common.not_known)}</span> }.into_any()
        }
    };
    view! {
        <tr data-find=find>
            <td>
                <span class="name mono">{name}</span>
            </td>
            <td data-label=tr!(requests.f_may)>
                <Roles roles=user.roles />
            </td>
            <td data-label=tr!(x509.seen)>
                <div>{seen}</div>
            </td>
        </tr>
    }
}

#[component]
fn Clusters(clusters: Option<Vec<ClusterCondition>>, busy: bool) -> impl IntoView {
    let list = match clusters {
        None => view! { <p class="quiet">{tr!(x509.clusters_unknown)}</p> }.into_any(),
        Some(clusters) if clusters.is_empty() => {
            view! { <p class="quiet">{tr!(x509.clusters_none)}</p> }.into_any()
        }
        Some(clusters) => {
            view! { <ul class="clusters">{clusters.into_iter().map(cluster).collect_view()}</ul> }
                .into_any()
        }
    };
    view! {
        {list}
        {busy.then(|| view! { <p class="quiet">{tr!(x509.clusters_busy)}</p> })}
    }
}

fn cluster(cluster: ClusterCondition) -> impl IntoView {
    // "idle" says it all; any other word of Atlas's says more than ours.
    let its_word = cluster.state.clone().filter(|_| !cluster.is_idle());
    let (tone, open, word) = match (&cluster.state, cluster.is_idle()) {
        (None, _) => (Tone::Plain, true, tr!(common.not_known)),
        (Some(_), true) => (Tone::Ok, false, tr!(x509.cluster_idle)),
        (Some(_), false) => (Tone::Warn, false, tr!(x509.cluster_busy)),
    };
    view! {
        <li>
            <b>{cluster.name}</b>
            <State tone open word />
            <span class="faint mono" title=tr!(changes.atlas_word)>
                {its_word}
            </span>
        </li>
    }
}

#[component]
fn Freed(names: Vec<Username>, ldap: bool) -> impl IntoView {
    if names.is_empty() {
        return view! { <p class="quiet">{tr!(x509.freed_none)}</p> }.into_any();
    }
    let shown = if names.len() > NAMES_MOST + 1 {
        NAMES_MOST
    } else {
        names.len()
    };
    let (first, rest) = names.split_at(shown);
    let list = |names: &[Username]| {
        let names = names
            .iter()
            .map(|name| view! { <li class="mono">{name.to_string()}</li> })
            .collect_view();
        view! { <ul class="names">{names}</ul> }
    };
    let rest = (!rest.is_empty()).then(|| {
        let words = tr!(x509.freed_more, count = count(rest.len()));
        view! {
            <details>
                <summary>{words}</summary>
                {list(rest)}
            </details>
        }
    });
    view! {
        {list(first)}
        {rest}
        {ldap.then(|| view! { <p class="note warn">{tr!(x509.freed_ldap)}</p> })}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use ::time::macros::datetime;

    use super::*;

    fn user(name: &str, last_seen: LastSeen) -> LockedOutUser {
        LockedOutUser {
            username: name.parse().expect("a name"),
            roles: Vec::new(),
            last_seen,
        }
    }

    #[test]
    fn those_who_sign_in_stand_first_and_those_unknown_before_those_who_do_not() {
        let at = |at| LastSeen::At {
            at,
            cluster: "payments-0".to_owned(),
        };
        let since = datetime!(2026-11-14 00:00 UTC);
        let users = by_risk(vec![
            user("idle", LastSeen::NotLately { since }),
            user("unknown", LastSeen::Unknown),
            user("older", at(datetime!(2026-11-19 00:00 UTC))),
            user("newer", at(datetime!(2026-11-20 00:00 UTC))),
        ]);
        let names: Vec<String> = users.iter().map(|user| user.username.to_string()).collect();
        assert_eq!(names, ["newer", "older", "unknown", "idle"]);
        assert_eq!(seen_latest(&users), Some(datetime!(2026-11-20 00:00 UTC)));
    }
}
