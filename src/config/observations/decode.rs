//! From bytes to text: compression and encoding are found out and undone while reading.

use std::cell::Cell;
use std::io::{self, Cursor, Read};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;

use super::ObservationError;

/// So much of the text is looked at before it is read.
const HEAD: usize = 64 * 1024;

/// A stream that turned out to be text.
pub(super) struct Decoded<'a> {
    /// The whole text as UTF-8, from its beginning, without a byte order mark.
    pub(super) text: Box<dyn Read + 'a>,
    /// Its beginning, for a look.
    pub(super) head: Vec<u8>,
    /// Whether the head is all there is.
    pub(super) whole: bool,
    /// What was undone, in words.
    pub(super) encoding: Option<String>,
    /// Set while reading if compressed data ends too early.
    pub(super) cut_short: Rc<Cell<bool>>,
}

/// Undoes gzip and UTF-16, drops a byte order mark, and refuses what is no text.
pub(super) fn decode<'a>(
    mut stream: impl Read + 'a,
    source: &str,
) -> Result<Decoded<'a>, ObservationError> {
    let failed = |error| ObservationError::unreadable(source, error);
    let cut_short = Rc::new(Cell::new(false));
    let mut undone = Vec::new();
    let magic = peek(&mut stream, 6).map_err(failed)?;
    if magic.is_empty() {
        return Err(ObservationError::Empty {
            source_name: source.to_owned(),
        });
    }
    refuse_other_compression(&magic, source)?;
    let gzip = magic.starts_with(&[0x1f, 0x8b]);
    let stream = Cursor::new(magic).chain(stream);
    let mut bytes: Box<dyn Read + 'a> = if gzip {
        undone.push("gzip");
        Box::new(Gunzip {
            inner: MultiGzDecoder::new(stream),
            cut_short: Rc::clone(&cut_short),
        })
    } else {
        Box::new(stream)
    };
    let mark = peek(&mut bytes, 4096).map_err(failed)?;
    let (skip, big_endian) = byte_order(&mark);
    let rest = Cursor::new(mark[skip..].to_vec()).chain(bytes);
    let mut text: Box<dyn Read + 'a> = match big_endian {
        None => Box::new(rest),
        Some(big_endian) => {
            undone.push(if big_endian {
                "UTF-16, big endian"
            } else {
                "UTF-16, little endian"
            });
            Box::new(Utf16::new(rest, big_endian))
        }
    };
    let head = peek(&mut text, HEAD).map_err(failed)?;
    if head.iter().all(u8::is_ascii_whitespace) {
        return Err(ObservationError::Empty {
            source_name: source.to_owned(),
        });
    }
    refuse_binary(&head, source)?;
    Ok(Decoded {
        text: Box::new(Cursor::new(head.clone()).chain(text)),
        whole: head.len() < HEAD,
        head,
        encoding: (!undone.is_empty()).then(|| undone.join(", ")),
        cut_short,
    })
}

/// The first bytes of a stream, fewer only if it ends.
fn peek(stream: &mut impl Read, bytes: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(bytes);
    stream.take(bytes as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// The length of the byte order mark and, for UTF-16, whether it is big endian. Without a mark,
/// UTF-16 of mostly ASCII text shows by its zeros.
fn byte_order(head: &[u8]) -> (usize, Option<bool>) {
    match head {
        [0xef, 0xbb, 0xbf, ..] => (3, None),
        [0xff, 0xfe, ..] => (2, Some(false)),
        [0xfe, 0xff, ..] => (2, Some(true)),
        _ => {
            let zeros = |from: usize| {
                let bytes = head.iter().skip(from).step_by(2);
                head.len() >= 4
                    && bytes.clone().filter(|&&byte| byte == 0).count() * 10 >= bytes.len() * 9
            };
            match (zeros(0), zeros(1)) {
                (false, true) => (0, Some(false)),
                (true, false) => (0, Some(true)),
                _ => (0, None),
            }
        }
    }
}

fn refuse_other_compression(magic: &[u8], source: &str) -> Result<(), ObservationError> {
    let (what, tool) = match magic {
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ("compressed with zstd", "zstd -dc"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => ("compressed with xz", "xz -dc"),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => ("compressed with bzip2", "bzip2 -dc"),
        [b'P', b'K', 3, 4, ..] => ("a zip archive", "unzip -p"),
        _ => return Ok(()),
    };
    let help = format!("unpack it first: {tool} FILE | shiftsim check … -");
    Err(ObservationError::NotText {
        source_name: source.to_owned(),
        what,
        help,
    })
}

/// Text has no zero bytes and few other control characters.
fn refuse_binary(head: &[u8], source: &str) -> Result<(), ObservationError> {
    let control =
        |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\n' | b'\r' | b'\t' | 0x1b | 0x0c);
    let controls = head.iter().filter(control).count();
    if head.contains(&0) || controls * 20 > head.len() {
        return Err(ObservationError::NotText {
            source_name: source.to_owned(),
            what: "binary data, not text",
            help: "give a log, a table or counts; gzip, UTF-8 and UTF-16 are understood".into(),
        });
    }
    Ok(())
}

/// Gzip, whose early end is noted instead of being an error.
struct Gunzip<R> {
    inner: R,
    cut_short: Rc<Cell<bool>>,
}

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.cut_short.set(true);
                Ok(0)
            }
            other => other,
        }
    }
}

/// UTF-16 turned into UTF-8 while reading; what is no character becomes U+FFFD.
struct Utf16<R> {
    inner: R,
    big_endian: bool,
    /// Bytes read and not yet decoded: an odd byte, or half a surrogate pair.
    pending: Vec<u8>,
    decoded: Vec<u8>,
    at: usize,
}

impl<R: Read> Utf16<R> {
    fn new(inner: R, big_endian: bool) -> Self {
        Self {
            inner,
            big_endian,
            pending: Vec::new(),
            decoded: Vec::new(),
            at: 0,
        }
    }

    /// Decodes another piece; nothing decoded means the end.
    fn refill(&mut self) -> io::Result<()> {
        self.decoded.clear();
        self.at = 0;
        while self.decoded.is_empty() {
            let before = self.pending.len();
            self.pending.resize(before + 16 * 1024, 0);
            let read = self.inner.read(&mut self.pending[before..])?;
            self.pending.truncate(before + read);
            self.decode_pending(read == 0);
            if read == 0 {
                self.pending.clear();
                return Ok(());
            }
        }
        Ok(())
    }

    fn decode_pending(&mut self, last: bool) {
        let unit = |pair: &[u8]| match self.big_endian {
            true => u16::from_be_bytes([pair[0], pair[1]]),
            false => u16::from_le_bytes([pair[0], pair[1]]),
        };
        let mut units: Vec<u16> = self.pending.chunks_exact(2).map(unit).collect();
        let opens_pair = |unit: &u16| (0xd800..0xdc00).contains(unit);
        if !last && units.last().is_some_and(opens_pair) {
            units.pop();
        }
        for character in char::decode_utf16(units.iter().copied()) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.decoded
                .extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.pending.drain(..2 * units.len());
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.decoded.len() {
            self.refill()?;
        }
        let read = buffer.len().min(self.decoded.len() - self.at);
        buffer[..read].copy_from_slice(&self.decoded[self.at..self.at + read]);
        self.at += read;
        Ok(read)
    }
}
