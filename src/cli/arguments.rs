//! The command line's grammar. The doc comments are the help.

use std::path::PathBuf;

use evenhand::trial::Shard;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Ask an LLM judge which of two responses is better, in both orders, and keep the verdicts that agree
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create a starter folder with settings, rubrics, prompts and a small sample
    Init(Init),
    /// Convert a public data set with human labels to items, labels and recorded judges; no network
    Import(Import),
    /// Validate all input and show the first prompt, the plan, tokens and cost; no network
    Check(Check),
    /// Judge every comparison in both orders; run it again to resume
    Judge(Judge),
    /// Merge the runs of several shards or machines into one
    Merge(Merge),
    /// Print one line per comparison: the kept verdicts, or all
    Verdicts(Verdicts),
    /// Draw comparisons for people to label, as a blank label file
    Sample(Sample),
    /// Measure how well the judge agrees with people
    Calibrate(Calibrate),
    /// Score systems by reference metrics, with intervals; no judge, no network
    Metrics(Metrics),
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to create; existing files are never overwritten
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The files as published; the kind of each is recognised by its contents
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The data set, which determines the layout of the files
    #[arg(long, value_enum, value_name = "SET")]
    pub(crate) from: PublishedFormat,
    /// The output folder; existing files are never overwritten
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
}

