//! The CSV report of an evaluation: one number per row.

use super::labels::grade_agreement;
use super::{MetricsDocument, metric_names, preference, response_scores};
use crate::metrics::{PairDifference, SystemScore};
use crate::report::csv_cell;
use crate::stats::Estimate;

/// The columns of [`metrics_csv`].
const COLUMNS: [&str; 15] = [
    "kind",
    "metric",
    "tag",
    "slice",
    "id",
    "system",
    "against",
    "value",
    "low",
    "high",
    "n",
    "p_value",
    "p_adjusted",
    "signature",
    "error",
];

/// Calls `each` with the rows of a CSV file, the first of which is the header.
///
/// The column `kind` is the kind of a row: `score` of a system; `difference` of two systems (`system` minus
/// `against`); `coverage`, `agreement`, `cohen_kappa` and `decided_agreement` of a metric with labels of comparisons;
/// `auroc`, `spearman`, `kendall` and `within_items` of a metric with grades;
/// `field` or `class` of the references (named in `slice`); `confusion` (the number of responses with the
/// class in `against` among the items whose reference has the class in `slice`); `elsewhere` (the number of
/// responses with none of the classes); or `item` for a single response. Warnings are not included.
///
/// # Errors
///
/// `each` returns an error, which is passed on.
pub fn metrics_csv<E>(
    document: MetricsDocument<'_>,
    mut each: impl FnMut(Vec<String>) -> Result<(), E>,
) -> Result<(), E> {
    let MetricsDocument { evaluation, labels, per_item, .. } = document;
    let whole = evaluation.metrics.iter().flat_map(move |report| {
        let systems = report
            .systems
            .iter()
            .map(|one| Cells { signature: &report.signature, ..Cells::score(&report.metric, one) });
        let pairs = report.pairs.iter().map(|one| Cells::difference(&report.metric, one));
        let agreement = preference(report, labels).into_iter().flat_map(|of| {
            [
                ("coverage", &of.coverage),
                ("agreement", &of.agreement),
                ("cohen_kappa", &of.cohen_kappa),
                ("decided_agreement", &of.decided_agreement),
            ]
            .map(|(kind, estimate)| Cells {
                estimate: Some(*estimate),
                ..Cells::of(kind, &report.metric)
            })
        });
        let with_grades = grade_agreement(report, labels).into_iter().flat_map(|of| {
            let of = &of.agreement;
            let correlations = [
                ("spearman", of.spearman),
                ("kendall", of.kendall),
                ("within_items", of.within_items),
            ];
            of.auroc.map(|auroc| ("auroc", auroc)).into_iter().chain(correlations).map(
                |(kind, estimate)| Cells {
                    estimate: Some(estimate),
                    ..Cells::of(kind, &report.metric)
                },
            )
        });
        systems.chain(pairs).chain(agreement).chain(with_grades)
    });
    let slices = evaluation.slices.iter().flat_map(|slice| {
        let systems = slice.systems.iter().map(|one| Cells::score(&slice.metric, one));
        let pairs = slice.pairs.iter().map(|one| Cells::difference(&slice.metric, one));
        systems.chain(pairs).map(|cells| Cells { tag: &slice.tag, slice: &slice.value, ..cells })
    });
    let fields = evaluation.fields.iter().flat_map(|field| {
        field.systems.iter().map(|one| Cells {
            kind: "field",
            slice: &field.field,
            ..Cells::score("json-fields", one)
        })
    });
    let classes = evaluation.classes.iter().flat_map(|report| {
        report.classes.iter().flat_map(|class| {
            let of = |metric, value| Cells {
                system: &report.system,
                slice: &class.class,
                value: Some(value),
                n: Some(class.n),
                ..Cells::of("class", metric)
            };
            [of("precision", class.precision), of("recall", class.recall), of("f1", class.f1)]
        })
    });
    let confusions = evaluation.classes.iter().flat_map(|report| {
        let counts = move |kind, against, counts| {
            report.classes.iter().zip(counts).map(move |(actual, count): (_, &u64)| Cells {
                system: &report.system,
                slice: &actual.class,
                against,
                value: Some(*count as f64),
                ..Cells::of(kind, "")
            })
        };
        let rows = report.classes.iter().zip(&report.confusion);
        let rows = rows
            .flat_map(move |(predicted, row)| counts("confusion", predicted.class.as_str(), row));
        rows.chain(counts("elsewhere", "", &report.elsewhere))
    });
    each(COLUMNS.map(ToOwned::to_owned).to_vec())?;
    let numbers = whole.chain(slices).chain(fields).chain(classes).chain(confusions);
    numbers.into_iter().try_for_each(|cells| each(cells.row()))?;
    let kept = evaluation.scores.as_ref().filter(|_| per_item);
    let names = kept.map(metric_names).unwrap_or_default();
    let items = kept.into_iter().flat_map(|scores| response_scores(scores, &names));
    let items = items.map(|row| Cells {
        id: row.id,
        system: row.system,
        value: row.value,
        error: row.error.unwrap_or_default(),
        ..Cells::of("item", row.metric)
    });
    items.into_iter().try_for_each(|cells| each(cells.row()))
}

/// The cells of one row.
#[derive(Clone, Copy, Default)]
struct Cells<'a> {
    kind: &'a str,
    metric: &'a str,
    tag: &'a str,
    slice: &'a str,
    id: &'a str,
    system: &'a str,
    against: &'a str,
    value: Option<f64>,
    n: Option<u64>,
    estimate: Option<Estimate>,
    p_value: Option<f64>,
    p_adjusted: Option<f64>,
    signature: &'a str,
    error: &'a str,
}

impl<'a> Cells<'a> {
    fn of(kind: &'a str, metric: &'a str) -> Self {
        Self { kind, metric, ..Self::default() }
    }

    fn score(metric: &'a str, one: &'a SystemScore) -> Self {
        Self { system: &one.system, estimate: Some(one.score), ..Self::of("score", metric) }
    }

    fn difference(metric: &'a str, one: &'a PairDifference) -> Self {
        let [system, against] = &one.between;
        Self {
            system,
            against,
            estimate: Some(one.difference),
            p_value: one.p_value,
            p_adjusted: one.p_adjusted,
            ..Self::of("difference", metric)
        }
    }

    fn row(&self) -> Vec<String> {
        let text = |text: &str| csv_cell(text).into_owned();
        let number =
            |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
        let of = |part: fn(&Estimate) -> Option<f64>| number(self.estimate.as_ref().and_then(part));
        let value = if self.value.is_some() { number(self.value) } else { of(|one| one.value) };
        vec![
            text(self.kind),
            text(self.metric),
            text(self.tag),
            text(self.slice),
            text(self.id),
            text(self.system),
            text(self.against),
            value,
            of(|one| one.low),
            of(|one| one.high),
            self.n.or(self.estimate.map(|one| one.n)).map(|n| n.to_string()).unwrap_or_default(),
            number(self.p_value),
            number(self.p_adjusted),
            text(self.signature),
            text(self.error),
        ]
    }
}
