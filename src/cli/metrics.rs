//! `evenhand metrics`: scores systems by metrics and compares metrics with labels.

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Duration;

use evenhand::input::{ItemSource, labelled_ids};
use evenhand::metrics::{
    Baseline, BertScore, Better, Bleu, BleuTokenizer, CommandMetric, Evaluation,
    EvaluationSettings, KeepScores, Metric, Rouge, RougeTokenizer, Schema, SliceLimits, Smoothing,
    SquadVersion, command_name, score_items,
};
use evenhand::report::{
    MAX_SLICED_METRICS, MAX_SLICED_SYSTEMS, MetricsDocument, Wording, metrics_csv,
    metrics_markdown, metrics_text, write_json_line,
};
use evenhand::{Error, ExitCode, Result};

use super::arguments::{
    BertScoreArguments, BleuSmoothing, BleuWords, Metrics, MetricsFormat, Squad, Tokenizer,
};
use super::encoder::{self, Similarities};
use super::encoding_display::EncodingDisplay;
use super::heartbeat::Heartbeat;
use super::metrics_labels::{Compared, Labels};
use super::signals::Signals;
use super::{print, print_warning, printed, table_flag};

/// Scores the responses, compares the metrics with the labels if there are any, and prints the report.
pub(crate) fn run(arguments: &Metrics) -> Result<ExitCode> {
    let _busy = Heartbeat::start("scoring");
    let commands = commands(arguments)?;
    let labels = Labels::of(arguments)?;
    let display = EncodingDisplay::new();
    let settings = settings(arguments, labels.as_ref(), &commands, &display)?;
    let source = arguments
        .table
        .source(&arguments.items, &arguments.responses, arguments.labels.as_ref())?
        .with_single_responses();
    if let (Some(labels), false) = (&labels, commands.is_empty()) {
        // Programs may run for hours, so errors in the labels are reported before.
        labels.check(&source)?;
    }
    let evaluation = match evaluate(&source, settings, commands)? {
        Evaluated::Completely(evaluation) => *evaluation,
        Evaluated::Interrupted(code) => return Ok(code),
    };
    drop(display);
    let compared = match (&labels, &evaluation.scores) {
        (Some(labels), Some(scores)) => Some(labels.compare(scores)?),
        _ => None,
    };
    let document = MetricsDocument {
        evaluation: &evaluation,
        labels: compared.as_ref().map(Compared::report),
        per_item: arguments.per_item,
        full: arguments.full || !arguments.uses_default_metrics(),
        wording: wording(),
    };
    match arguments.format {
        MetricsFormat::Table => {
            print(&metrics_text(document))?;
        }
        MetricsFormat::Markdown => {
            print(&metrics_markdown(document))?;
        }
        MetricsFormat::Json => {
            printed(json(document))?;
        }
        MetricsFormat::Csv => {
            // The CSV table has no rows for warnings.
            for warning in document.warnings() {
                let warning = document.wording.apply(&warning);
                print_warning(&format!("{}: {}", warning.code, warning.message));
            }
            printed(csv(document))?;
        }
    }
    Ok(ExitCode::Done)
}

/// Returns how reports refer to the flags of this command.
fn wording() -> Wording {
    let mut wording = Wording::default();
    wording.format = "--format";
    wording.metrics = " (--metric)";
    wording.full = "--full shows all.";
    wording.labels = "Labels of people show which metric to trust: --labels reports how often each agrees with them.";
    wording.remedy = |warning| match warning.code {
        "not-latin" => Some("--tokenizer unicode"),
        "no-word-spaces" => Some("--bleu-tokenizer char"),
        _ => table_flag(warning),
    };
    wording
}

fn json(document: MetricsDocument<'_>) -> std::io::Result<()> {
    let mut output = BufWriter::new(std::io::stdout().lock());
    write_json_line(&mut output, &document)?;
    output.flush()
}

fn csv(document: MetricsDocument<'_>) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(BufWriter::new(std::io::stdout().lock()));
    metrics_csv(document, |row| writer.write_record(row))?;
    writer.flush()
}

