//! What the forms send, before it is parsed.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// Texts of a field that can be sent more than once (`roles[]=…&roles[]=…`), or once with a text on
/// each line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Lines(Vec<String>);

impl Lines {
    /// The texts, without empty ones.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .flat_map(|text| text.lines())
            .map(str::trim)
            .filter(|line| !line.is_empty())
    }

    /// All of it in one text: what is kept of a form that was not taken.
    pub fn as_one(&self) -> String {
        self.iter().collect::<Vec<_>>().join("\n")
    }
}

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LinesVisitor)
    }
}

struct LinesVisitor;

impl<'de> de::Visitor<'de> for LinesVisitor {
    type Value = Lines;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or several")
    }

    fn visit_str<E>(self, text: &str) -> Result<Lines, E> {
        Ok(Lines(vec![text.to_owned()]))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut texts: A) -> Result<Lines, A::Error> {
        let mut lines = Vec::new();
        while let Some(text) = texts.next_element()? {
            lines.push(text);
        }
        Ok(Lines(lines))
    }
}

/// A row in which a role is put together: `added[0][role]`, `added[0][database]`, ….
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedRole {
    /// The role's name.
    #[serde(default)]
    pub role: String,
    /// The database it holds in.
    #[serde(default)]
    pub database: String,
    /// The collection, where it is narrower.
    #[serde(default)]
    pub collection: String,
}

/// What stands between the fields of a row that is kept. Nobody types one into a field of one line.
const BETWEEN: char = '\t';

impl AddedRole {
    /// Whether nothing was entered.
    pub fn is_empty(&self) -> bool {
        [&self.role, &self.database, &self.collection]
            .iter()
            .all(|text| text.trim().is_empty())
    }

    /// As one text, in the form the model reads.
    pub fn as_role(&self) -> String {
        let [role, database, collection] =
            [&self.role, &self.database, &self.collection].map(|text| text.trim());
        if collection.is_empty() {
            format!("{role}@{database}")
        } else {
            format!("{role}@{database}.{collection}")
        }
    }

    /// All rows in one text: what is kept of a form that was not taken.
    pub fn keep(rows: &[Self]) -> String {
        let rows = rows.iter().filter(|row| !row.is_empty());
        let lines: Vec<String> = rows
            .map(|row| {
                let fields = [&row.role, &row.database, &row.collection];
                fields
                    .map(|text| text.replace(['\n', '\r', BETWEEN], " "))
                    .join(&BETWEEN.to_string())
            })
            .collect();
        lines.join("\n")
    }

    /// The rows out of that text.
    pub fn kept(text: &str) -> Vec<Self> {
        text.lines()
            .map(|line| {
                let mut fields = line.split(BETWEEN).map(str::to_owned);
                let mut next = || fields.next().unwrap_or_default();
                Self {
                    role: next(),
                    database: next(),
                    collection: next(),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(role: &str, database: &str, collection: &str) -> AddedRole {
        AddedRole {
            role: role.to_owned(),
            database: database.to_owned(),
            collection: collection.to_owned(),
        }
    }

    #[test]
    fn a_row_is_read_as_the_model_writes_it() {
        assert_eq!(row("read", "orders", "").as_role(), "read@orders");
        assert_eq!(
            row("read", " orders ", "in voices").as_role(),
            "read@orders.in voices"
        );
        assert!(row(" ", "", "\t").is_empty());
    }

    #[test]
    fn rows_are_kept_as_they_were_typed() {
        let rows = [
            row("read", "orders", ""),
            row("", "", ""),
            row("", "a b", "x\ty"),
        ];
        let kept = AddedRole::kept(&AddedRole::keep(&rows));
        assert_eq!(kept, [row("read", "orders", ""), row("", "a b", "x y")]);
        assert_eq!(AddedRole::kept(""), []);
    }

    #[test]
    fn lines_are_taken_one_by_one_and_all_at_once() {
        let lines = Lines(vec!["a\r\nb\n".to_owned(), String::new(), " c ".to_owned()]);
        assert_eq!(lines.iter().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(lines.as_one(), "a\nb\nc");
    }
}
