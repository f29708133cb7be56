//! A lock file, read: a header of comments that says what it is for, then pip's own requirements with hashes.
//!
//! Anything that pip would take for an option, a path or an address is refused here: what is installed is what the
//! hashes name, from wherever the site's pip is told to look.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::spec::ServiceName;

use super::environment::is_name;
use super::python::Minor;

/// The only form that is read.
const VERSION: &str = "1";

/// Which torch an environment has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Torch {
    /// None.
    None,
    /// One that computes on the processor.
    Cpu,
    /// One that computes on NVIDIA GPUs, and on the processor where there is none.
    Cuda,
}

impl Torch {
    /// Its word, in file names and headers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }
}

/// One package, pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    name: String,
    text: String,
}

/// What one environment is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Whose environment it is.
    pub service: ServiceName,
    /// The version of the service, and a part of the environment's name.
    pub version: String,
    /// Which torch it has.
    pub torch: Torch,
    /// For which versions of Python there are wheels.
    pub pythons: Vec<Minor>,
    /// What the finished environment must be able to import.
    pub import: String,
    /// Directories below its library directory that the service expects.
    pub directories: Vec<String>,
    /// A package that lies in an index of its own, and that index.
    pub index: Option<(String, String)>,
    /// Bytes to download, at most, by processor.
    pub download: BTreeMap<String, u64>,
    /// Bytes that the environment takes.
    pub installed: u64,
    /// How much of that it has in common with other environments with the same torch, which is kept once.
    pub shared: u64,
    /// All of it.
    pub text: String,
    requirements: Vec<Requirement>,
}

/// Why a text is no lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    line: usize,
    what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.what)
    }
}

/// The names that a service's lock file may have, the more telling one first.
#[must_use]
pub fn file_names(service: &str, torch: Torch) -> [String; 2] {
    [
        format!("{service}-{}.txt", torch.word()),
        format!("{service}.txt"),
    ]
}

impl Lock {
    /// Reads a lock file.
    ///
    /// # Errors
    /// The first line that is none of one, or what is missing.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut header = Header::default();
        let mut requirements: Vec<Requirement> = Vec::new();
        let mut open = false;
        for (index, line) in text.lines().enumerate() {
            let fault = |what: &str| Fault {
                line: index + 1,
                what: what.to_owned(),
            };
            if let Some(comment) = line.strip_prefix('#').filter(|_| !open) {
                if let Some((key, value)) = comment.trim().split_once(": ") {
                    header.take(key, value).map_err(|what| fault(&what))?;
                }
            } else if open {
                let goes_on = line.ends_with('\\');
                let word = line.trim_end_matches('\\').trim();
                let digest = word.strip_prefix("--hash=sha256:").unwrap_or_default();
                if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err(fault("expected --hash=sha256: and 64 digits"));
                }
                if let Some(last) = requirements.last_mut() {
                    let _ = writeln!(last.text, "{line}");
                }
                open = goes_on;
            } else if !line.trim().is_empty() {
                let name = pinned(line).ok_or_else(|| {
                    fault("expected NAME==VERSION \\ and the hashes on the next lines")
                })?;
                requirements.push(Requirement {
                    name: name.to_owned(),
                    text: format!("{line}\n"),
                });
                open = true;
            }
        }
        let at_end = |what: &str| Fault {
            line: text.lines().count(),
            what: what.to_owned(),
        };
        if open || requirements.is_empty() {
            return Err(at_end("the file ends before its last hash"));
        }
        header
            .finished(text, requirements)
            .map_err(|key| at_end(&format!("there is no `# {key}: ...`")))
    }

    /// The name of a new environment.
    #[must_use]
    pub fn environment(&self) -> String {
        match self.torch {
            Torch::None => self.version.clone(),
            torch => format!("{}-{}", self.version, torch.word()),
        }
    }

    /// Whether an environment of the other is one of this: numbers that are only told to people may differ.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.service == other.service
            && self.version == other.version
            && self.torch == other.torch
            && self.directories == other.directories
            && self.requirements == other.requirements
    }

    /// How many packages it pins.
    #[must_use]
    pub fn packages(&self) -> usize {
        self.requirements.len()
    }

    /// Bytes to download on this processor.
    #[must_use]
    pub fn download_on(&self, processor: &str) -> u64 {
        self.download.get(processor).copied().unwrap_or_default()
    }

    /// The requirements by the index that they come from: those of an index of its own, then all others.
    #[must_use]
    pub fn parts(&self) -> Vec<(Option<&str>, String)> {
        let of_its_own = self
            .index
            .as_ref()
            .map(|(name, index)| (name.as_str(), index.as_str()));
        let text = |own: bool| -> String {
            let wanted =
                |one: &&Requirement| of_its_own.is_some_and(|(name, _)| name == one.name) == own;
            let chosen = self.requirements.iter().filter(wanted);
            chosen.map(|one| one.text.as_str()).collect()
        };
        let mut parts = Vec::new();
        if let Some((_, index)) = of_its_own {
            parts.push((Some(index), text(true)));
        }
        parts.push((None, text(false)));
        parts.retain(|(_, text)| !text.is_empty());
        parts
    }
}

