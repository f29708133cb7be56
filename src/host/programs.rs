//! What a program needs of its own beside it, where it lies in somebody's home directory.
//!
//! A Python of a virtual environment is a link into another installation, and reads the files of both.

use std::fs;
use std::path::{Path, PathBuf};

/// What marks a virtual environment.
const ENVIRONMENT: &str = "pyvenv.cfg";

/// The directories, or the files, that a program must see to run: a virtual environment as a whole, and what
/// its interpreter really is.
#[must_use]
pub fn needed(program: &Path) -> Vec<PathBuf> {
    let mut needed = Vec::new();
    match environment(program) {
        Some(directory) => needed.push(directory),
        None => needed.push(program.to_owned()),
    }
    if let Ok(real) = fs::canonicalize(program)
        && !needed.iter().any(|shown| real.starts_with(shown))
    {
        // An interpreter is nothing without the library beside it: PREFIX/bin/python, PREFIX/lib.
        let installation = real
            .parent()
            .filter(|directory| directory.ends_with("bin"))
            .and_then(Path::parent)
            .filter(|prefix| prefix.join("lib").is_dir());
        needed.push(installation.map_or_else(|| real.clone(), Path::to_owned));
    }
    needed
}

fn environment(program: &Path) -> Option<PathBuf> {
    let directory = program.parent()?.parent()?;
    directory
        .join(ENVIRONMENT)
        .is_file()
        .then(|| directory.to_owned())
}

#[cfg(test)]
mod tests {
    use super::needed;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn an_environment_and_its_interpreter() {
        let root = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(root.path()).unwrap();
        let (venv, python) = (root.join("venv"), root.join("python"));
        for directory in [venv.join("bin"), python.join("bin"), python.join("lib")] {
            fs::create_dir_all(directory).unwrap();
        }
        fs::write(venv.join("pyvenv.cfg"), "").unwrap();
        fs::write(python.join("bin/python3"), "").unwrap();
        symlink(python.join("bin/python3"), venv.join("bin/python")).unwrap();
        assert_eq!(needed(&venv.join("bin/python")), [venv, python.clone()]);
        let alone = root.join("tool");
        fs::write(&alone, "").unwrap();
        assert_eq!(needed(&alone), [alone]);
    }
}
