//! What pip says, as few lines that a person wants to read.

use crate::spec::text::for_terminal;

/// Downloads from this many megabytes on are told one by one.
const LARGE: f64 = 50.0;

/// How far pip has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Packages that it has come to.
    pub seen: usize,
}

impl Progress {
    /// Takes a line of pip's; what is worth telling comes back.
    pub fn line(&mut self, line: &str) -> Option<String> {
        let line = line.trim();
        if line.starts_with("Collecting ") || line.starts_with("Processing ") {
            self.seen += 1;
            return None;
        }
        if let Some(named) = line.strip_prefix("Installing collected packages: ") {
            return Some(format!("unpacks {} packages", named.split(", ").count()));
        }
        let (name, size) = line.strip_prefix("Downloading ")?.rsplit_once(" (")?;
        let size = size.strip_suffix(')')?;
        let (number, unit) = size.split_once(' ')?;
        let number: f64 = number.parse().ok()?;
        let is_large = match unit {
            "MB" => number >= LARGE,
            "GB" => true,
            _ => false,
        };
        let name = name.rsplit('/').next().unwrap_or(name);
        is_large.then(|| format!("downloads {} ({size})", for_terminal(name, 80)))
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn large_downloads_are_told_and_small_ones_counted() {
        let mut progress = Progress::default();
        let mut told = Vec::new();
        for line in [
            "Collecting torch==2.15.0 (from -r /x.txt (line 3))",
            "  Downloading torch-2.15.0-cp313-cp313-manylinux_2_28_x86_64.whl (539.2 MB)",
            "Collecting six==1",
            "  Downloading six-1-py3-none-any.whl (11 kB)",
            "Processing /w/six-1-py3-none-any.whl",
            "Installing collected packages: six, torch",
            "  Downloading broken",
        ] {
            told.extend(progress.line(line));
        }
        assert_eq!(progress.seen, 3);
        assert_eq!(
            told,
            [
                "downloads torch-2.15.0-cp313-cp313-manylinux_2_28_x86_64.whl (539.2 MB)",
                "unpacks 2 packages"
            ]
        );
    }
}
