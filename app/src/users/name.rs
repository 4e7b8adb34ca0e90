//! The name of a new user: what is known about it, and the field that asks about another.

use leptos::prelude::*;
use portal::model::{
    NEW_USERNAME_MAX, NameCheck, NameVerdict, NewUsername, Problem, ProjectRef, Timestamp, Username,
};

use super::words::{mono, new_user_address};
use crate::{
    components::{Callout, Link, Sheet, State, Tone, bold},
    layout::problem_text,
    texts::locale,
    time, tr, tr_view,
};

/// The name as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// What was typed.
    pub text: String,
    /// Whether it is the name that was suggested for one grant.
    pub suggested: bool,
}

impl Asked {
    /// The name, if a new user can have one like it at all.
    pub fn name(&self) -> Option<NewUsername> {
        self.text.parse().ok()
    }

    /// What is wrong with its form. Nothing typed is nothing wrong: one has only just arrived.
    fn problem(&self) -> Option<Problem> {
        let problem = self.text.parse::<NewUsername>().err()?;
        (problem != Problem::Missing).then_some(problem)
    }
}

/// Asks about a name: a question, so it is part of the address, and works without JavaScript.
#[component]
pub fn NameForm(
    /// In which project.
    project: ProjectRef,
    /// The name asked about so far.
    asked: Asked,
    /// Whether it is the page's one thing to do.
    first: bool,
) -> impl IntoView {
    let problem = asked.problem().map(|problem| match problem {
        Problem::Malformed => tr!(users.name_malformed).to_owned(),
        problem => problem_text(locale(), problem),
    });
    let wrong = problem.is_some();
    let title = if first {
        tr!(users.name_title)
    } else {
        tr!(users.name_other)
    };
    // A name that was refused is not offered again.
    let text = if first { asked.text } else { String::new() };
    view! {
        <Sheet title=title>
            <div class="body">
                <form method="get" action=new_user_address(project.id.as_str(), "") class="stack">
                    <div class="field" class:wrong=wrong>
                        <label class="unseen" for="name">
                            {tr!(users.name_label)}
                        </label>
                        <p class="hint" id="name-hint">
                            {tr!(users.name_hint, most = NEW_USERNAME_MAX)}
                        </p>
                        <div class="row ask-name">
                            <input
                                type="text"
                                class="mono"
                                id="name"
                                name="name"
                                value=text
                                required
                                maxlength=NEW_USERNAME_MAX
                                autocomplete="off"
                                autocapitalize="none"
                                spellcheck="false"
                                aria-describedby="name-hint name-problem"
                                aria-invalid=wrong.then_some("true")
                            />
                            <button type="submit" class=if first { "btn primary" } else { "btn" }>
                                {tr!(users.name_check)}
                            </button>
                        </div>
                        {problem
                            .map(|problem| {
                                view! {
                                    <p class="problem" id="name-problem">
                                        {problem}
                                    </p>
                                }
                            })}
                    </div>
                </form>
            </div>
        </Sheet>
    }
}

/// Why the choice of a name matters, beside the field.
#[component]
pub fn AboutNames() -> impl IntoView {
    view! {
        <Sheet title=tr!(users.about_title)>
            <ul class="body rules">
                <li>{tr_view!(users.about_revoke, <b> = bold)}</li>
                <li>{tr_view!(users.about_grant, <b> = bold)}</li>
                <li>{tr_view!(users.about_again, <b> = bold)}</li>
            </ul>
        </Sheet>
    }
}

/// A name that can be had: the name, what is known about it, and the one for one grant beside it.
#[component]
pub fn GoodName(
    /// In which project.
    project: ProjectRef,
    /// What is known.
    check: NameCheck,
    /// Whether it is the one that was suggested.
    suggested: bool,
) -> impl IntoView {
    let (word, text) = match check.verdict {
        NameVerdict::HadBefore => (tr!(users.had), tr!(users.had_text)),
        _ if suggested => (tr!(users.free), tr!(users.suggested_text)),
        _ => (tr!(users.free), tr!(users.free_text)),
    };
    let back = new_user_address(project.id.as_str(), "");
    let head = view! {
        <a class="faint aside" href=back aria-label=tr!(users.name_change_label)>
            {tr!(users.name_change)}
        </a>
    }
    .into_any();
    let offer = (!suggested).then(|| suggestion(&project, &check.suggestion, false));
    view! {
        <Sheet title=tr!(users.name_label) head>
            <div class="body named">
                <p class="row">
                    <b class="mono name">{check.username.to_string()}</b>
                    <State tone=Tone::Ok word />
                </p>
                <p class="quiet">{text}</p>
                {offer}
            </div>
        </Sheet>
    }
}

/// A name that cannot be had: why, until when, and what to take in its place.
#[component]
pub fn RefusedName(
    /// In which project.
    project: ProjectRef,
    /// What is known.
    check: NameCheck,
    /// When the page was made.
    now: Timestamp,
) -> impl IntoView {
    let name = check.username.to_string();
    let offer = suggestion(&project, &check.suggestion, true);
    if let NameVerdict::StillLives { certificates, ends } = check.verdict {
        let l = locale();
        let (ahead, day) = (time::ahead(l, now, ends), time::day(l, ends));
        let title = tr!(users.lives_title, count = certificates, name = name);
        return view! {
            <Callout tone=Tone::Warn title>
                <p class="quiet">{tr!(users.lives_text)}</p>
                <p class="quiet">
                    {tr_view!(users.lives_until, <t> = bold, day = day, ahead = ahead)}
                </p>
                {offer}
            </Callout>
        }
        .into_any();
    }
    let users = format!("/projects/{}#users", project.id);
    view! {
        <Callout tone=Tone::Warn title=tr!(users.taken_title, name = name)>
            <p class="quiet">
                {tr!(users.taken_text)} " " <a href=users>{tr!(users.taken_way)}</a>
            </p>
            {offer}
        </Callout>
    }
    .into_any()
}

/// The name for one grant, one click away, and why one would want it.
fn suggestion(project: &ProjectRef, name: &Username, first: bool) -> impl IntoView + use<> {
    let way = Link::to(new_user_address(project.id.as_str(), name.as_str())).with("suggested", "1");
    let name = name.to_string();
    let label = tr!(users.suggest_use, name = name.clone());
    view! {
        <div class="suggest">
            <a class=if first { "btn primary" } else { "btn small" } href=String::from(way)>
                {label}
            </a>
            <p class="faint">{tr_view!(users.suggest_why, <m> = mono, name = name)}</p>
        </div>
    }
}
