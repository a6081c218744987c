//! Which files are meant: a directory stands for the manifests in it.

use std::path::{Path, PathBuf};

use crate::config::ConfigError;

/// The files of all paths, those of a directory by name; folders in folders are looked into.
pub(in crate::config) fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, ConfigError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            add_folder(path, &mut files)?;
            if files.len() == before {
                return Err(unreadable(
                    path,
                    "it holds no .yaml, .yml or .json file".into(),
                ));
            }
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn add_folder(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), ConfigError> {
    let entries = std::fs::read_dir(folder)
        .and_then(|entries| entries.collect::<Result<Vec<_>, _>>())
        .map_err(|error| unreadable(folder, error.to_string()))?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let is_manifest = path
            .extension()
            .is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known));
        if path.is_dir() {
            add_folder(&path, files)?;
        } else if is_manifest {
            files.push(path);
        }
    }
    Ok(())
}

fn unreadable(path: &Path, reason: String) -> ConfigError {
    ConfigError::Unreadable {
        path: path.to_path_buf(),
        reason,
        help: "name manifests such as virtual-service.yaml, or a folder of them".into(),
    }
}
