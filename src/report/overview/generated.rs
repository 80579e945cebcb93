//! Quality beside price and latency, as sentences and tables, which all formats share. The texts are not escaped.

use crate::overview::{GeneratedReport, GeneratedSystem, GeneratingModel, Quality};
use crate::report::number_format::{NumberFormat, price_decimals};
use crate::report::quantities::count;
use crate::stats::Estimate;

/// What the part of a report is called.
pub(in crate::report) const GENERATED_TITLE: &str = "quality, price and latency";

/// What marks a price or a latency at which a system is not beaten.
const BEST: &str = "*";
/// The most names in a sentence; the tables and the JSON document have all.
const MOST_NAMES: usize = 8;
/// The most decimals that all prices have because one of them needs them.
const MOST_DECIMALS: usize = 4;

/// Numbers of systems, or of other things with names: the first cell of a row is the name.
pub(in crate::report) struct SystemTable {
    pub(in crate::report) caption: String,
    /// The title of the column of names.
    pub(in crate::report) first: String,
    /// The titles of the columns after the name.
    pub(in crate::report) heads: Vec<String>,
    /// Whether the last column has texts. All others after the name have numbers.
    pub(in crate::report) ends_with_text: bool,
    pub(in crate::report) rows: Vec<(String, Vec<String>)>,
}

impl SystemTable {
    /// Returns a table of numbers of systems.
    pub(in crate::report) fn of_numbers(
        caption: &str,
        heads: &[&str],
        rows: Vec<(String, Vec<String>)>,
    ) -> Self {
        Self {
            caption: caption.to_owned(),
            first: "system".to_owned(),
            heads: heads.iter().map(|head| (*head).to_owned()).collect(),
            ends_with_text: false,
            rows,
        }
    }

    /// Returns the titles of the columns after the name, each with whether it is that of numbers.
    pub(in crate::report) fn columns(&self) -> impl Iterator<Item = (&str, bool)> {
        let last = self.heads.len() - 1;
        let is_number = move |at| at < last || !self.ends_with_text;
        self.heads.iter().enumerate().map(move |(at, head)| (head.as_str(), is_number(at)))
    }
}

/// Returns what the quality of systems is called.
pub(in crate::report) fn quality_name(quality: Quality) -> &'static str {
    match quality {
        Quality::WinRate => "win rate",
        Quality::PassRate => "pass rate",
        Quality::MeanStep => "mean step",
    }
}

fn quality_format(quality: Quality) -> NumberFormat {
    match quality {
        Quality::WinRate | Quality::PassRate => NumberFormat::Percent,
        Quality::MeanStep => NumberFormat::Step,
    }
}

/// What less is better of.
#[derive(Clone, Copy)]
enum Amount {
    Price,
    Latency,
}

/// Returns what matters most: which systems nobody beats at their price, which at their latency, and which responses are
/// no full answers.
pub(in crate::report) fn generated_lead(generated: &GeneratedReport) -> Vec<String> {
    let unbeaten = [Amount::Price, Amount::Latency].map(|amount| unbeaten(generated, amount));
    unbeaten.into_iter().chain(marked(generated)).collect()
}

/// Returns what a reader must know of these numbers.
pub(in crate::report) fn generated_notes(generated: &GeneratedReport) -> Vec<String> {
    let quality = quality_name(generated.quality);
    let definition = format!(
        "A system is beaten at its price by one that has at least its {quality} and costs at most as much, unless both are \
         equal; likewise at its latency. {BEST} marks those that are not beaten. The values decide, whatever their \
         intervals."
    );
    let compares = generated.systems.len() > 1 && generated.same_opponents;
    let opponents = (!generated.same_opponents).then(|| match generated.quality {
        Quality::WinRate => "Not every system was compared with every other one, so these win rates are against different \
                             opponents and cannot be compared with each other."
            .to_owned(),
        _ => format!(
            "The systems were graded on different items, so their {quality}s cannot be compared with each other."
        ),
    });
    let unknown = (!generated.unknown.is_empty()).then(|| {
        format!(
            "How the responses of {} were generated is not known.",
            names(generated.unknown.iter().cloned(), "and")
        )
    });
    let definition = compares.then_some(definition);
    let verb = match generated.quality {
        Quality::WinRate => "are what the judge prefers",
        Quality::PassRate => "are what the judge passes",
        Quality::MeanStep => "are those of the judge",
    };
    let measured = Some(format!(
        "The {quality}s {verb}, with labels or without. Latency was measured with other requests in flight."
    ));
    opponents.into_iter().chain(unknown).chain(definition).chain(measured).collect()
}

