//! A jury beside its members, in rows and in sentences. The names in them are not escaped.

use super::table::CalibrationTable;
use crate::calibration::{
    Calibration, JuryMember, JuryNumbers, JuryOnTest, JuryReport, JurySearch, PairJury,
};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, counted, usd};
use crate::report::short_names::shorten_unique;
use crate::report::text_report::{LABEL_WIDTH, MAX_ROWS, printable, share_with_interval};
use crate::stats::Estimate;

/// The titles of [`jury_cells`].
pub(in crate::report) const JURY_TITLES: [&str; 5] =
    ["judge or jury", "value:", "95 % interval", "n:", "what it is"];

/// A number of a jury or of one of its members.
struct JuryRow<'a> {
    /// The name of a judge, or what the number is.
    label: String,
    /// Whether it is a coverage, that of the row before.
    is_coverage: bool,
    format: NumberFormat,
    estimate: &'a Estimate,
    note: String,
}

impl<'a> JuryRow<'a> {
    fn new(label: &str, format: NumberFormat, estimate: &'a Estimate, note: String) -> Self {
        Self { label: label.to_owned(), is_coverage: false, format, estimate, note }
    }

    /// Returns an agreement, with what 1,000 comparisons cost, and the coverage beside it.
    fn shares(
        label: &str,
        [agreement, coverage]: [&'a Estimate; 2],
        usd: Option<f64>,
        kept_of: &str,
    ) -> [Self; 2] {
        let note = usd.map_or(String::new(), price);
        let agreement = Self::new(label, NumberFormat::Percent, agreement, note);
        let format = NumberFormat::Percent;
        let coverage = Self::new("coverage", format, coverage, kept_of.to_owned());
        [agreement, Self { is_coverage: true, ..coverage }]
    }

    fn of_member(member: &'a JuryMember) -> [Self; 2] {
        let JuryMember { judge, agreement, coverage, usd_per_comparison } = member;
        Self::shares(judge, [agreement, coverage], *usd_per_comparison, "kept / planned")
    }

    fn of_jury(label: &str, numbers: &'a JuryNumbers) -> [Self; 2] {
        let JuryNumbers { agreement, coverage, usd_per_comparison, .. } = numbers;
        Self::shares(label, [agreement, coverage], *usd_per_comparison, "kept / these")
    }

    fn of_difference(label: &str, difference: &'a Estimate) -> Self {
        Self::new(label, NumberFormat::Points, difference, "points, paired".to_owned())
    }
}

/// Returns the numbers of a jury on a pair of systems: of each judge, of all together, and of those that were chosen.
fn jury_rows(jury: &PairJury) -> Vec<JuryRow<'_>> {
    let PairJury { members, errors, test, .. } = jury;
    let mut rows: Vec<JuryRow<'_>> = members.iter().flat_map(JuryRow::of_member).collect();
    let plain = |label, estimate, note| JuryRow::new(label, NumberFormat::Plain, estimate, note);
    let mean = "mean of all pairs".to_owned();
    rows.push(plain("correlation of errors", &errors.mean_correlation, mean));
    let of = format!("of {}", count(members.len() as u64));
    rows.push(plain("independent judges", &errors.effective_judges, of));
    let Some(test) = test else { return rows };
    rows.extend(JuryRow::of_jury("test part, jury", &test.jury));
    rows.extend(JuryRow::of_jury("test part, best member", &test.best_member));
    rows.push(JuryRow::of_difference("jury − best member", &test.jury_minus_best_member));
    if let Some(difference) = other_cheapest(test) {
        rows.extend(JuryRow::of_jury("test part, cheapest", &test.cheapest));
        rows.push(JuryRow::of_difference("cheapest − jury", difference));
    }
    rows
}

/// Returns the agreement of the cheapest judges minus that of the jury, unless they are the jury or its best member, which
/// have rows of their own.
fn other_cheapest(test: &JuryOnTest) -> Option<&Estimate> {
    let is_other = test.cheapest.judges != test.best_member.judges;
    test.cheapest_minus_jury.as_ref().filter(|_| is_other)
}

/// Returns what a comparison costs.
fn price(of_one: f64) -> String {
    format!("{} per 1,000", usd(of_one * 1000.0))
}

/// Returns the numbers of a jury on a pair of systems as the cells of rows; the titles are [`JURY_TITLES`].
pub(in crate::report) fn jury_cells(jury: &PairJury) -> Vec<[String; 5]> {
    let mut of = String::new();
    let cells = |JuryRow { label, is_coverage, format, estimate, note }: JuryRow<'_>| {
        let label = if is_coverage {
            format!("{of}, {label}")
        } else {
            of.clone_from(&label);
            label
        };
        [label, format.value(estimate.value), format.interval(estimate), count(estimate.n), note]
    };
    jury_rows(jury).into_iter().map(cells).collect()
}

/// Returns what the jury on a pair of systems is worth, in sentences.
pub(in crate::report) fn jury_sentences(report: &JuryReport, jury: &PairJury) -> Vec<String> {
    let mut sentences = vec![independence(jury)];
    let Some((best, cheapest)) = jury.dev.best_member.as_ref().zip(jury.dev.cheapest.as_ref())
    else {
        sentences.push(format!(
            "Nothing was chosen: the dev part has {} that every judge answered, of at least {}.",
            counted(jury.dev.n, "labelled comparison"),
            count(jury.dev.fewest)
        ));
        return sentences;
    };
    sentences.push(format!(
        "On the dev part ({}) {} agrees with people most often, in {}; the jury of all {} judges in {}.",
        counted(jury.dev.n, "labelled comparison"),
        best.judges.concat(),
        share_with_interval(&best.agreement),
        count(jury.members.len() as u64),
        share_with_interval(&jury.dev.jury.agreement)
    ));
    sentences.push(cheapest_judges(report, jury, cheapest));
    sentences.push(match &jury.test {
        Some(test) => on_test(test),
        None => {
            "The test part was not measured: what these choices are worth is not known.".to_owned()
        }
    });
    sentences
}

