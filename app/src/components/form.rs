//! Forms: plain ones, that work without JavaScript.

use leptos::prelude::*;
use portal::model::Field;

use crate::{
    here::here,
    layout::{field_name, problem_of},
    texts::locale,
    tr,
};

/// A form that changes something: posts to a server function and carries the session's token.
#[component]
pub fn PostForm(
    /// Where it is sent: the path of a server function (`Approve::PATH`) or of a plain route.
    #[prop(into)]
    to: String,
    /// A class of the stylesheet.
    #[prop(optional)]
    class: &'static str,
    /// The fields and the button.
    children: Children,
) -> impl IntoView {
    view! {
        <form method="post" action=to class=class>
            <input type="hidden" name="csrf" value=here().csrf.clone() />
            {children()}
        </form>
    }
}

/// The id of a field's control: its name, after that of its form where a page has several with such
/// a field. A form that has a name sends it back as `form` among what was typed, so that the page
/// knows in which of them something is wrong.
pub fn field_id(of: &str, field: Field) -> String {
    if of.is_empty() {
        field.to_string()
    } else {
        format!("{of}-{field}")
    }
}

/// A label, a hint, the control, and what is wrong with it.
///
/// The control's `id` is [`field_id`]'s, its `name` the field's name, and its `aria-describedby` the
/// id with `-hint` and `-problem`.
#[component]
pub fn FieldShell(
    /// Which field.
    field: Field,
    /// What to enter, in a line.
    #[prop(optional, into)]
    hint: Option<String>,
    /// The form it stands in, on a page that has several: see [`field_id`].
    #[prop(optional)]
    of: &'static str,
    /// The control.
    children: Children,
) -> impl IntoView {
    let id = field_id(of, field);
    let problem = here()
        .problem_in(of, field)
        .map(|problem| problem_of(locale(), field, problem));
    let wrong = problem.is_some();
    view! {
        <div class="field" class:wrong=wrong>
            <label for=id.clone()>{field_name(locale(), field)}</label>
            {hint.map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
            {children()}
            {problem
                .map(|problem| {
                    view! {
                        <p class="problem" id=format!("{id}-problem")>
                            {problem}
                        </p>
                    }
                })}
        </div>
    }
}

/// One choice of a `<select>`.
#[component]
pub fn SelectOption(
    /// What is sent.
    #[prop(into)]
    value: String,
    /// What is shown.
    #[prop(into)]
    text: String,
    /// Whether it is chosen.
    #[prop(optional)]
    chosen: bool,
    /// Whether it cannot be chosen.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    view! {
        <option value=value selected=chosen disabled=disabled>
            {text}
        </option>
    }
}

/// A text of several lines, holding what was typed before.
///
/// Leptos writes children of a textarea unescaped, so that a reason could close the element and go
/// on as markup. Every textarea of the portal is this one.
#[component]
pub fn TextArea(
    /// Which field.
    field: Field,
    /// What it holds at first.
    #[prop(into)]
    text: String,
    /// Fewest characters.
    least: u32,
    /// Most characters.
    most: u32,
    /// The form it stands in, on a page that has several.
    #[prop(optional)]
    of: &'static str,
) -> impl IntoView {
    let name: &'static str = field.into();
    let id = field_id(of, field);
    let described = format!("{id}-hint {id}-problem");
    let wrong = here().problem_in(of, field).is_some();
    view! {
        <textarea
            id=id
            name=name
            rows="4"
            required
            minlength=least
            maxlength=most
            aria-describedby=described
            aria-invalid=wrong.then_some("true")
            inner_html=escaped(&text)
        ></textarea>
    }
}

/// Text as a textarea's content. The first line end after the tag is dropped by browsers, so one is
/// put there.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 1);
    html.push('\n');
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            c => html.push(c),
        }
    }
    html
}

/// The button that sends a form.
#[component]
pub fn Submit(
    /// What it does.
    #[prop(into)]
    label: String,
    /// `primary`, `danger`, `small`, …
    #[prop(default = "primary")]
    class: &'static str,
) -> impl IntoView {
    view! {
        <button type="submit" class=format!("btn {class}")>
            {label}
        </button>
    }
}

/// A search field with its button.
#[component]
pub fn SearchBox(
    /// What is searched for now.
    text: String,
    /// What can be searched for.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! {
        <span class="search">
            <input
                type="search"
                name="search"
                value=text
                aria-label=label.clone()
                placeholder=label
                maxlength=portal::model::SEARCH_MAX
            />
            <button type="submit" class="btn small">
                {tr!(common.search)}
            </button>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_reason_cannot_close_its_textarea() {
        let text = "</textarea><script>alert(1)</script>&lt;";
        assert_eq!(
            escaped(text),
            "\n&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;lt;"
        );
    }
}
