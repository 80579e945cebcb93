//! The end of what a program writes to stderr.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::text::one_line;

/// How much of the end is kept, in bytes.
const TAIL_LENGTH: usize = 4 << 10;
/// How many lines a message shows.
const TAIL_LINES: usize = 8;

/// The last bytes of a stream. Clones share them, so that they can be shown while the stream is read.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tail(Arc<Mutex<Vec<u8>>>);

impl Tail {
    /// Reads a stream to its end and keeps its last bytes. The future may be dropped and called again.
    pub(crate) async fn read(&self, stream: &mut (impl AsyncRead + Unpin)) {
        let mut piece = [0; TAIL_LENGTH];
        // A stream with a read error is treated as ended.
        while let Ok(read @ 1..) = stream.read(&mut piece).await {
            let mut bytes = self.bytes();
            let dropped = (bytes.len() + read).saturating_sub(TAIL_LENGTH);
            bytes.drain(..dropped);
            bytes.extend_from_slice(&piece[..read]);
        }
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the last lines that are not blank.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        let bytes = self.bytes();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = &lines[lines.len().saturating_sub(TAIL_LINES)..];
        last.iter().map(|line| one_line(line, 200)).collect()
    }
}
