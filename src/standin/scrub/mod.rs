//! Takes the secrets out of an exchange before it is written: by the name under which a value
//! stands, by its form, and by its value where that is known. What still holds one in any encoding
//! is withheld whole. Pure: values are handed to it, and it keeps them to itself.

mod encoding;
mod fields;
mod name;
mod secrets;
mod text;

pub(crate) use fields::{content_by_name, query_by_name};
pub(crate) use name::{Sensitivity, sensitivity};
pub(crate) use secrets::Secrets;

use crate::recording::{Content, Exchange, Upgrade};

/// What stands where a secret stood.
pub(crate) const SCRUBBED: &str = "SCRUBBED";

/// What knows the secrets of one recording.
#[derive(Default)]
pub(crate) struct Scrubber {
    secrets: Secrets,
}

impl Scrubber {
    /// A scrubber that knows these values.
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self { secrets }
    }

    /// The exchange as it may be written. Values that it shows to be secrets are looked for from
    /// now on.
    pub(crate) fn exchange(&mut self, exchange: Exchange) -> Exchange {
        fields::learn(&exchange, &mut self.secrets);
        let headers = |headers: Vec<(String, String)>| -> Vec<(String, String)> {
            headers
                .into_iter()
                .map(|(name, value)| self.header(&name, &value))
                .collect()
        };
        Exchange {
            method: self.plain(&exchange.method),
            path: self.path(&exchange.path),
            query: self.query(&exchange.query),
            request_headers: headers(exchange.request_headers),
            request: self.content(exchange.request),
            headers: headers(exchange.headers),
            content: self.content(exchange.content),
            ..exchange
        }
    }

    /// The note of a WebSocket as it may be written.
    pub(crate) fn upgrade(&self, upgrade: &Upgrade) -> Upgrade {
        Upgrade {
            path: self.path(&upgrade.path),
            protocol: self.plain(&upgrade.protocol),
            ..*upgrade
        }
    }

    /// A short text of which nothing can be left if it holds a secret.
    fn plain(&self, text: &str) -> String {
        if self.secrets.are_in(text.as_bytes()) {
            SCRUBBED.to_owned()
        } else {
            text.to_owned()
        }
    }

    fn path(&self, path: &str) -> String {
        let parts: Vec<String> = path
            .split('/')
            .map(|part| {
                let decoded = percent_encoding::percent_decode_str(part).decode_utf8_lossy();
                if text::scrubbed(&decoded) == decoded {
                    self.plain(part)
                } else {
                    SCRUBBED.to_owned()
                }
            })
            .collect();
        // A secret may have slashes in it.
        self.plain(&parts.join("/"))
    }

    fn query(&self, query: &str) -> String {
        let parts: Vec<String> = query_by_name(query)
            .split('&')
            .map(|part| match part.split_once('=') {
                Some((name, value)) => format!("{}={}", self.plain(name), self.parameter(value)),
                None => self.parameter(part),
            })
            .collect();
        self.plain(&parts.join("&"))
    }

    /// A value that is percent-encoded.
    fn parameter(&self, value: &str) -> String {
        let decoded = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
        if text::scrubbed(&decoded) == decoded {
            self.plain(value)
        } else {
            SCRUBBED.to_owned()
        }
    }

    fn header(&self, name: &str, value: &str) -> (String, String) {
        let value = if sensitivity(name) > Sensitivity::Open {
            SCRUBBED.to_owned()
        } else {
            self.text(value)
        };
        (self.plain(name), value)
    }

    /// Running text: what is a secret by its form or value is replaced in it.
    fn text(&self, text: &str) -> String {
        let text = self.secrets.replaced(&text::scrubbed(text), SCRUBBED);
        if !self.secrets.are_in(text.as_bytes()) {
            return text;
        }
        // One is hidden by an encoding, which ends at a space at the latest.
        let words: Vec<String> = text
            .split_inclusive(char::is_whitespace)
            .map(|word| {
                let bare = word.trim_end();
                word.replacen(bare, &self.plain(bare), usize::from(!bare.is_empty()))
            })
            .collect();
        self.plain(&words.concat())
    }

    fn content(&self, content: Content) -> Content {
        let content = match content_by_name(content) {
            Content::Json(value) => Content::Json(fields::mapped(value, &|text| self.text(text))),
            Content::Text(text) => Content::Text(self.text(&text)),
            other => other,
        };
        let holds_one = content
            .bytes()
            .is_some_and(|bytes| self.secrets.are_in(&bytes));
        if holds_one {
            Content::Withheld("a secret was hidden in it".to_owned())
        } else {
            content
        }
    }
}

#[cfg(test)]
#[path = "scrub_tests.rs"]
mod tests;
