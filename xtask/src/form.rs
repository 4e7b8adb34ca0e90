//! A form of a page, filled in the way a person does: by what the labels say, leaving alone what is
//! hidden.

use anyhow::{Context, Result, bail};
use scraper::{ElementRef, Html, Selector};
use url::Url;

use crate::browser::Page;

/// A form.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    /// The page it stands on.
    pub page: Url,
    /// Where it is sent.
    pub action: Url,
    post: bool,
    fields: Vec<Field>,
}

#[derive(Clone, Debug)]
struct Field {
    name: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// A text, a date, a number, or something hidden.
    Text { value: String, multiline: bool },
    /// A list to choose from, or one of a group of buttons.
    Choice {
        options: Vec<Choice>,
        chosen: Option<usize>,
    },
    /// The button that sends the form, sent itself only when pressed.
    Button(Choice, bool),
}

#[derive(Clone, Debug)]
struct Choice {
    value: String,
    label: String,
}

impl Form {
    /// All forms of a page.
    pub(crate) fn all(page: &Page) -> Vec<Self> {
        let document = Html::parse_document(&page.body);
        document
            .select(&selector("form"))
            .filter_map(|form| Self::read(page, &document, form))
            .collect()
    }

    /// The form of a page that is sent to this path.
    pub(crate) fn find(page: &Page, path: &str) -> Result<Self> {
        let forms = Self::all(page);
        let known: Vec<_> = forms
            .iter()
            .map(|form| form.action.path().to_owned())
            .collect();
        forms
            .into_iter()
            .find(|form| form.action.path() == path)
            .with_context(|| {
                format!(
                    "{} has no form for {path}; its forms are for {known:?}, and it says:\n{}",
                    page.url,
                    page.readable()
                )
            })
    }

    fn read(page: &Page, document: &Html, form: ElementRef<'_>) -> Option<Self> {
        let attribute = |name| form.value().attr(name);
        let action = page
            .url
            .join(attribute("action").unwrap_or_default())
            .ok()?;
        let post = attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        let mut fields = Vec::new();
        for control in form.select(&selector("input, select, textarea, button")) {
            add_control(&mut fields, document, control);
        }
        Some(Self {
            page: page.url.clone(),
            action,
            post,
            fields,
        })
    }

    /// Whether it changes something.
    pub(crate) fn is_post(&self) -> bool {
        self.post
    }

    /// Whether there is a field of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Fills in a field by its name; of a choice or a button it is the value that counts.
    pub(crate) fn set(&mut self, name: &str, text: &str) -> Result<()> {
        let names: Vec<_> = self.fields.iter().map(|field| field.name.clone()).collect();
        for field in self.fields.iter_mut().filter(|field| field.name == name) {
            match &mut field.kind {
                Kind::Text { value, .. } => {
                    text.clone_into(value);
                    return Ok(());
                }
                Kind::Choice { options, chosen } => {
                    if let Some(index) = options.iter().position(|option| option.value == text) {
                        *chosen = Some(index);
                        return Ok(());
                    }
                }
                Kind::Button(choice, pressed) if choice.value == text => {
                    *pressed = true;
                    return Ok(());
                }
                Kind::Button(..) => {}
            }
        }
        bail!(
            "the form for {} takes no {name} = {text}; its fields are {names:?}",
            self.action.path()
        )
    }

    /// Chooses what carries this label, wherever in the form it is. False when nothing does.
    pub(crate) fn choose(&mut self, label: &str) -> bool {
        for field in &mut self.fields {
            if let Kind::Choice { options, chosen } = &mut field.kind
                && let Some(index) = options
                    .iter()
                    .position(|option| option.label.contains(label))
            {
                *chosen = Some(index);
                return true;
            }
        }
        false
    }

    /// Writes into every box made for more than one line.
    pub(crate) fn write(&mut self, text: &str) {
        for field in &mut self.fields {
            if let Kind::Text {
                value,
                multiline: true,
            } = &mut field.kind
            {
                text.clone_into(value);
            }
        }
    }

    /// Whether some field is going to be sent with this value.
    pub(crate) fn sends(&self, name: &str, value: &str) -> bool {
        self.filled_in().any(|pair| pair == (name, value))
    }

    /// What is sent.
    pub(crate) fn filled_in(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().filter_map(|field| {
            let value = match &field.kind {
                Kind::Text { value, .. } => value,
                Kind::Choice { options, chosen } => &options[(*chosen)?].value,
                Kind::Button(choice, pressed) => pressed.then_some(&choice.value)?,
            };
            Some((field.name.as_str(), value.as_str()))
        })
    }
}

