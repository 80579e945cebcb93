//! A ranking as text for a terminal.

use super::loss::write_loss;
use super::matrix::{Matrix, write_matrix};
use super::sentences::{
    counts_sentence, leader_sentence, plain, ranking_headline, triples_sentence,
};
use super::shown::{names, rank, shown};
use crate::ranking::{AdjustedStrengths, PairDifference, RankedBy, Ranking};
use crate::report::columns::{column_width, pad_left, pad_right};
use crate::report::number_format::{NumberFormat, percent};
use crate::report::quantities::{count, counted};
use crate::report::text_report::{MAX_ROWS, TextReport};
use crate::report::wording::Wording;
use crate::stats::Estimate;
use crate::trial::other_system;

/// The most columns of a name beside many numbers.
const NAME: usize = 22;
/// The columns of a name and a rank together beside those numbers: a line has 80.
const NAME_AND_RANK: usize = 30;
/// The fewest columns of a name.
const LEAST_NAME: usize = 12;
/// The most columns of a name in the table of adjusted strengths.
const SHORT_NAME: usize = 18;
/// The most systems whose pairs are all listed.
const MOST_WITH_PAIRS: usize = 4;

/// Returns a ranking as text: all of up to 20 systems, else the first ten, those around the ones that are named, and the
/// last; JSON and CSV have everything.
pub fn ranking_table(ranking: &Ranking, named: &[&str], wording: Wording) -> String {
    let mut output = TextReport::new(wording);
    output.paragraph(0, &ranking_headline(ranking));
    if let Some(sentence) = leader_sentence(ranking) {
        output.paragraph(0, &sentence);
    }
    output.paragraph(0, &counts_sentence(ranking));
    if let Some(sentence) = triples_sentence(ranking) {
        output.paragraph(0, &sentence);
    }
    output.blank();
    if let Some(loss) = &ranking.loss {
        write_loss(&mut output, loss);
    }
    let shown = shown(ranking, named);
    let matrix = Matrix::of(&ranking.pairs);
    write_systems(&mut output, ranking, &shown);
    write_neighbours(&mut output, ranking, &shown);
    write_matrix(&mut output, ranking, &matrix);
    write_pairs(&mut output, ranking, &matrix, &shown, named);
    write_adjusted(&mut output, ranking, &shown);
    output.warnings(&ranking.warnings);
    output.text
}

/// Calls `row` for each place that is shown, and `gap` where some are left out between two.
fn with_gaps(
    output: &mut TextReport,
    shown: &[usize],
    mut row: impl FnMut(&mut TextReport, usize),
) {
    let mut next = 0;
    for at in shown {
        if *at > next {
            let left_out = *at - next;
            output.line(format_args!("  … {} not shown", count(left_out as u64)));
        }
        row(output, *at);
        next = at + 1;
    }
}

fn write_systems(output: &mut TextReport, ranking: &Ranking, shown: &[usize]) {
    let ranks: Vec<String> = ranking.systems.iter().map(|system| rank(&system.rank)).collect();
    let width = column_width(4, shown.iter().map(|at| &ranks[*at]));
    let names = names(ranking, NAME.min(NAME_AND_RANK.saturating_sub(width)).max(LEAST_NAME));
    let name = column_width(6, shown.iter().map(|at| &names[*at]));
    let title = pad_right("rank", width);
    output.line(format_args!(
        "  {title}  {}  strength  {:<16}{:>7}  {:>9}",
        pad_right("system", name),
        "95 % interval",
        "n",
        "all votes"
    ));
    let mut component = None;
    with_gaps(output, shown, |output, at| {
        let system = &ranking.systems[at];
        if !ranking.connected && component != Some(system.component) {
            output.line(format_args!("  group {}", system.component + 1));
        }
        component = Some(system.component);
        let (value, interval) =
            (NumberFormat::Plain.value(system.strength.value), plain_interval(&system.strength));
        output.line(format_args!(
            "  {}  {}  {}  {}{:>7}  {:>9}",
            pad_right(&ranks[at], width),
            pad_right(&names[at], name),
            pad_left(&value, 8),
            pad_right(&interval, 16),
            count(system.comparisons),
            percent(system.all_votes.value)
        ));
    });
    let [counted, half] = match ranking.from {
        RankedBy::Verdicts => {
            ["a vote", "a comparison in which the orders contradict each other is one half"]
        }
        RankedBy::Grades => ["two kept grades", "equal grades are one half"],
    };
    output.paragraph(
        2,
        &format!(
            "strength: log-odds, 0 on average; a difference of 1 is a win rate of 73 %. Ranks: with the range of 95 % of \
             resamples of the items. n: comparisons with {counted}, once for every judge. All votes: the mean score over \
             them; {half}."
        ),
    );
    output.blank();
}