fn independence(jury: &PairJury) -> String {
    let (errors, judges) = (&jury.errors, count(jury.members.len() as u64));
    if errors.mean_correlation.value.is_some() {
        return format!(
            "The {judges} judges amount to about {} independent ones: their errors correlate by {} on average ({}).",
            with_interval(&errors.effective_judges, 1),
            with_interval(&errors.mean_correlation, 2),
            counted(errors.n, "labelled comparison")
        );
    }
    let why = match errors.constant_errors.as_slice() {
        [] => "no labelled comparison was answered by every judge".to_owned(),
        [only] => format!("{only} errs equally on all of {}", counted(errors.n, "comparison")),
        several => format!(
            "{} err equally on all of {}",
            several.join(" and "),
            counted(errors.n, "comparison")
        ),
    };
    format!("How many independent judges the {judges} amount to is not known: {why}.")
}

/// Returns a number with its interval.
fn with_interval(estimate: &Estimate, decimals: usize) -> String {
    let number = |number: f64| format!("{number:.decimals$}").replace('-', "−");
    let value = number(estimate.value.unwrap_or_default());
    match estimate.low.zip(estimate.high) {
        Some((low, high)) => format!("{value} ({} – {})", number(low), number(high)),
        None => format!("{value} (no interval)"),
    }
}

fn cheapest_judges(report: &JuryReport, jury: &PairJury, cheapest: &JuryNumbers) -> String {
    let kind = match (cheapest.usd_per_comparison, jury.dev.jury.usd_per_comparison) {
        (Some(_), Some(_)) => "cheapest choice of judges",
        _ => "choice of the fewest judges",
    };
    let tried = match report.search {
        JurySearch::EveryJury => "",
        JurySearch::OneByOne => ", of those that add one judge after another to the best,",
    };
    let cost = match (cheapest.usd_per_comparison, jury.dev.jury.usd_per_comparison) {
        (Some(one), Some(all)) => format!("{} comparisons, all judges {}", price(one), price(all)),
        _ => "what a comparison costs is not known of every judge".to_owned(),
    };
    let names = match cheapest.judges.as_slice() {
        [only] => format!("{only} alone"),
        several if several.len() == jury.members.len() => "all of them".to_owned(),
        several => several.join(" with "),
    };
    format!(
        "The {kind}{tried} within {:.0} points of the best there is {names} ({cost}).",
        report.loss * 100.0
    )
}

fn on_test(test: &JuryOnTest) -> String {
    let agrees = |numbers: &JuryNumbers| {
        format!("{} in {}", numbers.judges.join(" with "), share_with_interval(&numbers.agreement))
    };
    let mut chosen = vec![agrees(&test.best_member)];
    if other_cheapest(test).is_some() {
        chosen.push(agrees(&test.cheapest));
    }
    format!(
        "On the test part ({}) the jury agrees with people in {}, {}.",
        counted(test.n, "labelled comparison"),
        share_with_interval(&test.jury.agreement),
        chosen.join(", ")
    )
}

impl CalibrationTable {
    /// Writes what a jury is worth.
    pub(super) fn jury_members(&mut self, results: &Calibration) {
        let Some(report) = &results.jury_members else { return };
        for jury in report.pairs.iter().take(MAX_ROWS) {
            let between = jury.between.each_ref().map(|system| printable(system));
            let heading = format!("the jury and its judges on {} and {}", between[0], between[1]);
            self.page.paragraph(2, &heading);
            let names: Vec<String> = jury.members.iter().map(|one| printable(&one.judge)).collect();
            let mut names = shorten_unique(&names, LABEL_WIDTH - 3).into_iter();
            for JuryRow { label, is_coverage, format, estimate, note } in jury_rows(jury) {
                // The first rows are those of the judges.
                let label = if is_coverage {
                    format!("    {label}")
                } else {
                    format!("  {}", names.next().unwrap_or(label))
                };
                self.row(&label, format, estimate, &note);
            }
            for sentence in jury_sentences(report, jury) {
                self.page.paragraph(2, &printable(&sentence));
            }
            self.page.blank();
        }
        self.page.more(report.pairs.len());
    }

    /// Writes how much each two judges of a jury err together.
    pub(super) fn error_correlations(&mut self, results: &Calibration) {
        let Some(report) = &results.jury_members else { return };
        self.page.line(format_args!("  correlation of the errors of each two judges"));
        for jury in report.pairs.iter().take(MAX_ROWS) {
            let names: Vec<String> = jury.members.iter().map(|one| printable(&one.judge)).collect();
            let short = shorten_unique(&names, (LABEL_WIDTH - 4) / 2);
            let place = |name: &str| {
                let at = jury.members.iter().position(|one| one.judge == name);
                at.map_or("", |at| short[at].as_str())
            };
            for pair in jury.errors.pairs.iter().take(MAX_ROWS) {
                let [one, other] = pair.judges.each_ref().map(|name| place(name));
                let label = format!("{one}, {other}");
                self.row(&label, NumberFormat::Plain, &pair.correlation, "");
            }
            self.page.more(jury.errors.pairs.len());
        }
        self.page.blank();
    }
}
