//! SHA-256, by which every file of a model is known.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Deserializer, de};
use tokio_util::sync::CancellationToken;

use super::step::{Step, Stop, check_cancelled};
use crate::error::Error;

/// How much of a file is read at once. Between two reads a signal can stop the work.
pub(super) const BLOCK: usize = 1 << 20;

/// A SHA-256 checksum; displayed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Reads 64 hexadecimal digits.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(format!("`{text}` is not a checksum in 64 hexadecimal digits"))
        })
    }
}

/// A checksum that grows with the bytes of a file.
#[derive(Clone)]
pub(super) struct Hasher(Context);

impl Hasher {
    pub(super) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn finish(self) -> Sha256 {
        let digest = self.0.finish();
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Sha256(bytes)
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

/// Returns the hasher of a whole file, and its length.
pub(super) async fn hash_file(path: &Path, cancel: &CancellationToken) -> Step<(Hasher, u64)> {
    let failed = |error: std::io::Error| {
        Stop::Local(Error::input(format!("{}: {error}", path.display())).caused_by(error))
    };
    let mut file = File::open(path).map_err(failed)?;
    let (mut hasher, mut length, mut block) = (Hasher::new(), 0, vec![0; BLOCK]);
    loop {
        let read = file.read(&mut block).map_err(failed)?;
        if read == 0 {
            return Ok((hasher, length));
        }
        hasher.update(&block[..read]);
        length += read as u64;
        check_cancelled(cancel).await?;
    }
}
