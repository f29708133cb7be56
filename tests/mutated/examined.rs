//! One file through everything that `check`, `check --explain` and `render` make of it.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::{Hash as _, Hasher as _};

use jsonschema::Validator;
use juniperctl::spec::effective;
use juniperctl::spec::fault::{Faults, drawn};
use juniperctl::spec::provenance::{Provenance, dotted};
use juniperctl::spec::resolve::{Circumstances, resolve};
use juniperctl::spec::{Sources, Stack, builtin, schema};
use juniperctl::unit::soundness::soundness;
use juniperctl::unit::{Facts, RenderError, SystemdVersion, UnitFile, rendered};

/// How much may be drawn for one byte of a file, and beyond that.
const DRAWN_FOR_A_BYTE: usize = 400;
const DRAWN_BEYOND: usize = 200_000;

/// What became of a file.
pub(crate) enum Became {
    /// It is refused, with this many faults.
    Refused(usize),
    /// It is taken: these are its units.
    Taken(Units),
}

/// The units of a file that is taken.
pub(crate) struct Units {
    pub(crate) files: Vec<UnitFile>,
    /// The same for the same texts.
    pub(crate) hash: u64,
}

/// What a file is examined with.
pub(crate) struct Examiner {
    validator: Validator,
    version: SystemdVersion,
}

impl Examiner {
    /// One that renders for this systemd.
    pub(crate) fn new(version: SystemdVersion) -> Self {
        Self {
            validator: jsonschema::draft7::new(&schema::schema()).unwrap(),
            version,
        }
    }

    /// Examines one file.
    pub(crate) fn examine(&self, texts: &[String]) -> Result<Became, String> {
        let (mut sources, mut found) = (Sources::default(), Faults::default());
        let names = ["juniper.toml", "juniper.toml.d/10-drop-in.toml"];
        let layers = names.into_iter().zip(texts.iter().map(String::as_str));
        let merged = builtin::read_with(layers, &mut sources, &mut found);
        let looked = soundness::<RenderError>(&merged, found, false, |_| Ok(Facts::default()))
            .map_err(|error| format!("taken, but not rendered: {error}"))?;
        if !looked.faults.is_empty() {
            are_drawn(&looked.faults, &sources, texts)?;
            return Ok(Became::Refused(looked.faults.len()));
        }
        let (stack, _) = looked.sound.ok_or("no fault and no stack")?;
        for text in texts {
            self.is_in_the_schema(text)?;
        }
        is_explained(&stack, &sources, texts)?;
        let files = rendered(&stack, self.version, &Facts::default())
            .map_err(|error| format!("checked, but not rendered: {error}"))?;
        let mut hasher = DefaultHasher::new();
        for file in &files {
            (&file.name, &file.text).hash(&mut hasher);
        }
        Ok(Became::Taken(Units {
            hash: hasher.finish(),
            files,
        }))
    }

    /// An editor must not blame what `check` takes.
    fn is_in_the_schema(&self, text: &str) -> Result<(), String> {
        // An integer beyond 64 bits is text in an environment; no JSON document holds it.
        let Ok(table) = toml::from_str::<toml::Table>(text) else {
            return Ok(());
        };
        let mut document = serde_json::to_value(table).map_err(|error| error.to_string())?;
        without_nulls(&mut document);
        match self.validator.iter_errors(&document).next() {
            None => Ok(()),
            Some(error) => Err(format!(
                "taken, but the schema blames {}: {error}",
                error.instance_path()
            )),
        }
    }
}

/// JSON has no `nan` and no `inf`: what was a number is one again.
fn without_nulls(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Null => *value = 0.into(),
        serde_json::Value::Array(items) => items.iter_mut().for_each(without_nulls),
        serde_json::Value::Object(table) => table.values_mut().for_each(without_nulls),
        _ => {}
    }
}

/// Every fault can be drawn: without a control character, and not without end.
fn are_drawn(faults: &Faults, sources: &Sources, texts: &[String]) -> Result<(), String> {
    let mut length = 0;
    for fault in faults.sorted() {
        let text = drawn(fault, sources, false);
        length += text.len();
        if let Some(control) = text.chars().find(|c| c.is_control() && *c != '\n') {
            return Err(format!("{control:?} is drawn: {text:?}"));
        }
    }
    let read: usize = texts.iter().map(String::len).sum();
    if length > read * DRAWN_FOR_A_BYTE + DRAWN_BEYOND {
        return Err(format!("{length} bytes are drawn for {read}"));
    }
    Ok(())
}

/// What `check --explain` shows, taken as a drop-in, changes nothing.
fn is_explained(stack: &Stack, sources: &Sources, texts: &[String]) -> Result<(), String> {
    let mut shown = String::new();
    for row in effective::rows(stack, &Provenance::of(sources)) {
        writeln!(shown, "{} = {}", dotted(&row.key), row.value).unwrap();
    }
    let (mut sources, mut faults) = (Sources::default(), Faults::default());
    let layers = texts.iter().chain([&shown]).map(|text| ("", text.as_str()));
    let merged = builtin::read_with(layers, &mut sources, &mut faults);
    let again = resolve(&merged, &Circumstances::default(), &mut faults);
    if again.as_ref() == Some(stack) {
        return Ok(());
    }
    let why: Vec<String> = faults
        .iter()
        .map(|fault| drawn(fault, &sources, false))
        .collect();
    Err(format!(
        "what is explained is not what is in effect: {}\n{shown}",
        why.join("\n")
    ))
}
