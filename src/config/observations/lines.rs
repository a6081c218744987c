//! Lines of a stream, without an allocation per line and in bounded memory.

use std::io::{self, Read};

/// How much is read at once.
const BUFFER: usize = 256 * 1024;
/// What is longer is no line of a log; the rest of it is passed over.
const MAX_LINE: usize = 1024 * 1024;

/// A line, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its bytes, without `\n` or `\r\n`.
    pub(super) bytes: &'a [u8],
    /// Whether it ended with a line break; the last line may not.
    pub(super) ended: bool,
}

/// Reads a stream line by line.
pub(super) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    /// The part of the buffer that is read and not handed out.
    start: usize,
    end: usize,
    number: u64,
    exhausted: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            number: 0,
            exhausted: false,
        }
    }

    /// The next line, or `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let mut searched = 0;
        loop {
            let unread = &self.buffer[self.start..self.end];
            if let Some(at) = memchr::memchr(b'\n', &unread[searched..]) {
                let (from, to) = (self.start, self.start + searched + at);
                self.start = to + 1;
                return Ok(Some(self.line(from, to, true)));
            }
            searched = unread.len();
            if self.exhausted {
                return match searched {
                    0 => Ok(None),
                    _ => {
                        let from = self.start;
                        self.start = self.end;
                        Ok(Some(self.line(from, self.end, false)))
                    }
                };
            }
            if searched >= MAX_LINE {
                return self.too_long().map(Some);
            }
            self.refill()?;
        }
    }

    fn line(&mut self, from: usize, to: usize, ended: bool) -> Line<'_> {
        self.number += 1;
        let bytes = &self.buffer[from..to];
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        Line {
            number: self.number,
            bytes,
            ended,
        }
    }

    /// Reads more behind what is unread, which moves to the front; a full buffer grows.
    fn refill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
        let read = loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.exhausted = read == 0;
        self.end += read;
        Ok(())
    }

    /// Hands out the beginning of an endless line, and passes over its rest.
    fn too_long(&mut self) -> io::Result<Line<'_>> {
        let beginning = self.buffer[self.start..self.start + BUFFER].to_vec();
        while !self.exhausted {
            self.start = self.end;
            self.refill()?;
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[..self.end]) {
                self.start = at + 1;
                break;
            }
        }
        // The beginning is put before what is unread, so that it can be lent like any line.
        let unread = self.buffer[self.start..self.end].to_vec();
        self.buffer.clear();
        self.buffer.extend_from_slice(&beginning);
        self.buffer.extend_from_slice(&unread);
        self.start = BUFFER;
        self.end = self.buffer.len();
        Ok(self.line(0, BUFFER, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives out its bytes a few at a time, as a pipe does.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let few = self.1.min(self.0.len()).min(buffer.len());
            buffer[..few].copy_from_slice(&self.0[..few]);
            self.0 = &self.0[few..];
            Ok(few)
        }
    }

    fn all(text: &[u8], few: usize) -> Vec<(u64, String, bool)> {
        let mut lines = Lines::new(Drops(text, few));
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            let text = String::from_utf8_lossy(line.bytes).into_owned();
            all.push((line.number, text, line.ended));
        }
        all
    }

    #[test]
    fn lines_are_the_same_in_any_portions() {
        let text = b"one\r\n\ntwo\nthree";
        for few in 1..20 {
            let expected = [
                (1, "one", true),
                (2, "", true),
                (3, "two", true),
                (4, "three", false),
            ];
            let expected = expected.map(|(number, text, ended)| (number, text.to_owned(), ended));
            assert_eq!(all(text, few), expected, "{few} bytes at a time");
        }
        assert_eq!(all(b"", 1), []);
        assert_eq!(all(b"\n", 1), [(1, String::new(), true)]);
    }

    #[test]
    fn a_line_longer_than_the_buffer_is_whole() {
        let long = "x".repeat(BUFFER + 17);
        let lines = all(format!("a\n{long}\nb\n").as_bytes(), 1000);
        assert_eq!(lines[1], (2, long, true));
        assert_eq!(lines[2], (3, "b".into(), true));
    }

    #[test]
    fn an_endless_line_is_cut_and_the_next_one_is_whole() {
        let text = format!("a\n{}\nb\nc", "x".repeat(3 * MAX_LINE));
        let lines = all(text.as_bytes(), 70_000);
        let lengths: Vec<usize> = lines.iter().map(|(_, text, _)| text.len()).collect();
        assert_eq!(lengths, [1, BUFFER, 1, 1]);
        assert_eq!(lines[3], (4, "c".into(), false));
    }
}
