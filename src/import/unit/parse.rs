//! The text of a unit file to its settings, each with its line (systemd.syntax(7)).

use crate::import::{LIMIT, Place, Refusal};

/// One setting.
pub(super) struct Setting {
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) value: String,
}

/// Reads all settings; sections do not matter, for no two have a key in common that is read here.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Setting>, Refusal> {
    let refused = |line, what: &str| Refusal {
        place: Place {
            file: file.to_owned(),
            line,
        },
        what: what.to_owned(),
    };
    if text.len() > LIMIT {
        return Err(refused(1, "the file is larger than 1 MiB"));
    }
    let mut settings: Vec<Setting> = Vec::new();
    let mut continued: Option<Setting> = None;
    let mut in_section = false;
    for (index, whole) in text.lines().enumerate() {
        let line = index + 1;
        let written = whole.trim();
        if written.starts_with(['#', ';']) {
            continue;
        }
        let (part, goes_on) = match written.strip_suffix('\\') {
            Some(part) => (part.trim_end(), true),
            None => (written, false),
        };
        let setting = match continued.take() {
            Some(mut begun) => {
                begun.value.push(' ');
                begun.value.push_str(part);
                begun
            }
            None if written.is_empty() => continue,
            None if written.starts_with('[') && written.ends_with(']') => {
                in_section = true;
                continue;
            }
            None if !in_section => {
                return Err(refused(
                    line,
                    "a setting outside of a section: is this a unit file?",
                ));
            }
            None => {
                let (key, value) = part
                    .split_once('=')
                    .ok_or_else(|| refused(line, "neither a section nor a setting"))?;
                Setting {
                    line,
                    key: key.trim().to_owned(),
                    value: value.trim().to_owned(),
                }
            }
        };
        if goes_on {
            continued = Some(setting);
        } else {
            let value = setting.value.trim().to_owned();
            settings.push(Setting { value, ..setting });
        }
    }
    settings.extend(continued);
    if in_section {
        Ok(settings)
    } else {
        Err(refused(1, "there is no section: is this a unit file?"))
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn lines_go_on_and_comments_are_left_out() {
        let settings = read(
            "f",
            "[Unit]\n# c\nA = b\n[Service]\nExecStart=/x \\\n; c\n  -y \\\n  z\nE=\n",
        )
        .unwrap();
        let read: Vec<_> = settings
            .iter()
            .map(|one| (one.line, one.key.as_str(), one.value.as_str()))
            .collect();
        assert_eq!(
            read,
            [(3, "A", "b"), (5, "ExecStart", "/x -y z"), (9, "E", "")]
        );
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in ["", "A=b\n", "[Unit]\nnonsense\n", "\u{0}"] {
            assert!(read("f", text).is_err(), "{text:?}");
        }
        assert!(read("f", &"[Unit]\n".repeat(200_000)).is_err());
    }
}
