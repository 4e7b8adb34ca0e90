//! Words that several pages of the requests share.

use portal::model::{DatabaseRole, Months, PersonRef};

use crate::tr;

/// Names shown before the rest becomes a number.
const NAMES_MOST: usize = 5;

/// Somebody as the one who does what the sentence says: "you", "Olga Lindt", "Olga Lindt 님이".
pub fn agent(person: &PersonRef) -> String {
    if person.is_you {
        tr!(requests.agent_you).to_owned()
    } else {
        tr!(requests.agent_person, name = person.name.clone())
    }
}

/// "Olga Lindt or Otto Brandt"; of many, the first and how many more.
pub fn any_of(people: &[PersonRef]) -> String {
    let name = |person: &PersonRef| {
        if person.is_you {
            tr!(common.you).to_owned()
        } else {
            tr!(requests.named_person, name = person.name.clone())
        }
    };
    let (shown, rest) = people.split_at(shown_of(people.len()));
    let mut names: Vec<String> = shown.iter().map(name).collect();
    if !rest.is_empty() {
        names.push(tr!(
            requests.others,
            count = u32::try_from(rest.len()).unwrap_or(u32::MAX)
        ));
    }
    joined(&names, tr!(common.list_comma), tr!(requests.list_or))
}

/// How many of so many people are named. One more than fits is named too: "1 other" says less.
fn shown_of(people: usize) -> usize {
    if people <= NAMES_MOST + 1 {
        people
    } else {
        NAMES_MOST
    }
}

fn joined(names: &[String], comma: &str, or: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{}{or}{last}", first.join(comma)),
    }
}

/// "3 months".
pub fn length(months: Months) -> String {
    tr!(common.for_months, count = u32::from(months.get()))
}

/// Where a role holds: a database, or one collection of it.
pub fn place(role: &DatabaseRole) -> String {
    match &role.collection {
        Some(collection) => format!("{}.{collection}", role.database),
        None => role.database.clone(),
    }
}

/// Months on offer, the shortest first.
pub fn months_up_to(most: u8) -> Vec<Months> {
    (1..=most)
        .filter_map(|months| Months::try_from(months).ok())
        .collect()
}

/// The months chosen at first: as typed before, or as usual, and never more than may be.
pub fn months_at_first(typed: Option<&str>, usual: Months, most: u8) -> Months {
    let typed = typed.and_then(|typed| typed.parse().ok());
    let wanted: Months = typed.unwrap_or(usual);
    Months::try_from(wanted.get().min(most)).unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn names_are_joined_as_people_say_them() {
        assert_eq!(joined(&names(&[]), ", ", " or "), "");
        assert_eq!(joined(&names(&["Olga"]), ", ", " or "), "Olga");
        assert_eq!(
            joined(&names(&["Olga", "Otto"]), ", ", " or "),
            "Olga or Otto"
        );
        assert_eq!(
            joined(&names(&["Olga", "Otto", "Sam"]), ", ", " or "),
            "Olga, Otto or Sam"
        );
    }

    #[test]
    fn nobody_is_left_out_alone() {
        assert_eq!(shown_of(3), 3);
        assert_eq!(shown_of(6), 6);
        assert_eq!(shown_of(7), 5);
    }

    #[test]
    fn the_months_chosen_at_first_are_never_more_than_may_be() {
        let of = |typed, most| months_at_first(typed, Months::DEFAULT, most).get();
        assert_eq!(of(None, 12), 3);
        assert_eq!(of(None, 2), 2);
        assert_eq!(of(Some("6"), 12), 6);
        assert_eq!(of(Some("18"), 12), 12);
        assert_eq!(of(Some("many"), 12), 3);
    }

    #[test]
    fn every_month_up_to_the_longest_is_on_offer() {
        let offered: Vec<u8> = months_up_to(3).into_iter().map(Months::get).collect();
        assert_eq!(offered, [1, 2, 3]);
    }
}
