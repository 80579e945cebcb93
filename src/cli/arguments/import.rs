//! The flags of `evenhand import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use evenhand::input::ImportFormat;

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The files as their program writes them; the kind of each is recognised by its contents
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The program or data set that the files are from [default: recognised by their keys]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) from: Option<ForeignFormat>,
    /// The output folder; existing files are never overwritten
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// The system that others were compared with, where judgments of Arena-Hard do not name it
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) baseline: Option<String>,
    /// The steps of the grades in a table, worst first, such as `poor,fair,good` [default: taken from the table, where
    /// they are numbers or words such as fail and pass]
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    pub(crate) scale: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ForeignFormat {
    /// Outputs; annotations by a judge or by people
    #[value(name = "alpaca_eval", alias = "alpaca", alias = "alpaca-eval")]
    AlpacaEval,
    /// `question.jsonl`, `model_answer/*.jsonl`, `model_judgment/*/*.jsonl`
    ArenaHard,
    /// A table (CSV, TSV, JSONL) with a prompt, two responses and who is better, or one response and its grade
    Csv,
    /// Logs as JSON, one for each model
    Inspect,
    /// Pairs, and the outputs of judges
    #[value(name = "judgebench")]
    JudgeBench,
    /// SUBSET/dataset.json, and SUBSET/evaluators/JUDGE/PROMPT/result.json
    Llmbar,
    /// Conversations with two models, and which was preferred
    #[value(name = "lmarena")]
    LmArena,
    /// `question.jsonl`, `model_answer/*.jsonl`, judgments of pairs, judgments of people
    #[value(name = "mtbench", alias = "mt-bench")]
    MtBench,
    /// testset-v1.json, and JUDGE-testset-v1.json
    Pandalm,
    /// Results as JSON
    Promptfoo,
    /// Versions 1 and 2: prompts with chosen and rejected responses
    #[value(name = "rewardbench")]
    RewardBench,
}

impl ForeignFormat {
    pub(crate) fn format(self) -> ImportFormat {
        match self {
            Self::AlpacaEval => ImportFormat::AlpacaEval,
            Self::ArenaHard => ImportFormat::ArenaHard,
            Self::Csv => ImportFormat::Csv,
            Self::Inspect => ImportFormat::Inspect,
            Self::JudgeBench => ImportFormat::JudgeBench,
            Self::Llmbar => ImportFormat::Llmbar,
            Self::LmArena => ImportFormat::LmArena,
            Self::MtBench => ImportFormat::MtBench,
            Self::Pandalm => ImportFormat::Pandalm,
            Self::Promptfoo => ImportFormat::Promptfoo,
            Self::RewardBench => ImportFormat::RewardBench,
        }
    }
}
