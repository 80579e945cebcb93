//! A ranking as CSV: one number or text per row.

use crate::ranking::{
    AdjustedStrengths, GradesLoss, Intransitive, PairDifference, PairResult, RankedBy,
    RankedSystem, Ranking,
};
use crate::report::csv_cell;
use crate::stats::Estimate;
use crate::trial::other_system;

/// The columns of [`ranking_csv`].
const COLUMNS: [&str; 21] = [
    "kind",
    "system",
    "against",
    "value",
    "low",
    "high",
    "n",
    "rank",
    "rank_low",
    "rank_high",
    "component",
    "wins",
    "losses",
    "ties",
    "one_order",
    "inconsistent",
    "missing",
    "standard_error",
    "p_value",
    "p_adjusted",
    "text",
];

/// Calls `each` with the rows of a CSV file, the first of which is the header: everything that the ranking has, one number
/// or text per row.
///
/// The column `kind` is the kind of a row:
///
/// - `strength` of a system, with its rank, and its `all_votes`;
/// - `order_adjusted`, `length_adjusted`, `davidson` and `soft` strengths of each system, the same name with `_coefficient`
///   for the coefficient of the model, and with `_undefined` for the reason in `text` if there is none;
/// - `win_rate` over decided comparisons of `system` against another one, with the counts; `all_votes`, `soft_win_rate` and
///   `length_adjusted_win_rate` of them;
/// - `difference` of the strengths of two systems (`system` minus `against`);
/// - `leader`: how many reversals, of `n` verdicts, put `against` level with `system`;
/// - `triples` of systems that were all compared, `cycles` among them, and `cycle`: the first of these, in `text`;
/// - `items`, and how the comparisons ended: `planned`, `kept`, `one_order`, `inconsistent`, `missing`, `pending`,
///   `order_unknown`;
/// - `judge`: a name in `system` with its model, rubric, version and runs in `text`;
/// - `connected` and `finite`: 1 or 0;
/// - `from`: what the comparisons are made of, in `text`;
/// - `loss`: the agreement of grades with people minus that of verdicts; `loss_grades_agreement`, `loss_grades_ties`,
///   `loss_verdicts_agreement`, `loss_verdicts_ties` and `loss_people_ties`: what it is made of;
/// - `warning`: a code in `system` with its message in `text`.
///
/// # Errors
///
/// `each` returns an error, which is passed on.
pub fn ranking_csv<E>(
    ranking: &Ranking,
    mut each: impl FnMut(Vec<String>) -> Result<(), E>,
) -> Result<(), E> {
    each(COLUMNS.map(ToOwned::to_owned).to_vec())?;
    let systems = ranking.systems.iter().flat_map(system_rows);
    let models = [
        (
            ["order_adjusted", "order_adjusted_coefficient", "order_adjusted_undefined"],
            &ranking.order_adjusted,
        ),
        (
            ["length_adjusted", "length_adjusted_coefficient", "length_adjusted_undefined"],
            &ranking.length_adjusted,
        ),
        (["davidson", "davidson_coefficient", "davidson_undefined"], &ranking.davidson),
        (["soft", "soft_coefficient", "soft_undefined"], &ranking.soft),
    ];
    let models = models.into_iter().flat_map(|(kinds, model)| model_rows(kinds, model));
    let pairs = ranking.pairs.iter().flat_map(pair_rows);
    let differences = ranking.differences.iter().map(Row::of_difference);
    let rows = systems.chain(models).chain(pairs).chain(differences).chain(whole_rows(ranking));
    rows.map(|row| row.cells()).try_for_each(&mut each)
}

/// One row; what does not apply is empty.
#[derive(Default)]
struct Row<'a> {
    kind: &'static str,
    system: &'a str,
    against: &'a str,
    estimate: Option<Estimate>,
    /// Rank, low, high, component.
    rank: [Option<u64>; 4],
    /// Wins, losses, ties, asked in one order, inconsistent, missing.
    counts: Option<[u64; 6]>,
    /// Standard error, p-value, adjusted p-value.
    numbers: [Option<f64>; 3],
    text: String,
}

impl<'a> Row<'a> {
    fn of_difference(pair: &'a PairDifference) -> Self {
        Self {
            kind: "difference",
            system: &pair.system,
            against: other_system(&pair.between, &pair.system),
            estimate: Some(pair.difference),
            numbers: [None, pair.p_value, pair.p_adjusted],
            ..Self::default()
        }
    }

    fn cells(&self) -> Vec<String> {
        let estimate = self.estimate.unwrap_or(Estimate::undefined(0));
        let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let whole = |value: Option<u64>| value.map_or(String::new(), |value| value.to_string());
        let mut cells = vec![
            self.kind.to_owned(),
            csv_cell(self.system).into_owned(),
            csv_cell(self.against).into_owned(),
            number(estimate.value),
            number(estimate.low),
            number(estimate.high),
            whole(self.estimate.map(|estimate| estimate.n)),
        ];
        cells.extend(self.rank.map(whole));
        cells.extend((0..6).map(|at| whole(self.counts.map(|counts| counts[at]))));
        cells.extend(self.numbers.map(number));
        cells.push(csv_cell(&self.text).into_owned());
        cells
    }
}

