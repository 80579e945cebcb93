//! The line with which a program is asked one trial.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::input::Message;
use crate::judge::Sample;
use crate::judge::requested_output::ResponseFormat;
use crate::keyed_hash::KeyedHash;
use crate::trial::{GradeTrial, Trial};

/// One line on the program's stdin. It has nothing by which the systems or the item could be recognised.
#[derive(Debug, Serialize)]
pub(super) struct RequestLine<'a> {
    /// Unique among all that the process is asked at the same time.
    pub(super) id: String,
    pub(super) attempt: u32,
    pub(super) model: &'a str,
    pub(super) messages: &'a [Message],
    pub(super) temperature: Option<f64>,
    pub(super) max_tokens: Option<u64>,
    /// In the form of chat completions, so that it can be passed on.
    pub(super) response_format: Option<ResponseFormat<'a>>,
    /// Whether the answer must have the probabilities of the first token.
    pub(super) logprobs: bool,
}

impl RequestLine<'_> {
    /// Returns the line with its line break. It is ASCII, so that a program reads the same text whatever encoding it
    /// expects and whatever else it takes for a line break (U+2028).
    pub(super) fn to_line(&self) -> serde_json::Result<Vec<u8>> {
        let mut line = Vec::new();
        self.serialize(&mut Serializer::with_formatter(&mut line, AsciiFormatter))?;
        line.push(b'\n');
        Ok(line)
    }
}

/// Writes JSON without spaces and with all characters beyond ASCII escaped.
struct AsciiFormatter;

impl Formatter for AsciiFormatter {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // Each piece ends with a character to escape, except that the last one may have none.
        for piece in fragment.split_inclusive(|char: char| !char.is_ascii()) {
            let ascii = piece.trim_end_matches(|char: char| !char.is_ascii());
            writer.write_all(ascii.as_bytes())?;
            for unit in piece[ascii.len()..].encode_utf16() {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

/// Returns a name of a trial and its attempt that says nothing about it.
pub(super) fn id_of(trial: &Trial<'_>) -> String {
    let hash = KeyedHash::new("evenhand: id of a trial for a program")
        .bytes(&trial.repeat.to_le_bytes())
        .texts([&trial.comparison.item.id, trial.first_system(), trial.second_system()]);
    format!("{:016x}-{}", hash.number(), trial.attempt)
}

/// Returns a name of a trial of a single response and its attempt that says nothing about it.
pub(super) fn id_of_grade(trial: &GradeTrial<'_>) -> String {
    let hash = KeyedHash::new("evenhand: id of a grade for a program")
        .bytes(&trial.repeat.to_le_bytes())
        .texts([&trial.response.item.id, &trial.response.system, trial.order.as_str()]);
    format!("{:016x}-{}", hash.number(), trial.attempt)
}

/// Returns a name of a sample and its attempt that says nothing about it.
pub(super) fn id_of_sample(sample: &Sample<'_>) -> String {
    let hash = KeyedHash::new("evenhand: id of a sample for a program")
        .bytes(&sample.number.to_le_bytes())
        .text(&sample.item.id);
    format!("{:016x}-{}", hash.number(), sample.attempt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_ascii_and_keeps_every_character() {
        let content = "\u{feff}ä\u{2028}🦀𝔘\n\"\\ \u{7f}\u{1} end é";
        let messages = [Message { role: "user".to_owned(), content: content.to_owned() }];
        let request = RequestLine {
            id: "t-1".to_owned(),
            attempt: 1,
            model: "modèle",
            messages: &messages,
            temperature: None,
            max_tokens: Some(7),
            response_format: None,
            logprobs: false,
        };
        let line = request.to_line().unwrap();
        assert!(line.is_ascii());
        assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1));
        let read: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(read, serde_json::to_value(&request).unwrap());
    }
}
