//! The schema against configurations: it takes all that `check` takes, and blames what one value alone
//! is to blame for.

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use juniperctl::spec::explanation;
use juniperctl::spec::fault::Code;
use juniperctl::spec::{builtin, schema};
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

/// Codes of faults that lie in one value; what takes several keys to judge is beyond a schema.
const OF_ONE_VALUE: [Code; 2] = [Code::UnknownKey, Code::WrongType];

/// What each form of a value refuses, one a line.
const REFUSED: &str = r#"
prot = 1
network = "lan"
profile = "Full"
services.data.port = 0
services.data.port = 65536
services.data.port = "8100"
services.data.instances = 65
services.data.gpu = "some"
services.data.gpu = []
services.data.gpu = [256]
services.data.let_out = "yes"
services.data.standard_output = "file"
services.data.stop_timeout = 10
services.data.stop_timeout = "10"
services.data.memory_max = "8GB"
services.data.memory_max = 8
services.data.command = []
services.data.command = ["bin/true"]
services.data.command = "/bin/true"
services.data.working_directory = "srv"
services.data.host = "localhost"
services.data.unit = "data"
services.data.external_unit = "redis"
services.data.exposure_budget = 10.5
services.data.sandbox = "none"
services.data.state_directories = ["a b"]
services.data.depends_on.cascor.gate = "up"
services.data.depends_on.cascor.when_lost = "cry"
services.data.depends_on.Cascor = {}
services.data.liveness.on_failure = "restart"
services.data.startup.path = "/ready"
services.data.readiness.path = "ready"
services.data.readiness.busy_limit = "1s"
services.data.environment.A-B = "c"
services.data.environment.A = ["c"]
services.data.derived_environment.A = "$HOME"
services.data.credentials.key = "secret"
services.Data = {}
profiles.lab.overrides.data.prot = 1
profiles.lab.services = "data"
watchdog.restarts = 1001
watchdog.listen = "8060"
watchdog.notification.webhook_file = "webhook"
"#;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("the_schema_takes_what_check_takes", takes),
        Trial::test("the_schema_refuses_what_one_value_is_to_blame_for", refuses),
    ]
}

fn validator() -> Validator {
    jsonschema::draft7::new(&schema::schema()).unwrap()
}

/// A configuration as the validator sees it.
fn document(text: &str) -> Result<Value, Failed> {
    Ok(serde_json::to_value(toml::from_str::<toml::Table>(text)?)?)
}

/// The configurations below a directory of the repository.
fn configurations(directory: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)];
    while let Some(directory) = left.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{directory}");
    found.sort();
    found
}

fn takes() -> Result<(), Failed> {
    let validator = validator();
    let mut texts = vec![("the built-in stack".to_owned(), builtin::TEXT.to_owned())];
    for path in configurations("tests/golden") {
        texts.push((path.display().to_string(), std::fs::read_to_string(&path)?));
    }
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/juniper.toml");
    let shipped = std::fs::read_to_string(shipped)?;
    if !shipped.starts_with(&format!("#:schema {}\n", schema::PLACE)) {
        return Err("packaging/juniper.toml does not say where its schema is".into());
    }
    texts.push(("packaging/juniper.toml".to_owned(), shipped));
    for code in Code::ALL {
        let mended = explanation::of(code).mended.to_owned();
        texts.push((format!("{} mended", code.id()), mended));
    }
    for (name, text) in texts {
        let document = document(&text)?;
        let blamed: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        if !blamed.is_empty() {
            return Err(format!("{name}: {}", blamed.join("\n")).into());
        }
    }
    Ok(())
}

fn refuses() -> Result<(), Failed> {
    let validator = validator();
    let lines = REFUSED.lines().filter(|line| !line.is_empty());
    let mut texts: Vec<(String, String)> = lines
        .map(|line| (line.to_owned(), line.to_owned()))
        .collect();
    for path in configurations("tests/refused") {
        let Ok(said) = std::fs::read_to_string(path.with_file_name("expected.txt")) else {
            continue;
        };
        if path.with_file_name("juniper.toml.d").is_dir() {
            continue;
        }
        let one_value = |line: &&str| {
            let mut codes = OF_ONE_VALUE.iter();
            codes.any(|code| line.starts_with(&format!("error[{}]", code.id())))
        };
        let text = std::fs::read_to_string(&path)?;
        // What is not TOML, no schema sees.
        if document(&text).is_ok() && said.lines().any(|line| one_value(&line)) {
            texts.push((path.display().to_string(), text));
        }
    }
    assert!(texts.len() > 45, "too few: {}", texts.len());
    for (name, text) in texts {
        if validator.is_valid(&document(&text)?) {
            return Err(format!("the schema takes {name}").into());
        }
    }
    Ok(())
}
