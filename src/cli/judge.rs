//! `evenhand judge`: the main job.

use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use evenhand::input::{Connection, prepare_recording};
use evenhand::report::{count, summarise};
use evenhand::run::engine::{Asking, Ended, Shared, ask};
use evenhand::run::{
    Again, Beginning, Begun, Budget, Open, Requests, RunFile, Snapshot, Store, Tally, Writer,
    begin, outstanding, reusable,
};
use evenhand::{Error, ExitCode, Result};
use futures_util::future::join_all;

use super::arguments::Judge;
use super::judged::{conclude, record_replies, tell, warn_of_losses};
use super::pacers::Pacers;
use super::progress::Progress;
use super::setup::Setup;
use super::signals::Signals;
use super::{say, warn};

/// What became of asking.
pub(super) struct Asked {
    pub(super) ended: Vec<Ended>,
    pub(super) tally: Snapshot,
    /// The exit code of a signal, if one came.
    pub(super) signal: Option<ExitCode>,
    pub(super) out_of_budget: bool,
    /// How many requests in flight each judge's endpoint bears, where that was learnt.
    pub(super) in_flight: Vec<(String, u32)>,
    pub(super) seconds: f64,
}

/// Validates, resumes, asks, and tells.
pub(crate) fn run(arguments: &Judge) -> Result<ExitCode> {
    if arguments.record.is_some() && arguments.judge.len() > 1 {
        return Err(Error::usage("--record needs a single judge")
            .hint("record the judges of a jury one by one"));
    }
    let mut setup = Setup::read(&arguments.task, &arguments.judge)?;
    check_prices(arguments, &setup)?;
    setup.warnings.iter().for_each(|warning| warn(warning));
    let path = setup.run.clone().ok_or_else(|| Error::internal("a run without a place"))?;
    let source = source(arguments, &path)?;
    let mut store = Store::open(&path)?;
    let begun = begin_run(&mut store, arguments, &setup)?;
    if let Some(record) = &arguments.record {
        prepare_recording(record)?;
    }
    for (at, (_, learnt)) in begun.judges.iter().enumerate() {
        setup.inform(at, arguments.task.seed, *learnt, source.as_ref())?;
    }
    if let Some(source) = &source {
        copy_replies(&mut store, &setup, &begun, source)?;
    }
    let again = if arguments.retry_failed { Again::Failed } else { Again::Open };
    let judges: Vec<(i64, u32)> = begun
        .judges
        .iter()
        .zip(&setup.models)
        .zip(&setup.judges)
        .map(|(((row, _), model), settings)| {
            (*row, if model.always_the_same() { 0 } else { settings.max_parse_attempts })
        })
        .collect();
    let open = outstanding(&store.reader()?, &begun.rows, again, &judges)?;
    let price = |name: &str| {
        setup.judges.iter().find(|judge| judge.name == name).and_then(|judge| judge.price)
    };
    let spent = store.reader()?.cost(price)?;
    let budget = Budget::new(arguments.max_cost, spent, arguments.max_requests);
    let (store, asked) = ask_all(arguments, &setup, &begun, store, open, &budget)?;
    let run = store.reader()?;
    if let Some(record) = &arguments.record {
        let written = record_replies(&run, record)?;
        say(format_args!("{} replies recorded in {}", count(written as u64), record.display()));
    }
    let open = outstanding(&run, &begun.rows, Again::Open, &judges)?;
    let left: usize = open.iter().map(Vec::len).sum();
    let summary = summarise(&run)?;
    tell(arguments, &summary, &path, &asked)?;
    for (model, judge) in setup.models.iter().zip(&setup.judges) {
        if model.learnt().no_temperature {
            warn(&format!("{}: the server takes no temperature; it was left out", judge.name));
        }
    }
    warn_of_losses(&run, &summary)?;
    conclude(&run, &summary, &path, &setup, &asked, left)
}

/// A cap in USD means nothing where a price is missing.
fn check_prices(arguments: &Judge, setup: &Setup) -> Result<()> {
    if arguments.max_cost.is_none() {
        return Ok(());
    }
    for judge in &setup.judges {
        if matches!(judge.connection, Connection::Endpoint { .. }) && judge.price.is_none() {
            return Err(Error::input(format!("judges.{}.price is missing", judge.name))
                .detail("--max-cost cannot be kept without it")
                .hint("price = { input_per_million = …, output_per_million = … }"));
        }
    }
    Ok(())
}

