//! The end of what a program writes to stderr.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::text::one_line;

/// How much of the end is kept, in bytes.
const TAIL_LENGTH: usize = 4 << 10;
/// How many lines a message shows.
const TAIL_LINES: usize = 8;

/// The last bytes of a stream.
#[derive(Debug, Default)]
pub(crate) struct Tail(Vec<u8>);

impl Tail {
    /// Reads a stream to its end and keeps its last bytes. The future may be dropped and called again.
    pub(crate) async fn read(&mut self, stream: &mut (impl AsyncRead + Unpin)) {
        let mut piece = [0; TAIL_LENGTH];
        // A stream with a read error is treated as ended.
        while let Ok(read @ 1..) = stream.read(&mut piece).await {
            let kept = self.0.len().min(TAIL_LENGTH - read);
            self.0.drain(..self.0.len() - kept);
            self.0.extend_from_slice(&piece[..read]);
        }
    }

    /// Returns the last lines that are not blank.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.0);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = &lines[lines.len().saturating_sub(TAIL_LINES)..];
        last.iter().map(|line| one_line(line, 200)).collect()
    }
}
