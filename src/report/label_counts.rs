//! Labels without a judge, in sentences.

use super::preference_sentences::{PreferenceSentence, sentences_of_pairs};
use crate::error::{count, counted};
use crate::input::{Grade, Scale};
use crate::labelling::{GradeCounts, LabelCounts};

/// Returns what people prefer by their labels alone, and how many comparisons that is about. The names in the sentences
/// are not escaped.
pub fn label_counts_sentences(pairs: &[LabelCounts]) -> Vec<String> {
    let preferences = pairs.iter().map(|pair| PreferenceSentence {
        subject: "People prefer",
        between: &pair.between,
        system: &pair.between[1],
        rate: &pair.win_rate,
        n: pair.wins.iter().sum(),
        of: "labelled comparison",
        of_note: "",
        open: "no winner shown yet",
    });
    let mut sentences = sentences_of_pairs(
        preferences,
        "No comparison has a label on which most annotators agree.",
    );
    let total = |of: fn(&LabelCounts) -> u64| pairs.iter().map(of).sum::<u64>();
    let ties = total(|pair| pair.wins[2]);
    if ties > 0 {
        sentences.push(format!(
            "{} half a win for each side.",
            counted(ties, "tie counts", "ties count")
        ));
    }
    let no_majority = total(|pair| pair.no_majority);
    if no_majority > 0 {
        sentences.push(format!(
            "{} without a choice of more than half of the annotators, and left out.",
            counted(no_majority, "comparison is", "comparisons are")
        ));
    }
    sentences
}

/// Returns which grades people gave to the responses of each system. The names in the sentences are not escaped.
pub fn grade_counts_sentences(systems: &[GradeCounts], scale: &Scale) -> Vec<String> {
    let sentence = |system: &GradeCounts| {
        let steps = scale.steps.iter().map(|step| step.name.as_str()).zip(&system.steps);
        let mut given: Vec<String> =
            steps.map(|(name, number)| format!("{} {name}", count(*number))).collect();
        if system.cannot_assess > 0 {
            given.push(format!("{} {}", count(system.cannot_assess), Grade::CANNOT_ASSESS));
        }
        let all = system.steps.iter().sum::<u64>() + system.cannot_assess;
        let responses = counted(all, "labelled response", "labelled responses");
        format!("{}: {responses}: {}.", system.system, given.join(", "))
    };
    let mut sentences: Vec<String> = systems.iter().map(sentence).collect();
    let no_majority = systems.iter().map(|system| system.no_majority).sum();
    if no_majority > 0 {
        sentences.push(format!(
            "{} without a grade of more than half of the annotators, and left out.",
            counted(no_majority, "response is", "responses are")
        ));
    }
    sentences
}
