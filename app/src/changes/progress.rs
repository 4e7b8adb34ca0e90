//! How far the clusters are.

use leptos::prelude::*;
use portal::model::{ChangeKind, ChangePage, ChangeState, ClusterProgress};

use crate::{
    components::{Sheet, State, Tone},
    tr,
};

/// The clusters that must follow, one by one; or that they could not be watched. Nothing before Atlas
/// has taken the change.
pub fn progress(page: &ChangePage) -> Option<impl IntoView + use<>> {
    if !matches!(page.row.state, ChangeState::Applying | ChangeState::Done) {
        return None;
    }
    let restart = page.row.kind == ChangeKind::DisableX509;
    let title = if restart {
        tr!(changes.clusters_restart)
    } else {
        tr!(changes.clusters_follow)
    };
    let view = match page.clusters.clone() {
        None => view! {
            <Sheet title>
                <p class="body quiet">{tr!(changes.clusters_untold)}</p>
            </Sheet>
        }
        .into_any(),
        Some(clusters) if clusters.is_empty() => view! {
            <Sheet title>
                <p class="body quiet">{tr!(changes.clusters_none)}</p>
            </Sheet>
        }
        .into_any(),
        Some(clusters) => {
            let head = view! { <Bar clusters=clusters.clone() /> };
            let over = page.row.state.is_over();
            let rows = clusters
                .into_iter()
                .map(|one| cluster(one, over))
                .collect_view();
            view! {
                <Sheet title head=head.into_any()>
                    <ul class="clusters">{rows}</ul>
                </Sheet>
            }
            .into_any()
        }
    };
    Some(view)
}

/// One cluster: whether it has followed, and Atlas's own word. `over`: nobody looks any more.
fn cluster(cluster: ClusterProgress, over: bool) -> impl IntoView {
    let (tone, word) = match (cluster.done, over) {
        (true, _) => (Tone::Ok, tr!(changes.cluster_done)),
        (false, true) => (Tone::Warn, tr!(changes.cluster_unseen)),
        (false, false) => (Tone::Accent, tr!(changes.cluster_waits)),
    };
    view! {
        <li>
            <b>{cluster.name}</b>
            <State tone open=!cluster.done word />
            <span class="faint mono" title=tr!(changes.atlas_word)>
                {cluster.state}
            </span>
        </li>
    }
}

/// How many of how many, as a row of marks and in words.
#[component]
fn Bar(clusters: Vec<ClusterProgress>) -> impl IntoView {
    let done = clusters.iter().filter(|cluster| cluster.done).count();
    let words = tr!(changes.clusters_count, done = done, all = clusters.len());
    // Many clusters are told in words alone: marks that cannot be counted say nothing.
    let marks = (clusters.len() <= 12).then(|| {
        let marks = (0..clusters.len())
            .map(|place| view! { <i class:on=place < done></i> })
            .collect_view();
        view! {
            <span class="meter" aria-hidden="true">
                {marks}
            </span>
        }
    });
    view! { <span class="faint row">{marks} {words}</span> }
}
