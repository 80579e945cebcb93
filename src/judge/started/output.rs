//! The last lines that a server printed.

use std::collections::VecDeque;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// So many lines are kept.
const MAX_LINES: usize = 20;
/// So much of a line is kept, in bytes. It is more than is shown, so that a secret at the end of what is shown is
/// whole, and can be found.
const MAX_LINE_LENGTH: usize = 4 << 10;
/// How much is read at once, in bytes.
const PIECE: usize = 8 << 10;

/// The last lines of both streams of a process, in the order in which they were read.
#[derive(Debug, Default)]
pub(super) struct LastLines(VecDeque<String>);

/// A stream of a process.
#[derive(Debug)]
pub(super) struct OutputStream<T> {
    /// `None` at its end.
    stream: Option<T>,
    piece: Box<[u8]>,
    /// The beginning of the line that has not ended yet.
    line: Vec<u8>,
}

impl LastLines {
    /// Returns the lines without colours.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|line| anstream::adapter::strip_str(line).to_string())
    }

    fn push(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        if self.0.len() == MAX_LINES {
            self.0.pop_front();
        }
        self.0.push_back(text.to_owned());
    }
}

impl<T: AsyncRead + Unpin> OutputStream<T> {
    pub(super) fn new(stream: Option<T>) -> Self {
        Self { stream, piece: vec![0; PIECE].into(), line: Vec::new() }
    }

    /// Waits for the next output; returns its length, and `None` at the end of the stream, again and again. The future
    /// may be dropped: nothing is lost.
    pub(super) async fn read(&mut self) -> Option<usize> {
        let stream = self.stream.as_mut()?;
        if let Ok(length @ 1..) = stream.read(&mut self.piece).await {
            return Some(length);
        }
        // A stream that cannot be read is treated as ended.
        self.stream = None;
        None
    }

    /// Returns whether it has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.stream.is_none()
    }

    /// Adds the lines of the last output, or the rest of a line at the end of the stream.
    pub(super) fn add_to(&mut self, lines: &mut LastLines, length: Option<usize>) {
        let Some(length) = length else {
            lines.push(&std::mem::take(&mut self.line));
            return;
        };
        for byte in &self.piece[..length] {
            // A progress bar begins its line again by a carriage return.
            if matches!(byte, b'\n' | b'\r') {
                lines.push(&self.line);
                self.line.clear();
            } else if self.line.len() < MAX_LINE_LENGTH {
                self.line.push(*byte);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept of an output.
    async fn kept(output: &[u8]) -> Vec<String> {
        let (mut stream, mut lines) = (OutputStream::new(Some(output)), LastLines::default());
        while !stream.has_ended() {
            let length = stream.read().await;
            stream.add_to(&mut lines, length);
        }
        lines.lines().collect()
    }

    #[tokio::test]
    async fn the_last_lines_are_kept_without_colours_and_the_end_of_a_long_line_is_not() {
        let mut output = b"first\n\n".to_vec();
        for number in 0..30 {
            output.extend(format!("\x1b[31mline {number}\x1b[0m\r\n").bytes());
        }
        output.extend(vec![b'x'; 100_000]);
        let kept = kept(&output).await;
        assert_eq!(kept.len(), MAX_LINES);
        assert_eq!(kept[0], "line 11");
        assert_eq!(kept[MAX_LINES - 1], "x".repeat(MAX_LINE_LENGTH));
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_are_kept_as_far_as_they_are() {
        assert_eq!(
            kept(b"10 %\r50 %\rout of m\xffmory").await,
            ["10 %", "50 %", "out of m\u{fffd}mory"]
        );
    }
}
