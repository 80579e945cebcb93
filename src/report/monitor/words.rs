//! The words for what a history judges: comparisons, or single responses.

use serde_json::Value;

use crate::monitor::RateKind;

/// The words for what is judged.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Words {
    /// One of what is judged, and several.
    pub(in crate::report) units: [&'static str; 2],
    /// What is said of one of an item of the baseline whose texts have changed, and of several.
    pub(in crate::report) changed: [&'static str; 2],
    /// What the judge says of several.
    pub(in crate::report) verdicts: &'static str,
    /// Verdicts that are not those of the baseline.
    pub(in crate::report) other_verdicts: &'static str,
    /// What one of them that changed names.
    pub(in crate::report) choice: &'static str,
    /// Those that the judge decides.
    pub(in crate::report) decided: &'static str,
    /// Those that it does not decide.
    pub(in crate::report) undecided: &'static str,
    /// What is said of such a one.
    pub(in crate::report) not_decided: &'static str,
    /// The rates of several systems.
    pub(in crate::report) rates: &'static str,
    /// The rates on responses that have changed, short enough for the label of a row.
    pub(in crate::report) changed_rates: &'static str,
    /// What stands before the name of a system that a rate is of by itself.
    pub(in crate::report) rate_of: &'static str,
}

impl Words {
    /// Returns the words of a history with rates of a kind.
    pub(in crate::report) fn of(kind: RateKind) -> Self {
        let graded = Self {
            units: ["response", "responses"],
            changed: [
                "to an item of the baseline has another text",
                "to items of the baseline have other texts",
            ],
            verdicts: "grades",
            other_verdicts: "other grades",
            choice: "grade",
            decided: "kept grades",
            undecided: "responses without a kept grade",
            not_decided: "no kept grade",
            rates: "pass rates",
            changed_rates: "pass rates, changed responses",
            rate_of: "pass rate of",
        };
        match kind {
            RateKind::WinRate => Self {
                units: ["comparison", "comparisons"],
                changed: [
                    "of an item of the baseline has other responses",
                    "of items of the baseline have other responses",
                ],
                verdicts: "verdicts",
                other_verdicts: "other verdicts",
                choice: "winner",
                decided: "decided comparisons",
                undecided: "undecided comparisons",
                not_decided: "undecided",
                rates: "win rates",
                changed_rates: "win rates on changed responses",
                rate_of: "win rate of",
            },
            RateKind::PassRate => graded,
            RateKind::MeanStep => Self {
                rates: "mean steps",
                changed_rates: "mean steps, changed responses",
                rate_of: "mean step of",
                ..graded
            },
        }
    }
}

/// Returns a document in which the keys that name comparisons and win rates have the names that they have in a history with
/// rates of a kind. The order of the keys stays.
pub(super) fn named_after_unit(document: Value, kind: RateKind) -> Value {
    let rates = match kind {
        RateKind::WinRate => return document,
        RateKind::PassRate => "pass_rates",
        RateKind::MeanStep => "mean_steps",
    };
    let named = |value| named_after_unit(value, kind);
    match document {
        Value::Object(fields) => {
            let renamed = fields.into_iter().map(|(key, value)| {
                let key = match key.as_str() {
                    "comparisons" => "responses".to_owned(),
                    "win_rates" => rates.to_owned(),
                    _ => key,
                };
                (key, named(value))
            });
            Value::Object(renamed.collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(named).collect()),
        other => other,
    }
}
