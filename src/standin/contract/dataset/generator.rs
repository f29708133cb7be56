//! The generators that the stand-in knows, as the real service lists them, and the parameters of a
//! request by their schemas: defaults filled in, bounds kept. Pure; it makes no dataset.

use std::sync::LazyLock;

use serde_json::{Map, Value};

/// Four of the real service's entries, captured from it.
static CATALOGUE: LazyLock<Vec<Value>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../fixtures/data-generators.json")).unwrap_or_default()
});

/// Other names under which the spiral's parameters are taken.
const ALIASES: [(&str, &str); 2] = [
    ("n_points", "n_points_per_spiral"),
    ("noise_level", "noise"),
];

/// All of them.
pub(crate) fn catalogue() -> &'static [Value] {
    &CATALOGUE
}

/// The entry with this name.
pub(crate) fn named(name: &str) -> Option<&'static Value> {
    CATALOGUE
        .iter()
        .find(|entry| entry.get("name").and_then(Value::as_str) == Some(name))
}

/// Why a name is none of them, in the real service's words.
pub(crate) fn unknown(name: &str) -> String {
    let names: Vec<String> = CATALOGUE
        .iter()
        .filter_map(|entry| Some(format!("'{}'", entry.get("name")?.as_str()?)))
        .collect();
    format!(
        "Unknown generator '{name}'. Available: [{}]",
        names.join(", ")
    )
}

/// The whole set of parameters for what a request gives; what no generator knows is passed over.
pub(crate) fn parameters(
    entry: &Value,
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let schema = entry.get("schema").unwrap_or(&Value::Null);
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut parameters = Map::new();
    for (name, property) in properties.into_iter().flatten() {
        let alias = ALIASES
            .iter()
            .find(|(_, meant)| meant == name)
            .and_then(|(alias, _)| given.get(*alias));
        let value = given.get(name).or(alias).or(property.get("default"));
        let value = value.cloned().unwrap_or_default();
        let value = checked(property, value).map_err(|fault| {
            let model = schema
                .get("title")
                .and_then(Value::as_str)
                .unwrap_or("Params");
            format!("Invalid parameters: 1 validation error for {model}\n{name}\n  {fault}")
        })?;
        parameters.insert(name.clone(), value);
    }
    Ok(parameters)
}

/// A value as its property wants it, or what it should be.
fn checked(property: &Value, value: Value) -> Result<Value, String> {
    if let Some(choices) = property.get("anyOf").and_then(Value::as_array) {
        let mut fault = String::new();
        for choice in choices {
            match checked(choice, value.clone()) {
                Ok(value) => return Ok(value),
                Err(why) if fault.is_empty() => fault = why,
                Err(_) => {}
            }
        }
        return Err(fault);
    }
    let value = match property.get("type").and_then(Value::as_str) {
        Some("integer") => value
            .as_i64()
            .map(Value::from)
            .ok_or("Input should be a valid integer")?,
        Some("number") => value
            .as_f64()
            .map(Value::from)
            .ok_or("Input should be a valid number")?,
        Some("boolean") if !value.is_boolean() => {
            return Err("Input should be a valid boolean".to_owned());
        }
        Some("string") if !value.is_string() => {
            return Err("Input should be a valid string".to_owned());
        }
        Some("array") if !value.is_array() => {
            return Err("Input should be a valid tuple".to_owned());
        }
        Some("null") if !value.is_null() => return Err("Input should be None".to_owned()),
        _ => value,
    };
    if let Some(choices) = property.get("enum").and_then(Value::as_array)
        && !choices.contains(&value)
    {
        let choices: Vec<String> = choices.iter().map(Value::to_string).collect();
        return Err(format!("Input should be {}", choices.join(" or ")));
    }
    bounded(property, &value)?;
    Ok(value)
}

/// The words for each bound, and whether a value keeps it.
type Bound = (&'static str, &'static str, fn(f64, f64) -> bool);

fn bounded(property: &Value, value: &Value) -> Result<(), String> {
    const BOUNDS: [Bound; 4] = [
        ("minimum", "greater than or equal to", |value, bound| {
            value >= bound
        }),
        ("maximum", "less than or equal to", |value, bound| {
            value <= bound
        }),
        ("exclusiveMinimum", "greater than", |value, bound| {
            value > bound
        }),
        ("exclusiveMaximum", "less than", |value, bound| {
            value < bound
        }),
    ];
    for (key, words, keeps) in BOUNDS {
        if let (Some(bound), Some(number)) = (property.get(key), value.as_f64())
            && !bound.as_f64().is_none_or(|it| keeps(number, it))
        {
            return Err(format!("Input should be {words} {bound}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parameters_of(name: &str, given: Value) -> Result<Value, String> {
        let Value::Object(given) = given else {
            panic!("not an object");
        };
        parameters(named(name).unwrap(), &given).map(Value::Object)
    }

    #[test]
    fn defaults_are_filled_in_in_the_real_order() {
        let given = json!({"n_points": 50, "noise": 1, "other": 1, "seed": null});
        let parameters = parameters_of("spiral", given).unwrap();
        assert_eq!(
            parameters.to_string(),
            r#"{"sizing_mode":"additive","val_percent":40.0,"test_percent":30.0,"val_ratio":0.0,"n_spirals":2,"n_points_per_spiral":50,"n_rotations":3.0,"noise":1.0,"clockwise":true,"seed":null,"train_ratio":0.8,"test_ratio":0.2,"shuffle":true,"algorithm":"modern","radius":10.0,"origin":[0.0,0.0]}"#
        );
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_in_the_real_words() {
        for (generator, given, told) in [
            (
                "spiral",
                json!({"n_spirals": -1}),
                "n_spirals\n  Input should be greater than or equal to 2",
            ),
            (
                "spiral",
                json!({"algorithm": "x"}),
                "algorithm\n  Input should be \"modern\" or \"legacy_cascor\"",
            ),
            (
                "circles",
                json!({"factor": 1}),
                "factor\n  Input should be less than 1",
            ),
            (
                "xor",
                json!({"seed": "x"}),
                "seed\n  Input should be a valid integer",
            ),
            (
                "moon",
                json!({"shuffle": 1}),
                "shuffle\n  Input should be a valid boolean",
            ),
        ] {
            let fault = parameters_of(generator, given).unwrap_err();
            assert!(fault.ends_with(told), "{fault}");
        }
        assert!(unknown("x").contains("'x'. Available: ['spiral', 'xor', 'circles', 'moon']"));
    }
}
