//! Tables for a terminal: no lines, numbers at the right.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, presets};

use super::text::WIDTH;

/// A table whose first column is names, the others numbers.
#[derive(Debug)]
pub(super) struct Table {
    table: comfy_table::Table,
    columns: usize,
}

impl Table {
    /// An empty table.
    pub(super) fn new(header: Vec<&str>) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        // Cells are broken only where the table would be wider than the terminal.
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(WIDTH - 1).unwrap_or(u16::MAX));
        let columns = header.len();
        table.set_header(header);
        Self { table, columns }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.table.add_row(cells);
    }

    /// Writes the table, indented by a space.
    pub(super) fn write(self, text: &mut String) {
        for line in self.lines() {
            let _ = writeln!(text, " {line}");
        }
    }

    /// The lines of the table.
    pub(super) fn lines(mut self) -> Vec<String> {
        for column in 1..self.columns {
            if let Some(column) = self.table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let text = self.table.to_string();
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    }
}