fn add_control(fields: &mut Vec<Field>, document: &Html, control: ElementRef<'_>) {
    let attribute = |name| control.value().attr(name);
    let Some(name) = attribute("name").filter(|_| attribute("disabled").is_none()) else {
        return;
    };
    let value = attribute("value").unwrap_or_default().to_owned();
    let kind = match (
        control.value().name(),
        attribute("type").unwrap_or_default(),
    ) {
        ("select", _) => choices_of(control),
        ("textarea", _) => Kind::Text {
            value: control.text().collect(),
            multiline: true,
        },
        ("button", _) | ("input", "submit" | "button") => {
            let label = control.text().collect();
            Kind::Button(Choice { value, label }, false)
        }
        ("input", "radio" | "checkbox") => {
            let choice = Choice {
                value: if value.is_empty() {
                    "on".to_owned()
                } else {
                    value
                },
                label: label_of(document, control),
            };
            let checked = attribute("checked").is_some();
            return add_to_group(fields, name, choice, checked);
        }
        _ => Kind::Text {
            value,
            multiline: false,
        },
    };
    fields.push(Field {
        name: name.to_owned(),
        kind,
    });
}

/// Radio buttons of one name are one choice.
fn add_to_group(fields: &mut Vec<Field>, name: &str, choice: Choice, checked: bool) {
    let group = fields.iter_mut().find_map(|field| match &mut field.kind {
        Kind::Choice { options, chosen } if field.name == name => Some((options, chosen)),
        _ => None,
    });
    if let Some((options, chosen)) = group {
        if checked {
            *chosen = Some(options.len());
        }
        options.push(choice);
    } else {
        fields.push(Field {
            name: name.to_owned(),
            kind: Kind::Choice {
                options: vec![choice],
                chosen: checked.then_some(0),
            },
        });
    }
}

fn choices_of(select: ElementRef<'_>) -> Kind {
    let mut options = Vec::new();
    let mut chosen = None;
    for option in select.select(&selector("option")) {
        let label: String = option.text().collect();
        // Browsers choose the first option when the page chooses none.
        let usable = option.value().attr("disabled").is_none();
        if usable && (chosen.is_none() || option.value().attr("selected").is_some()) {
            chosen = Some(options.len());
        }
        let value = option.value().attr("value").unwrap_or(&label).to_owned();
        options.push(Choice { value, label });
    }
    Kind::Choice { options, chosen }
}

fn label_of(document: &Html, control: ElementRef<'_>) -> String {
    let around = control
        .ancestors()
        .filter_map(ElementRef::wrap)
        .find(|element| element.value().name() == "label");
    let beside = || {
        let id = control.value().attr("id")?;
        document
            .select(&selector("label"))
            .find(|label| label.value().attr("for") == Some(id))
    };
    around
        .or_else(beside)
        .map(|label| label.text().collect())
        .unwrap_or_default()
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a constant selector")
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderMap;

    use super::*;

    fn page(body: &str) -> Page {
        Page {
            url: Url::parse("http://localhost:3000/requests/new").unwrap(),
            status: 200,
            headers: HeaderMap::new(),
            body: body.to_owned(),
        }
    }

    #[test]
    fn a_form_is_filled_in_by_its_labels_and_keeps_what_is_hidden() {
        let page = page(
            r#"<form action="/api/requests/submit" method="post">
                <input type="hidden" name="csrf" value="t0ken">
                <label><input type="radio" name="user" value="1"> orders-api</label>
                <label><input type="radio" name="user" value="2" checked> ledger</label>
                <select name="months"><option value="1">1 month<option value="3">3 months</select>
                <textarea name="reason"></textarea>
                <button name="draft" value="yes">Keep as a draft</button>
            </form>"#,
        );
        let mut form = Form::find(&page, "/api/requests/submit").unwrap();
        assert!(form.choose("orders-api"));
        assert!(!form.choose("no such label"));
        form.set("months", "3").unwrap();
        form.write("Rotation");
        let sent: Vec<_> = form.filled_in().collect();
        assert_eq!(
            sent,
            [
                ("csrf", "t0ken"),
                ("user", "1"),
                ("months", "3"),
                ("reason", "Rotation")
            ]
        );
        form.set("draft", "yes").unwrap();
        assert!(form.sends("draft", "yes"));
    }

    #[test]
    fn a_missing_form_is_reported_with_what_the_page_says() {
        let error = Form::find(&page("<main>Nothing to approve</main>"), "/api/x").unwrap_err();
        assert!(error.to_string().contains("Nothing to approve"));
    }
}
