//! Almost JSON: objects with the slips that models make when they write JSON by hand.
//!
//! A judge that reasons about formulas, code or paths writes `\(`, `\d`, `C:\U` or a raw line break into its
//! strings. If such replies were lost, comparisons would be selected by subject. [`read_object`] therefore
//! tolerates, and only tolerates: raw control characters and invalid escapes in strings, lone surrogates,
//! trailing commas, comments (`//`, `/* */`, `#`), single-quoted strings and bare keys. It rewrites the object
//! as JSON. What else is wrong stays wrong: a missing comma, a bare value, a quotation mark that ends its
//! string early. It repairs nothing by guessing.
//!
//! No maintained crate does exactly this: parsers of JSON5 reject raw line breaks, those of JSON with comments
//! reject single quotes and invalid escapes, and repairing parsers guess where a broken string ends. None of
//! them reports the text of comments, or the length of an object that is followed by other text.

use super::vote_keys::{mentions_vote_key, quotes_vote_key};

/// As deep as `serde_json` reads; deeper objects are no verdicts.
const MAX_DEPTH: usize = 120;

/// An object of almost JSON.
#[derive(Debug)]
pub(super) struct LenientObject {
    /// The same object as JSON, without what JSON does not allow.
    pub(super) json: String,
    /// Its length in the text.
    pub(super) length: usize,
    /// Whether the only key of an answer in it is one of the object itself, and none is hidden in a comment or in
    /// a string that may have swallowed a part of the object.
    pub(super) has_one_vote: bool,
    /// Whether it has no comments and no single-quoted strings.
    pub(super) is_plain: bool,
}

/// Why a text does not begin with an object of almost JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoObject {
    /// Whether the text ends before the object does.
    pub(super) is_cut_off: bool,
    /// How much of the text was read.
    pub(super) read: usize,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The first entry, or the end of the object or list.
    FirstEntry,
    /// An entry, or the end after a trailing comma.
    Entry,
    /// The colon after a key.
    Colon,
    /// The value after a colon.
    Value,
    /// A comma, or the end.
    Comma,
}

/// Reads the object at the beginning of a text; `answer_key` is the key that an answer must have.
///
/// # Errors
///
/// There is none, or it is not complete.
pub(super) fn read_object(text: &str, answer_key: &str) -> Result<LenientObject, NoObject> {
    let mut reader = Reader { text, answer_key, ..Reader::default() };
    match reader.object() {
        Some(()) => Ok(reader.finish()),
        None => Err(NoObject { is_cut_off: reader.at >= text.len(), read: reader.at }),
    }
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    answer_key: &'a str,
    at: usize,
    json: String,
    /// The objects (`true`) and lists around the place that is read.
    around: Vec<bool>,
    /// Keys of an answer: of the object itself, and of others in it.
    votes: usize,
    nested_votes: usize,
    /// How many strings have either kind of quotation marks, and how many comments there are.
    single_quoted: usize,
    double_quoted: usize,
    comments: usize,
    /// Whether a comment contains the key of an answer, or a string does.
    vote_in_comment: bool,
    vote_in_string: bool,
}

