//! The form that filters the cases.

use serde::Serialize;

use crate::error::capitalised;
use crate::report::html::case_index::CaseIndex;
use crate::report::html::cases_data::{CaseUnit, CasesData};
use crate::report::quantities::{bytes, counted};

/// How a comparison is to be read.
const COMPARISONS: &str = "A vote is a position, first or second; the arrow after it names the system. The judge's own \
                           names for the positions, such as (a) and (b), are those of its prompt.";
/// How a graded response is to be read.
const RESPONSES: &str = "Each response was graded twice: with the scale as written, and with its steps in reverse. A \
                         grade is kept if both give the same.";

/// The last section, as far as it is known without the script.
#[derive(Debug, Serialize)]
pub(in crate::report::html) struct CasesView {
    /// A class of the list, by what a case is.
    class: &'static str,
    note: String,
    /// How a case is to be read.
    explanation: &'static str,
    filters: Vec<Filter>,
    heads: Vec<CaseHead>,
}

/// What the words of a case mean on a page.
#[derive(Debug, Clone, Copy)]
pub(in crate::report::html) struct CaseWords {
    /// The state of a case, such as its outcome.
    pub(in crate::report::html) state: &'static str,
    /// The verdict in a few words.
    pub(in crate::report::html) verdict: &'static str,
    /// How the verdict stands to the labels of people.
    pub(in crate::report::html) people: &'static str,
}

/// A list of choices.
#[derive(Debug, Serialize)]
struct Filter {
    name: &'static str,
    label: String,
    options: Vec<Choice>,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    text: String,
}

/// The heading of a column in the list of cases.
#[derive(Debug, Serialize)]
struct CaseHead {
    text: &'static str,
    class: &'static str,
}

impl CasesView {
    pub(in crate::report::html) fn of(data: &CasesData, words: CaseWords) -> Self {
        let cases = counted(data.index.len() as u64, "case");
        Self {
            class: match data.unit {
                CaseUnit::Comparison => "compared",
                CaseUnit::Response => "graded",
            },
            note: format!("{cases}, compressed to {} in this page.", bytes(data.bytes())),
            explanation: match data.unit {
                CaseUnit::Comparison => COMPARISONS,
                CaseUnit::Response => RESPONSES,
            },
            filters: filters(data, words),
            heads: heads(data, words),
        }
    }
}

fn filters(data: &CasesData, words: CaseWords) -> Vec<Filter> {
    let index = &data.index;
    let mut filters = vec![Filter::new(
        "state",
        &capitalised(words.state),
        "any",
        numbered(&index.states.values),
    )];
    if !data.judges.is_empty() {
        filters.push(Filter::new("judge", "Outcome of", "the jury", numbered(&data.judges)));
    }
    match data.unit {
        CaseUnit::Comparison => {
            let preferences = index.preferences();
            let preferences = numbered(&preferences);
            filters.push(Filter::new("system", "Verdict prefers", "any", preferences));
        }
        CaseUnit::Response => {
            let systems: Vec<String> =
                index.pairs.values.iter().map(|systems| systems.join(" / ")).collect();
            filters.push(Filter::new("pair", "System", "any", sorted(numbered(&systems))));
            let grades = numbered(&index.verdicts.values);
            filters.push(Filter::new("grade", &capitalised(words.verdict), "any", sorted(grades)));
        }
    }
    if !index.people.values.is_empty() {
        filters.push(Filter::new(
            "people",
            &capitalised(words.people),
            "any",
            numbered(&index.people.values),
        ));
    }
    if !index.tags.values.is_empty() {
        let names = index.tags.values.iter().map(|(tag, value)| format!("{tag}={value}"));
        let names: Vec<String> = names.collect();
        filters.push(Filter::new("tag", "Tag", "any", sorted(numbered(&names))));
    }
    if !index.criteria.values.is_empty() {
        let criteria = numbered(&index.criteria.values);
        let label = match data.unit {
            CaseUnit::Comparison => "Orders differ on",
            CaseUnit::Response => "Directions differ on",
        };
        filters.push(Filter::new("criterion", label, "any", criteria));
    }
    let options = orders(index, data.unit);
    filters.push(Filter { name: "sort", label: "Sort by".to_owned(), options });
    filters
}

/// Returns choices in the order of their texts.
fn sorted(choices: impl Iterator<Item = Choice>) -> impl Iterator<Item = Choice> {
    let mut choices: Vec<Choice> = choices.collect();
    choices.sort_by(|one, two| one.text.cmp(&two.text));
    choices.into_iter()
}

/// Returns the orders in which cases can be sorted: a column of the index, and the direction.
fn orders(index: &CaseIndex, unit: CaseUnit) -> Vec<Choice> {
    let choice =
        |value: &str, text: &str| Choice { value: value.to_owned(), text: text.to_owned() };
    let mut orders = vec![choice("plan", "as listed")];
    if index.has_margins {
        let [up, down] = match unit {
            CaseUnit::Comparison => ["closest first", "clearest first"],
            CaseUnit::Response => ["worst first", "best first"],
        };
        orders.push(choice("margin up", up));
        orders.push(choice("margin down", down));
    }
    orders.push(choice("length down", "longest first"));
    orders.push(choice("length up", "shortest first"));
    orders
}

fn heads(data: &CasesData, words: CaseWords) -> Vec<CaseHead> {
    let index = &data.index;
    let [systems, differ] = match data.unit {
        CaseUnit::Comparison => ["systems", "orders differ on"],
        CaseUnit::Response => ["system", "directions differ on"],
    };
    let head = |text, is_shown: bool| is_shown.then_some(CaseHead { text, class: "" });
    let opening = CaseHead { text: "prompt", class: "of-opening" };
    let has_criteria = !index.criteria.values.is_empty();
    let differ = has_criteria.then_some(CaseHead { text: differ, class: "of-flips" });
    let heads = [
        head("case", true),
        head(words.state, true),
        head(systems, index.pairs.values.len() > 1),
        head(words.verdict, true),
        head(words.people, !index.people.values.is_empty()),
        differ,
        index.has_openings().then_some(opening),
    ];
    heads.into_iter().flatten().collect()
}

impl Filter {
    fn new(
        name: &'static str,
        label: &str,
        any: &str,
        options: impl Iterator<Item = Choice>,
    ) -> Self {
        let any = Choice { value: String::new(), text: any.to_owned() };
        let options = std::iter::once(any).chain(options).collect();
        Self { name, label: label.to_owned(), options }
    }
}

/// Returns choices by number.
fn numbered<T: AsRef<str>>(names: &[T]) -> impl Iterator<Item = Choice> {
    let choice =
        |(at, name): (usize, &T)| Choice { value: at.to_string(), text: name.as_ref().to_owned() };
    names.iter().enumerate().map(choice)
}
