//! A network as the training service describes it: its parameters with their bounds, its units and
//! weights, which are made up and always the same. Pure; nothing in it was ever trained.

use serde_json::{Map, Value, json};

/// What a network is told to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Network {
    pub(crate) inputs: u64,
    pub(crate) outputs: u64,
    /// Under the names and in the order of the real service.
    parameters: Map<String, Value>,
    uuid: String,
}

/// Why a value is refused: the parameter, and what it should be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refused {
    pub(crate) name: String,
    pub(crate) input: Value,
    pub(crate) should_be: String,
}

/// What the real service takes where nothing is said, captured from it.
const DEFAULTS: &str = r#"{"learning_rate":0.01,"candidate_learning_rate":0.005,"max_hidden_units":10,
"epochs_max":775,"max_iterations":1000,"patience":5,"candidate_pool_size":8,"correlation_threshold":0.1,
"convergence_threshold":0.001,"candidate_patience":50,"candidate_convergence_threshold":0.001,
"candidate_epochs":50,"output_epochs":25,"init_output_weights":"zero","optimizer_type":"Adam",
"activation_function_name":"Tanh","auto_snap_best":false,"auto_snap_min_epochs":50,"multi_candidate":false,
"candidate_selection":"top","selected_candidates":1,"top_candidates":1,"random_candidates":0}"#;
/// These may be zero; every other number is greater.
const MAY_BE_ZERO: [&str; 4] = [
    "correlation_threshold",
    "random_candidates",
    "convergence_threshold",
    "candidate_convergence_threshold",
];

impl Network {
    /// A network of this size; `nonce` tells it apart from others.
    pub(crate) fn new(inputs: u64, outputs: u64, nonce: u64) -> Self {
        Self {
            inputs,
            outputs,
            parameters: serde_json::from_str(DEFAULTS).unwrap_or_default(),
            uuid: uuid(nonce),
        }
    }

    /// The network that a request describes.
    pub(crate) fn requested(body: &Map<String, Value>, nonce: u64) -> Result<Self, Refused> {
        let size = |name: &str| match body.get(name) {
            None => Ok(2),
            Some(value) => checked(name, &json!(2), value).map(|value| value.as_u64().unwrap_or(1)),
        };
        let mut network = Self::new(size("input_size")?, size("output_size")?, nonce);
        network.set(body)?;
        Ok(network)
    }

    /// Sets parameters, all or none; tells which. What is none of them is passed over.
    pub(crate) fn set(&mut self, wanted: &Map<String, Value>) -> Result<Vec<String>, Refused> {
        let mut parameters = self.parameters.clone();
        let mut set = Vec::new();
        for (name, value) in wanted.iter().filter(|(_, value)| !value.is_null()) {
            if let Some(before) = parameters.get_mut(name) {
                *before = checked(name, before, value)?;
                set.push(name.clone());
            }
        }
        let of = |name: &str| parameters.get(name).and_then(Value::as_u64).unwrap_or(1);
        let growth = of("max_iterations").min(of("max_hidden_units"));
        let both = of("candidate_epochs").saturating_add(of("output_epochs"));
        let most = of("output_epochs").saturating_add(growth.saturating_mul(both));
        parameters.insert("epochs_max".to_owned(), most.into());
        self.parameters = parameters;
        Ok(set)
    }

    /// A whole number among the parameters.
    pub(crate) fn count(&self, name: &str) -> u32 {
        let count = self.parameters.get(name).and_then(Value::as_u64);
        count
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(u32::MAX)
    }

    /// How fast it learns.
    pub(crate) fn learning_rate(&self) -> f64 {
        let rate = self.parameters.get("learning_rate").and_then(Value::as_f64);
        rate.unwrap_or_default()
    }

    /// Its name, by its size.
    pub(crate) fn name(&self) -> String {
        format!("CasCor-{}x{}", self.inputs, self.outputs)
    }

    /// What is said of it when it is made, and later.
    pub(crate) fn described(&self, hidden_units: u32) -> Value {
        json!({
            "input_size": self.inputs,
            "output_size": self.outputs,
            "hidden_units": hidden_units,
            "max_hidden_units": self.count("max_hidden_units"),
            "learning_rate": self.learning_rate(),
            "uuid": self.uuid,
        })
    }

    /// Its parameters.
    pub(crate) fn parameters(&self) -> Map<String, Value> {
        self.parameters.clone()
    }

    /// Its units and weights.
    pub(crate) fn topology(&self, hidden_units: u32) -> Value {
        let units: Vec<Value> = (0..hidden_units)
            .map(|unit| {
                json!({
                    "id": unit,
                    "weights": weights(self.inputs + u64::from(unit), u64::from(unit) + 3),
                    "bias": weight(u64::from(unit), 1),
                    "activation": self.parameters.get("activation_function_name"),
                })
            })
            .collect();
        json!({
            "input_size": self.inputs,
            "output_size": self.outputs,
            "hidden_units": units,
            "output_weights": self.output_weights(hidden_units),
            "output_bias": weights(self.outputs, 5),
        })
    }

