//! Every failpoint of the portal, and what has to be done so that it is reached.

/// What is done at the portal that is to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scene {
    /// From asking to the saved key.
    Way,
    /// The same with an answer that says no.
    Refused,
    /// The same with an answer that is lost.
    Lost,
    /// The same with Atlas away before the call.
    Away,
    /// A key somebody reaches for without its cookie.
    WrongBrowser,
    /// An owner says no.
    Deny,
    /// The requester takes it back.
    Withdraw,
    /// A request that has waited too long.
    Overdue,
    /// A key that has waited too long.
    KeyOverdue,
    /// An attempt whose process died before its call.
    LeftPrepared,
    /// An attempt whose process died in its call.
    LeftCalling,
    /// An attempt whose answer was lost, although its certificate was made.
    Unsettled,
    /// The same with a list that cannot be read.
    Unreadable,
    /// An attempt whose answer was lost, and that made nothing.
    Nothing,
    /// An attempt whose answer was lost, with two certificates of which each could be its.
    Ambiguous,
    /// The same, once security says which.
    Resolve,
    /// A certificate made behind the portal's back.
    Foreign,
    /// The same, once somebody says what it is.
    Explain,
    /// Somebody has Atlas's lists read now.
    Sweep,
    /// A project nobody knew.
    NewProject,
    /// From asking to the saved key, on a day nothing was sealed on before.
    FirstKey,
    /// A start, and nothing else.
    Start,
    /// Somebody signs in.
    SignIn,
    /// Somebody signs out.
    SignOut,
    /// Somebody is back after a pause.
    Use,
    /// Other roles for a database user, from asking to the end.
    Change,
    /// The same with an answer that says no.
    ChangeRefused,
    /// The same with an answer that was lost.
    ChangeLost,
    /// A change that Atlas has not done, and whose answer was lost.
    ChangeNothing,
    /// A change whose process died in its call.
    ChangeLeft,
    /// Another owner says no to a change.
    ChangeDeny,
    /// A change is taken back.
    ChangeWithdraw,
    /// A change that has waited too long.
    ChangeOverdue,
}

use Scene::{
    Ambiguous, Away, Change, ChangeDeny, ChangeLeft, ChangeLost, ChangeNothing, ChangeOverdue,
    ChangeRefused, ChangeWithdraw, Deny, Explain, FirstKey, Foreign, KeyOverdue, LeftCalling,
    LeftPrepared, Lost, NewProject, Nothing, Overdue, Refused, Resolve, SignIn, SignOut, Start,
    Sweep, Unreadable, Unsettled, Use, Way, Withdraw, WrongBrowser,
};

