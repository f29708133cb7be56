//! What a table may hold, noted down by the very code that reads it.
//!
//! A reader over an empty table that carries a sketch has every key, every name and every table below
//! noted while the reading code asks for them; the sketch then is a JSON schema. Whatever the reader
//! asks for is in the schema, and nothing else. It reads no value.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Map, Value, json};

/// What is known of one table so far.
#[derive(Debug, Default)]
pub struct Sketch(RefCell<Noted>);

#[derive(Debug, Default)]
struct Noted {
    keys: BTreeMap<String, Entry>,
    names: Option<(Value, Entry)>,
}

#[derive(Debug)]
enum Entry {
    Value(Value),
    Table(Rc<Sketch>),
}

impl Entry {
    fn schema(&self) -> Value {
        match self {
            Self::Value(schema) => schema.clone(),
            Self::Table(sketch) => sketch.schema(),
        }
    }
}

impl Sketch {
    /// Notes a key with a value.
    pub fn value(&self, key: &str, schema: Value) {
        self.0
            .borrow_mut()
            .keys
            .insert(key.to_owned(), Entry::Value(schema));
    }

    /// Notes a key with a table.
    pub fn table(&self, key: &str) -> Rc<Self> {
        let below = Rc::new(Self::default());
        self.0
            .borrow_mut()
            .keys
            .insert(key.to_owned(), Entry::Table(Rc::clone(&below)));
        below
    }

    /// Notes that the keys are names, each with a value.
    pub fn named_values(&self, names: Value, schema: Value) {
        self.0.borrow_mut().names = Some((names, Entry::Value(schema)));
    }

    /// Notes that the keys are names, each with a table.
    pub fn named_tables(&self, names: Value) -> Rc<Self> {
        let below = Rc::new(Self::default());
        self.0.borrow_mut().names = Some((names, Entry::Table(Rc::clone(&below))));
        below
    }

    /// The schema of the table.
    #[must_use]
    pub fn schema(&self) -> Value {
        let noted = self.0.borrow();
        let mut schema = Map::new();
        schema.insert("type".to_owned(), json!("object"));
        if !noted.keys.is_empty() {
            let keys: Map<String, Value> = noted
                .keys
                .iter()
                .map(|(key, entry)| (key.clone(), entry.schema()))
                .collect();
            schema.insert("properties".to_owned(), Value::Object(keys));
        }
        let others = match &noted.names {
            None => json!(false),
            Some((names, entry)) => {
                schema.insert("propertyNames".to_owned(), names.clone());
                entry.schema()
            }
        };
        schema.insert("additionalProperties".to_owned(), others);
        Value::Object(schema)
    }
}
