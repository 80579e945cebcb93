//! Where a text has what looks like the key of a vote, whether or not it is part of valid JSON.
//!
//! These are guards, not parsers: what they find outside of a verdict says that the verdict was taken apart
//! wrongly, say because a quotation in it was not escaped, so that no vote around it can be trusted.

/// The places where a text has what looks like the key of a vote.
#[derive(Debug)]
pub(super) struct VoteKeys(Vec<usize>);

impl VoteKeys {
    /// Finds the keys of a text, quoted or bare.
    pub(super) fn of(text: &str) -> Self {
        let words =
            occurrences(text).filter(|at| is_quoted_key(text, *at) || is_bare_key(text, *at));
        Self(words.collect())
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

/// Returns whether a string of almost JSON contains what looks like the key of a vote.
pub(super) fn quotes_vote_key(string: &str) -> bool {
    occurrences(string).any(|at| is_quoted_key(string, at) || is_bare_key(string, at))
}

/// Returns whether a comment contains what may be the key of a vote in any notation.
pub(super) fn mentions_vote_key(comment: &str) -> bool {
    occurrences(comment).any(|at| {
        let rest = comment[at + 4..].trim_start_matches(['"', '\'', '\\', '`', '*']);
        rest.trim_start().starts_with([':', '='])
    })
}

/// Returns where the word vote begins, in any case.
fn occurrences(text: &str) -> impl Iterator<Item = usize> + '_ {
    let bytes = text.as_bytes();
    bytes
        .windows(4)
        .enumerate()
        .filter_map(|(at, word)| word.eq_ignore_ascii_case(b"vote").then_some(at))
}

/// Returns whether the word at a place is in quotation marks and before a colon.
fn is_quoted_key(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches(' ').chars().next_back();
    let Some(quote @ ('"' | '\'')) = before else { return false };
    let after = text[at + 4..].trim_start_matches(' ').strip_prefix(quote);
    after.is_some_and(|after| after.trim_start().starts_with(':'))
}

/// Returns whether the word at a place is a key without quotation marks. Prose has the word before a colon too;
/// a key follows a brace or a comma, or a quoted value follows it.
fn is_bare_key(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let is_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '$' | '-');
    if before.chars().next_back().is_some_and(is_word) {
        return false;
    }
    let Some(value) = text[at + 4..].trim_start().strip_prefix(':') else { return false };
    before.trim_end().ends_with(['{', ',']) || value.trim_start().starts_with(['"', '\''])
}
