//! The schema Atlas publishes, as far as it is held against anything here.
//!
//! Its licence (CC BY-NC-SA) keeps the document out of this repository; without it, these tests say so and pass.

use std::path::Path;

use serde_json::{Value, json};

/// Where the document is looked for, from the root of the repository.
const DOCUMENT: &str = "../shared/atlas/openapi-x509-slice.json";

/// Where real answers break the schema, and so do these.
const KNOWN: [&str; 3] = [
    // Real answers say null for people without a telephone; the schema does not allow it.
    "mobileNumber",
    // A password is required of the answer, which never has one.
    "password",
    // Those of errors are said to be objects; in recorded answers they are text and numbers.
    ".parameters[",
];

/// The document, where it is.
#[expect(clippy::print_stderr, reason = "a test that checks nothing says so")]
pub(crate) fn published() -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../..")
        .join(DOCUMENT);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!(
            "NOT CHECKED: {DOCUMENT} is not there, so nothing was held against the published schema."
        );
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// What is wrong with an answer.
pub(crate) fn problems(document: &Value, schema: &Value, answer: &Value) -> Vec<String> {
    let mut checker = Checker {
        document,
        problems: Vec::new(),
    };
    checker.check(schema, answer, "", true);
    let known = |problem: &String| KNOWN.iter().any(|known| problem.contains(known));
    checker.problems.retain(|problem| !known(problem));
    checker.problems
}

/// What is wrong with the body of a request: as with an answer, and what Atlas does not know or alone decides.
pub(crate) fn problems_of_request(document: &Value, schema: &Value, body: &Value) -> Vec<String> {
    let mut checker = Checker {
        document,
        problems: Vec::new(),
    };
    checker.check(schema, body, "", true);
    checker.check_fields(schema, body, "");
    checker.problems
}

/// As much of JSON Schema as the document uses. A library would be welcome, but the schemas of people are parents by
/// `oneOf` of children that name them by `allOf`, which validators follow for ever.
struct Checker<'a> {
    document: &'a Value,
    problems: Vec<String>,
}

impl<'a> Checker<'a> {
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => self
                .document
                .pointer(&reference[1..])
                .unwrap_or(&Value::Null),
            None => schema,
        }
    }

    fn check(&mut self, schema: &'a Value, value: &Value, at: &str, descend: bool) {
        let schema = self.resolve(schema);
        if value.is_null() {
            if schema["nullable"] != true {
                self.problems.push(format!("{at} is null"));
            }
            return;
        }
        self.check_type(schema, value, at);
        for name in schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if value.get(name).is_none() {
                self.problems.push(format!("{at}.{name} is missing"));
            }
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(field) = value.get(name) {
                self.check(property, field, &format!("{at}.{name}"), true);
            }
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            self.check(&schema["items"], item, &format!("{at}[{index}]"), true);
        }
        for parent in schema["allOf"].as_array().into_iter().flatten() {
            // The parent's own fields only: its choice led here.
            self.check(parent, value, at, false);
        }
        let discriminator = &schema["discriminator"];
        if descend && discriminator.is_object() {
            let name = discriminator["propertyName"]
                .as_str()
                .and_then(|name| value[name].as_str());
            match name.and_then(|name| discriminator["mapping"][name].as_str()) {
                Some(reference) => {
                    let child = self
                        .document
                        .pointer(&reference[1..])
                        .unwrap_or(&Value::Null);
                    self.check(child, value, at, false);
                }
                None => self
                    .problems
                    .push(format!("{at} is none of the kinds there are")),
            }
        }
    }

    /// That each field is described, and not one that only answers have.
    fn check_fields(&mut self, schema: &'a Value, value: &Value, at: &str) {
        let schema = self.resolve(schema);
        for (name, field) in value.as_object().into_iter().flatten() {
            let at = format!("{at}.{name}");
            match schema["properties"].get(name).map(|it| self.resolve(it)) {
                None => self.problems.push(format!("{at} is not described")),
                Some(property) if property["readOnly"] == true => {
                    self.problems.push(format!("{at} is Atlas's to say"));
                }
                Some(property) => self.check_fields(property, field, &at),
            }
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            self.check_fields(&schema["items"], item, &format!("{at}[{index}]"));
        }
    }

    fn check_type(&mut self, schema: &Value, value: &Value, at: &str) {
        let fits = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64() || value.is_u64(),
            _ => true,
        };
        if !fits {
            self.problems
                .push(format!("{at} is not of type {}", schema["type"]));
        }
        let number = value.as_f64();
        let bound = |name: &str| schema[name].as_f64();
        let (least, most) = (bound("minimum"), bound("maximum"));
        if number.is_some_and(|number| {
            least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most)
        }) {
            self.problems
                .push(format!("{at} is out of bounds: {value}"));
        }
        let choices = schema["enum"].as_array();
        let own_role = |choices: &Vec<Value>| choices.contains(&json!("<a custom role name>"));
        if choices.is_some_and(|choices| !choices.contains(value) && !own_role(choices)) {
            self.problems
                .push(format!("{at} is {value}, which is none of the choices"));
        }
        let Some(text) = value.as_str() else { return };
        // Of the patterns only this one is held: those for names of projects and certificates refuse real answers.
        let hex = |text: &str| {
            text.len() == 24 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        if schema["pattern"] == "^([a-f0-9]{24})$" && !hex(text) {
            self.problems.push(format!("{at} is no id: {text}"));
        }
        let format = time::format_description::well_known::Rfc3339;
        if schema["format"] == "date-time" && time::OffsetDateTime::parse(text, &format).is_err() {
            self.problems.push(format!("{at} is no moment: {text}"));
        }
    }
}
