//! Decodes UTF-16 to UTF-8, as a stream.

use std::io::{BufReader, Error, ErrorKind, Read, Result};

/// The order of the two bytes of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endian {
    Little,
    Big,
}

/// A reader of the UTF-8 form of a UTF-16 text. The byte order mark is a character like any other.
pub(super) struct Utf16<R> {
    units: Units<R>,
    decoded: Vec<u8>,
    read: usize,
}

impl<R: Read> Utf16<R> {
    pub(super) fn new(inner: R, endian: Endian) -> Self {
        let units = Units { inner: BufReader::with_capacity(1 << 16, inner), endian };
        Self { units, decoded: Vec::new(), read: 0 }
    }

    /// Decodes some characters; none at the end.
    fn decode_more(&mut self) -> Result<()> {
        const CHARACTERS: usize = 1 << 14;
        self.decoded.clear();
        self.read = 0;
        for _ in 0..CHARACTERS {
            let Some(unit) = self.units.next()? else { break };
            let is_first_of_pair = (0xD800..0xDC00).contains(&unit);
            let second = if is_first_of_pair { self.units.next()? } else { None };
            let mut characters = char::decode_utf16([unit].into_iter().chain(second));
            let (Some(Ok(character)), None) = (characters.next(), characters.next()) else {
                return Err(Error::new(ErrorKind::InvalidData, "the text is not valid UTF-16"));
            };
            self.decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.read == self.decoded.len() {
            self.decode_more()?;
        }
        let length = (&self.decoded[self.read..]).read(buffer)?;
        self.read += length;
        Ok(length)
    }
}

/// The 16-bit units of a text.
struct Units<R> {
    inner: BufReader<R>,
    endian: Endian,
}

impl<R: Read> Units<R> {
    fn next(&mut self) -> Result<Option<u16>> {
        let mut bytes = [0; 2];
        let mut length = 0;
        while length < 2 {
            match self.inner.read(&mut bytes[length..])? {
                0 if length == 0 => return Ok(None),
                0 => {
                    let message = "the UTF-16 text is cut off; copy or download the file again";
                    return Err(Error::new(ErrorKind::UnexpectedEof, message));
                }
                more => length += more,
            }
        }
        Ok(Some(match self.endian {
            Endian::Little => u16::from_le_bytes(bytes),
            Endian::Big => u16::from_be_bytes(bytes),
        }))
    }
}
