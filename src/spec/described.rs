//! What the values of each type look like, as JSON schemas.
//!
//! Never narrower than the type's own parser: an editor must not blame what `check` takes. A test runs
//! every accepted configuration through the schema.

use std::time::Duration;

use serde_json::{Value, json};

use crate::hardening::Exposure;

use super::bind::BindTarget;
use super::derived::{Derived, EnvironmentValue};
use super::form::Described;
use super::host_layer::HostAddress;
use super::listen::Listen;
use super::name::{
    EnvironmentName, ForeignUnit, HostName, ProfileName, SecretName, ServiceName, UnitStem,
};
use super::probe::UrlPath;
use super::remote::SshTarget;
use super::service_layer::Gpu;
use super::service_value::MAX_GPUS;
use super::text::{AbsolutePath, Line, MAX_BYTES, RelativePath, Text};

/// What `is_kebab` takes.
const KEBAB: &str = "^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$";

/// Describes types whose texts one pattern tells.
macro_rules! texts {
    ($($type:ty => $pattern:expr;)*) => {$(
        impl Described for $type {
            fn described() -> Value {
                json!({ "type": "string", "pattern": $pattern })
            }
        }
    )*};
}

texts! {
    ServiceName => KEBAB;
    HostName => KEBAB;
    HostAddress => "^[0-9A-Fa-f:.]+$";
    SshTarget => "^[A-Za-z0-9_][A-Za-z0-9_.:-]*(@[A-Za-z0-9_][A-Za-z0-9_.:-]*)?$";
    ProfileName => KEBAB;
    SecretName => KEBAB;
    EnvironmentName => "^[A-Za-z_][A-Za-z0-9_]{0,127}$";
    UnitStem => "^juniper-[a-z]([a-z0-9-]{0,38}[a-z0-9])?$";
    ForeignUnit => r"^[A-Za-z0-9:._\\@-]+\.service$";
    AbsolutePath => "^/";
    RelativePath => "^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$";
    UrlPath => "^/[A-Za-z0-9/._~?=&-]*$";
    Duration => "^[0-9]+(ms|s|min|h|d)$";
    Listen => r"^(none|[0-9.]+:[0-9]+|\[[0-9A-Fa-f:.]+\]:[0-9]+)$";
    Derived => r"^(self\.(host|port|url)|self\.(state|logs|cache)(/[A-Za-z0-9._/-]+)?|[a-z][a-z0-9-]*\.(url|websocket/[A-Za-z0-9._/-]+))$";
    EnvironmentValue => r"^self\.(state|logs|cache)(/[A-Za-z0-9._/-]+)?$";
    BindTarget => r"^(/|self\.)";
}

impl Described for Text {
    fn described() -> Value {
        json!({ "type": "string", "maxLength": MAX_BYTES })
    }
}

impl Described for Line {
    fn described() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": MAX_BYTES })
    }
}

impl Described for Gpu {
    fn described() -> Value {
        json!({ "anyOf": [
            { "type": "boolean" },
            { "type": "integer", "minimum": 1, "maximum": MAX_GPUS },
            {
                "type": "array",
                "items": { "type": "string", "pattern": "^(GPU|MIG)-" },
                "minItems": 1,
                "uniqueItems": true
            }
        ] })
    }
}

impl Described for Exposure {
    fn described() -> Value {
        json!({ "type": "number", "minimum": 0, "maximum": 10 })
    }
}
