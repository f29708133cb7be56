//! Which names promise a secret: of headers, query parameters, fields of bodies, variables. Pure:
//! it reads names alone and never a value.

/// How sure it is that what stands under a name is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sensitivity {
    /// It is none.
    Open,
    /// It may be one: what stands there is not kept, and not looked for elsewhere.
    Doubtful,
    /// It is one, and is looked for everywhere else.
    Certain,
}

/// Words of which one in a name is enough.
const WORDS: [&str; 30] = [
    "token",
    "secret",
    "secrets",
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "pwd",
    "credential",
    "credentials",
    "authorization",
    "cookie",
    "cookies",
    "jwt",
    "bearer",
    "apikey",
    "apikeys",
    "authkey",
    "accesskey",
    "secretkey",
    "privatekey",
    "authtoken",
    "accesstoken",
    "refreshtoken",
    "sessionid",
    "csrf",
    "xsrf",
    "dsn",
    "otp",
    "webhook",
];

/// Words before `key`, `keys` or `id` that make it a secret.
const BEFORE_KEY: [&str; 11] = [
    "api",
    "access",
    "private",
    "auth",
    "session",
    "secret",
    "signing",
    "encryption",
    "master",
    "license",
    "shared",
];

/// Whole names that may be one.
const WHOLE: [&str; 9] = [
    "key",
    "keys",
    "auth",
    "session",
    "sid",
    "sig",
    "signature",
    "tokens",
    "pin",
];

/// What a name promises.
pub(crate) fn sensitivity(name: &str) -> Sensitivity {
    let words = words(name);
    let is_certain = words.iter().any(|word| WORDS.contains(&word.as_str()))
        || words.windows(2).any(|pair| {
            let [before, word] = pair else { return false };
            BEFORE_KEY.contains(&before.as_str())
                && (["key", "keys"].contains(&word.as_str())
                    || (before == "session" && word == "id"))
        });
    if is_certain {
        Sensitivity::Certain
    } else if WHOLE.contains(&words.concat().as_str()) || words.iter().any(|word| word == "auth") {
        Sensitivity::Doubtful
    } else {
        Sensitivity::Open
    }
}

/// The words of a name, in lower case: `X-API-Key`, `apiKey` and `api_key` have the same two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_was_lower = false;
    for character in name.chars() {
        let begins = character.is_uppercase() && before_was_lower;
        before_was_lower = character.is_lowercase() || character.is_ascii_digit();
        if begins || !character.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut()
            && character.is_alphanumeric()
        {
            word.extend(character.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_name_however_it_is_written() {
        for name in [
            "X-API-Key",
            "x-api-key",
            "apiKey",
            "API_KEYS",
            "Authorization",
            "Proxy-Authorization",
            "Set-Cookie",
            "auth_token",
            "accessToken",
            "client_secret",
            "db.password",
            "JUNIPER_DATA_API_KEYS_FILE",
            "X-CSRF-Token",
            "SENTRY_DSN",
            "session-id",
        ] {
            assert_eq!(sensitivity(name), Sensitivity::Certain, "{name}");
        }
        for name in ["key", "auth", "sid", "JUNIPER_DATA_REQUIRE_AUTH"] {
            assert_eq!(sensitivity(name), Sensitivity::Doubtful, "{name}");
        }
    }

    #[test]
    fn what_services_say_of_themselves_is_open() {
        for name in [
            "status",
            "dataset_id",
            "class_distribution",
            "content-type",
            "x-request-id",
            "author",
            "keyboard",
            "tokenizer_name",
            "",
        ] {
            assert_eq!(sensitivity(name), Sensitivity::Open, "{name}");
        }
    }
}
