//! Words for times. Pure: what they say depends on the two times given and on nothing else.

use ::time::{Duration, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use crate::{i18n::Locale, tr_in};

/// Days up to which a distance is told in days; beyond, in months.
const DAYS_UP_TO: i64 = 60;
/// Months up to which a distance is told in months; beyond, in years.
const MONTHS_UP_TO: i64 = 24;
/// A month, as far as words go.
const DAYS_A_MONTH: f64 = 30.44;

/// A distance in the unit a person would choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Distance {
    Now,
    Seconds(u64),
    Minutes(u64),
    Hours(u64),
    Days(u64),
    Months(u64),
    Years(u64),
}

/// Whole units only, and always the smaller number: "in 2 days" is never less than two days.
fn distance(duration: Duration) -> Distance {
    let duration = duration.abs();
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    let days = duration.whole_days();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "days of a human distance"
    )]
    let months = (days as f64 / DAYS_A_MONTH) as i64;
    if duration.whole_seconds() < 3 {
        Distance::Now
    } else if duration.whole_minutes() < 1 {
        Distance::Seconds(count(duration.whole_seconds()))
    } else if duration.whole_hours() < 1 {
        Distance::Minutes(count(duration.whole_minutes()))
    } else if days < 1 {
        Distance::Hours(count(duration.whole_hours()))
    } else if days < DAYS_UP_TO {
        Distance::Days(count(days))
    } else if months < MONTHS_UP_TO {
        Distance::Months(count(months))
    } else {
        Distance::Years(count(months / 12))
    }
}

/// "12 s ago", "2 hours ago".
pub fn ago(l: Locale, now: OffsetDateTime, then: OffsetDateTime) -> String {
    match distance(now - then) {
        Distance::Now => tr_in!(l, common.just_now).to_owned(),
        Distance::Seconds(n) => tr_in!(l, common.seconds_ago, count = n),
        Distance::Minutes(n) => tr_in!(l, common.minutes_ago, count = n),
        Distance::Hours(n) => tr_in!(l, common.hours_ago, count = n),
        Distance::Days(n) => tr_in!(l, common.days_ago, count = n),
        Distance::Months(n) => tr_in!(l, common.months_ago, count = n),
        Distance::Years(n) => tr_in!(l, common.years_ago, count = n),
    }
}

/// "in 12 s", "in 3 days".
pub fn ahead(l: Locale, now: OffsetDateTime, then: OffsetDateTime) -> String {
    match distance(then - now) {
        Distance::Now => tr_in!(l, common.just_now).to_owned(),
        Distance::Seconds(n) => tr_in!(l, common.in_seconds, count = n),
        Distance::Minutes(n) => tr_in!(l, common.in_minutes, count = n),
        Distance::Hours(n) => tr_in!(l, common.in_hours, count = n),
        Distance::Days(n) => tr_in!(l, common.in_days, count = n),
        Distance::Months(n) => tr_in!(l, common.in_months, count = n),
        Distance::Years(n) => tr_in!(l, common.in_years, count = n),
    }
}

/// Whichever of [`ago`] and [`ahead`] fits.
pub fn relative(l: Locale, now: OffsetDateTime, then: OffsetDateTime) -> String {
    if then > now {
        ahead(l, now, then)
    } else {
        ago(l, now, then)
    }
}

/// "ends in 19 days", "ended 2 days ago".
pub fn ends(l: Locale, now: OffsetDateTime, end: OffsetDateTime) -> String {
    if end > now {
        tr_in!(l, common.ends, time = ahead(l, now, end))
    } else {
        tr_in!(l, common.ended, time = ago(l, now, end))
    }
}

/// How long something takes: "90 s", "14 days".
pub fn lasting(l: Locale, duration: Duration) -> String {
    match distance(duration) {
        Distance::Now => tr_in!(l, common.seconds, count = 1_u64),
        Distance::Seconds(n) => tr_in!(l, common.seconds, count = n),
        Distance::Minutes(n) => tr_in!(l, common.minutes, count = n),
        Distance::Hours(n) => tr_in!(l, common.hours, count = n),
        Distance::Days(n) => tr_in!(l, common.days, count = n),
        Distance::Months(n) => tr_in!(l, common.months, count = n),
        Distance::Years(n) => tr_in!(l, common.years, count = n),
    }
}

