//! Whether the patterns of two votes can be told apart.

use regex::Regex;

use super::Inspected;
use super::finding::Findings;
use super::pattern_samples::pattern_samples;
use crate::input::ReplyFormat;

/// Checks that no pattern matches everything that another one matches.
pub(super) fn check(inspected: &Inspected<'_>, findings: &mut Findings<'_>) {
    let ReplyFormat::Pattern { first, second, tie, .. } = &inspected.loaded.rubric.reply else {
        return;
    };
    let patterns = [("first", Some(first)), ("second", Some(second)), ("tie", tie.as_ref())];
    let patterns: Vec<(&str, &Regex)> = patterns
        .into_iter()
        .filter_map(|(key, pattern)| pattern.map(|pattern| (key, pattern)))
        .collect();
    for (at, (wide, pattern)) in patterns.iter().enumerate() {
        for (other_at, (narrow, other)) in patterns.iter().enumerate() {
            if at == other_at {
                continue;
            }
            let Some(example) = covered(pattern, other) else { continue };
            // Two patterns that match the same are reported once.
            if other_at < at && covered(other, pattern).is_some() {
                continue;
            }
            let message = format!(
                "reply.{wide} matches everything that reply.{narrow} matches (for example `{example}`), so that votes \
                 for {narrow} are unreadable or count as {wide}: make it more specific"
            );
            findings.add("pattern-covers-another", inspected.places.key(&["reply", wide]), message);
        }
    }
}

/// Returns an example of what both patterns match if the first matches everything that the second does, as far as
/// samples show.
fn covered(wide: &Regex, narrow: &Regex) -> Option<String> {
    let mut example = None;
    for sample in pattern_samples(narrow.as_str()) {
        let sample = sample.text();
        // Some patterns match only at the beginning or between other words.
        let around =
            [sample.clone(), format!("text {sample} text"), format!("text\n{sample}\ntext")];
        for text in around {
            for found in narrow.find_iter(&text) {
                let overlaps = |other: regex::Match<'_>| {
                    other.start() < found.end() && found.start() < other.end()
                };
                if !wide.find_iter(&text).any(overlaps) {
                    return None;
                }
                example.get_or_insert_with(|| found.as_str().trim().to_owned());
            }
        }
    }
    example
}
