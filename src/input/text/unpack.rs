//! Unpacks gzip and Zstandard, and stops if a small file would become an enormous one.

use std::io::{Error, ErrorKind, Read, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::BlockDecodingStrategy;
use ruzstd::decoding::FrameDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

/// Data of this size is unpacked however small it was when packed: 256 MiB.
const ALWAYS_ALLOWED: u64 = 256 << 20;
/// Beyond that, data may be at most this many times as large as it was when packed. Texts rarely reach 30.
const MAX_RATIO: u64 = 200;
/// How far a Zstandard file may refer back, which is held in memory: what `zstd --long` writes, 128 MiB.
const MAX_WINDOW: u64 = 128 << 20;

/// Returns a reader of what a gzip file holds, which may consist of several parts.
pub(super) fn gzip(packed: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    let (packed, count) = Counted::new(packed);
    Box::new(Limited::new(MultiGzDecoder::new(packed), count))
}

/// Returns a reader of what a Zstandard file holds, which may consist of several frames.
pub(super) fn zstd(packed: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    let (packed, count) = Counted::new(packed);
    Box::new(Limited::new(ZstdFrames::new(packed), count))
}

/// What has been read of the packed data.
#[derive(Default)]
struct Packed {
    bytes: AtomicU64,
    is_at_end: AtomicBool,
}

/// Counts the bytes that are read.
struct Counted<R> {
    inner: R,
    packed: Arc<Packed>,
}

impl<R> Counted<R> {
    fn new(inner: R) -> (Self, Arc<Packed>) {
        let packed = Arc::new(Packed::default());
        (Self { inner, packed: Arc::clone(&packed) }, packed)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = self.inner.read(buffer)?;
        self.packed.bytes.fetch_add(length as u64, Ordering::Relaxed);
        if length == 0 && !buffer.is_empty() {
            self.packed.is_at_end.store(true, Ordering::Relaxed);
        }
        Ok(length)
    }
}

/// Fails when far more was unpacked than read, and names the packed data that is cut off.
struct Limited<R> {
    inner: R,
    packed: Arc<Packed>,
    unpacked: u64,
}

impl<R> Limited<R> {
    fn new(inner: R, packed: Arc<Packed>) -> Self {
        Self { inner, packed, unpacked: 0 }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = self.inner.read(buffer).map_err(|error| {
            if self.packed.is_at_end.load(Ordering::Relaxed) { cut_off() } else { error }
        })?;
        self.unpacked += length as u64;
        let allowed = self.packed.bytes.load(Ordering::Relaxed).saturating_mul(MAX_RATIO);
        if self.unpacked > ALWAYS_ALLOWED.max(allowed) {
            return Err(Error::other(format!(
                "it unpacks to more than {MAX_RATIO} times its size, which no text does; if it is right, \
                 unpack it yourself and use the unpacked file"
            )));
        }
        Ok(length)
    }
}

/// A decoder that looks for more where the packed data has ended gives many errors, all for this reason.
fn cut_off() -> Error {
    Error::new(ErrorKind::UnexpectedEof, "the packed file is cut off; copy or download it again")
}

/// Decodes the frames of a Zstandard file one after the other.
struct ZstdFrames<R> {
    packed: R,
    decoder: FrameDecoder,
    is_in_frame: bool,
}

impl<R: Read> ZstdFrames<R> {
    fn new(packed: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        Self { packed, decoder, is_in_frame: false }
    }

    /// Starts the next frame with data; returns `false` if there is none.
    fn start_frame(&mut self) -> Result<bool> {
        loop {
            let mut first = [0];
            if self.packed.read(&mut first)? == 0 {
                return Ok(false);
            }
            match self.decoder.reset(first.chain(&mut self.packed)) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    let mut skipped = (&mut self.packed).take(length);
                    if std::io::copy(&mut skipped, &mut std::io::sink())? < length {
                        return Err(cut_off());
                    }
                }
                Err(error) => return Err(Error::other(error)),
            }
        }
    }

    /// Fails if the frame that has ended does not have the checksum that it names.
    fn check_frame(&self) -> Result<()> {
        let (named, computed) =
            (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
        if named.is_some() && named != computed {
            return Err(Error::new(ErrorKind::InvalidData, "the checksum is wrong"));
        }
        Ok(())
    }
}

impl<R: Read> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            if !self.is_in_frame {
                if !self.start_frame()? {
                    return Ok(0);
                }
                self.is_in_frame = true;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.packed, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(Error::other)?;
            }
            let length = self.decoder.read(buffer)?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            self.check_frame()?;
            self.is_in_frame = false;
        }
    }
}
