//! The file of answers that an exported page saves: `labels-ANNOTATOR.json`.
//!
//! ```json
//! {"evenhand":"answers","version":1,"annotator":"ana","form":"<digest>","answers":[{"place":0,"answer":{…}}],"seal":"<seal>"}
//! ```
//!
//! `form` is the digest of the form that the page shows, in hexadecimal. `seal` is the HMAC-SHA-256 of the JSON list
//! `[version,annotator,form,answers]`, byte by byte as the file has its entries. Its key follows from form and annotator
//! and is in the page: the seal shows that a file was damaged or edited, but does not stop somebody who reads the page's
//! source. A file is taken as a whole or not at all.

use std::fs::File;
use std::io::Read as _;
use std::ops::Range;
use std::path::Path;

use ring::hmac;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};

use super::PageAnswer;
use crate::error::{Error, Result};
use crate::keyed_hash::KeyedHash;

/// The context of the seal's key. It must not change, so that pages that were sent out hand back valid files.
const SEAL: &str = "evenhand: seal of an exported label page";
/// The version of the layout.
const VERSION: u64 = 1;
/// The largest file that is read. 10,000 answers with long notes have a tenth of it.
const MOST_BYTES: u64 = 64 << 20;
/// The fields in their order, each with what comes before its value.
const FIELDS: [&str; 6] = [
    r#"{"evenhand":"#,
    r#","version":"#,
    r#","annotator":"#,
    r#","form":"#,
    r#","answers":"#,
    r#","seal":"#,
];
const KIND: &str = r#""answers""#;

/// The answers that an exported page hands back, whole and as the page wrote them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AnswersFile {
    /// How messages name the file.
    pub shown: String,
    /// The annotator whose form the page shows.
    pub annotator: String,
    /// The digest of the form that the page shows.
    pub form: [u8; 32],
    /// Places in the form with their answers, in the order of the file; each place once.
    pub answers: Vec<(usize, PageAnswer)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlacedAnswer {
    place: usize,
    answer: PageAnswer,
}

/// Returns the key of the seal of an exported page: it is written into the page.
pub fn seal_key(form: &[u8; 32], annotator: &str) -> [u8; 32] {
    KeyedHash::new(SEAL).bytes(form).text(annotator).digest()
}

/// Returns whether a file is one that an exported page hands back, whole or not.
///
/// # Errors
///
/// The file cannot be read, or is a web page, such as the exported page itself.
pub fn is_answers_file(path: &Path) -> Result<bool> {
    let mut head = Vec::new();
    let failed = |error| Error::unreadable(path, error);
    let file = File::open(path).map_err(failed)?;
    file.take(64).read_to_end(&mut head).map_err(failed)?;
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
    let bare: Vec<u8> = head.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let start = [FIELDS[0], KIND].concat();
    if bare.to_ascii_lowercase().starts_with(b"<!doctypehtml") {
        return Err(Error::input(format!("{}: this is a web page and no answers", path.display()))
            .hint("if it is a page that was exported for labels, open it, choose \"Save the answers\", and name the file that it saves"));
    }
    Ok(bare.starts_with(start.as_bytes()))
}

/// Reads the answers that an exported page hands back.
///
/// # Errors
///
/// The file cannot be read or is too large, is no such file or of a newer version, is cut off, or was changed after the
/// page wrote it; or it has an answer that no page gives, or two for one place.
pub fn read_answers_file(path: &Path) -> Result<AnswersFile> {
    let mut bytes = Vec::new();
    let failed = |error| Error::unreadable(path, error);
    let file = File::open(path).map_err(failed)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    parse_answers(&path.display().to_string(), &bytes)
}

