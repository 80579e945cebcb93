//! What changed between two runs of grades, in sentences.

use crate::diff::{GradeChanges, GradeDiff};
use crate::report::diff::sentences::agreement_sentence;
use crate::report::quantities::{count, counted};

/// Returns the sentences to quote: what changed in the manifests, in the grades and, with labels, in agreement with
/// people.
pub fn grade_diff_headline(diff: &GradeDiff) -> Vec<String> {
    let agreement = diff
        .agreement
        .as_ref()
        .map(|found| agreement_sentence([&found.before, &found.after], &found.difference));
    [Some(manifest(diff)), Some(grades(diff)), agreement].into_iter().flatten().collect()
}

/// Says what changed in the manifests, and how much was asked.
fn manifest(diff: &GradeDiff) -> String {
    let changed = match diff.changed.as_slice() {
        [] => "Nothing changed in the manifest".to_owned(),
        fields => format!("{} changed", fields.join(", ")),
    };
    let responses = counted(diff.responses, "response");
    let [asked, copied] = [diff.asked, diff.copied].map(count);
    format!("{changed}; {responses}, {asked} asked again, {copied} copied.")
}

fn grades(diff: &GradeDiff) -> String {
    let GradeChanges { outcomes_changed, grades_changed, raised, lowered, kept_gained, .. } =
        &diff.changes;
    let kept_lost = diff.changes.kept_lost;
    let of = format!("{} of {}", count(*outcomes_changed), counted(diff.answered(), "outcome"));
    let are = if kept_lost == 1 { "is" } else { "are" };
    let mut changes = vec![
        format!(
            "{} another grade ({} higher, {} lower)",
            count(*grades_changed),
            count(*raised),
            count(*lowered)
        ),
        format!("{} became kept", count(*kept_gained)),
        format!("{} {are} no longer kept", count(kept_lost)),
    ];
    if diff.changes.other_changed > 0 {
        changes.push(format!("{} changed otherwise", count(diff.changes.other_changed)));
    }
    format!("{of} changed: {}.", changes.join(", "))
}
