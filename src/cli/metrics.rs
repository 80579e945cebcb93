//! `evenhand metrics`: systems by reference metrics, and metrics against people.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use evenhand::calibration::{check_labels, metric_preferences};
use evenhand::input::{ItemSource, labelled_ids};
use evenhand::metrics::{
    Better, Bleu, BleuTokenizer, CommandMetric, Evaluation, EvaluationSettings, Keep, Metric,
    Rouge, RougeTokenizer, Schema, Sliced, Smoothing, SquadVersion, gather, name_of,
};
use evenhand::report::{
    MOST_SLICED_METRICS, MOST_SLICED_SYSTEMS, MetricsDocument, metrics_csv, metrics_markdown,
    metrics_page, write_json_line,
};
use evenhand::{Error, ExitCode, Result};

use super::arguments::{BleuSmoothing, BleuWords, Metrics, MetricsFormat, Squad, Tokenizer};
use super::signals::Signals;
use super::{print, print_warning, printed};

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
    if let Some(labels) = &arguments.labels {
        // A program may take hours over the items; what is wrong with the labels is said before.
        let found = labels
            .metadata()
            .map_err(|error| Error::input(format!("{}: {error}", labels.display())))?;
        if !commands.is_empty() && source.is_repeatable() && found.is_file() {
            check_labels(&source, labels)?;
        }
    }
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
            printed(json(document))?;
        }
        MetricsFormat::Csv => {
            // They have no place in the table.
            for warning in document.warnings() {
                print_warning(&format!("{}: {}", warning.code, warning.message));
            }
            printed(csv(document))?;
        }
    }
    Ok(ExitCode::Done)
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

/// The metrics that the programs are.
fn own_metrics(arguments: &Metrics, commands: &[CommandMetric]) -> Result<Vec<Metric>> {
    for name in &arguments.lower {
        if commands.iter().all(|command| command.name() != name) {
            return Err(Error::usage(format!("--lower {name}: there is no command of that name"))
                .hint("it takes the NAME of --command NAME=COMMAND"));
        }
    }
    let metric = |command: &CommandMetric| {
        let name = command.name().to_owned();
        let lower = arguments.lower.contains(&name);
        Metric::Command { name, better: if lower { Better::Lower } else { Better::Higher } }
    };
    Ok(commands.iter().map(metric).collect())
}

fn settings(arguments: &Metrics, commands: &[CommandMetric]) -> Result<EvaluationSettings> {
    let own = own_metrics(arguments, commands)?;
    let mut metrics: Vec<Metric> = Vec::new();
    let mut want = |metric: Metric| {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    };
    for name in &arguments.metric {
        let metric = Metric::named(name)?;
        // A program's metric knows which way is better; one that is not there is told before any item is read.
        let own = own.iter().find(|own| own.name() == *name);
        want(own.cloned().unwrap_or(metric));
    }
    // Alone it comes with what is usual for JSON.
    let alone = arguments.metric.is_empty() && own.is_empty();
    if arguments.json_schema.is_some() && !alone {
        want(Metric::JsonSchema);
    }
    own.into_iter().for_each(&mut want);
    let sliced = match arguments.format {
        MetricsFormat::Json | MetricsFormat::Csv => Sliced::ALL,
        MetricsFormat::Table => {
            Sliced { metrics: MOST_SLICED_METRICS, systems: MOST_SLICED_SYSTEMS }
        }
        MetricsFormat::Markdown => Sliced { metrics: MOST_SLICED_METRICS, ..Sliced::ALL },
    };
    let keep = match &arguments.labels {
        _ if arguments.per_item => Keep::All,
        None => Keep::Nothing,
        // A pipe is read once, and that is later.
        Some(labels) if !labels.is_file() => Keep::All,
        Some(labels) => Keep::Items(labelled_ids(labels)?),
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
    Ok(EvaluationSettings {
        metrics,
        rouge: Rouge { stem: arguments.stem, tokenizer },
        bleu,
        squad: match arguments.squad {
            Squad::V1 => SquadVersion::V1,
            Squad::V2 => SquadVersion::V2,
        },
        schema: arguments.json_schema.as_deref().map(Schema::read).transpose()?,
        keep,
        sliced,
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
    let ended = runtime.block_on(async {
        if commands.is_empty() {
            let found = gather(source, settings, commands).await?.evaluation();
            return Ok(Scored::All(Box::new(found)));
        }
        // Programs have process groups of their own, which a signal to this one does not reach.
        let signals = Signals::default();
        let found = async {
            let gathered = gather(source, settings, commands).await?;
            // On a thread of its own, so that a signal is still heard.
            let computed = tokio::task::spawn_blocking(|| Box::new(gathered.evaluation())).await;
            computed.map(Scored::All).map_err(|error| Error::internal(error.to_string()))
        };
        tokio::select! {
            // Signals first: one that comes while the first program starts must be heard, too.
            biased;
            watched = signals.watch(|| ()) => {
                watched.map_err(failed)?;
                Ok(Scored::Stopped(ExitCode::Interrupted))
            }
            () = signals.stop.cancelled() => {
                Ok(Scored::Stopped(signals.exit_code().unwrap_or(ExitCode::Interrupted)))
            }
            found = found => found,
        }
    });
    // What is still computed after a signal, nobody waits for.
    runtime.shutdown_background();
    ended
}