    /// Figures about its weights.
    pub(crate) fn statistics(&self, hidden_units: u32) -> Value {
        let weights: Vec<f64> = self.output_weights(hidden_units).concat();
        let count = f64::from(u32::try_from(weights.len()).unwrap_or(u32::MAX)).max(1.0);
        let mean = weights.iter().sum::<f64>() / count;
        let squares: f64 = weights.iter().map(|it| (it - mean).powi(2)).sum();
        json!({
            "total_hidden_units": hidden_units,
            "output_weight_mean": mean,
            "output_weight_std": (squares / (count - 1.0).max(1.0)).sqrt(),
            "output_weight_min": weights.iter().copied().fold(f64::INFINITY, f64::min),
            "output_weight_max": weights.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }

    fn output_weights(&self, hidden_units: u32) -> Vec<Vec<f64>> {
        (0..self.inputs + u64::from(hidden_units))
            .map(|row| weights(self.outputs, row))
            .collect()
    }
}

fn weights(count: u64, seed: u64) -> Vec<f64> {
    (0..count.min(10_000))
        .map(|place| weight(place, seed))
        .collect()
}

/// A weight that means nothing.
fn weight(place: u64, seed: u64) -> f64 {
    let step = u8::try_from((place * 7 + seed * 3 + 2) % 11).unwrap_or_default();
    f64::from(step) / 25.0 - 0.21
}

fn uuid(nonce: u64) -> String {
    let (first, second) = (nonce >> 32, nonce >> 16 & 0xffff);
    let last = nonce & 0xffff;
    format!("{first:08x}-{second:04x}-4000-8000-{last:012x}")
}

/// A value of the kind of the one before it.
fn checked(name: &str, before: &Value, value: &Value) -> Result<Value, Refused> {
    let refused = |should_be: &str| Refused {
        name: name.to_owned(),
        input: value.clone(),
        should_be: should_be.to_owned(),
    };
    let may_be_zero = MAY_BE_ZERO.contains(&name);
    match before {
        Value::Number(number) if number.is_f64() => {
            let number = value
                .as_f64()
                .ok_or_else(|| refused("Input should be a valid number"))?;
            match (number, may_be_zero) {
                (number, true) if number < 0.0 => {
                    Err(refused("Input should be greater than or equal to 0"))
                }
                (number, false) if number <= 0.0 => Err(refused("Input should be greater than 0")),
                (number, _) => Ok(number.into()),
            }
        }
        Value::Number(_) => {
            let number = value
                .as_i64()
                .ok_or_else(|| refused("Input should be a valid integer"))?;
            let least = i64::from(!may_be_zero);
            if number < least {
                let should_be = format!("Input should be greater than or equal to {least}");
                return Err(refused(&should_be));
            }
            Ok(number.into())
        }
        Value::Bool(_) if !value.is_boolean() => Err(refused("Input should be a valid boolean")),
        Value::String(_) if !value.is_string() => Err(refused("Input should be a valid string")),
        _ => Ok(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requested(body: Value) -> Result<Network, Refused> {
        let Value::Object(body) = body else {
            panic!("not an object");
        };
        Network::requested(&body, 1)
    }

    #[test]
    fn the_most_epochs_follow_from_the_limits_as_in_the_real_service() {
        // Both were captured from it.
        assert_eq!(requested(json!({})).unwrap().count("epochs_max"), 775);
        let small = json!({"max_hidden_units": 1, "candidate_epochs": 5, "output_epochs": 5,
                           "max_iterations": 1, "unknown": 1, "patience": null});
        assert_eq!(requested(small).unwrap().count("epochs_max"), 15);
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_and_changes_nothing() {
        for (body, name, should_be) in [
            (
                json!({"input_size": -1}),
                "input_size",
                "Input should be greater than or equal to 1",
            ),
            (
                json!({"learning_rate": 0}),
                "learning_rate",
                "Input should be greater than 0",
            ),
            (
                json!({"patience": 1.5}),
                "patience",
                "Input should be a valid integer",
            ),
            (
                json!({"optimizer_type": 1}),
                "optimizer_type",
                "Input should be a valid string",
            ),
        ] {
            let refused = requested(body).unwrap_err();
            assert_eq!(
                (refused.name.as_str(), refused.should_be.as_str()),
                (name, should_be)
            );
        }
        let mut network = requested(json!({})).unwrap();
        let before = network.clone();
        let Value::Object(wanted) = json!({"patience": 9, "learning_rate": -1}) else {
            panic!("not an object");
        };
        assert!(network.set(&wanted).is_err());
        assert_eq!(network, before);
    }

    #[test]
    fn each_hidden_unit_sees_the_inputs_and_the_units_before_it() {
        let network = requested(json!({"output_size": 3})).unwrap();
        let topology = network.topology(2);
        assert_eq!(
            topology["hidden_units"][1]["weights"]
                .as_array()
                .unwrap()
                .len(),
            3
        );
        assert_eq!(topology["output_weights"].as_array().unwrap().len(), 4);
        assert_eq!(topology["output_weights"][0].as_array().unwrap().len(), 3);
        assert_eq!(network.statistics(2)["total_hidden_units"], 2);
    }
}