impl<'a> Reader<'a> {
    fn finish(self) -> LenientObject {
        let has_single_quotes = self.single_quoted > 0;
        let has_both_quotes = has_single_quotes && self.double_quoted > 0;
        // Where strings have both kinds of quotation marks, a quoted one may begin a string that goes on over
        // the true vote.
        let is_hidden = self.vote_in_comment || (has_both_quotes && self.vote_in_string);
        LenientObject {
            has_one_vote: self.votes == 1 && self.nested_votes == 0 && !is_hidden,
            is_plain: !has_single_quotes && self.comments == 0,
            length: self.at,
            json: self.json,
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Reads one character.
    fn take(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.at += char.len_utf8();
        Some(char)
    }

    /// Reads the whole object; on `None`, `at` is where reading stopped.
    fn object(&mut self) -> Option<()> {
        if self.peek()? != '{' {
            return None;
        }
        let mut next = Next::Value;
        loop {
            self.skip_space_and_comments()?;
            let in_object = self.around.last() == Some(&true);
            next = match (next, self.peek()?) {
                (Next::FirstEntry | Next::Entry | Next::Comma, '}') if in_object => self.close()?,
                (Next::FirstEntry | Next::Entry | Next::Comma, ']') if !in_object => {
                    self.close()?
                }
                (Next::Comma, ',') => {
                    self.at += 1;
                    Next::Entry
                }
                (Next::Colon, ':') => {
                    self.at += 1;
                    self.json.push(':');
                    Next::Value
                }
                (Next::FirstEntry | Next::Entry, _) if in_object => {
                    self.separate(next);
                    self.key()?;
                    Next::Colon
                }
                (Next::FirstEntry | Next::Entry | Next::Value, _) => {
                    self.separate(next);
                    self.value()?
                }
                _ => return None,
            };
            if self.around.is_empty() {
                return Some(());
            }
        }
    }

    /// Writes the comma before an entry that is not the first.
    fn separate(&mut self, next: Next) {
        if next == Next::Entry {
            self.json.push(',');
        }
    }

    fn open(&mut self, is_object: bool) -> Option<Next> {
        if self.around.len() == MAX_DEPTH {
            return None;
        }
        self.around.push(is_object);
        self.json.push(if is_object { '{' } else { '[' });
        self.at += 1;
        Some(Next::FirstEntry)
    }

    fn close(&mut self) -> Option<Next> {
        self.json.push(if self.around.pop()? { '}' } else { ']' });
        self.at += 1;
        Some(Next::Comma)
    }

    fn key(&mut self) -> Option<()> {
        let key = if let quote @ ('"' | '\'') = self.peek()? {
            self.string(quote)?
        } else {
            let is_part = |char: char| char.is_alphanumeric() || matches!(char, '_' | '$' | '-');
            Some(self.word(is_part)).filter(|word| !word.is_empty())?.to_owned()
        };
        if key.trim().eq_ignore_ascii_case(self.answer_key) {
            *(if self.around.len() == 1 { &mut self.votes } else { &mut self.nested_votes }) += 1;
        }
        self.write_string(&key);
        Some(())
    }

    fn value(&mut self) -> Option<Next> {
        match self.peek()? {
            '{' => return self.open(true),
            '[' => return self.open(false),
            quote @ ('"' | '\'') => {
                let string = self.string(quote)?;
                self.write_string(&string);
            }
            _ => {
                let is_part = |char: char| char.is_ascii_alphanumeric() || "+-.".contains(char);
                let start = self.at;
                let word = self.word(is_part);
                if serde_json::from_str::<serde_json::Value>(word).is_err() {
                    // A word that the end of the text cuts off may have been one.
                    self.at = if self.at == self.text.len() { self.at } else { start };
                    return None;
                }
                self.json.push_str(word);
            }
        }
        Some(Next::Comma)
    }

    fn word(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let word = &rest[..rest.find(|char| !is_part(char)).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn write_string(&mut self, string: &str) {
        self.json.push_str(&serde_json::Value::from(string).to_string());
    }

    /// Reads a string and returns what it says.
    fn string(&mut self, quote: char) -> Option<String> {
        match quote {
            '"' => self.double_quoted += 1,
            _ => self.single_quoted += 1,
        }
        self.at += 1;
        let start = self.at;
        let mut string = String::new();
        loop {
            match self.take()? {
                char if char == quote => break,
                '\\' => self.escape(&mut string)?,
                char => string.push(char),
            }
        }
        self.vote_in_string |= quotes_vote_key(&self.text[start..self.at - 1], self.answer_key);
        Some(string)
    }

    /// Reads what follows a backslash. An escape that JSON does not have stands for itself.
    fn escape(&mut self, string: &mut String) -> Option<()> {
        let char = self.take()?;
        let meaning = match char {
            '"' | '\'' | '\\' | '/' => char,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                if let Some(unit) = self.code_unit() {
                    self.character(unit)
                } else {
                    string.push('\\');
                    'u'
                }
            }
            other => {
                string.push('\\');
                other
            }
        };
        string.push(meaning);
        Some(())
    }

    /// Reads four hexadecimal digits, if they are there.
    fn code_unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// Returns the character of a code unit, and reads the second half of a surrogate pair.
    fn character(&mut self, unit: u32) -> char {
        if (0xd800..0xdc00).contains(&unit) && self.text[self.at..].starts_with("\\u") {
            let start = self.at;
            self.at += 2;
            match self.code_unit() {
                Some(low @ 0xdc00..0xe000) => {
                    let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                }
                _ => self.at = start,
            }
        }
        char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// Skips white space and comments; `None` for a comment that does not end.
    fn skip_space_and_comments(&mut self) -> Option<()> {
        loop {
            self.word(|char| matches!(char, ' ' | '\t' | '\n' | '\r'));
            let rest = &self.text[self.at..];
            let end = if let Some(comment) = rest.strip_prefix("/*") {
                comment.find("*/").map(|end| end + 4)
            } else if rest.starts_with("//") || rest.starts_with('#') {
                rest.find(['\n', '\r'])
            } else {
                return Some(());
            };
            self.comments += 1;
            let Some(end) = end else {
                self.at = self.text.len();
                return None;
            };
            self.vote_in_comment |= mentions_vote_key(&rest[..end], self.answer_key);
            self.at += end;
        }
    }
}
