//! What the criteria ask for, by themselves.

use super::finding::Findings;
use super::{Inspected, words};
use crate::error::Result;

/// With more criteria, judges weigh none of them well, and each costs tokens in every request and reply.
const MOST_CRITERIA: usize = 10;

/// Checks number, texts and subjects of the criteria.
pub(super) fn check(inspected: &Inspected<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let (rubric, places) = (&inspected.loaded.rubric, inspected.places);
    let criteria = &rubric.criteria;
    if criteria.len() > MOST_CRITERIA {
        let message = format!(
            "there are {} criteria; judges weigh about {MOST_CRITERIA} at most: merge those that always agree, and \
             leave out those that never decide",
            criteria.len()
        );
        findings.add("too-many-criteria", places.key(&["criteria"]), message);
    }
    if rubric.description.trim().is_empty() {
        let message = "the description is empty: write the question to the judge in one sentence";
        findings.add("empty-description", places.key(&["description"]), message);
    }
    for (number, criterion) in criteria.iter().enumerate() {
        let name = &criterion.name;
        let place = || places.criterion(number, "description");
        let normal = normalised(&criterion.description);
        if normal.is_empty() {
            let message =
                format!("criterion `{name}` has no description: say in one sentence what is asked");
            findings.add("empty-description", place(), message);
            continue;
        }
        let mut earlier = criteria[..number].iter();
        let same = earlier.find(|earlier| normalised(&earlier.description) == normal);
        if let Some(earlier) = same {
            let message = format!(
                "criterion `{name}` has the same description as `{}`: remove one, or say how they differ",
                earlier.name
            );
            findings.add("duplicate-description", place(), message);
        } else if normalised(&rubric.description) == normal {
            let message = format!(
                "criterion `{name}` has the same description as the rubric: a criterion is one aspect of it"
            );
            findings.add("duplicate-description", place(), message);
        }
        check_subject(inspected, number, findings)?;
    }
    Ok(())
}

/// Checks that a criterion asks for neither a position nor a length.
fn check_subject(
    inspected: &Inspected<'_>,
    number: usize,
    findings: &mut Findings<'_>,
) -> Result<()> {
    let criterion = &inspected.loaded.rubric.criteria[number];
    let name_as_words = criterion.name.replace(['-', '_'], " ");
    for (key, text) in [("name", &name_as_words), ("description", &criterion.description)] {
        let place = || inspected.places.criterion(number, key);
        let name = &criterion.name;
        if let Some(found) = words::position(text)? {
            let why = match inspected.loaded.rubric.scale {
                None => {
                    "each comparison is shown in both orders, so a criterion about a position contradicts itself"
                }
                Some(_) => "each response is shown by itself, so the judge sees no other one",
            };
            let message = format!(
                "criterion `{name}` mentions a position (`{found}`): {why}; name what the response must do"
            );
            findings.add("criterion-about-position", place(), message);
        }
        if let Some(found) = words::length(text)? {
            let message = format!(
                "criterion `{name}` mentions length (`{found}`): judges tend to prefer a length whatever is in the \
                 text; ask for what a good length achieves (no padding, nothing missing), or name the limit that was \
                 asked for"
            );
            findings.add("criterion-about-length", place(), message);
        }
    }
    Ok(())
}

/// Returns a text without differences in case, spacing and punctuation.
fn normalised(text: &str) -> String {
    let words = text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}