/// What is judged and by whom: shared by `check` and `judge`.
#[derive(Debug, Args)]
pub(crate) struct TaskArguments {
    /// Items: JSONL, one prompt with its responses per line
    pub(crate) items: PathBuf,
    /// The rubric: a path, a name in rubrics/, or the name of a rubric that ships with evenhand
    #[arg(long, value_name = "RUBRIC", help_heading = "Input")]
    pub(crate) rubric: String,
    /// The responses of a system in a separate file, joined by id; can be repeated
    #[arg(long, value_name = "SYSTEM=FILE", value_parser = system_file, help_heading = "Input")]
    pub(crate) responses: Vec<(String, PathBuf)>,
    /// Compare every other system with this one, instead of every pair
    #[arg(long, value_name = "SYSTEM", help_heading = "Input")]
    pub(crate) baseline: Option<String>,
    /// Judge only N items, drawn at random; a larger N includes the items of a smaller one
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Input")]
    pub(crate) limit: Option<u64>,
    /// The settings file, which configures judges [default: evenhand.toml, if it exists]
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) config: Option<PathBuf>,
    /// The run file [default: runs/RUBRIC-JUDGE.db]
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub(crate) run: Option<PathBuf>,
    /// The seed, which decides which order is asked first and which items --limit draws
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Run")]
    pub(crate) seed: u64,
    /// Ask each order K times; the vote of more than half of them counts
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=100), help_heading = "Run")]
    pub(crate) repeat: Option<u32>,
    /// Judge part I of N, with I from 1 to N; `merge` joins the runs of all parts
    #[arg(long, value_name = "I/N", value_parser = shard, help_heading = "Run")]
    pub(crate) shard: Option<Shard>,
    /// Copy the replies of another run to requests that are the same
    #[arg(long, value_name = "RUN", help_heading = "Run")]
    pub(crate) reuse: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) task: TaskArguments,
    /// A judge from evenhand.toml, openai:MODEL or builtin:NAME (bleu, ter…); can be repeated
    #[arg(long, value_name = "JUDGE", help_heading = "Judge")]
    pub(crate) judge: Vec<String>,
    /// Also check human labels against the items
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) labels: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "the field is the flag --judge")]
pub(crate) struct Judge {
    #[command(flatten)]
    pub(crate) task: TaskArguments,
    /// A judge from evenhand.toml, openai:MODEL or builtin:NAME (bleu, ter…); several form a jury
    #[arg(long, value_name = "JUDGE", required = true, help_heading = "Judge")]
    pub(crate) judge: Vec<String>,
    /// Retry only the comparisons that failed or have no readable vote
    #[arg(long, help_heading = "Run")]
    pub(crate) retry_failed: bool,
    /// Write the replies to a file, which a judge with `recorded` replays
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub(crate) record: Option<PathBuf>,
    /// Stop before the run, with all earlier invocations, costs more than this
    #[arg(long, value_name = "USD", value_parser = amount, help_heading = "Budget")]
    pub(crate) max_cost: Option<f64>,
    /// Send at most N requests, then stop; a comparison is asked in both orders or in neither
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Budget")]
    pub(crate) max_requests: Option<u64>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The run files to merge; they must have the same identity
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// The merged run file; if it exists, what it lacks is added
    #[arg(long, value_name = "OUT")]
    pub(crate) run: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Verdicts {
    /// The run file
    pub(crate) run: PathBuf,
    /// The output format
    #[arg(long, value_enum, default_value_t = VerdictFormat::Jsonl)]
    pub(crate) format: VerdictFormat,
    /// Print every comparison, not only those with a kept verdict
    #[arg(long)]
    pub(crate) all: bool,
    /// Print only comparisons with this outcome: kept, flipped, split, unparsed, failed, pending or hung
    #[arg(long, value_name = "OUTCOME")]
    pub(crate) outcome: Option<String>,
    /// Print the verdicts of one judge of a jury, or of `all` [default: the jury]
    #[arg(long, value_name = "NAME")]
    pub(crate) judge: Option<String>,
    /// Include the stored replies of each order (JSONL only)
    #[arg(long)]
    pub(crate) replies: bool,
    /// Read the stored replies by this rubric, whose prompts must be unchanged
    #[arg(long, value_name = "RUBRIC")]
    pub(crate) rubric: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Sample {
    /// The run file
    pub(crate) run: PathBuf,
    /// How many comparisons to draw; without --by, a larger N includes those of a smaller one
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) n: u64,
    /// The seed, which decides which comparisons are drawn
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Draw more of the comparisons without a kept verdict [default: all are equally likely]
    #[arg(long, value_enum)]
    pub(crate) by: Option<SampleBy>,
    /// Use the outcomes of one judge of a jury [default: the jury]
    #[arg(long, value_name = "NAME")]
    pub(crate) judge: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SampleBy {
    /// By the outcome of the comparisons
    Outcome,
}

#[derive(Debug, Args)]
pub(crate) struct Calibrate {
    /// The run file
    pub(crate) run: PathBuf,
    /// Human labels: JSONL, one per line
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) labels: PathBuf,
    /// Use one half of the items: tune on dev, report on test; each look at test is counted
    #[arg(long, value_enum, help_heading = "Input")]
    pub(crate) part: Option<PartName>,
    /// Read the stored replies by this rubric, whose prompts must be unchanged
    #[arg(long, value_name = "RUBRIC", help_heading = "Input")]
    pub(crate) rubric: Option<String>,
    /// Measure one judge of a jury [default: the jury]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) judge: Option<String>,
    /// Another labelled run of this judge, to correct win rates by its error rates
    #[arg(long, value_name = "RUN", requires = "error_labels", help_heading = "Input")]
    pub(crate) error_rates: Option<PathBuf>,
    /// The labels of the run that --error-rates names
    #[arg(long, value_name = "FILE", requires = "error_rates", help_heading = "Input")]
    pub(crate) error_labels: Option<PathBuf>,
    /// Exit 6 if κ over every reply is below X, 8 if its interval contains X
    #[arg(long, value_name = "X", value_parser = kappa, allow_negative_numbers = true, help_heading = "Gates")]
    pub(crate) min_kappa: Option<f64>,
    /// The same for coverage, a share from 0 to 1
    #[arg(long, value_name = "X", value_parser = share, help_heading = "Gates")]
    pub(crate) min_coverage: Option<f64>,
    /// The same for position consistency, a share from 0 to 1
    #[arg(long, value_name = "X", value_parser = share, help_heading = "Gates")]
    pub(crate) min_consistency: Option<f64>,
    /// What to do if the interval contains the threshold: fail (exit 8) or pass
    #[arg(long, value_enum, default_value_t = Inconclusive::Fail, help_heading = "Gates")]
    pub(crate) inconclusive: Inconclusive,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Metrics {
    /// Items: JSONL, one prompt with its responses and reference (or references) per line
    pub(crate) items: PathBuf,
    /// The responses of a system in a separate file, joined by id; can be repeated
    #[arg(long, value_name = "SYSTEM=FILE", value_parser = system_file, help_heading = "Input")]
    pub(crate) responses: Vec<(String, PathBuf)>,
    /// Human labels: JSONL; reports how often each metric agrees with them
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) labels: Option<PathBuf>,
    /// A metric; can be repeated. For texts: exact-match, token-f1, rouge-1, rouge-2, rouge-l, rouge-lsum, bleu,
    /// chrf, chrf++, ter. For classes: accuracy; precision-macro, recall-macro, f1-macro, and the same with -micro
    /// and -weighted. For JSON: json-valid, json-fields, json-schema. Descriptors, which do not rank systems:
    /// length-ratio, distinct-1, distinct-2, distinct-3, compression [default: exact-match, token-f1, rouge-1,
    /// rouge-2, rouge-l, bleu, chrf and ter; json-valid and json-fields if references are JSON objects]
    #[arg(long, value_name = "NAME", help_heading = "Metrics")]
    pub(crate) metric: Vec<String>,
    /// ROUGE: compare the stems of English words (Porter)
    #[arg(long, help_heading = "Metrics")]
    pub(crate) stem: bool,
    /// ROUGE: how texts are split into words
    #[arg(long, value_enum, default_value_t = Tokenizer::Default, help_heading = "Metrics")]
    pub(crate) tokenizer: Tokenizer,
    /// BLEU: how texts are split into words, by sacrebleu's names
    #[arg(long, value_enum, default_value_t = BleuWords::V13a, help_heading = "Metrics")]
    pub(crate) bleu_tokenizer: BleuWords,
    /// BLEU: the smoothing of n-gram orders without a match, by sacrebleu's names
    #[arg(long, value_enum, default_value_t = BleuSmoothing::Exp, help_heading = "Metrics")]
    pub(crate) bleu_smoothing: BleuSmoothing,
    #[arg(long, help = "exact-match and token-f1: the version of SQuAD's evaluation script", value_enum, default_value_t = Squad::V1, help_heading = "Metrics")]
    pub(crate) squad: Squad,
    /// A JSON Schema for responses: adds the metric json-schema; without --metric, to the metrics for JSON
    #[arg(long, value_name = "FILE", help_heading = "Metrics")]
    pub(crate) json_schema: Option<PathBuf>,
    /// A program that reads responses as JSONL from stdin and writes a number, true or false for each, one per
    /// line. It adds the metric command:NAME; without --metric, it is the only one; can be repeated
    #[arg(long, value_name = "[NAME=]COMMAND", help_heading = "Custom metrics")]
    pub(crate) command: Vec<String>,
    /// The NAME of a program whose lower scores are better; can be repeated
    #[arg(long, value_name = "NAME", help_heading = "Custom metrics")]
    pub(crate) lower: Vec<String>,
    /// The longest time that a program may take for an answer before it is killed
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = time_limit, help_heading = "Custom metrics")]
    pub(crate) time_limit: f64,
    /// The number of parallel processes of a program [default: one per processor]
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Custom metrics")]
    pub(crate) processes: Option<u64>,
    /// Include the scores of every single response
    #[arg(long, help_heading = "Output")]
    pub(crate) per_item: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t = MetricsFormat::Table, help_heading = "Output")]
    pub(crate) format: MetricsFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MetricsFormat {
    /// For people
    Table,
    /// For programs
    Json,
    /// For spreadsheets: one number per row
    Csv,
    /// For a pull request
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tokenizer {
    /// Runs of a-z and 0-9, as in `rouge_score`; texts in other scripts have no words and score 0
    Default,
    /// Runs of letters, marks and digits of any script
    Unicode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BleuWords {
    /// At white space, with ASCII punctuation split off
    #[value(name = "13a")]
    V13a,
    /// At white space, with punctuation and symbols of all scripts split off
    Intl,
    /// Every character is a word: for scripts without spaces
    Char,
    /// Only at white space
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BleuSmoothing {
    /// The first such order counts 1/2 match, the next 1/4, and so on
    Exp,
    /// Each such order counts 0.1 match
    Floor,
    /// Add 1 to the matches and the n-grams of every order above 1
    AddK,
    /// No smoothing: BLEU is 0
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Squad {
    /// v1.1: the F1 of two empty answers is 0
    V1,
    /// v2.0: it is 1, and questions may have no answer
    V2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PartName {
    /// For tuning a rubric
    Dev,
    /// For reporting on it
    Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Inconclusive {
    /// Exit 8
    Fail,
    /// Exit 0
    Pass,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PublishedFormat {
    /// SUBSET/dataset.json, and SUBSET/evaluators/JUDGE/PROMPT/result.json
    Llmbar,
    /// testset-v1.json, and JUDGE-testset-v1.json
    Pandalm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerdictFormat {
    /// One JSON object per line
    Jsonl,
    /// For spreadsheets
    Csv,
}

fn system_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((system, file)) if !system.is_empty() && !file.is_empty() => {
            Ok((system.to_owned(), PathBuf::from(file)))
        }
        _ => Err("expected SYSTEM=FILE".to_owned()),
    }
}

fn positive(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if (1..=u64::from(u32::MAX)).contains(&number) => Ok(number),
        _ => Err("expected a whole number above 0".to_owned()),
    }
}

fn shard(text: &str) -> Result<Shard, String> {
    let numbers = text.split_once('/').and_then(|(number, of)| {
        let numbers = (number.parse().ok()?, of.parse().ok()?);
        Some(numbers)
    });
    match numbers {
        Some((0, _)) => Err("parts are counted from 1: 1/4 to 4/4".to_owned()),
        Some((number, of)) => {
            Shard::new(number, of).ok_or_else(|| format!("there is no part {number} of {of}"))
        }
        None => Err("expected I/N, for example 2/4".to_owned()),
    }
}

fn amount(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(amount) if amount.is_finite() && amount >= 0.0 => Ok(amount),
        _ => Err("expected an amount in USD, for example 2.50".to_owned()),
    }
}

fn time_limit(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.001..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected a number of seconds above 0, at most 86400, for example 2.5".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a share from 0 to 1, for example 0.8".to_owned()),
    }
}

fn kappa(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(kappa) if (-1.0..=1.0).contains(&kappa) => Ok(kappa),
        _ => Err("expected a number from -1 to 1, for example 0.4".to_owned()),
    }
}
