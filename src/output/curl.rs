//! What curl is told to do, as a configuration that it reads from its standard input (curl(1),
//! `--config`): neither the address, which is a secret, nor the body is ever an argument.

use std::time::Duration;

/// The address in a webhook's file.
///
/// # Errors
/// What it should look like. Never what it is.
pub fn address(text: &str) -> Result<&str, &'static str> {
    let address = text.trim();
    let plain = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
    let begins = ["https://", "http://"]
        .iter()
        .any(|scheme| address.len() > scheme.len() && address.starts_with(scheme));
    if address.is_empty() {
        Err("it is empty")
    } else if !begins {
        Err("it does not begin with https:// or http://")
    } else if !address.chars().all(plain) || address.len() > 4096 {
        Err("it is not one address on one line")
    } else {
        Ok(address)
    }
}

/// The configuration that posts a JSON text.
///
/// A request that has taken its time is not sent again, as it may have arrived; one that was turned
/// away is. A redirect is a failure: the text is for whom the address names, and for nobody else.
#[must_use]
pub fn configuration(address: &str, body: &str, limit: Duration) -> String {
    // Less than systemd leaves it, so that curl itself says what it waited for.
    let longest = limit.saturating_mul(9) / 10;
    let retries = (limit.saturating_mul(8) / 10).as_secs().max(1);
    format!(
        "url = {}\ndata-raw = {}\nheader = \"Content-Type: application/json\"\nproto = \"=http,https\"\n\
         globoff\nlocation\nmax-redirs = 0\nfail\nsilent\nshow-error\noutput = \"/dev/null\"\n\
         max-time = {}.{:03}\nretry = 3\nretry-connrefused\nretry-max-time = {retries}\n",
        quoted(address),
        quoted(body.trim_end()),
        longest.as_secs(),
        longest.subsec_millis(),
    )
}

/// Between quotes curl knows backslashes and no other magic.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{address, configuration, quoted};
    use proptest::{prop_assert_eq, proptest};
    use std::time::Duration;

    #[test]
    fn an_address_is_one_line_of_http() {
        for good in [
            "https://hooks.invalid/a/b?c=d&e={f}[g]",
            "http://127.0.0.1:9/x\n",
            "  http://[::1]/ ",
        ] {
            assert_eq!(address(good), Ok(good.trim()), "{good}");
        }
        for bad in [
            "",
            "\n",
            "https://",
            "ftp://a/b",
            "file:///etc/shadow",
            "hooks.invalid/a",
            "https://a/b\noutput = \"/tmp/x\"",
            "https://a/b\" \"",
            "https://a/\\",
            "https://a/ä",
            "-o/tmp/x",
        ] {
            assert!(address(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_times_fit_into_the_limit() {
        for (limit, longest, retries) in [
            (30_000, "27.000", 24),
            (1_000, "0.900", 1),
            (50, "0.045", 1),
        ] {
            let written = configuration("http://a", "{}", Duration::from_millis(limit));
            assert!(
                written.contains(&format!("max-time = {longest}\n")),
                "{written}"
            );
            assert!(
                written.contains(&format!("retry-max-time = {retries}\n")),
                "{written}"
            );
        }
    }

    /// curl's own reading of a quoted parameter (`unslashquote` of `tool_parsecfg.c`).
    fn read_back(word: &str) -> String {
        let mut out = String::new();
        let mut characters = word.chars().skip(1);
        loop {
            match characters.next() {
                Some('"') => break,
                Some('\\') => match characters.next().unwrap() {
                    't' => out.push('\t'),
                    'n' => out.push('\n'),
                    'r' => out.push('\r'),
                    'v' => out.push('\u{b}'),
                    other => out.push(other),
                },
                Some(other) => out.push(other),
                None => panic!("no end: {word}"),
            }
        }
        assert_eq!(characters.next(), None, "{word}");
        out
    }

    proptest! {
        #[test]
        fn a_body_reads_back_as_it_was(text in "[^\\p{Cc}]*") {
            let body = serde_json::json!({ "text": text }).to_string();
            prop_assert_eq!(read_back(&quoted(&body)), body);
        }
    }
}
