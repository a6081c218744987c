//! Text and where it came from.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::diagnostic::{Diagnostic, render};

/// The largest file that is read: far beyond any scenario, and small enough to hold in memory.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// More mistakes than anyone reads at once are counted, and not shown.
const MOST_SHOWN: usize = 100;

/// Text with the name of its file, as the user wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    folder: PathBuf,
}

/// Why input could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("error: cannot read {path}: {reason}\n  = help: {help}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is the matter.
        reason: String,
        /// The way out.
        help: String,
    },
    /// The file has mistakes, all of them listed.
    #[error("{rendered}")]
    Mistakes {
        /// Every mistake, in the order of the file.
        diagnostics: Vec<Diagnostic>,
        /// The first hundred as text, with the lines of the file, and how many more there are.
        rendered: String,
    },
}

impl ConfigError {
    pub(super) fn mistakes(source: &Source, mut diagnostics: Vec<Diagnostic>) -> Self {
        diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
        let mut rendered: Vec<String> = diagnostics
            .iter()
            .take(MOST_SHOWN)
            .map(|diagnostic| render(source, diagnostic))
            .collect();
        if diagnostics.len() > MOST_SHOWN {
            let more = diagnostics.len() - MOST_SHOWN;
            rendered.push(format!("error: and {more} more in {}", source.name));
        }
        Self::Mistakes {
            diagnostics,
            rendered: rendered.join("\n\n"),
        }
    }
}

impl Source {
    /// Text that is already there. A byte order mark is dropped.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            folder: PathBuf::new(),
        }
    }

    /// The same text from a file in `folder`, where files that it names are looked for.
    #[must_use]
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.folder = folder.to_path_buf();
        self
    }

    /// Where files are looked for that the text names; empty is the current folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads a file, or standard input for `-`.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] if it is missing, a folder, too large, or not UTF-8 text.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |reason: String, help: &str| ConfigError::Unreadable {
            path: path.to_path_buf(),
            reason,
            help: help.to_owned(),
        };
        let standard_input = path.as_os_str() == "-";
        let bytes = match standard_input {
            true => limited(io::stdin().lock()),
            false if path.is_dir() => {
                return Err(unreadable(
                    "it is a folder".into(),
                    "name a scenario file, such as scenarios/tcp-echo-20-v2.yaml",
                ));
            }
            false => File::open(path).and_then(limited),
        };
        let bytes = bytes.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => unreadable(
                "there is no such file".into(),
                "check the path; weights can also be written on the command line, as v1=80,v2=20",
            ),
            _ => unreadable(error.to_string(), "check the file and its permissions"),
        })?;
        if bytes.len() as u64 > MOST_BYTES {
            let reason = format!("it is larger than {} MiB", MOST_BYTES / 1024 / 1024);
            return Err(unreadable(
                reason,
                "a scenario is a few lines of YAML; is this the right file?",
            ));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            unreadable(
                format!("byte {} is not UTF-8 text", at + 1),
                "save the file as UTF-8; is it perhaps a binary file?",
            )
        })?;
        let name = if standard_input {
            "<stdin>".into()
        } else {
            path.to_string_lossy()
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(Self::new(&name, &text).in_folder(folder))
    }

    /// The name of the file, as the user wrote it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column, both from 1 and in characters, of a byte of the text.
    #[must_use]
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }
}

/// All bytes, but one more than the limit at most.
fn limited(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