/// The name of a pinned package: `NAME==VERSION [; MARKER] \`.
fn pinned(line: &str) -> Option<&str> {
    let line = line.strip_suffix('\\')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+!".contains(c);
    let (pin, _marker) = line.split_once(" ; ").unwrap_or((line, ""));
    let (name, version) = pin.trim_end().split_once("==")?;
    let is_plain = |text: &str| {
        text.chars().all(plain) && text.starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    (is_plain(name) && is_plain(version)).then_some(name)
}

#[derive(Default)]
struct Header {
    read: BTreeMap<String, String>,
    directories: Vec<String>,
    download: BTreeMap<String, u64>,
}

impl Header {
    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "juniperctl-lock" if value != VERSION => {
                return Err(format!(
                    "it is of form {value}; this juniperctl reads form {VERSION}"
                ));
            }
            "directory" if value.split('/').all(is_name) => {
                self.directories.push(value.to_owned());
            }
            "directory" => return Err(format!("{value} is no directory below another")),
            "download" => {
                let read = value
                    .split_once(' ')
                    .and_then(|(processor, bytes)| Some((processor, bytes.parse().ok()?)));
                let (processor, bytes) = read.ok_or("expected a processor and bytes")?;
                self.download.insert(processor.to_owned(), bytes);
            }
            "juniperctl-lock" | "service" | "version" | "torch" | "python" | "import" | "index"
            | "installed" | "shared" => {
                self.read.insert(key.to_owned(), value.to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    /// The lock, or the key that is missing or makes no sense.
    fn finished(self, text: &str, requirements: Vec<Requirement>) -> Result<Lock, &'static str> {
        let said = |key: &'static str| self.read.get(key).map(String::as_str).ok_or(key);
        said("juniperctl-lock")?;
        let module = |text: &&str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
        };
        Ok(Lock {
            service: ServiceName::parse(said("service")?).map_err(|_| "service")?,
            version: Some(said("version")?)
                .filter(|version| is_name(version))
                .ok_or("version")?
                .to_owned(),
            torch: match said("torch")? {
                "none" => Torch::None,
                "cpu" => Torch::Cpu,
                "cuda" => Torch::Cuda,
                _ => return Err("torch"),
            },
            pythons: said("python")?
                .split(' ')
                .map(|word| Minor::parse(word).ok_or("python"))
                .collect::<Result<_, _>>()?,
            import: Some(said("import")?)
                .filter(module)
                .ok_or("import")?
                .to_owned(),
            index: match said("index") {
                Ok(value) => Some(
                    value
                        .split_once(' ')
                        .filter(|(_, index)| index.starts_with("https://"))
                        .map(|(name, index)| (name.to_owned(), index.to_owned()))
                        .ok_or("index")?,
                ),
                Err(_) => None,
            },
            installed: said("installed")?.parse().map_err(|_| "installed")?,
            shared: said("shared")
                .map_or(Ok(0), str::parse)
                .map_err(|_| "shared")?,
            text: text.to_owned(),
            directories: self.directories,
            download: self.download,
            requirements,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Lock, Torch};

    pub(crate) const HASH: &str =
        "    --hash=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn text() -> String {
        format!(
            "# juniperctl-lock: 1\n# service: cascor\n# version: 1.2+x\n# torch: cpu\n# python: 3.12 3.13\n\
             # import: src.server\n# directory: conf/layouts\n# index: torch https://index.invalid/cpu\n\
             # download: x86_64 99\n# installed: 100\n\
             numpy==1.0 ; python_version < '3.14' \\\n{HASH} \\\n{HASH}\ntorch==2.0+cpu \\\n{HASH}\n"
        )
    }

    #[test]
    fn a_lock_is_read_and_split_by_index() {
        let lock = Lock::parse(&text()).unwrap();
        assert_eq!(lock.torch, Torch::Cpu);
        assert_eq!(lock.environment(), "1.2+x-cpu");
        assert_eq!(lock.packages(), 2);
        assert_eq!(lock.download_on("x86_64"), 99);
        let parts = lock.parts();
        assert_eq!(parts[0].0, Some("https://index.invalid/cpu"));
        assert!(parts[0].1.starts_with("torch==") && !parts[0].1.contains("numpy"));
        assert_eq!(parts[1].0, None);
        assert!(parts[1].1.starts_with("numpy==") && parts[1].1.lines().count() == 3);
    }

    #[test]
    fn what_pip_would_take_for_something_else_is_refused() {
        for line in [
            "--index-url https://elsewhere.invalid",
            "-e .",
            "numpy @ https://elsewhere.invalid/numpy.whl \\",
            "./numpy.whl \\",
            "numpy>=1 \\",
            "numpy==1",
        ] {
            let text = text().replace("numpy==1.0 ; python_version < '3.14' \\", line);
            let fault = Lock::parse(&text).unwrap_err().to_string();
            assert!(fault.starts_with("line 11: expected"), "{line}: {fault}");
        }
        let cut = text().replace("sha256:0123", "md5:0123");
        assert!(Lock::parse(&cut).is_err());
        let open = format!("{}numpy==1 \\\n", text());
        assert!(
            Lock::parse(&open)
                .unwrap_err()
                .to_string()
                .contains("ends before")
        );
    }

    #[test]
    fn a_header_that_says_too_little_or_leads_out_is_refused() {
        for (from, to) in [
            ("# service: cascor", "# x: y"),
            ("# version: 1.2+x", "# version: ../1"),
            ("# torch: cpu", "# torch: rocm"),
            ("# directory: conf/layouts", "# directory: ../../etc"),
            ("# index: torch https:", "# index: torch file:"),
            ("# juniperctl-lock: 1", "# juniperctl-lock: 2"),
            ("# import: src.server", "# import: os;x"),
        ] {
            assert!(Lock::parse(&text().replace(from, to)).is_err(), "{to}");
        }
    }
}
