//! The folder that a command writes into: files are staged, and appear together or not at all.

use std::io::{self, Write};
use std::path::Path;

use rayon::prelude::*;

use super::CommandError;
use crate::chart;
use crate::report::files::Staging;
use crate::summary::figures::{Figure, Labels};

/// A folder, and what is to be written there.
pub(super) struct Folder<'a> {
    path: &'a Path,
    staging: &'a mut Staging,
    files: Vec<String>,
}

impl<'a> Folder<'a> {
    pub(super) fn new(path: &'a Path, staging: &'a mut Staging) -> Self {
        Self {
            path,
            staging,
            files: Vec::new(),
        }
    }

    /// Stages a file.
    pub(super) fn write(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), CommandError> {
        let path = self.path.join(name);
        self.staging.write(&path, write)?;
        self.files.push(path.display().to_string());
        Ok(())
    }

    /// Stages each figure as SVG and PNG; returns the labels and the SVG of each, for a page.
    pub(super) fn draw(
        &mut self,
        figures: &[Figure],
    ) -> Result<Vec<(Labels, String)>, CommandError> {
        let drawn = figures
            .par_iter()
            .map(draw)
            .collect::<Result<Vec<Drawn>, CommandError>>()?;
        let mut shown = Vec::with_capacity(figures.len());
        for (figure, Drawn { svg, png }) in figures.iter().zip(drawn) {
            let stem = figure.file_stem();
            self.write(&format!("{stem}.svg"), |out| out.write_all(&svg))?;
            self.write(&format!("{stem}.png"), |out| out.write_all(&png))?;
            let svg = String::from_utf8_lossy(&svg).into_owned();
            shown.push((figure.labels().clone(), svg));
        }
        Ok(shown)
    }

    /// The paths of all files.
    pub(super) fn into_files(self) -> Vec<String> {
        self.files
    }
}

/// The names of tables, charts and pages in a folder that are not among `files`: an earlier run left
/// them, and they do not speak of this one.
pub(super) fn left_from_before(folder: &Path, files: &[String]) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let ours = ["csv", "svg", "png", "html"];
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|ending| ours.iter().any(|one| ending == *one))
        })
        .filter(|path| !files.contains(&path.display().to_string()))
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

/// A figure in both formats.
struct Drawn {
    svg: Vec<u8>,
    png: Vec<u8>,
}

fn draw(figure: &Figure) -> Result<Drawn, CommandError> {
    let render = |format| {
        chart::render(figure, format).map_err(|error| CommandError::Drawing(error.to_string()))
    };
    Ok(Drawn {
        svg: render(chart::Format::Svg)?,
        png: render(chart::Format::Png)?,
    })
}