/// Returns the tables.
pub(in crate::report) fn generated_tables(generated: &GeneratedReport) -> Vec<SystemTable> {
    let systems = &generated.systems;
    let prices = price_cells(systems);
    let quality = quality_name(generated.quality);
    let over = match generated.quality {
        Quality::WinRate => " over all comparisons",
        _ => "",
    };
    let table =
        |caption: &str, heads: &[&str], cells: &dyn Fn(usize, &GeneratedSystem) -> Vec<String>| {
            let row = |(at, one): (usize, &GeneratedSystem)| (one.system.clone(), cells(at, one));
            let rows = systems.iter().enumerate().map(row).collect();
            SystemTable::of_numbers(caption, heads, rows)
        };
    let mut tables = vec![
        table(
            &format!("{quality} by the judge{over}; price in USD per 1,000 responses"),
            &[quality, "95 % interval", "n", "price", "95 % interval", "n"],
            &|at, system| {
                let price = prices[at].clone();
                let rate = estimate_cells(quality_format(generated.quality), &system.quality());
                rate.into_iter().chain(marked_best(price, system.on_cost_frontier)).collect()
            },
        ),
        table(
            "latency in milliseconds, and tokens of a response",
            &["median", "90 % within", "n", "tokens", "95 % interval", "n"],
            &|_, system| {
                let tokens = estimate_cells(NumberFormat::Whole, &system.completion_tokens);
                let latency = latency_cells(system);
                let latency = marked_best(latency, system.on_latency_frontier);
                latency.into_iter().chain(tokens).collect()
            },
        ),
        table(
            "tokens of a prompt, and marked responses",
            &["tokens", "95 % interval", "n", "cut off", "unfinished", "refused", "empty", "of"],
            &|_, system| {
                let tokens = estimate_cells(NumberFormat::Whole, &system.prompt_tokens);
                let marks = [system.cut_off, system.unfinished, system.refused, system.empty];
                let numbers = marks.into_iter().chain([system.responses]).map(count);
                tokens.into_iter().chain(numbers).collect()
            },
        ),
    ];
    let row = |system: &GeneratedSystem| {
        (system.system.clone(), vec![count(system.responses), models(system)])
    };
    tables.push(SystemTable {
        ends_with_text: true,
        ..SystemTable::of_numbers("models", &["responses", "by"], systems.iter().map(row).collect())
    });
    tables
}

/// Returns the models of a system, each with its responses where there are several.
fn models(system: &GeneratedSystem) -> String {
    match &system.models[..] {
        [only] => only.model.clone(),
        several => {
            let model = |one: &GeneratingModel| format!("{} ({})", one.model, count(one.responses));
            names(several.iter().map(model), "and")
        }
    }
}

fn estimate_cells(format: NumberFormat, estimate: &Estimate) -> [String; 3] {
    [format.value(estimate.value), format.interval(estimate), count(estimate.n)]
}

/// Returns the prices: with equally many decimals, so that they can be compared, unless the lowest one would be left with
/// one significant digit.
fn price_cells(systems: &[GeneratedSystem]) -> Vec<[String; 3]> {
    let decimals = systems.iter().filter_map(|system| system.cost_usd.value).map(price_decimals);
    let format = match decimals.max() {
        Some(most) if most <= MOST_DECIMALS + 1 => {
            NumberFormat::UsdPerThousandWith(most.min(MOST_DECIMALS))
        }
        _ => NumberFormat::UsdPerThousand,
    };
    systems.iter().map(|system| estimate_cells(format, &system.cost_usd)).collect()
}

