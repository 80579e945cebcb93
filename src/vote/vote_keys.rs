//! Where a text has what looks like the key of a vote or a grade, whether or not it is part of valid JSON.
//!
//! The key is the one that an answer must have: `vote`, `grade`, or `criteria` where a grade is computed from them.
//!
//! These are guards, not parsers: what they find outside of a verdict says that the verdict was taken apart
//! wrongly, say because a quotation in it was not escaped, so that no vote around it can be trusted.

/// The places where a text has what looks like the key of an answer.
#[derive(Debug)]
pub(super) struct VoteKeys(Vec<usize>);

impl VoteKeys {
    /// Finds the places of a key in a text, quoted or bare.
    pub(super) fn of(text: &str, key: &str) -> Self {
        Self(places(text, key).collect())
    }

    /// Returns whether one of them is in a part of the text.
    pub(super) fn any_within(&self, start: usize, end: usize) -> bool {
        let first = self.0.partition_point(|at| *at < start);
        self.0.get(first).is_some_and(|at| *at < end)
    }

    /// Returns whether one of them is outside of a part of the text.
    pub(super) fn any_outside(&self, start: usize, end: usize) -> bool {
        self.0.first().is_some_and(|at| *at < start) || self.0.last().is_some_and(|at| *at >= end)
    }
}

/// Returns whether a string of almost JSON contains what looks like the key of an answer.
pub(super) fn quotes_vote_key(string: &str, key: &str) -> bool {
    places(string, key).next().is_some()
}

/// Returns whether a comment contains what may be the key of an answer in any notation.
pub(super) fn mentions_vote_key(comment: &str, key: &str) -> bool {
    occurrences(comment, key).any(|at| {
        let rest = comment[at + key.len()..].trim_start_matches(['"', '\'', '\\', '`', '*']);
        rest.trim_start().starts_with([':', '='])
    })
}

/// Returns where a text has the word as a key, quoted or bare.
fn places<'a>(text: &'a str, key: &'a str) -> impl Iterator<Item = usize> + 'a {
    occurrences(text, key).filter(move |at| {
        let after = at + key.len();
        is_quoted_key(text, *at, after) || is_bare_key(text, *at, after)
    })
}

/// Returns where the word begins, in any case.
fn occurrences<'a>(text: &'a str, key: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = text.as_bytes();
    bytes
        .windows(key.len())
        .enumerate()
        .filter_map(|(at, word)| word.eq_ignore_ascii_case(key.as_bytes()).then_some(at))
}

/// Returns whether the word between two places is in quotation marks and before a colon.
fn is_quoted_key(text: &str, at: usize, end: usize) -> bool {
    let before = text[..at].trim_end_matches(' ').chars().next_back();
    let Some(quote @ ('"' | '\'')) = before else { return false };
    let after = text[end..].trim_start_matches(' ').strip_prefix(quote);
    after.is_some_and(|after| after.trim_start().starts_with(':'))
}

/// Returns whether the word between two places is a key without quotation marks. Prose has the word before a colon too;
/// a key follows a brace or a comma, or a quoted value follows it.
fn is_bare_key(text: &str, at: usize, end: usize) -> bool {
    let before = &text[..at];
    let is_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '$' | '-');
    if before.chars().next_back().is_some_and(is_word) {
        return false;
    }
    let Some(value) = text[end..].trim_start().strip_prefix(':') else { return false };
    before.trim_end().ends_with(['{', ',']) || value.trim_start().starts_with(['"', '\''])
}