fn plain_interval(estimate: &Estimate) -> String {
    NumberFormat::Plain.interval(estimate)
}

fn difference<'a>(ranking: &'a Ranking, one: &str, other: &str) -> Option<&'a PairDifference> {
    let key = if one < other { [one, other] } else { [other, one] };
    let at = ranking
        .differences
        .binary_search_by(|pair| pair.between.each_ref().map(String::as_str).cmp(&key));
    at.ok().map(|at| &ranking.differences[at])
}

/// Writes the difference of each shown system and the next one.
fn write_neighbours(output: &mut TextReport, ranking: &Ranking, shown: &[usize]) {
    let names = names(ranking, SHORT_NAME);
    let rows: Vec<(usize, Estimate, Option<f64>)> = shown
        .iter()
        .filter(|at| shown.binary_search(&(**at + 1)).is_ok())
        .filter_map(|at| {
            let [one, other] = [*at, at + 1].map(|at| ranking.systems[at].system.as_str());
            let found = difference(ranking, one, other)?;
            let opposite = |value: Option<f64>| value.map(|value| -value);
            let Estimate { value, low, high, n } = found.difference;
            value?;
            let estimate = if found.system == one {
                found.difference
            } else {
                Estimate { value: opposite(value), low: opposite(high), high: opposite(low), n }
            };
            Some((*at, estimate, found.p_adjusted))
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    output.line(format_args!("differences of strength between neighbours"));
    output.line(format_args!(
        "  {:<width$}{:>8}  {:<16}{:>9}",
        "",
        "value",
        "95 % interval",
        "p (Holm)",
        width = 2 * SHORT_NAME + 6
    ));
    for (at, estimate, p) in &rows {
        let pair = format!(
            "{} over {}",
            pad_right(&names[*at], SHORT_NAME),
            pad_right(&names[at + 1], SHORT_NAME)
        );
        let value = NumberFormat::Plain.value(estimate.value);
        let p = p.map_or("–".to_owned(), |p| {
            if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
        });
        output.line(format_args!(
            "  {}{}  {}{}",
            pad_right(&pair, 2 * SHORT_NAME + 6),
            pad_left(&value, 8),
            pad_right(&plain_interval(estimate), 16),
            pad_left(&p, 9)
        ));
    }
    let tested = ranking.differences.iter().filter(|pair| pair.p_value.is_some()).count();
    if tested > 0 {
        output.paragraph(
            2,
            &format!(
                "p-values are adjusted by Holm's rule for the {} that have one, of {} of systems.",
                count(tested as u64),
                counted(ranking.differences.len() as u64, "pair")
            ),
        );
    }
    output.blank();
}

/// Writes the results of pairs of systems that are shown: of all if there are few systems, else with the systems that are
/// named, or without any of neighbours in rank.
fn write_pairs(
    output: &mut TextReport,
    ranking: &Ranking,
    matrix: &Matrix<'_>,
    shown: &[usize],
    baseline: &[&str],
) {
    let systems = ranking.systems.len();
    let all = systems <= MOST_WITH_PAIRS;
    let is_named = |at: usize| baseline.contains(&ranking.systems[at].system.as_str());
    let mut pairs = Vec::new();
    for (place, one) in shown.iter().copied().enumerate() {
        for other in shown[place + 1..].iter().copied() {
            let is_wanted = match baseline {
                _ if all => true,
                [] => other == one + 1,
                _ => is_named(one) || is_named(other),
            };
            if !is_wanted {
                continue;
            }
            let [one_name, other_name] = [one, other].map(|at| ranking.systems[at].system.as_str());
            if let Some(pair) = matrix.pair(one_name, other_name) {
                pairs.push(([one, other], pair));
            }
        }
    }
    if pairs.is_empty() {
        return;
    }
    let which = match baseline {
        _ if all => "decided comparisons",
        [] => "decided comparisons of neighbours",
        _ => "decided comparisons with the baseline",
    };
    match ranking.from {
        RankedBy::Verdicts => {
            output.line(format_args!("{which} (kept, or asked in one order only)"));
        }
        RankedBy::Grades => output.line(format_args!("{which} (two kept grades)")),
    }
    let has_soft = pairs.iter().any(|(_, pair)| pair.soft_win_rate.is_some());
    let soft_title = if has_soft { "soft ± s.e." } else { "" };
    output.line(format_args!(
        "  {:<33}{:>6}{:>6}{:>5}{:>7}{:>9}  {soft_title}",
        "", "won", "lost", "tied", "other", "win rate"
    ));
    let names = names(ranking, 14);
    for ([one, other], pair) in pairs.iter().take(MAX_ROWS) {
        let is_counted = pair.system == ranking.systems[*one].system;
        debug_assert!(
            is_counted || other_system(&pair.between, &pair.system) == ranking.systems[*one].system
        );
        let (won, lost, rate, soft) = if is_counted {
            (pair.wins, pair.losses, pair.win_rate, pair.soft_win_rate)
        } else {
            let soft = pair.soft_win_rate.map(|soft| soft.complement());
            (pair.losses, pair.wins, pair.win_rate.complement(), soft)
        };
        let soft = match (soft.and_then(|soft| soft.value), pair.soft_standard_error) {
            (Some(value), Some(error)) => format!("{:.1} ± {:.1} %", value * 100.0, error * 100.0),
            (value, _) if has_soft => percent(value),
            _ => String::new(),
        };
        let title = format!("{} : {}", pad_right(&names[*one], 14), names[*other]);
        output.line(format_args!(
            "  {}{:>6}{:>6}{:>5}{:>7}{:>9}  {soft}",
            pad_right(&title, 33),
            count(won),
            count(lost),
            count(pair.ties),
            count(pair.inconsistent + pair.missing),
            percent(rate.value)
        ));
    }
    output.more(pairs.len());
    let other = match ranking.from {
        RankedBy::Verdicts => "the orders contradict each other, or there is no result",
        RankedBy::Grades => "without a kept grade of both",
    };
    output.paragraph(
        2,
        &format!("win rate: of decided comparisons, a tie is one half; other: {other}."),
    );
    if has_soft {
        output.paragraph(
            2,
            "soft: the mean probability, over the orders that have one, with the standard error of \
             independent comparisons.",
        );
    }
    output.blank();
}

/// Writes strengths by other models beside the plain ones.
fn write_adjusted(output: &mut TextReport, ranking: &Ranking, shown: &[usize]) {
    let models: Vec<(&str, &AdjustedStrengths)> = [
        ("order-adj.", &ranking.order_adjusted),
        ("length-adj.", &ranking.length_adjusted),
        ("ties apart", &ranking.davidson),
        ("soft", &ranking.soft),
    ]
    .into_iter()
    .filter(|(_, model)| !model.strengths.is_empty())
    .collect();
    if models.is_empty() {
        return;
    }
    output.line(format_args!("strengths by other models"));
    let names = names(ranking, SHORT_NAME);
    let width = column_width(6, shown.iter().map(|at| &names[*at]));
    let titles = models.iter().map(|(title, _)| pad_left(title, 12)).collect::<String>();
    output.line(format_args!("  {}{:>10}{titles}", " ".repeat(width), "plain"));
    with_gaps(output, shown, |output, at| {
        let values = models.iter().map(|(_, model)| {
            pad_left(&NumberFormat::Plain.value(model.strengths[at].strength.value), 12)
        });
        let values: String = values.collect();
        let plain = NumberFormat::Plain.value(ranking.systems[at].strength.value);
        let name = pad_right(&names[at], width);
        output.line(format_args!("  {name}{}{values}", pad_left(&plain, 10)));
    });
    for (model, what) in [
        (&ranking.order_adjusted, "order-adj.: the first position has a term of its own"),
        (
            &ranking.length_adjusted,
            "length-adj.: at equal length of the responses, where length may be part of quality; a longer \
             response gains",
        ),
        (&ranking.davidson, "ties apart: Davidson's model, in which a tie is a result; ln ν"),
    ] {
        if let Some(coefficient) = &model.coefficient {
            output.paragraph(2, &format!("{what}: {}.", plain(coefficient)));
        }
    }
    if !ranking.soft.strengths.is_empty() {
        output.paragraph(2, "soft: by probabilities in place of votes.");
    }
    output.blank();
}
