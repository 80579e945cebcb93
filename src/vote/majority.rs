//! What most choices are, whoever chose: people, the repeats of a judge, or the judges of a jury.

/// Returns what more than half of some choices are, if any.
pub(crate) fn choice_of_most<T: PartialEq + Copy>(choices: &[T]) -> Option<T> {
    let number = |one: &T| choices.iter().filter(|choice| *choice == one).count();
    choices.iter().copied().find(|one| number(one) * 2 > choices.len())
}

/// Returns what people choose where some of them decided what the others disagreed on: the choice of more than half of
/// those who decided, else of more than half of the others, if any. Where the others agree after all, it is theirs; without
/// them nobody disagreed, and there is none.
pub(crate) fn settled_choice<T: PartialEq + Copy>(people: &[T], deciders: &[T]) -> Option<T> {
    let first = people.first()?;
    if people.iter().all(|one| one == first) {
        return Some(*first);
    }
    choice_of_most(deciders).or_else(|| choice_of_most(people))
}
