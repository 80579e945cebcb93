//! `evenhand metrics`: systems by reference metrics, and metrics against people.

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evenhand::calibration::metric_preferences;
use evenhand::input::ItemSource;
use evenhand::metrics::{
    Bleu, BleuTokenizer, CommandMetric, Evaluation, EvaluationSettings, Metric, Rouge,
    RougeTokenizer, Schema, Smoothing, SquadVersion, evaluate, name_of,
};
use evenhand::report::{MetricsDocument, json_line, metrics_csv, metrics_markdown, metrics_page};
use evenhand::{Error, ExitCode, Result};

use super::arguments::{BleuSmoothing, BleuWords, Metrics, MetricsFormat, Squad, Tokenizer};
use super::signals::Signals;
use super::{print, printed, warn};

/// Scores the responses, holds the metrics against the labels if there are any, and prints it.
pub(crate) fn run(arguments: &Metrics) -> Result<ExitCode> {
    let commands = commands(arguments)?;
    let settings = settings(arguments, &commands)?;
    let responses: Vec<(String, &Path)> = arguments
        .responses
        .iter()
        .map(|(system, file)| (system.clone(), PathBuf::as_path(file)))
        .collect();
    let source = ItemSource::open(&arguments.items, &responses)?.with_single_responses();
    let found = match score(&source, settings, commands)? {
        Scored::All(found) => *found,
        Scored::Stopped(code) => return Ok(code),
    };
    let people = match (&arguments.labels, &found.scores) {
        (Some(labels), Some(scores)) => Some(metric_preferences(scores, labels)?),
        _ => None,
    };
    let document =
        MetricsDocument { found: &found, people: people.as_ref(), per_item: arguments.per_item };
    match arguments.format {
        MetricsFormat::Table => {
            print(&metrics_page(document))?;
        }
        MetricsFormat::Markdown => {
            print(&metrics_markdown(document))?;
        }
        MetricsFormat::Json => {
            let json = serde_json::to_string(&document).map_err(|error| {
                Error::internal(format!("the result cannot be written: {error}"))
            })?;
            print(&format!("{}\n", json_line(&json)))?;
        }
        MetricsFormat::Csv => {
            printed(csv(document))?;
            // Rows of numbers have no place for them.
            document.warnings().for_each(|warning| warn(&warning.message));
        }
    }
    Ok(ExitCode::Done)
}

fn csv(document: MetricsDocument<'_>) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(BufWriter::new(std::io::stdout().lock()));
    metrics_csv(document, |row| writer.write_record(row))?;
    writer.flush()
}

/// The programs of custom metrics, each under a name of its own.
fn commands(arguments: &Metrics) -> Result<Vec<CommandMetric>> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let processes = arguments.processes.map_or(processors, |number| number as usize);
    let limit = Duration::from_secs_f64(arguments.time_limit);
    let mut commands: Vec<CommandMetric> = Vec::new();
    for given in &arguments.command {
        let (name, command) = match given.split_once('=') {
            Some((name, command)) if is_name(name) => (name.to_owned(), command),
            _ => (name_of(given, Path::is_file), given.as_str()),
        };
        if command.trim().is_empty() {
            return Err(Error::usage(format!("--command {given}: there is no command")));
        }
        if commands.iter().any(|known| known.name() == name) {
            return Err(Error::usage(format!("--command: two of them are called `{name}`"))
                .hint("name them: --command first='python check.py' --command second=…"));
        }
        commands.push(CommandMetric::new(&name, command, limit, processes));
    }
    Ok(commands)
}

/// Whether what stands before an equals sign is a name, and not a variable that the shell shall set.
fn is_name(text: &str) -> bool {
    let letters =
        |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || "-.".contains(char);
    text.starts_with(|char: char| char.is_ascii_lowercase()) && text.chars().all(letters)
}

fn settings(arguments: &Metrics, commands: &[CommandMetric]) -> Result<EvaluationSettings> {
    let mut metrics: Vec<Metric> = Vec::new();
    let mut want = |metric: Metric| {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    };
    for name in &arguments.metric {
        want(Metric::named(name)?);
    }
    if arguments.json_schema.is_some() {
        if arguments.metric.is_empty() {
            want(Metric::JsonValid);
        }
        want(Metric::JsonSchema);
    }
    for command in commands {
        want(Metric::Command(command.name().to_owned()));
    }
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
    Ok(EvaluationSettings {
        metrics,
        rouge: Rouge { stem: arguments.stem, tokenizer },
        bleu,
        squad: match arguments.squad {
            Squad::V1 => SquadVersion::V1,
            Squad::V2 => SquadVersion::V2,
        },
        schema: arguments.json_schema.as_deref().map(Schema::read).transpose()?,
        keep: arguments.per_item || arguments.labels.is_some(),
    })
}

enum Scored {
    All(Box<Evaluation>),
    /// A signal came before the end.
    Stopped(ExitCode),
}

fn score(
    source: &ItemSource,
    settings: EvaluationSettings,
    commands: Vec<CommandMetric>,
) -> Result<Scored> {
    let failed = |error: std::io::Error| Error::internal(format!("cannot start: {error}"));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        if commands.is_empty() {
            return evaluate(source, settings, commands).await.map(Box::new).map(Scored::All);
        }
        // Programs have process groups of their own, which a signal to this one does not reach.
        let signals = Signals::default();
        tokio::select! {
            found = evaluate(source, settings, commands) => found.map(Box::new).map(Scored::All),
            watched = signals.watch(|| ()) => {
                watched.map_err(failed)?;
                Ok(Scored::Stopped(ExitCode::Interrupted))
            }
            () = signals.stop.cancelled() => {
                Ok(Scored::Stopped(signals.exit_code().unwrap_or(ExitCode::Interrupted)))
            }
        }
    })
}
