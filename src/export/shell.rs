//! Words of a POSIX shell, quoted so that nothing in them is expanded.

/// A word as a shell reads it back.
pub(super) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:=@,+-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Several of them.
pub(super) fn words(texts: &[String]) -> String {
    let words: Vec<String> = texts.iter().map(|text| word(text)).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn nothing_is_expanded() {
        for (text, written) in [
            ("/usr/bin/env", "/usr/bin/env"),
            ("", "''"),
            ("~", "'~'"),
            ("$HOME `id`", "'$HOME `id`'"),
            ("it's", "'it'\\''s'"),
            ("a\\", "'a\\'"),
            ("*", "'*'"),
            ("#", "'#'"),
        ] {
            assert_eq!(word(text), written);
        }
    }
}