fn parse_answers(shown: &str, bytes: &[u8]) -> Result<AnswersFile> {
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Error::input(format!(
            "{shown}: the file has more than {} MiB, which no page writes",
            MOST_BYTES >> 20
        ))
        .hint("name the file that the page saved"));
    }
    let changed = || {
        Error::input(format!("{shown}: the file was damaged or edited after the page wrote it"))
            .detail("nothing of it is used")
            .hint("open the page in the same browser again, save the answers once more, and send that file as it is")
    };
    let cut_off = || {
        Error::input(format!("{shown}: the file is cut off after {} bytes", bytes.len()))
            .detail("nothing of it is used")
            .hint("save the answers of the page once more, or send the file again")
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let is_ours = bytes.starts_with([FIELDS[0], KIND].concat().as_bytes());
        match error.error_len() {
            _ if !is_ours => no_answers(shown),
            // It ends within a character.
            None => cut_off(),
            Some(_) => changed(),
        }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end();
    let values = match parts(text) {
        Ok(values) => values.map(|range| &text[range]),
        Err(Broken::CutOff) => return Err(cut_off()),
        Err(Broken::Version(version)) => {
            return Err(Error::input(format!(
                "{shown}: the file has version {version} of the layout, and this evenhand reads version {VERSION}"
            ))
            .hint("read it with the evenhand that wrote the page"));
        }
        Err(Broken::NoAnswers) => return Err(no_answers(shown)),
        Err(Broken::Changed) => return Err(changed()),
    };
    let [_, version, annotator, form, answers, seal] = values;
    let annotator_name: String = serde_json::from_str(annotator).map_err(|_| changed())?;
    let digest: String = serde_json::from_str(form).map_err(|_| changed())?;
    let digest = from_hex(&digest).ok_or_else(changed)?;
    let given: String = serde_json::from_str(seal).map_err(|_| changed())?;
    let given = from_hex(&given).ok_or_else(changed)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &seal_key(&digest, &annotator_name));
    let sealed = format!("[{version},{annotator},{form},{answers}]");
    hmac::verify(&key, sealed.as_bytes(), &given).map_err(|_| changed())?;
    Ok(AnswersFile {
        shown: shown.to_owned(),
        annotator: annotator_name,
        form: digest,
        answers: placed(shown, answers)?,
    })
}

/// Returns the answers by place. The seal is valid, so what is wrong here the page wrote.
fn placed(shown: &str, answers: &str) -> Result<Vec<(usize, PageAnswer)>> {
    let answers: Vec<PlacedAnswer> = serde_json::from_str(answers).map_err(|error| {
        Error::input(format!("{shown}: answers: not what a page writes: {error}"))
            .hint("read it with the evenhand that wrote the page")
    })?;
    let mut places = std::collections::HashSet::new();
    for answer in &answers {
        if !places.insert(answer.place) {
            return Err(Error::input(format!(
                "{shown}: place {} is answered twice",
                answer.place + 1
            ))
            .hint("save the answers of the page once more"));
        }
    }
    Ok(answers.into_iter().map(|placed| (placed.place, placed.answer)).collect())
}

fn no_answers(shown: &str) -> Error {
    Error::input(format!("{shown}: this is no file of answers that an exported page saves"))
        .hint("such a file is called labels-ANNOTATOR.json; the page itself ends in .html")
}

/// Why a text is no whole file of answers.
enum Broken {
    NoAnswers,
    CutOff,
    Version(u64),
    Changed,
}

/// Returns where the values of [`FIELDS`] are.
fn parts(text: &str) -> std::result::Result<[Range<usize>; 6], Broken> {
    let mut found: [Range<usize>; 6] = std::array::from_fn(|_| 0..0);
    let mut at = 0;
    for (number, field) in FIELDS.into_iter().enumerate() {
        let rest = &text[at..];
        if !rest.starts_with(field) {
            return Err(why_other(text, number, field.starts_with(rest)));
        }
        at += field.len();
        let mut values = Deserializer::from_str(&text[at..]).into_iter::<IgnoredAny>();
        match values.next() {
            Some(Ok(_)) => {}
            // A number that is cut off after its exponent is invalid, too, at the very end.
            Some(Err(error)) if !error.is_eof() && error.column() + 1 < text.len() - at => {
                return Err(why_other(text, number, false));
            }
            None | Some(Err(_)) => return Err(why_other(text, number, true)),
        }
        let end = at + values.byte_offset();
        let value = &text[at..end];
        // The page writes nothing between values, and the order of fields is its own.
        if value.starts_with(char::is_whitespace) {
            return Err(Broken::Changed);
        }
        match number {
            0 if value != KIND => return Err(Broken::NoAnswers),
            1 => match value.parse::<u64>() {
                Ok(VERSION) => {}
                Ok(version) if version > VERSION => return Err(Broken::Version(version)),
                _ => return Err(Broken::Changed),
            },
            _ => {}
        }
        found[number] = at..end;
        at = end;
    }
    match &text[at..] {
        "}" => Ok(found),
        "" => Err(Broken::CutOff),
        _ => Err(Broken::Changed),
    }
}

/// Returns why a text does not go on with the field of this number. Where `is_end`, it ends there.
fn why_other(text: &str, number: usize, is_end: bool) -> Broken {
    match (number, is_end) {
        (0, true) if text.is_empty() => Broken::NoAnswers,
        (_, true) => Broken::CutOff,
        // Other JSON that says what it is was formatted anew, or had its fields sorted.
        (0 | 1, _) => match serde_json::from_str::<Value>(text) {
            Ok(value) if value.get("evenhand") == Some(&Value::from("answers")) => Broken::Changed,
            _ if number == 1 => Broken::Changed,
            _ => Broken::NoAnswers,
        },
        _ => Broken::Changed,
    }
}