/// All of them. A test compares this list with the sources.
pub(super) const POINTS: &[(&str, Scene)] = &[
    // Asking and deciding.
    ("submit.inserted", Way),
    ("submit.audited", Way),
    ("submit.committed", Way),
    ("approve.decided", Way),
    ("approve.audited", Way),
    ("approve.committed", Way),
    ("deny.decided", Deny),
    ("deny.audited", Deny),
    ("deny.committed", Deny),
    ("withdraw.audited", Withdraw),
    ("withdraw.committed", Withdraw),
    ("expire.moved", Overdue),
    ("expire.audited", Overdue),
    ("expire.committed", Overdue),
    // The intent.
    ("issue.checked", Way),
    ("issue.inserted", Way),
    ("issue.moved", Way),
    ("issue.audited", Way),
    ("commit.numbered", Way),
    ("issue.committed", Way),
    ("issue.spawned", Way),
    // The attempt and its call.
    ("attempt.fenced", Way),
    ("attempt.proved", Way),
    ("attempt.listed", Way),
    ("call.moved", Way),
    ("call.audited", Way),
    ("call.committed", Way),
    ("call.about_to_send", Way),
    ("call.answered", Way),
    ("call.checked", Way),
    // What became of it.
    ("outcome.locked", Way),
    ("outcome.not_sent", Away),
    ("outcome.rejected", Refused),
    ("outcome.unknown", Lost),
    ("outcome.audited", Refused),
    ("outcome.committed", Lost),
    ("issued.sealed", Way),
    ("issued.inserted", Way),
    ("issued.kept", Way),
    ("issued.moved", Way),
    ("issued.audited", Way),
    ("issued.committed", Way),
    ("attempt.recorded", Way),
    ("attempt.lowered", Way),
    ("confirm.listed", Way),
    // The key.
    ("deliver.checked", Way),
    ("deliver.counted", Way),
    ("deliver.audited", Way),
    ("deliver.committed", Way),
    ("deliver.opened", Way),
    ("refuse.audited", WrongBrowser),
    ("acknowledge.locked", Way),
    ("end.wiped", Way),
    ("end.moved", Way),
    ("end.audited", Way),
    ("end.committed", Way),
    ("pickups.found", KeyOverdue),
    ("pickups.locked", KeyOverdue),
    // What a dead process left.
    ("settle.fence_down", LeftPrepared),
    ("settle.locked", LeftPrepared),
    ("settle.was_prepared", LeftPrepared),
    ("settle.was_calling", LeftCalling),
    ("settle.audited", LeftPrepared),
    ("settle.committed", LeftCalling),
    // What a lost answer was.
    ("reconcile.fenced", Unsettled),
    ("reconcile.listed", Unsettled),
    ("reconcile.postponed", Unreadable),
    ("reconcile.recorded", Unsettled),
    ("reconcile.locked", Unsettled),
    ("reconcile.counted", Unsettled),
    ("reconcile.lost", Unsettled),
    ("reconcile.not_issued", Nothing),
    ("reconcile.ambiguous", Ambiguous),
    ("reconcile.concluded", Nothing),
    ("reconcile.committed", Unsettled),
    ("reconcile.looked", Unsettled),
    ("resolve.decided", Resolve),
    ("resolve.audited", Resolve),
    ("resolve.committed", Resolve),
    // Reading Atlas.
    ("lists.read", Start),
    ("lists.compared", Start),
    ("lists.inserted", Foreign),
    ("lists.audited", Foreign),
    ("explain.inserted", Explain),
    ("explain.audited", Explain),
    ("explain.committed", Explain),
    ("sweep.turn_taken", Sweep),
    ("lists.seen", Start),
    ("lists.committed", Start),
    ("projects.listed", Start),
    ("projects.inserted", NewProject),
    ("projects.gone", Start),
    ("project.read", Start),
    ("project.settings", Start),
    ("project.users", Start),
    // People and their sessions.
    ("login.begun", SignIn),
    ("login.taken", SignIn),
    ("session.person", SignIn),
    ("session.inserted", SignIn),
    ("session.audited", SignIn),
    ("session.committed", SignIn),
    ("session.saved", SignIn),
    ("session.touched", Use),
    ("sign_out.audited", SignOut),
    ("sign_out.committed", SignOut),
    ("purge.done", Start),
    ("job.worked", Start),
    ("job.recorded", Start),
    // Changes of database users.
    ("change_submit.audited", Change),
    ("change_submit.committed", Change),
    ("change_approve.audited", Change),
    ("change_approve.committed", Change),
    ("change_approve.spawned", Change),
    ("change_deny.audited", ChangeDeny),
    ("change_deny.committed", ChangeDeny),
    ("change_withdraw.audited", ChangeWithdraw),
    ("change_withdraw.committed", ChangeWithdraw),
    ("change_expire.audited", ChangeOverdue),
    ("change_expire.committed", ChangeOverdue),
    ("change.fenced", Change),
    ("change.looked", Change),
    ("change_call.audited", Change),
    ("change_call.committed", Change),
    ("change_call.about_to_send", Change),
    ("change_call.answered", Change),
    ("change_outcome.audited", ChangeRefused),
    ("change_outcome.committed", ChangeRefused),
    ("change_applied.moved", Change),
    ("change_applied.mirrored", Change),
    ("change_applied.audited", Change),
    ("change_applied.committed", Change),
    ("change.recorded", Change),
    ("change_settle.audited", ChangeLeft),
    ("change_settle.committed", ChangeLeft),
    ("change_settle.read", ChangeLost),
    ("change_not_applied.audited", ChangeNothing),
    ("change_not_applied.committed", ChangeNothing),
    ("change_follow.asked", Change),
    ("change_follow.remembered", Change),
    ("change_follow.audited", Change),
    // Last: what waits to be collected then can not be opened any more.
    ("key.written", FirstKey),
    ("key.linked", FirstKey),
];

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// Every name in `failpoint!("…")` below a folder.
    fn names_in(folder: &Path, into: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("the portal's sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                names_in(&path, into);
            } else if path.extension().is_some_and(|end| end == "rs")
                && !path.ends_with("failpoint.rs")
            {
                let source = fs::read_to_string(&path).expect("text");
                let mut rest = source.as_str();
                while let Some((_, after)) = rest.split_once("failpoint!(\"") {
                    let (name, after) = after.split_once('"').expect("the end of a name");
                    into.push(name.to_owned());
                    rest = after;
                }
            }
        }
    }

    #[test]
    fn the_list_is_complete_and_every_name_stands_in_one_place() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../server/portal/src");
        let mut found = Vec::new();
        names_in(&sources, &mut found);
        found.sort();
        let mut listed: Vec<_> = POINTS.iter().map(|(name, _)| (*name).to_owned()).collect();
        listed.sort();
        assert_eq!(found, listed);
        listed.dedup();
        assert_eq!(listed.len(), POINTS.len());
        assert!(POINTS.len() >= 60, "fewer than promised");
    }
}