fn latency_cells(system: &GeneratedSystem) -> [String; 3] {
    let whole = |value| NumberFormat::Whole.value(value);
    match system.latency_ms {
        Some(latency) => [whole(Some(latency.p50)), whole(Some(latency.p90)), count(latency.n)],
        None => [whole(None), String::new(), count(0)],
    }
}

fn marked_best([value, range, n]: [String; 3], is_best: Option<bool>) -> [String; 3] {
    let value = if is_best == Some(true) { format!("{BEST} {value}") } else { value };
    [value, range, n]
}

/// Returns which systems no other one beats at their price, or at their latency.
fn unbeaten(generated: &GeneratedReport, amount: Amount) -> String {
    let is_best = |system: &GeneratedSystem| match amount {
        Amount::Price => system.on_cost_frontier,
        Amount::Latency => system.on_latency_frontier,
    };
    let known: Vec<&GeneratedSystem> =
        generated.systems.iter().filter(|system| is_best(system).is_some()).collect();
    let [what, at] = match amount {
        Amount::Price => ["price", "price per 1,000 responses"],
        Amount::Latency => ["latency", "median latency"],
    };
    let quality = quality_name(generated.quality);
    if let [only] = known[..] {
        return format!(
            "Only {} has both a {quality} and a known {what}.",
            with_amount(only, amount)
        );
    }
    let best = known.iter().filter(|system| is_best(system) == Some(true));
    let best: Vec<String> = best.map(|system| with_amount(system, amount)).collect();
    match &best[..] {
        [] => format!("No system has both a {quality} and a known {what}."),
        [only] => format!("Only {only} is not beaten at its {at}."),
        _ => format!("No other system beats {} at its {at}.", names(best.into_iter(), "or")),
    }
}

fn with_amount(system: &GeneratedSystem, amount: Amount) -> String {
    let name = &system.system;
    match amount {
        Amount::Price => {
            format!("{name} (${})", NumberFormat::UsdPerThousand.value(system.cost_usd.value))
        }
        Amount::Latency => format!("{name} ({} ms)", latency_cells(system)[0]),
    }
}

/// Returns that some responses are not what a reader may take them for; `None` if there are none.
fn marked(generated: &GeneratedReport) -> Option<String> {
    let of_system = |system: &GeneratedSystem| {
        let marks = [
            (system.cut_off, "cut off"),
            (system.unfinished, "unfinished"),
            (system.refused, "refused"),
            (system.empty, "empty"),
        ];
        let marks = marks.into_iter().filter(|(number, _)| *number > 0);
        let marks: Vec<String> =
            marks.map(|(number, mark)| format!("{} {mark}", count(number))).collect();
        let marks = (!marks.is_empty()).then(|| marks.join(", "))?;
        Some(format!("{} ({marks}, of {})", system.system, count(system.responses)))
    };
    let systems: Vec<String> = generated.systems.iter().filter_map(of_system).collect();
    (!systems.is_empty()).then(|| {
        let systems = names(systems.into_iter(), "and");
        format!(
            "Warning: some responses are no full answers, and were judged as they are: {systems}."
        )
    })
}

/// Returns names in a sentence.
fn names(names: impl Iterator<Item = String>, conjunction: &str) -> String {
    let mut names: Vec<String> = names.collect();
    let more = names.len().saturating_sub(MOST_NAMES);
    if more > 0 {
        names.truncate(MOST_NAMES);
        names.push(format!("{} more", count(more as u64)));
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, [only])) => format!("{only} {conjunction} {last}"),
        Some((last, rest)) => format!("{} {conjunction} {last}", rest.join(", ")),
        None => String::new(),
    }
}