/// Reads 32 bytes in hexadecimal, in the one spelling that the page writes.
fn from_hex(digits: &str) -> Option<[u8; 32]> {
    let hash = blake3::Hash::from_hex(digits).ok()?;
    (*hash.to_hex() == *digits).then(|| *hash.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: [u8; 32] = [7; 32];

    fn sealed(annotator: &str, answers: &str) -> String {
        let annotator = serde_json::to_string(annotator).unwrap();
        let name: String = serde_json::from_str(&annotator).unwrap();
        let form = format!("\"{}\"", blake3::Hash::from_bytes(FORM));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &seal_key(&FORM, &name));
        let seal = hmac::sign(&key, format!("[1,{annotator},{form},{answers}]").as_bytes());
        format!(
            r#"{{"evenhand":"answers","version":1,"annotator":{annotator},"form":{form},"answers":{answers},"seal":"{}"}}"#,
            blake3::Hash::from_slice(seal.as_ref()).unwrap()
        )
    }

    const ANSWERS: &str = r#"[{"place":0,"answer":{"choice":"left","seconds":1.5e+0,"at":"2026-11-29T18:00:00.000Z","criteria":{},"note":"a \"q\" \u001b é"}},{"place":2,"answer":{"skipped":"unclear"}}]"#;

    #[test]
    fn a_whole_file_is_read() {
        let text = sealed("Ana Ñ", ANSWERS);
        let read = parse_answers("f", text.as_bytes()).unwrap();
        assert_eq!((read.annotator.as_str(), read.form), ("Ana Ñ", FORM));
        assert_eq!(read.answers.len(), 2);
        assert_eq!(read.answers[0].1.note.as_deref(), Some("a \"q\" \u{1b} é"));
        // An editor that adds a line break at the end, or a mark at the beginning, changes no answer.
        let saved = format!("\u{feff}{text}\r\n");
        assert_eq!(parse_answers("f", saved.as_bytes()).unwrap(), read);
    }

    #[test]
    fn a_file_cut_off_anywhere_is_refused() {
        let text = sealed("ana", ANSWERS);
        for end in 0..text.len() {
            let error = parse_answers("f", &text.as_bytes()[..end]).unwrap_err().to_string();
            let expected = if end == 0 { "no file of answers" } else { "cut off" };
            assert!(error.contains(expected), "{end}: {error}");
        }
    }

    #[test]
    fn a_file_with_any_byte_changed_removed_or_added_is_refused() {
        let text = sealed("ana", ANSWERS);
        let bytes = text.as_bytes();
        for at in 0..bytes.len() {
            for other in [bytes[at] ^ 1, bytes[at] ^ 0x20, 0, b'"', b' ', b'7', b'}', 0xff] {
                let mut changed = bytes.to_vec();
                changed[at] = other;
                if other != bytes[at] {
                    assert!(parse_answers("f", &changed).is_err(), "{at} {other}");
                }
                let mut added = bytes.to_vec();
                added.insert(at, other);
                assert!(parse_answers("f", &added).is_err(), "{at} + {other}");
            }
            let mut removed = bytes.to_vec();
            removed.remove(at);
            assert!(parse_answers("f", &removed).is_err(), "{at} removed");
        }
    }

    #[test]
    fn messages_say_what_a_file_is() {
        let text = sealed("ana", ANSWERS);
        let formatted =
            serde_json::to_string_pretty(&serde_json::from_str::<Value>(&text).unwrap()).unwrap();
        for (text, expected) in [
            (text.replace("left", "right"), "damaged or edited"),
            (text.replace("\"ana\"", "\"ben\""), "damaged or edited"),
            (formatted, "damaged or edited"),
            (text.replace("\"version\":1", "\"version\":2"), "has version 2"),
            ("<html></html>".to_owned(), "no file of answers"),
            ("{\"id\":\"q-1\"}".to_owned(), "no file of answers"),
            (
                sealed(
                    "ana",
                    r#"[{"place":1,"answer":{"choice":"tie"}},{"place":1,"answer":{"choice":"tie"}}]"#,
                ),
                "place 2 is answered twice",
            ),
            (
                sealed("ana", r#"[{"place":-1,"answer":{"choice":"tie"}}]"#),
                "not what a page writes",
            ),
            (
                sealed("ana", r#"[{"place":1,"answer":{"choice":"alpha"}}]"#),
                "not what a page writes",
            ),
            (
                sealed("ana", r#"[{"place":1,"answer":{"winner":"left"}}]"#),
                "not what a page writes",
            ),
        ] {
            let error = parse_answers("f", text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(error.hint_text().is_some());
        }
        let large = vec![b' '; MOST_BYTES as usize + 1];
        let error = parse_answers("f", &large).unwrap_err().to_string();
        assert!(error.contains("more than 64 MiB"), "{error}");
    }
}
