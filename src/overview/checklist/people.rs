//! The entries about people: labels, how they were drawn, whether they are enough, and what they show.

use super::Checked;
use super::entry::{Check, CheckState, ChecklistEntry, GapRemedy};
use crate::calibration::{Calibration, CorrectionBasis, FEW_LABELS, Finding, Part, WinRates};
use crate::error::{capitalised, counted, listed};
use crate::trial::other_system;

/// The labels to begin with.
const FIRST_LABELS: u64 = 100;
/// Comparisons that several people should label, for the human ceiling.
const SHARED_LABELS: u64 = 30;

/// Returns the entries about people, in the order of reports.
pub(super) fn entries(checked: &Checked<'_>) -> Vec<ChecklistEntry> {
    let Some(results) = checked.calibration else {
        return without_labels(checked.summary.planned);
    };
    vec![
        labels(results),
        labels_random(results),
        enough_labels(results),
        several_annotators(results),
        beats_rules(results),
        test_part(checked.part, results.looks),
    ]
}

fn without_labels(planned: u64) -> Vec<ChecklistEntry> {
    let comparisons = planned.min(FIRST_LABELS);
    let missing = |(code, what)| {
        let sentence = format!("{what} is not known without labels.");
        ChecklistEntry::new(code, CheckState::Missing, sentence, None)
    };
    let others = [
        (Check::LabelsRandom, "Whether the labelled comparisons are a random sample"),
        (Check::EnoughLabels, "How many labels would show which system people prefer"),
        (Check::SeveralAnnotators, "How far people agree with each other"),
        (Check::BeatsRules, "Whether the judge agrees with people more often than simple rules do"),
        (
            Check::TestPart,
            "How far the judge agrees with people on items that the rubric was not tuned on",
        ),
    ];
    let labels = ChecklistEntry::new(
        Check::Labels,
        CheckState::Missing,
        "No labels were given, so it is not known what people prefer.",
        (comparisons > 0).then_some(GapRemedy::Sample { comparisons }),
    );
    std::iter::once(labels).chain(others.map(missing)).collect()
}

fn labels(results: &Calibration) -> ChecklistEntry {
    let sentence = format!(
        "{} of {} labelled, by {}.",
        results.labelled,
        counted(results.planned, "comparison is", "comparisons are"),
        counted(results.annotators, "person", "people")
    );
    ChecklistEntry::done(Check::Labels, sentence)
}

fn labels_random(results: &Calibration) -> ChecklistEntry {
    use CorrectionBasis as Basis;
    let any = |basis| results.win_rates.iter().any(|rates| rates.ppi_basis == Some(basis));
    let comparisons = results.planned.min(FIRST_LABELS);
    let (state, sentence) = if any(Basis::OnlyKept) {
        (
            CheckState::Missing,
            "Only comparisons with a kept verdict are labelled, which are the easy ones.",
        )
    } else if any(Basis::AsIfRandom) {
        (CheckState::Partly, "It is not known how the labelled comparisons were chosen.")
    } else if any(Basis::IncompleteSample) {
        (
            CheckState::Partly,
            "The labelled comparisons were drawn at random, but some that were drawn are not labelled, or the run has \
             grown since.",
        )
    } else if any(Basis::KnownProbabilities) {
        let sentence = "The labelled comparisons were drawn at random, with known probabilities.";
        return ChecklistEntry::done(Check::LabelsRandom, sentence);
    } else {
        let sentence =
            "Every comparison that was answered is labelled, so the labels are no selection.";
        return ChecklistEntry::done(Check::LabelsRandom, sentence);
    };
    let remedy = Some(GapRemedy::Sample { comparisons });
    ChecklistEntry::new(Check::LabelsRandom, state, sentence, remedy)
}

fn enough_labels(results: &Calibration) -> ChecklistEntry {
    let Calibration { labelled, planned, .. } = results;
    // Where all comparisons are labelled, only further items help.
    let sample = |wanted: u64| {
        let comparisons = wanted.min(*planned);
        (comparisons > *labelled).then_some(GapRemedy::Sample { comparisons })
    };
    let enough = |state, sentence: String, remedy| {
        ChecklistEntry::new(Check::EnoughLabels, state, sentence, remedy)
    };
    if *labelled < FEW_LABELS {
        let few = counted(*labelled, "comparison is", "comparisons are");
        let sentence = format!(
            "Only {few} labelled; with fewer than {FEW_LABELS}, intervals may be too narrow."
        );
        return enough(CheckState::Missing, sentence, sample(FIRST_LABELS));
    }
    let (state, sentence, wanted) = preference(results);
    let remedy = match wanted {
        Some(Wanted::Labels(labels)) => sample(labels),
        Some(Wanted::RandomSample) => {
            Some(GapRemedy::Sample { comparisons: FIRST_LABELS.min(*planned) })
        }
        None => None,
    };
    enough(state, sentence, remedy)
}

/// The labels that would show what people prefer.
enum Wanted {
    /// So many, those that there are included.
    Labels(u64),
    /// Labels of a random sample.
    RandomSample,
}

