//! Files that are either all there or not there at all.
//!
//! Every file is written beside its name under another name; when all are complete they are
//! renamed into place. What fails before leaves nothing behind, not even a folder.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

/// Files on their way. Dropping it discards them.
#[derive(Debug, Default)]
pub struct Staging {
    files: Vec<(TempPath, PathBuf)>,
    /// Folders that were made for the files, outermost first.
    folders: Vec<PathBuf>,
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A folder is needed where something else is.
    #[error("{path} is not a folder\n  = help: choose another folder with --out DIR, or move that file away", path = .0.display())]
    NotAFolder(PathBuf),
    /// A file is needed where a folder is.
    #[error("{path} is a folder, and a file is to be written there\n  = help: choose another folder with --out DIR, or move that folder away", path = .0.display())]
    IsAFolder(PathBuf),
    /// The system refused.
    #[error("cannot write {path}: {source}", path = .path.display())]
    System {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Staging {
    /// Writes a file by `write`, to be put at `path` by [`Self::commit`]. Folders are made as
    /// needed.
    ///
    /// # Errors
    /// [`WriteError`], with the path that could not be written.
    pub fn write(
        &mut self,
        path: &Path,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), WriteError> {
        let system = |source| WriteError::System {
            path: path.to_path_buf(),
            source,
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        self.make_folder(folder)?;
        if path.is_dir() {
            return Err(WriteError::IsAFolder(path.to_path_buf()));
        }
        let file = NamedTempFile::with_prefix_in(".shiftsim-", folder).map_err(system)?;
        let mut buffer = BufWriter::new(file);
        write(&mut buffer).map_err(system)?;
        let file = buffer
            .into_inner()
            .map_err(|error| system(error.into_error()))?;
        self.files.push((file.into_temp_path(), path.to_path_buf()));
        Ok(())
    }

    /// Puts every file in its place and returns the places.
    ///
    /// # Errors
    /// [`WriteError::System`] for the first file that could not be renamed.
    pub fn commit(mut self) -> Result<Vec<PathBuf>, WriteError> {
        let mut places = Vec::with_capacity(self.files.len());
        for (file, path) in std::mem::take(&mut self.files) {
            make_readable(&file);
            file.persist(&path).map_err(|error| WriteError::System {
                path: path.clone(),
                source: error.error,
            })?;
            places.push(path);
        }
        self.folders.clear();
        Ok(places)
    }

    fn make_folder(&mut self, folder: &Path) -> Result<(), WriteError> {
        if folder.as_os_str().is_empty() || folder.is_dir() {
            return Ok(());
        }
        if folder.exists() {
            return Err(WriteError::NotAFolder(folder.to_path_buf()));
        }
        if let Some(parent) = folder.parent() {
            self.make_folder(parent)?;
        }
        fs::create_dir(folder).map_err(|source| WriteError::System {
            path: folder.to_path_buf(),
            source,
        })?;
        self.folders.push(folder.to_path_buf());
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        self.files.clear();
        for folder in self.folders.iter().rev() {
            // Best effort: a folder that something else has filled meanwhile stays.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Temporary files are private to the user; the finished ones get the permissions of any new file.
#[cfg(unix)]
fn make_readable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn make_readable(_: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_when_one_file_fails() {
        let root = tempfile::tempdir().unwrap();
        let mut staging = Staging::default();
        staging
            .write(&root.path().join("a/b/one.csv"), |file| {
                file.write_all(b"1")
            })
            .unwrap();
        let failed = staging
            .write(&root.path().join("a/b/two.csv"), |_| {
                Err(io::Error::other("disk full"))
            })
            .unwrap_err();
        assert!(failed.to_string().contains("disk full"), "{failed}");
        drop(staging);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn files_appear_together() {
        let root = tempfile::tempdir().unwrap();
        let mut staging = Staging::default();
        for name in ["one.csv", "two.csv"] {
            staging
                .write(&root.path().join("out").join(name), |file| {
                    file.write_all(b"x")
                })
                .unwrap();
        }
        assert!(!root.path().join("out/one.csv").exists());
        assert_eq!(staging.commit().unwrap().len(), 2);
        assert_eq!(fs::read_dir(root.path().join("out")).unwrap().count(), 2);
    }

    #[test]
    fn a_file_in_the_place_of_a_folder_is_named() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("out"), "x").unwrap();
        let failed = Staging::default()
            .write(&root.path().join("out/one.csv"), |_| Ok(()))
            .unwrap_err();
        assert!(matches!(failed, WriteError::NotAFolder(_)));
    }
}
