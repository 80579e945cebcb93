//! Where the answer of a reply begins: behind the reasoning that some servers leave in its text.
//!
//! The marks are those of chat templates: `<think>…</think>` with its spelling variants, and the channels of
//! the harmony format. A draft inside the reasoning is no answer, so only what follows the last closing mark
//! is. A mark that an answer quotes inside a complete JSON object is no mark: otherwise a response that the
//! judge quotes could move the beginning of the answer.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Every mark. The named groups say what kind it is.
static MARKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)
        (?<close> </(?:think|thinking|thought|reasoning|seed:think)\s*> | \[/THINK\] | ◁/think▷
                   | <\|END_THINKING\|> )
        | (?<open> <(?:think|thinking|thought|reasoning|seed:think)\s*> | \[THINK\] | ◁think▷
                  | <\|START_THINKING\|> )
        | (?<final> <\|channel\|>\s*final\s*(?:<\|constrain\|>\s*\w*\s*)?(?:json\s*)?<\|message\|> )
        | (?<channel> <\|channel\|> )
        | (?<end> <\|(?:return|end|call)\|> )",
    )
    .ok()
});

/// What a text begins with, as far as reasoning is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeadingReasoning {
    /// With something else.
    None,
    /// With reasoning that ends here.
    Until(usize),
    /// With reasoning that is not closed.
    Open,
}

/// How a message begins in the harmony format.
const MESSAGE_START: &str = "<|start|>assistant";

/// Returns whether a text begins with reasoning: with an opening mark, or with text before a closing mark at the beginning
/// or the end of a line, as where the template of the chat has opened the reasoning. Marks elsewhere are part of the
/// text, which may be about them, and so are those in a block of code and pairs of marks that begin lines.
pub(crate) fn leading_reasoning(text: &str) -> LeadingReasoning {
    let Some(marks) = MARKS.as_ref() else { return LeadingReasoning::None };
    let mut found = marks.captures_iter(text);
    let Some(first) = found.next() else { return LeadingReasoning::None };
    let mark = first.get_match();
    let before = text[..mark.start()].trim();
    let until = |end: Option<usize>| end.map_or(LeadingReasoning::Open, LeadingReasoning::Until);
    if before.is_empty() || before == MESSAGE_START {
        if first.name("final").is_some() {
            return LeadingReasoning::Until(mark.end());
        }
        if first.name("channel").is_some() {
            // The final channel is the answer, and everything before it is reasoning.
            let answer = found.find(|mark| mark.name("final").is_some());
            return until(answer.map(|mark| mark.get_match().end()));
        }
        if first.name("open").is_some() {
            let close = found.find(|mark| mark.name("close").is_some());
            return until(close.map(|mark| mark.get_match().end()));
        }
    }
    for mark in std::iter::once(first).chain(found) {
        let range = mark.get_match().range();
        let before = &text[..range.start];
        let is_code = before.matches("```").count() % 2 == 1;
        let begins_line = before.trim_end_matches([' ', '\t']).ends_with('\n');
        let after = text[range.end..].trim_start_matches([' ', '\t']);
        let ends_line = after.is_empty() || after.starts_with(['\n', '\r']);
        if is_code {
            continue;
        }
        if mark.name("open").is_some() && begins_line {
            return LeadingReasoning::None;
        }
        if mark.name("close").is_some() && (begins_line || ends_line) {
            return LeadingReasoning::Until(range.end);
        }
    }
    LeadingReasoning::None
}

/// Returns the range of the answer in the text of a reply; `None` if the reasoning is not closed, so that
/// there is no answer.
///
/// `object_end` gets a text that begins with a brace and returns the length of the complete JSON object at its
/// beginning, if there is one. It is called for every brace before the last mark that is outside of an object,
/// and decides itself how much work that may be.
///
/// The text is read from left to right. A closing mark outside of the objects found so far moves the beginning
/// of the answer behind it; objects are then looked for from there on. An opening mark that no closing one
/// follows leaves the reasoning open. In the harmony format the answer is the final channel, up to its end; where
/// more text follows the end, the marks are a quotation, and there is no answer that can be trusted.
pub(crate) fn answer_range(
    text: &str,
    mut object_end: impl FnMut(&str) -> Option<usize>,
) -> Option<Range<usize>> {
    let whole = 0..text.len();
    let Some(marks) = MARKS.as_ref() else { return Some(whole) };
    let (mut answer, mut is_open, mut is_channel) = (whole, false, false);
    let (mut at, mut after_end) = (0, 0);
    for found in marks.captures_iter(text) {
        let mark = found.get_match();
        while let Some(brace) = text.get(at..mark.start()).and_then(|before| before.find('{')) {
            at += brace;
            at += object_end(&text[at..]).unwrap_or(1);
        }
        if at > mark.start() {
            continue;
        }
        at = mark.end();
        if found.name("end").is_some() {
            // A second mark of the end may follow the first, but nothing else.
            let is_first = is_channel && !is_open && answer.end == text.len();
            if is_first {
                answer.end = mark.start();
            }
            if is_first || text[after_end..mark.start()].trim().is_empty() {
                after_end = mark.end();
            }
            continue;
        }
        is_open = found.name("open").is_some() || found.name("channel").is_some();
        if !is_open {
            is_channel = found.name("final").is_some();
            answer = mark.end()..text.len();
        }
    }
    let is_last = answer.end == text.len() || text[after_end..].trim().is_empty();
    (!is_open && is_last).then_some(answer)
}

