//! The file of a recording: made anew, for its owner alone, a whole line at a time, and never longer
//! than was said. It writes what it is given and knows no secret.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::log;
use crate::recording::{Full, Heading, Line, line};

/// Room for the line that says that the file is full.
const LAST_WORD: u64 = 100;

/// A recording that is being written.
pub(super) struct RecordingFile {
    path: PathBuf,
    file: File,
    limit: u64,
    /// The bytes of whole lines in it.
    length: u64,
    lines: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// All that was written is on the disk.
    Synced,
    /// What was written last may be in memory alone.
    Dirty,
    /// Nothing more is written.
    Closed,
}

impl RecordingFile {
    /// Makes the file, which must not be there, and writes its heading.
    pub(super) fn create(path: &Path, limit: u64, heading: &Heading) -> Result<Self, Failure> {
        let failed = |error: &io::Error| {
            let hint = if error.kind() == ErrorKind::AlreadyExists {
                "; a recording is never written over: remove it, or choose another name"
            } else {
                ""
            };
            Failure::not_done(&format!("cannot make {}: {error}{hint}", path.display()))
        };
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| failed(&error))?;
        // An umask can take permissions away only; this is for a file system with defaults of its own.
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(|error| failed(&error))?;
        let mut recording = Self {
            path: path.to_owned(),
            file,
            limit,
            length: 0,
            lines: 0,
            state: State::Synced,
        };
        recording
            .write(&line(heading))
            .and_then(|()| recording.file.sync_all())
            .and_then(|()| sync_directory(path))
            .map_err(|error| failed(&error))?;
        Ok(recording)
    }

    /// Adds a line, or says that there is no more room.
    pub(super) fn append(&mut self, value: &Line) {
        if self.state == State::Closed {
            return;
        }
        let text = line(value);
        let is_full = self.length + text.len() as u64 + LAST_WORD > self.limit;
        let text = if is_full {
            line(&Line::Full(Full {
                limit_bytes: self.limit,
            }))
        } else {
            text
        };
        match self.write(&text) {
            Ok(()) if is_full => {
                self.sync();
                self.close(&format!("{} bytes are reached (--max-size)", self.limit));
            }
            Ok(()) => {
                self.state = State::Dirty;
                self.lines += 1;
            }
            Err(error) => self.close(&error.to_string()),
        }
    }

    /// Writes a whole line or none of it.
    fn write(&mut self, text: &str) -> io::Result<()> {
        if let Err(error) = self.file.write_all(text.as_bytes()) {
            // What went through of it must not stand before the next line.
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += text.len() as u64;
        Ok(())
    }

    fn close(&mut self, reason: &str) {
        self.state = State::Closed;
        log::line(&format!(
            "juniper-standin record: nothing more is recorded in {}: {reason}; requests are still passed on",
            self.path.display()
        ));
    }

    /// Has what was written put on the disk itself.
    pub(super) fn sync(&mut self) {
        if self.state != State::Dirty {
            return;
        }
        self.state = State::Synced;
        if let Err(error) = self.file.sync_data() {
            self.close(&error.to_string());
        }
    }

    /// What is in it, for people.
    pub(super) fn summary(&self) -> String {
        format!(
            "{} exchanges, {} bytes in {}",
            self.lines,
            self.length,
            self.path.display()
        )
    }
}

/// A name is on the disk when its directory is.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}
