//! People by name.

use leptos::prelude::*;
use portal::model::{ActorName, ApprovalMeter, PersonRef};

use crate::tr;

/// A person's name, or "you".
#[component]
pub fn Person(
    /// Who.
    person: PersonRef,
) -> impl IntoView {
    view! { <span class="person">{person_name(&person)}</span> }
}

/// A person's name, or "you".
pub fn person_name(person: &PersonRef) -> String {
    if person.is_you {
        tr!(common.you).to_owned()
    } else {
        person.name.clone()
    }
}

/// Names in a row: "Olga Lindt, Otto Brandt".
pub fn people_list(people: &[PersonRef]) -> String {
    let names: Vec<_> = people.iter().map(person_name).collect();
    names.join(tr!(common.list_comma))
}

/// Who did it, as the subject of a sentence: "You", "Olga Lindt 님이".
pub fn subject(actor: &ActorName) -> String {
    match actor {
        ActorName::Person(person) if person.is_you => tr!(common.subject_you).to_owned(),
        ActorName::Person(person) => tr!(common.subject_person, name = person.name.clone()),
        ActorName::System(_) => tr!(common.subject_system).to_owned(),
        ActorName::Nobody => tr!(common.subject_nobody).to_owned(),
    }
}

/// Approvals given of those needed.
#[component]
pub fn Meter(
    /// How many.
    meter: ApprovalMeter,
) -> impl IntoView {
    let words = tr!(common.approvals, given = meter.given, needed = meter.needed);
    view! {
        <span class="meter" role="img" aria-label=words.clone() title=words>
            {(0..meter.needed)
                .map(|place| view! { <i class:on=place < meter.given></i> })
                .collect_view()}
        </span>
    }
}
