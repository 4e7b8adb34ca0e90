//! Telling from Atlas's list what became of a call whose answer was lost.
//!
//! Pure: a list, what is known of it, and what was committed before the call decide.

use std::collections::HashMap;

use time::{Duration, OffsetDateTime};

use crate::{
    atlas::{ListedCertificate, api_name},
    model::{Months, Origin, Serial, Username},
};

/// Atlas dates a certificate an hour back; the rest is for clocks that differ. What is dated earlier is not
/// taken for what the call made, but it is in its way: a clock could differ by more.
const BACKDATED: Duration = Duration::minutes(62);
/// How far an end may lie from what was asked for: as in the answer itself.
const END_TOLERANCE: Duration = Duration::days(2);
/// What ended this long ago need not be listed any more.
const FORGOTTEN_WITHIN: Duration = Duration::hours(1);

/// A call that may have made a certificate.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    pub(super) username: &'a Username,
    pub(super) months: Months,
    pub(super) started_at: OffsetDateTime,
    /// What Atlas listed right before it, and when each of it ends.
    pub(super) baseline: &'a [(Serial, OffsetDateTime)],
}

impl Call<'_> {
    /// Whether the certificate was not listed before the call.
    pub(super) fn is_new(&self, listed: &ListedCertificate) -> bool {
        !self
            .baseline
            .iter()
            .any(|(serial, _)| *serial == listed.serial)
    }

    /// Whether it is new, and what the call asked for.
    pub(super) fn may_have_made(&self, listed: &ListedCertificate) -> bool {
        let end = self.months.after(listed.created_at);
        self.is_new(listed)
            && listed.created_at >= self.started_at - BACKDATED
            && api_name(&listed.subject) == self.username.as_str()
            && (listed.not_after - end).abs() <= END_TOLERANCE
    }
}

/// What a complete list says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// One new certificate, which is what was asked for.
    Made(ListedCertificate),
    /// Several, each of which could be the one.
    Several(Vec<ListedCertificate>),
    /// None that could be the one, but others that appeared since the call.
    Others(Vec<ListedCertificate>),
    /// Nothing that appeared since the call.
    Nothing,
    /// What was there before and has not ended is missing: such a list proves nothing. With what could be
    /// the one.
    Differs(Vec<ListedCertificate>),
}

/// What the list says about the call. `asked_at`: when it was asked for.
pub(super) fn find(
    call: &Call<'_>,
    listed: &[ListedCertificate],
    known: &HashMap<Serial, Origin>,
    asked_at: OffsetDateTime,
) -> Finding {
    let mut candidates: Vec<_> = listed
        .iter()
        .filter(|one| !known.contains_key(&one.serial) && call.may_have_made(one))
        .cloned()
        .collect();
    let is_listed = |serial| listed.iter().any(|one| one.serial == serial);
    let is_missing = call
        .baseline
        .iter()
        .any(|(serial, end)| *end > asked_at + FORGOTTEN_WITHIN && !is_listed(*serial));
    if is_missing {
        return Finding::Differs(candidates);
    }
    match (candidates.pop(), candidates.is_empty()) {
        (Some(one), true) => Finding::Made(one),
        (Some(one), false) => {
            candidates.push(one);
            Finding::Several(candidates)
        }
        (None, _) => {
            // Something came of something, and it could be this call. An owner's word for what it is does
            // not settle the attempt: that takes security.
            let others: Vec<_> = listed
                .iter()
                .filter(|one| {
                    let origin = known.get(&one.serial);
                    origin.is_none_or(|origin| *origin == Origin::Unexplained) && call.is_new(one)
                })
                .cloned()
                .collect();
            if others.is_empty() {
                Finding::Nothing
            } else {
                Finding::Others(others)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-11-22 09:00 UTC);
    const LATER: OffsetDateTime = datetime!(2026-11-22 09:10 UTC);

    fn listed(serial: i64, minutes: i64) -> ListedCertificate {
        let made = START + Duration::minutes(minutes);
        ListedCertificate {
            serial: Serial(serial),
            created_at: made - Duration::HOUR,
            not_after: months().after(made),
            subject: "CN=orders-api".to_owned(),
        }
    }

    fn months() -> Months {
        "3".parse().expect("is a lifetime")
    }

    fn find_in(list: &[ListedCertificate], known: &[(i64, Origin)]) -> Finding {
        let username = "orders-api".parse().expect("is a name");
        let baseline = [
            (Serial(1), START + Duration::days(30)),
            (Serial(2), START + Duration::minutes(1)),
        ];
        let call = Call {
            username: &username,
            months: months(),
            started_at: START,
            baseline: &baseline,
        };
        let known = known
            .iter()
            .map(|(serial, origin)| (Serial(*serial), *origin))
            .collect();
        find(&call, list, &known, LATER)
    }

    fn before() -> ListedCertificate {
        listed(1, -60 * 24 * 60)
    }

    #[test]
    fn one_new_certificate_is_the_one() {
        assert_eq!(find_in(&[before()], &[]), Finding::Nothing);
        let one = listed(7, 0);
        assert_eq!(find_in(&[before(), one.clone()], &[]), Finding::Made(one));
    }

    #[test]
    fn two_are_for_somebody_to_decide() {
        let (one, other) = (listed(7, 0), listed(8, 1));
        let Finding::Several(found) = find_in(&[before(), one, other], &[]) else {
            panic!("two");
        };
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn what_is_on_record_is_not_the_one_and_what_nothing_explains_stays_in_the_way() {
        let one = listed(7, 0);
        let list = [before(), one.clone()];
        for origin in [Origin::Portal, Origin::Lost, Origin::Preexisting] {
            assert_eq!(find_in(&list, &[(7, origin)]), Finding::Nothing);
        }
        assert_eq!(
            find_in(&list, &[(7, Origin::Unexplained)]),
            Finding::Others(vec![one])
        );
    }

    #[test]
    fn what_was_not_asked_for_is_not_the_one() {
        let mut longer = listed(7, 0);
        longer.not_after += Duration::days(3);
        let mut another = listed(8, 0);
        another.subject = "CN=orders-api,O=Example".to_owned();
        for odd in [longer, another] {
            assert_eq!(
                find_in(&[before(), odd.clone()], &[]),
                Finding::Others(vec![odd])
            );
        }
        // Dated well before the call, though it was not listed then: so clocks that differ would show it.
        let early = listed(9, -3);
        assert_eq!(
            find_in(&[before(), early.clone()], &[]),
            Finding::Others(vec![early])
        );
    }

    #[test]
    fn a_list_without_what_was_there_before_proves_nothing() {
        assert_eq!(find_in(&[], &[]), Finding::Differs(Vec::new()));
        let one = listed(7, 0);
        assert_eq!(
            find_in(std::slice::from_ref(&one), &[]),
            Finding::Differs(vec![one])
        );
    }
}