/// Returns the strength of a system with its rank, and its mean score.
fn system_rows(system: &RankedSystem) -> [Row<'_>; 2] {
    let rank = system.rank;
    let strength = Row {
        kind: "strength",
        system: &system.system,
        estimate: Some(system.strength),
        rank: [rank.value, rank.low, rank.high, Some(u64::from(system.component))],
        ..Row::default()
    };
    let all_votes = Row {
        kind: "all_votes",
        system: &system.system,
        estimate: Some(system.all_votes),
        ..Row::default()
    };
    [strength, all_votes]
}

/// Returns the strengths by a model, its coefficient, and why it is not fitted.
fn model_rows<'a>(
    [kind, coefficient, undefined]: [&'static str; 3],
    model: &'a AdjustedStrengths,
) -> impl Iterator<Item = Row<'a>> {
    let strengths = model.strengths.iter().map(move |one| Row {
        kind,
        system: &one.system,
        estimate: Some(one.strength),
        ..Row::default()
    });
    let row = |kind| Row { kind, ..Row::default() };
    let coefficient =
        model.coefficient.map(|found| Row { estimate: Some(found), ..row(coefficient) });
    let undefined =
        model.undefined.as_ref().map(|reason| Row { text: reason.clone(), ..row(undefined) });
    strengths.chain(coefficient).chain(undefined)
}

/// Returns what a ranking has beside its systems and pairs.
fn whole_rows(ranking: &Ranking) -> Vec<Row<'_>> {
    let number = |kind, value: u64, n: u64| {
        let estimate = Some(Estimate::of(Some(value as f64), None, n));
        Row { kind, estimate, ..Row::default() }
    };
    let mut rows = Vec::new();
    rows.extend(ranking.leader.as_ref().map(|leader| Row {
        system: &leader.system,
        against: &leader.challenger,
        ..number("leader", leader.reversals, leader.of)
    }));
    let Intransitive { triples, cycles, examples } = &ranking.intransitive;
    rows.push(number("triples", *triples, *triples));
    rows.push(number("cycles", *cycles, *triples));
    let cycle =
        |names: &[String; 3]| Row { kind: "cycle", text: names.join(" > "), ..Row::default() };
    rows.extend(examples.iter().map(cycle));
    let counts = ranking.comparisons;
    rows.push(number("items", ranking.items, ranking.items));
    for (kind, value) in [
        ("planned", counts.planned),
        ("kept", counts.kept),
        ("one_order", counts.one_order),
        ("inconsistent", counts.inconsistent),
        ("missing", counts.missing),
        ("pending", counts.pending),
        ("order_unknown", counts.order_unknown),
    ] {
        rows.push(number(kind, value, counts.planned));
    }
    let systems = ranking.systems.len() as u64;
    rows.push(number("connected", u64::from(ranking.connected), systems));
    rows.push(number("finite", u64::from(ranking.finite), systems));
    let from = match ranking.from {
        RankedBy::Verdicts => "verdicts",
        RankedBy::Grades => "grades",
    };
    rows.push(Row { kind: "from", text: from.to_owned(), ..Row::default() });
    rows.extend(ranking.loss.iter().flat_map(loss_rows));
    rows.extend(ranking.judges.iter().map(|judge| Row {
        kind: "judge",
        system: &judge.judge,
        text: format!(
            "model {}, rubric {} {}, in {}",
            judge.model,
            judge.rubric,
            judge.version,
            judge.runs.join(", ")
        ),
        ..Row::default()
    }));
    rows.extend(ranking.warnings.iter().map(|warning| Row {
        kind: "warning",
        system: warning.code,
        text: warning.message.clone(),
        ..Row::default()
    }));
    rows
}

/// Returns what is lost by comparing grades.
fn loss_rows(loss: &GradesLoss) -> [Row<'_>; 6] {
    let row = |kind, estimate| Row { kind, estimate: Some(estimate), ..Row::default() };
    [
        Row { numbers: [None, loss.p_value, None], ..row("loss", loss.difference) },
        row("loss_grades_agreement", loss.grades.agreement),
        row("loss_grades_ties", loss.grades.ties),
        row("loss_verdicts_agreement", loss.verdicts.agreement),
        row("loss_verdicts_ties", loss.verdicts.ties),
        row("loss_people_ties", loss.people_ties),
    ]
}

fn pair_rows(pair: &PairResult) -> impl Iterator<Item = Row<'_>> {
    let row = |kind, estimate| Row {
        kind,
        system: &pair.system,
        against: other_system(&pair.between, &pair.system),
        estimate: Some(estimate),
        ..Row::default()
    };
    let PairResult { wins, losses, ties, one_order, inconsistent, missing, .. } = *pair;
    let decided = Row {
        counts: Some([wins, losses, ties, one_order, inconsistent, missing]),
        ..row("win_rate", pair.win_rate)
    };
    let soft = pair.soft_win_rate.map(|soft| Row {
        numbers: [pair.soft_standard_error, None, None],
        ..row("soft_win_rate", soft)
    });
    let length = pair.length_adjusted_win_rate.map(|rate| row("length_adjusted_win_rate", rate));
    [decided, row("all_votes", pair.all_votes)].into_iter().chain(soft).chain(length)
}