/// Returns the programs of custom metrics, which must have different names.
fn commands(arguments: &Metrics) -> Result<Vec<CommandMetric>> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let processes = arguments.processes.map_or(processors, |number| number as usize);
    let limit = Duration::from_secs_f64(arguments.time_limit);
    let mut commands: Vec<CommandMetric> = Vec::new();
    for given in &arguments.command {
        let (name, command) = match given.split_once('=') {
            Some((name, command)) if is_name(name) => (name.to_owned(), command),
            _ => (command_name(given, Path::is_file), given.as_str()),
        };
        if command.trim().is_empty() {
            return Err(Error::usage(format!("--command {given}: the command is empty")));
        }
        if commands.iter().any(|known| known.name() == name) {
            return Err(Error::usage(format!("--command: two commands are called `{name}`"))
                .hint("give them names: --command first='python check.py' --command second=…"));
        }
        commands.push(CommandMetric::new(&name, command, limit, processes));
    }
    Ok(commands)
}

/// Returns whether the text before an equals sign is a metric's name and not a variable assignment of the shell.
fn is_name(text: &str) -> bool {
    let is_allowed =
        |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || "-.".contains(char);
    text.starts_with(|char: char| char.is_ascii_lowercase()) && text.chars().all(is_allowed)
}

/// Returns the metrics of the programs.
fn command_metrics(arguments: &Metrics, commands: &[CommandMetric]) -> Result<Vec<Metric>> {
    for name in &arguments.lower {
        if commands.iter().all(|command| command.name() != name) {
            return Err(Error::usage(format!("--lower {name}: there is no command of that name"))
                .hint("give the NAME of a --command NAME=COMMAND"));
        }
    }
    let metric = |command: &CommandMetric| {
        let name = command.name().to_owned();
        let lower = arguments.lower.contains(&name);
        Metric::Command { name, better: if lower { Better::Lower } else { Better::Higher } }
    };
    Ok(commands.iter().map(metric).collect())
}

fn settings(
    arguments: &Metrics,
    labels: Option<&Labels>,
    commands: &[CommandMetric],
    display: &EncodingDisplay,
) -> Result<EvaluationSettings> {
    let command_metrics = command_metrics(arguments, commands)?;
    let mut metrics: Vec<Metric> = Vec::new();
    let mut add = |metric: Metric| {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    };
    for name in &arguments.metric {
        let metric = Metric::from_name(name)?;
        // The metric of a program knows whether lower is better.
        let command = command_metrics.iter().find(|command| command.name() == *name);
        add(command.cloned().unwrap_or(metric));
    }
    // Without other metrics, the defaults include the schema.
    let use_defaults = arguments.metric.is_empty() && command_metrics.is_empty();
    if arguments.json_schema.is_some() && !use_defaults {
        add(Metric::JsonSchema);
    }
    command_metrics.into_iter().for_each(&mut add);
    let slice_limits = match arguments.format {
        MetricsFormat::Json | MetricsFormat::Csv => SliceLimits::UNLIMITED,
        MetricsFormat::Table => {
            SliceLimits { metrics: MAX_SLICED_METRICS, systems: MAX_SLICED_SYSTEMS }
        }
        MetricsFormat::Markdown => {
            SliceLimits { metrics: MAX_SLICED_METRICS, ..SliceLimits::UNLIMITED }
        }
    };
    let keep_scores = match labels {
        _ if arguments.per_item => KeepScores::All,
        None => KeepScores::None,
        Some(labels) => KeepScores::OfItems(labelled_ids(labels.file())?),
    };
    let tokenizer = match arguments.tokenizer {
        Tokenizer::Default => RougeTokenizer::Ascii,
        Tokenizer::Unicode => RougeTokenizer::Unicode,
    };
    let bleu = Bleu {
        tokenizer: match arguments.bleu_tokenizer {
            BleuWords::V13a => BleuTokenizer::V13a,
            BleuWords::Intl => BleuTokenizer::International,
            BleuWords::Char => BleuTokenizer::Character,
            BleuWords::None => BleuTokenizer::None,
        },
        smoothing: match arguments.bleu_smoothing {
            BleuSmoothing::Exp => Smoothing::Exp,
            BleuSmoothing::Floor => Smoothing::FLOOR,
            BleuSmoothing::AddK => Smoothing::ADD_K,
            BleuSmoothing::None => Smoothing::None,
        },
        ..Bleu::default()
    };
    let mut settings = EvaluationSettings::default();
    settings.bert_score = bert_score(&arguments.bert_score, &metrics, display)?;
    settings.metrics = metrics;
    settings.rouge = Rouge { stem: arguments.stem, tokenizer };
    settings.bleu = bleu;
    settings.squad = match arguments.squad {
        Squad::V1 => SquadVersion::V1,
        Squad::V2 => SquadVersion::V2,
    };
    settings.schema = arguments.json_schema.as_deref().map(Schema::read).transpose()?;
    settings.keep_scores = keep_scores;
    settings.slice_limits = slice_limits;
    Ok(settings)
}

