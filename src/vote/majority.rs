//! What most choices are, whoever chose: people, the repeats of a judge, or the judges of a jury.

/// Returns what more than half of some choices are, if any.
pub(crate) fn choice_of_most<T: PartialEq + Copy>(choices: &[T]) -> Option<T> {
    let number = |one: &T| choices.iter().filter(|choice| *choice == one).count();
    choices.iter().copied().find(|one| number(one) * 2 > choices.len())
}
