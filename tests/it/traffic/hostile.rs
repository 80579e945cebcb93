//! Files that are broken, huge or made to harm.

use std::io::Read;

use evenhand::traffic::{Draw, DrawOptions, Masker, TrafficColumns, read_stream};

use super::sample;
use crate::support::Folder;

#[test]
fn broken_files_are_errors_that_name_the_line() {
    let good = "{\"prompt\":\"Q?\",\"response\":\"A.\"}\n";
    for (name, text, message) in [
        ("t.jsonl", format!("{good}{{\"prompt\": \n"), "t.jsonl:3: not valid JSON"),
        ("t.jsonl", format!("{good}nonsense\n"), "t.jsonl:2: not valid JSON"),
        ("t.json", "[1, 2]".to_owned(), "t.json:1: not a record: invalid type"),
        ("t.csv", "prompt,response\n".to_owned(), "the table needs rows"),
        ("t.jsonl", format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000)), "recursion limit"),
        ("t.csv", "prompt,response\nQ?,A.,x\n".to_owned(), "t.csv:2: the row has 3 cells"),
        ("t.csv", "a,b\nQ?,A.\n".to_owned(), "t.csv:1: no column of prompts"),
        ("t.jsonl", String::new(), "t.jsonl: the file is empty"),
        (
            "t.jsonl",
            "{\"level\":\"info\"}\n".to_owned(),
            "there is no exchange of texts with a model",
        ),
    ] {
        let said = sample(name, &text, &[]).expect(3);
        assert!(said.stderr.contains(message), "{message}\n{}", said.stderr);
        assert_eq!(said.stdout, "");
    }
    let said = Folder::new().run(&["monitor", "sample", "gone.jsonl", "--n", "1"]).expect(3);
    assert!(said.stderr.contains("gone.jsonl: "), "{}", said.stderr);
}

/// The same text again and again, for so many bytes.
struct Endless {
    text: &'static [u8],
    at: usize,
    left: u64,
}

impl Endless {
    fn new(text: &'static str, left: u64) -> Self {
        Self { text: text.as_bytes(), at: 0, left }
    }
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n =
            buffer.len().min(self.text.len() - self.at).min(usize::try_from(self.left).unwrap());
        buffer[..n].copy_from_slice(&self.text[self.at..self.at + n]);
        self.at = (self.at + n) % self.text.len();
        self.left -= n as u64;
        Ok(n)
    }
}

fn drawn(text: impl Read) -> evenhand::Result<usize> {
    let mut draw = Draw::new(DrawOptions::new(10, 0, "production")?);
    let mut masker = Masker::default();
    read_stream("t", text, &TrafficColumns::default(), |exchange| draw.add(exchange, &mut masker))?;
    Ok(draw.finish().items.len())
}

#[test]
fn a_record_without_an_end_is_an_error_before_it_fills_the_memory() {
    for beginning in ["{\"prompt\":\"", "prompt,response\n\"Q?"] {
        let text = beginning.as_bytes().chain(Endless::new("aaaaaaaaaaaaaaaa\n", 1 << 32));
        // A line break in a string of JSON is an error by itself.
        let error = drawn(text).unwrap_err().to_string();
        assert!(error.contains("longer than 4 MiB") || error.contains("not valid JSON"), "{error}");
    }
    let error = drawn("{\"prompt\":\"".as_bytes().chain(Endless::new("a", 1 << 32))).unwrap_err();
    assert!(error.to_string().contains("longer than 4 MiB"), "{error}");
}

#[test]
fn many_records_need_no_more_memory_than_few() {
    // 40 MiB of one exchange: nothing but what may be drawn is kept.
    let line = "{\"prompt\":\"What is the price?\",\"response\":\"Ten euros.\"}\n";
    let whole = (40 << 20) / line.len() as u64 * line.len() as u64;
    assert_eq!(drawn(Endless::new(line, whole)).unwrap(), 1);
}

#[test]
fn control_characters_reach_no_terminal() {
    let text = "{\"prompt\":\"Q \\u001b[31m \\u009b?\",\"response\":\"A.\"}\n";
    let said = sample("t.jsonl", text, &[]).expect(0);
    assert!(!said.stdout.contains('\u{1b}') && !said.stdout.contains('\u{9b}'));
}

#[test]
fn a_record_of_short_values_is_refused_before_it_needs_many_times_its_length() {
    let text = "{\"prompt\":[0".as_bytes().chain(Endless::new(",0", 60 << 20)).chain(&b"]}"[..]);
    let error = drawn(text).unwrap_err().to_string();
    assert!(error.contains("longer than 4 MiB"), "{error}");
}

#[test]
fn a_packed_stream_is_named_as_one() {
    let error = drawn(&b"\x1f\x8b\x08\x00"[..]).unwrap_err().to_string();
    assert!(error.contains("the stream is packed"), "{error}");
}

#[test]
fn texts_that_may_still_be_drawn_have_a_limit_together() {
    let drawn = |most: usize, n: usize| -> evenhand::Result<usize> {
        let options = DrawOptions::new(n, 0, "production")?.most_bytes(most);
        let mut draw = Draw::new(options);
        let mut masker = Masker::default();
        let line = |at: usize| {
            format!("{{\"prompt\":\"Question {at:04}?\",\"response\":\"{}\"}}\n", "a".repeat(85))
        };
        let text: String = (0..200).map(line).collect();
        let columns = TrafficColumns::default();
        read_stream("t", text.as_bytes(), &columns, |exchange| draw.add(exchange, &mut masker))?;
        Ok(draw.finish().items.len())
    };
    // A prompt is 16 bytes as JSON and a response 85: eleven of them may be drawn where ten are wanted, and one more is in
    // memory before it is dropped.
    assert_eq!(drawn(12 * 101, 10).unwrap(), 10);
    let error = drawn(11 * 101 - 1, 10).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("longer than 1110 bytes together"), "{message}");
    assert!(error.hint_text().unwrap().contains("draw fewer items"), "{:?}", error.hint_text());
    // What is no longer among the candidates does not count.
    assert_eq!(drawn(102 * 101, 100).unwrap(), 100);
    drawn(100 * 101, 100).unwrap_err();
    let error = drawn(5 << 20, 1).map(|_| ());
    assert!(error.is_ok());
}