/// The day: "24 Nov 2026".
pub fn day(l: Locale, at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    match l {
        Locale::en => {
            const NAMES: [&str; 12] = [
                "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
            ];
            let name = NAMES[usize::from(month - 1)];
            format!("{day} {name} {year}")
        }
        Locale::ko => format!("{year}년 {month}월 {day}일"),
        Locale::zh => format!("{year}年{month}月{day}日"),
    }
}

/// Day and minute: "24 Nov 2026, 13:05 UTC".
pub fn exact(l: Locale, at: OffsetDateTime) -> String {
    let utc = at.to_offset(UtcOffset::UTC);
    let comma = if l == Locale::en { "," } else { "" };
    format!(
        "{}{comma} {:02}:{:02} UTC",
        day(l, at),
        utc.hour(),
        utc.minute()
    )
}

/// The hour of something of today, the day of anything else: "12:04:07", "24 Nov 2026".
pub fn clock(l: Locale, now: OffsetDateTime, at: OffsetDateTime) -> String {
    let (utc, today) = (
        at.to_offset(UtcOffset::UTC),
        now.to_offset(UtcOffset::UTC).date(),
    );
    if utc.date() == today {
        format!("{:02}:{:02}:{:02}", utc.hour(), utc.minute(), utc.second())
    } else {
        day(l, at)
    }
}

/// For `<time title>`: "2026-11-24 13:05:10 UTC".
pub fn title(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!(
        "{} {:02}:{:02}:{:02} UTC",
        at.date(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// For `<time datetime>`: "2026-11-24T13:05:10Z".
pub fn machine(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC)
        .truncate_to_second()
        .format(&Rfc3339)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use ::time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-21 12:00:00 UTC);

    fn later(days: f64) -> OffsetDateTime {
        NOW + Duration::seconds_f64(days * 86_400.0)
    }

    #[test]
    fn the_end_is_told_in_the_unit_a_person_would_choose() {
        let end = |days| ends(Locale::en, NOW, later(days));
        assert_eq!(end(3.2), "ends in 3\u{a0}days");
        assert_eq!(end(1.0), "ends in 1\u{a0}day");
        assert_eq!(end(0.5), "ends in 12\u{a0}hours");
        assert_eq!(end(89.0), "ends in 2\u{a0}months");
        assert_eq!(end(92.0), "ends in 3\u{a0}months");
        assert_eq!(end(731.0), "ends in 2\u{a0}years");
        assert_eq!(end(-2.0), "ended 2\u{a0}days ago");
    }

    #[test]
    fn a_distance_is_never_told_longer_than_it_is() {
        assert_eq!(ahead(Locale::en, NOW, later(2.999)), "in 2\u{a0}days");
        assert_eq!(
            ahead(Locale::en, NOW, NOW + Duration::seconds(59)),
            "in 59\u{a0}s"
        );
        assert_eq!(
            ago(Locale::en, NOW, NOW - Duration::seconds(119)),
            "1\u{a0}min ago"
        );
    }

    #[test]
    fn just_now_is_no_number() {
        assert_eq!(ago(Locale::en, NOW, NOW), "just now");
        assert_eq!(
            relative(Locale::en, NOW, NOW + Duration::SECOND),
            "just now"
        );
        assert_eq!(relative(Locale::ko, NOW, NOW), "방금");
        assert_eq!(relative(Locale::zh, NOW, NOW), "刚刚");
    }

    #[test]
    fn each_language_has_its_own_order_of_words() {
        let then = NOW - Duration::hours(2);
        assert_eq!(ago(Locale::en, NOW, then), "2\u{a0}hours ago");
        assert_eq!(ago(Locale::ko, NOW, then), "2시간 전");
        assert_eq!(ago(Locale::zh, NOW, then), "2\u{a0}小时前");
        assert_eq!(ends(Locale::ko, NOW, later(19.5)), "19일 뒤 끝나요");
        assert_eq!(ends(Locale::zh, NOW, later(19.5)), "19\u{a0}天后到期");
    }

    #[test]
    fn exact_times_are_utc_whatever_the_offset_given() {
        let at = datetime!(2026-11-24 22:05:10.123456 +9);
        assert_eq!(exact(Locale::en, at), "24 Nov 2026, 13:05 UTC");
        assert_eq!(exact(Locale::ko, at), "2026년 11월 24일 13:05 UTC");
        assert_eq!(exact(Locale::zh, at), "2026年11月24日 13:05 UTC");
        assert_eq!(title(at), "2026-11-24 13:05:10 UTC");
        assert_eq!(machine(at), "2026-11-24T13:05:10Z");
    }
}