fn source(arguments: &Judge, path: &Path) -> Result<Option<RunFile>> {
    let Some(source) = &arguments.task.reuse else { return Ok(None) };
    let same = match (source.canonicalize(), path.canonicalize()) {
        (Ok(source), Ok(path)) => source == path,
        _ => false,
    };
    if same {
        return Err(Error::usage("--reuse and --run name the same file"));
    }
    RunFile::open(source).map(Some)
}

#[expect(clippy::disallowed_methods, reason = "the binary is what reads the clock")]
fn begin_run(store: &mut Store, arguments: &Judge, setup: &Setup) -> Result<Begun> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let records = setup.records();
    let beginning = Beginning {
        evenhand: env!("CARGO_PKG_VERSION"),
        now,
        rubric: &setup.rubric,
        judges: &records,
        seed: arguments.task.seed,
        repeat: arguments.task.repeat,
        baseline: arguments.task.baseline.as_deref(),
    };
    begin(store, &beginning, &setup.plan)
}

fn copy_replies(store: &mut Store, setup: &Setup, begun: &Begun, source: &RunFile) -> Result<()> {
    let records = setup.records();
    let judges: Vec<(i64, u32)> = begun.judges.iter().map(|(row, _)| (*row, 0)).collect();
    let open = outstanding(&store.reader()?, &begun.rows, Again::Open, &judges)?;
    for (at, open) in open.iter().enumerate() {
        let requests = Requests::new(&records[at], &setup.rubric, &setup.prompt);
        let by_schema = setup.models[at].asks_by_schema();
        let (row, _) = begun.judges[at];
        let (attempts, trials) =
            reusable(source, row, &requests, by_schema, &setup.plan.comparisons, open)?;
        store.write(&attempts, &[])?;
        say(format_args!(
            "{}: {} trials answered by copied replies",
            setup.judges[at].name,
            count(trials)
        ));
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the binary is what reads the clock and draws the seed of the jitter"
)]
fn ask_all(
    arguments: &Judge,
    setup: &Setup,
    begun: &Begun,
    store: Store,
    open: Vec<Vec<Open>>,
    budget: &Budget,
) -> Result<(Store, Asked)> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::internal(format!("cannot start: {error}")))?;
    let tally = Tally::default();
    let total: usize = open.iter().map(Vec::len).sum();
    tally.expect(total as u64);
    let records = setup.records();
    let pacers = Pacers::new(setup, rand::random());
    let asking: Vec<Asking<'_>> = (0..setup.models.len())
        .map(|at| Asking {
            row: begun.judges[at].0,
            settings: &setup.judges[at],
            model: &*setup.models[at],
            pacer: pacers.of(at),
            requests: Requests::new(&records[at], &setup.rubric, &setup.prompt),
            rubric: records[at].reading(&setup.rubric.rubric),
            seed: arguments.task.seed,
            learnt: begun.judges[at].1,
        })
        .collect();
    let signals = Signals::default();
    let writer = Writer::start(store)?;
    let start = Instant::now();
    let ended: Result<Vec<Ended>> = runtime.block_on(async {
        let shared = Shared {
            plan: &setup.plan.comparisons,
            writer: &writer,
            budget,
            tally: &tally,
            stop: &signals.stop,
        };
        let mut progress = Progress::new(total as u64);
        let all = join_all(asking.iter().zip(open).map(|(judge, open)| ask(judge, &shared, open)));
        let speak = progress.speaker();
        let on_first = || {
            let in_flight = tally.snapshot().in_flight;
            speak(&format!(
                "stopping: {in_flight} requests in flight will finish; once more aborts them"
            ));
        };
        let ended = tokio::select! {
            ended = all => ended.into_iter().collect(),
            () = progress.watch(&tally) => Ok(Vec::new()),
            watched = signals.watch(on_first) => match watched {
                Ok(()) => Ok(Vec::new()),
                Err(error) => Err(Error::internal(format!("cannot listen for signals: {error}"))),
            },
        };
        progress.finish(&tally);
        ended
    });
    // A lookup of a dead name server may still hang after an abort; nobody waits for it.
    runtime.shutdown_background();
    // What has been answered is committed before anything else may fail.
    let store = writer.finish()?;
    let asked = Asked {
        ended: ended?,
        tally: tally.snapshot(),
        signal: signals.exit_code(),
        out_of_budget: budget.exhausted(),
        in_flight: asking
            .iter()
            .filter_map(|judge| Some((judge.settings.name.clone(), judge.settled()?)))
            .collect(),
        seconds: start.elapsed().as_secs_f64(),
    };
    Ok((store, asked))
}
