//! A mistake in a file: where it is, what was expected, and the way out.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::source::Source;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used; the author may have meant something else.
    Warning,
}

/// A mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is the matter, in one line.
    pub message: String,
    /// The offending bytes of the file.
    pub span: Range<usize>,
    /// What was expected there; stands beside the underlined text.
    pub label: String,
    /// The way out.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at some bytes of the file.
    #[must_use]
    pub fn error(span: Range<usize>, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            span,
            label: label.into(),
            help: None,
        }
    }

    /// A warning at some bytes of the file.
    #[must_use]
    pub fn warning(
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(span, message, label)
        }
    }

    /// With a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A diagnostic as text, with the line of the file and the offending text underlined.
pub(super) fn render(source: &Source, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let text = source.text();
    let span = shown(text, &diagnostic.span);
    // The renderer looks through all that it is given, so that many mistakes in a long file would
    // take long; it gets the one line that it shows.
    let start = text[..span.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[span.end..]
        .find('\n')
        .map_or(text.len(), |end| span.end + end + 1);
    let line = memchr::memchr_iter(b'\n', &text.as_bytes()[..start]).count() + 1;
    let snippet = Snippet::source(&text[start..end])
        .path(source.name())
        .line_start(line)
        .annotation(
            AnnotationKind::Primary
                .span(span.start - start..span.end - start)
                .label(diagnostic.label.as_str()),
        );
    let mut group = level
        .primary_title(diagnostic.message.as_str())
        .element(snippet);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    Renderer::plain().term_width(100).render(&[group])
}

/// The span cut to its first line, so that a long value does not fill the screen.
fn shown(text: &str, span: &Range<usize>) -> Range<usize> {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let end = span.end.clamp(start, text.len());
    let line = text.get(start..end).unwrap_or_default();
    let length = line.find(['\n', '\r']).unwrap_or(line.len());
    start..start + length
}