/// Returns whether the labels show which system of every pair people prefer, with what would show it.
fn preference(results: &Calibration) -> (CheckState, String, Option<Wanted>) {
    use CorrectionBasis as Basis;
    let rates = &results.win_rates;
    let any = |bases: &[Basis]| {
        rates.iter().any(|rates| rates.ppi_basis.is_some_and(|basis| bases.contains(&basis)))
    };
    if any(&[Basis::OnlyKept]) {
        let sentence = "Only comparisons with a kept verdict are labelled, so the labels do not show which system \
                        people prefer.";
        return (CheckState::Missing, sentence.to_owned(), Some(Wanted::RandomSample));
    }
    if let Some(pair) = rates.iter().find(|pair| ends(pair).is_none()) {
        let (system, other) = (&pair.system, other_system(&pair.between, &pair.system));
        let sentence = format!(
            "The labels do not show which system people prefer, {system} or {other}: there are too few to estimate it."
        );
        return (CheckState::Missing, sentence, Some(Wanted::Labels(FIRST_LABELS)));
    }
    for finding in &results.findings {
        if let Finding::NoWinnerShown { labels, to_exclude_lead, .. } = finding {
            let sentence = format!("{}.", capitalised(&finding.warning().message));
            let wanted = labels.or(*to_exclude_lead).map(|needed| Wanted::Labels(needed.labels));
            return (CheckState::Partly, sentence, wanted);
        }
    }
    let is_shown = |[low, high]: [f64; 2]| high < 0.5 || low > 0.5;
    if rates.is_empty() || !rates.iter().filter_map(ends).all(is_shown) {
        let sentence = "The labels do not show which system people prefer.".to_owned();
        return (CheckState::Missing, sentence, None);
    }
    if any(&[Basis::AsIfRandom, Basis::IncompleteSample]) {
        let sentence = "If the labelled comparisons are a random sample, the labels show which system people prefer.";
        return (CheckState::Partly, sentence.to_owned(), Some(Wanted::RandomSample));
    }
    (CheckState::Done, "The labels show which system people prefer.".to_owned(), None)
}

/// Returns the ends of the interval of the win rate corrected with labels.
fn ends(pair: &WinRates) -> Option<[f64; 2]> {
    Some([pair.ppi.low?, pair.ppi.high?])
}

fn several_annotators(results: &Calibration) -> ChecklistEntry {
    let remedy = || Some(GapRemedy::Sample { comparisons: results.planned.min(SHARED_LABELS) });
    let code = Check::SeveralAnnotators;
    let Some(human) = &results.human else {
        let sentence = "Each comparison has one annotator, so it is not known how far people agree with each other.";
        return ChecklistEntry::new(code, CheckState::Missing, sentence, remedy());
    };
    let shared = human.krippendorff_alpha.n;
    let shared = counted(shared, "comparison has", "comparisons have");
    if human.krippendorff_alpha.n >= SHARED_LABELS {
        let sentence = format!(
            "{shared} two annotators or more, so it is known how far people agree with each other."
        );
        return ChecklistEntry::done(code, sentence);
    }
    let sentence = format!(
        "Only {shared} two annotators or more; {SHARED_LABELS} would show how far people agree with each other."
    );
    ChecklistEntry::new(code, CheckState::Partly, sentence, remedy())
}

fn beats_rules(results: &Calibration) -> ChecklistEntry {
    let code = Check::BeatsRules;
    if !results.has_rules_to_beat() {
        let sentence = "There is no simple rule to compare the judge with.";
        return ChecklistEntry::new(code, CheckState::Missing, sentence, None);
    }
    let (mut rules, mut wanted) = (Vec::new(), None);
    for finding in &results.findings {
        if let Finding::NoBetterThanTrivial { trivial, labels, .. } = finding {
            rules.push(format!("\"{}\"", trivial.rule()));
            wanted = wanted.max(labels.map(|needed| needed.labels));
        }
    }
    if rules.is_empty() {
        let sentence = "The judge agrees with people more often than simple rules do.";
        return ChecklistEntry::done(code, sentence);
    }
    let sentence = format!(
        "The labels do not show that the judge agrees with people more often than the {} {}.",
        if rules.len() == 1 { "rule" } else { "rules" },
        listed(&rules)
    );
    let more = wanted.map(|labels| labels.min(results.planned));
    let remedy = match more.filter(|comparisons| *comparisons > results.labelled) {
        Some(comparisons) => GapRemedy::Sample { comparisons },
        None => GapRemedy::ShowLabelled,
    };
    ChecklistEntry::new(code, CheckState::Partly, sentence, Some(remedy))
}

/// Returns the entry about the part of the items that was measured, with how often it was looked at, if known.
pub(in crate::overview) fn test_part(part: Option<Part>, looks: Option<u64>) -> ChecklistEntry {
    let code = Check::TestPart;
    let elsewhere = |sentence: &str| {
        ChecklistEntry::new(code, CheckState::Missing, sentence, Some(GapRemedy::TestPart))
    };
    match (part, looks) {
        (Some(Part::Test), Some(looks)) if looks > 1 => {
            let sentence = format!(
                "This is look {looks} at the test part with this rubric; the first one counts."
            );
            ChecklistEntry::new(code, CheckState::Partly, sentence, None)
        }
        (Some(Part::Test), _) => ChecklistEntry::done(code, "The numbers are of the test part."),
        (Some(Part::Dev), _) => elsewhere(
            "The numbers are of the dev part; a rubric that was tuned on it looks better there than it is.",
        ),
        (None, _) => elsewhere(
            "The numbers are of all items, those included that the rubric may have been tuned on.",
        ),
    }
}
