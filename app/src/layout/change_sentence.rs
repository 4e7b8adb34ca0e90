//! Sentences for what can stand in the way of a change of a project.

use portal::model::{ChangeId, ChangeState, DisableBlock, NameCheck, NameVerdict};

use super::Sentence;
use crate::{
    changes::words::{change_state_word, cluster_names},
    i18n::Locale,
    time, tr_in,
};

/// It is not where the page showed it.
pub(super) fn moved(l: Locale, now: ChangeState) -> Sentence {
    let state = change_state_word(l, now).to_owned();
    Sentence::new(
        tr_in!(l, errors.change_moved, state = state),
        tr_in!(l, errors.state_changed_next),
    )
}

/// It is not what the second person saw.
pub(super) fn differs(l: Locale) -> Sentence {
    Sentence::new(
        tr_in!(l, errors.change_differs),
        tr_in!(l, errors.request_changed_next),
    )
}

/// Another one of the same thing has not ended.
pub(super) fn under_way(l: Locale, change: ChangeId) -> Sentence {
    Sentence::new(
        tr_in!(l, errors.change_under_way),
        tr_in!(l, errors.change_under_way_next),
    )
    .way(
        tr_in!(l, errors.change_under_way_way),
        format!("/changes/{change}"),
    )
}

/// Clusters have something else to do.
pub(super) fn clusters_busy(l: Locale, clusters: &[String]) -> Sentence {
    let clusters = cluster_names(l, clusters);
    Sentence::new(
        tr_in!(l, errors.clusters_busy, clusters = clusters),
        tr_in!(l, errors.clusters_busy_next),
    )
}

/// A new database user cannot have the name. Its form says the same at length, and shows the way on.
pub(super) fn name_refused(l: Locale, check: &NameCheck) -> Sentence {
    let name = check.username.to_string();
    match check.verdict {
        NameVerdict::Taken => Sentence::new(
            tr_in!(l, errors.name_taken, name = name),
            tr_in!(l, errors.name_taken_next),
        ),
        NameVerdict::StillLives { ends, .. } => Sentence::new(
            tr_in!(l, errors.name_lives, name = name),
            tr_in!(l, errors.name_lives_next, day = time::day(l, ends)),
        ),
        // It was refused a moment ago.
        NameVerdict::Free | NameVerdict::HadBefore => Sentence::new(
            tr_in!(l, errors.name_refused, name = name),
            tr_in!(l, errors.name_refused_next),
        ),
    }
}

/// Atlas has moved on by itself.
pub(super) fn atlas_differs(l: Locale) -> Sentence {
    Sentence::new(
        tr_in!(l, errors.atlas_differs),
        tr_in!(l, errors.atlas_differs_next),
    )
}

/// Whoever asked has no say any more.
pub(super) fn requester_left(l: Locale) -> Sentence {
    Sentence::new(
        tr_in!(l, errors.requester_left),
        tr_in!(l, errors.requester_left_next),
    )
}

/// Whoever said yes has no say any more.
pub(super) fn second_left(l: Locale) -> Sentence {
    Sentence::new(
        tr_in!(l, errors.second_left),
        tr_in!(l, errors.second_left_next),
    )
}

/// With the user would go what tells whether a certificate was made.
pub(super) fn certificate_unsettled(l: Locale) -> Sentence {
    Sentence::new(
        tr_in!(l, errors.certificate_unsettled),
        tr_in!(l, errors.certificate_unsettled_next),
    )
}

/// It is all as asked for already.
pub(super) fn nothing_changes(l: Locale) -> Sentence {
    Sentence::new(
        tr_in!(l, errors.nothing_changes),
        tr_in!(l, errors.nothing_changes_next),
    )
}

/// Customer-managed X.509 cannot be switched off now.
pub(super) fn not_disablable(l: Locale, block: &DisableBlock) -> Sentence {
    match block {
        DisableBlock::NothingToDisable => Sentence::new(
            tr_in!(l, errors.disable_nothing),
            tr_in!(l, errors.disable_nothing_next),
        ),
        DisableBlock::Recently { until } => Sentence::new(
            tr_in!(l, x509.block_recently),
            tr_in!(
                l,
                errors.disable_recently_next,
                time = time::exact(l, *until)
            ),
        ),
        DisableBlock::UnderWay => Sentence::new(
            tr_in!(l, x509.block_under_way),
            tr_in!(l, x509.block_under_way_next),
        ),
        DisableBlock::NotKnown => Sentence::new(
            tr_in!(l, x509.block_not_known),
            tr_in!(l, x509.block_not_known_next),
        ),
    }
}
