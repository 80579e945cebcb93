//! The flags of `evenhand metrics`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::encoder::BertScoreArguments;
use super::table::TableArguments;
use super::values::{positive, system_file, time_limit};

#[derive(Debug, Args)]
pub(crate) struct Metrics {
    /// Items: JSONL or CSV, one prompt with its responses and reference per line or row; `-` is stdin
    pub(crate) items: PathBuf,
    /// The responses of a system in a separate file, joined by id; can be repeated
    #[arg(long, value_name = "SYSTEM=FILE", value_parser = system_file, help_heading = "Input")]
    pub(crate) responses: Vec<(String, PathBuf)>,
    /// Human labels of comparisons or of single responses: JSONL or CSV; reports how far each metric agrees with them
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) labels: Option<PathBuf>,
    /// The rubric whose scale the grades in --labels are of; not needed for words such as pass and fail
    #[arg(long, value_name = "RUBRIC", help_heading = "Input")]
    pub(crate) rubric: Option<String>,
    #[command(flatten)]
    pub(crate) table: TableArguments,
    /// A metric; can be repeated. For texts: exact-match, token-f1, rouge-1, rouge-2, rouge-l, rouge-lsum, bleu,
    /// chrf, chrf++, ter. For texts, by an encoder: bertscore (F1), bertscore-precision, bertscore-recall. For
    /// classes: accuracy; precision-macro, recall-macro, f1-macro, and the same with -micro and -weighted. For JSON:
    /// json-valid, json-fields, json-schema. Descriptors, which do not rank systems: length-ratio, distinct-1,
    /// distinct-2, distinct-3, compression [default: exact-match, token-f1, rouge-1, rouge-2, rouge-l, bleu, chrf and
    /// ter; json-valid and json-fields if references are JSON objects]
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
    #[command(flatten)]
    pub(crate) bert_score: BertScoreArguments,
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
    /// Show also metrics that are 0, or as great as possible, for every system, and the differences of all; with
    /// --metric, nothing is left out
    #[arg(long, help_heading = "Output")]
    pub(crate) full: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t = MetricsFormat::Table, help_heading = "Output")]
    pub(crate) format: MetricsFormat,
}

impl Metrics {
    /// Returns whether no metric was asked for by name or by a program.
    pub(crate) fn uses_default_metrics(&self) -> bool {
        self.metric.is_empty() && self.command.is_empty()
    }
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