/// Opens the encoder, if a metric needs it.
fn bert_score(
    arguments: &BertScoreArguments,
    metrics: &[Metric],
    display: &EncodingDisplay,
) -> Result<Option<BertScore>> {
    let BertScoreArguments { encoder, idf, baseline_file, no_cache } = arguments;
    if !metrics.iter().any(Metric::needs_encoder) {
        let needed_by = "--metric bertscore";
        encoder::check_unused(encoder, needed_by)?;
        let flags = [
            ("--idf", *idf),
            ("--baseline-file", baseline_file.is_some()),
            ("--no-cache", *no_cache),
        ];
        return match flags.iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) => Err(encoder::unused(flag, needed_by)),
            None => Ok(None),
        };
    }
    let similarities = if *no_cache { Similarities::Computed } else { Similarities::Cached };
    let encoder = encoder::open(encoder, similarities)?;
    let layer = encoder.identity().layer;
    let mut settings = BertScore::new(encoder);
    settings.idf = *idf;
    let baseline = baseline_file.as_deref();
    settings.baseline = baseline.map(|path| Baseline::read(path, layer)).transpose()?;
    settings.progress = display.progress();
    Ok(Some(settings))
}

enum Evaluated {
    Completely(Box<Evaluation>),
    /// A signal came before the end.
    Interrupted(ExitCode),
}

fn evaluate(
    source: &ItemSource,
    settings: EvaluationSettings,
    commands: Vec<CommandMetric>,
) -> Result<Evaluated> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
            Error::internal(format!("cannot start the runtime: {error}")).caused_by(error)
        })?;
    let result = runtime.block_on(async {
        if commands.is_empty() {
            let evaluation = score_items(source, settings, commands).await?.evaluate();
            return Ok(Evaluated::Completely(Box::new(evaluation)));
        }
        // Programs run in process groups of their own, which do not receive the signals to this process.
        let signals = Signals::default();
        let evaluation = async {
            let totals = score_items(source, settings, commands).await?;
            // On a thread of its own, so that signals are still handled.
            let evaluation = tokio::task::spawn_blocking(|| Box::new(totals.evaluate())).await;
            evaluation
                .map(Evaluated::Completely)
                .map_err(|error| Error::internal(error.to_string()))
        };
        tokio::select! {
            // Signals first, so that one that arrives while the first program starts is handled, too.
            biased;
            watched = signals.watch(|| ()) => {
                watched.map_err(|error| {
                    Error::internal(format!("cannot listen for signals: {error}")).caused_by(error)
                })?;
                Ok(Evaluated::Interrupted(signals.exit_code().unwrap_or(ExitCode::Interrupted)))
            }
            () = signals.stop.cancelled() => {
                Ok(Evaluated::Interrupted(signals.exit_code().unwrap_or(ExitCode::Interrupted)))
            }
            evaluation = evaluation => evaluation,
        }
    });
    // After a signal, the computation is not waited for.
    runtime.shutdown_background();
    result
}