/// Returns whether a text contains any mark of reasoning.
pub(crate) fn reasoning_is_marked(text: &str) -> bool {
    MARKS.as_ref().is_some_and(|marks| marks.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::answer_range;

    /// The answer where an object is what stands between `{` and the next `}`.
    fn answer(text: &str) -> Option<&str> {
        let range = answer_range(text, |rest| rest.find('}').map(|end| end + 1));
        range.map(|range| &text[range])
    }

    #[test]
    fn the_answer_follows_the_last_closing_mark() {
        let table = [
            ("A", Some("A")),
            ("<think>B</think>A", Some("A")),
            ("B</think>A", Some("A")),
            ("<think>B</think>C<think>B</think>A", Some("A")),
            ("<Thinking>B</Thinking>A", Some("A")),
            ("<reasoning>B</reasoning >A", Some("A")),
            ("<thought>B</thought>A", Some("A")),
            ("<seed:think>B</seed:think>A", Some("A")),
            ("[THINK]B[/THINK]A", Some("A")),
            ("◁think▷B◁/think▷A", Some("A")),
            ("<think>B</think>", Some("")),
            ("<think>B", None),
            ("A<think>B", None),
            ("<think>B</think>A<think>B", None),
            ("<thinker>A", Some("<thinker>A")),
        ];
        for (text, expected) in table {
            assert_eq!(answer(text), expected, "{text}");
        }
    }

    #[test]
    fn the_answer_of_the_harmony_format_is_its_last_final_channel() {
        let analysis = "<|channel|>analysis<|message|>B<|end|><|start|>assistant";
        let table = [
            ("<|channel|>final<|message|>A<|return|>", Some("A")),
            ("<|channel|>final<|message|>A", Some("A")),
            ("<|channel|>final <|constrain|>json<|message|>A<|end|>", Some("A")),
            ("<|channel|>final json<|message|>A<|end|>", Some("A")),
            ("<|channel|>final<|message|>A<|end|><|return|>", Some("A")),
            ("<|channel|>final<|message|>A<|end|> \n<|return|>\n", Some("A")),
            ("<|channel|>final<|message|>A<|end|>B", None),
            ("<|channel|>final<|message|>A<|end|>B<|return|>", None),
            ("<|channel|>final<|message|>B<|end|>C<|channel|>final<|message|>A", Some("A")),
            ("<|channel|>final", None),
            ("<|channel|>commentary<|message|>A<|end|>", None),
            ("<|channel|>final<|message|>A<|end|><|channel|>analysis<|message|>B", None),
            ("A<|end|>", Some("A<|end|>")),
        ];
        for (text, expected) in table {
            assert_eq!(answer(text), expected, "{text}");
            let text = format!("{analysis}{text}");
            let expected = expected.filter(|_| text.contains("final<|") || text.contains("final "));
            assert_eq!(answer(&text), expected, "{text}");
        }
    }

    #[test]
    fn a_mark_inside_an_object_is_no_mark() {
        let table = [
            ("{</think>}A", Some("{</think>}A")),
            ("{<think>}A", Some("{<think>}A")),
            ("{<|channel|>final<|message|>}A", Some("{<|channel|>final<|message|>}A")),
            ("<|channel|>final<|message|>{<|end|>}A<|end|>", Some("{<|end|>}A")),
            ("<think>B</think>{</think>}A", Some("{</think>}A")),
            ("<think>{B</think>A", Some("A")),
            ("{</think>}</think>A", Some("A")),
            ("<think>{</think>}A", None),
        ];
        for (text, expected) in table {
            assert_eq!(answer(text), expected, "{text}");
        }
    }
}
