//! `evenhand judge`: the main job.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use evenhand::input::{Connection, prepare_recording};
use evenhand::report::{count, summarise};
use evenhand::run::engine::{Asking, Ended, Shared, ask};
use evenhand::run::{
    Again, Asked, Beginning, Begun, Budget, Feed, Outstanding, Planning, Reuse, Snapshot, Tally,
    begin, open_trials,
};
use evenhand::store::{AttemptWriter, ComparisonRecord, Requests, RowSet, RunFile, Store};
use evenhand::{Error, ExitCode, Result};
use futures_util::future::join_all;

use super::arguments::Judge;
use super::judged::{conclude, record_replies, tell, warn_of_losses};
use super::open_files::make_room;
use super::pacers::Pacers;
use super::progress::Progress;
use super::setup::Setup;
use super::signals::Signals;
use super::{say, warn};

/// What became of asking.
pub(super) struct Became {
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
    make_room(&setup.judges)?;
    let path = setup.run.clone().ok_or_else(|| Error::internal("a run without a place"))?;
    let source = setup.reused(&arguments.task)?;
    let mut store = Store::open(&path)?;
    let begun = begin_run(&mut store, arguments, &setup)?;
    begun.survey.warnings.iter().for_each(|warning| warn(&warning.message));
    if let (true, Some(shard)) = (begun.rows.is_empty(), arguments.task.shard) {
        let (number, of) = (shard.number(), shard.of());
        say(format_args!("shard {number} of {of} has none of the comparisons; nothing is asked"));
    }
    if let Some(record) = &arguments.record {
        prepare_recording(record)?;
    }
    for (at, (_, learnt)) in begun.judges.iter().enumerate() {
        setup.inform(at, arguments.task.seed, *learnt, source.as_ref())?;
    }
    let rows = Arc::new(begun.rows.clone());
    if let Some(source) = &source {
        copy_replies(&mut store, &setup, &begun, &rows, source)?;
    }
    let judges: Vec<Asked> = begun
        .judges
        .iter()
        .enumerate()
        .map(|(at, (judge, _))| Asked { judge: *judge, asks_again: setup.asks_again(at) })
        .collect();
    let budget = budget(arguments, &setup, &store)?;
    let again = if arguments.retry_failed { Again::Failed } else { Again::Open };
    let feeds: Vec<Feed> = judges
        .iter()
        .zip(setup.records())
        .map(|(asked, record)| {
            let (run, rows) = (store.reader()?, Arc::clone(&rows));
            let outstanding = Outstanding::new(run, rows, again, *asked, begun.repeat)?;
            Feed::start(outstanding, Requests::new(&record, &setup.rubric, &setup.prompt))
        })
        .collect::<Result<_>>()?;
    let (store, became) = ask_all(arguments, &setup, &begun, store, feeds, &budget)?;
    let run = store.reader()?;
    if let Some(record) = &arguments.record {
        let written = record_replies(&run, record)?;
        say(format_args!("{} replies recorded in {}", count(written as u64), record.display()));
    }
    let mut left = Left::new(&run, &rows, &judges);
    let summary = summarise(&run, |record| left.count(record))?;
    let left = left.comparisons;
    tell(arguments, &summary, &path, &became)?;
    for (model, judge) in setup.models.iter().zip(&setup.judges) {
        if model.server_profile().no_temperature {
            warn(&format!("{}: the server takes no temperature; it was left out", judge.name));
        }
    }
    warn_of_losses(&run, &summary, left)?;
    conclude(&run, &summary, &path, &setup, &became, left)
}

/// Counts the comparisons of the plan that are still open, judge by judge.
struct Left<'a> {
    rows: &'a RowSet,
    /// The place of each judge in the run, and how often it is asked again.
    judges: Vec<(usize, u32)>,
    comparisons: u64,
}

impl<'a> Left<'a> {
    fn new(run: &RunFile, rows: &'a RowSet, judges: &[Asked]) -> Self {
        let judges = judges.iter().filter_map(|asked| {
            let place = run.judges().iter().position(|judge| judge.row == asked.judge)?;
            Some((place, asked.asks_again))
        });
        Self { rows, judges: judges.collect(), comparisons: 0 }
    }

    fn count(&mut self, record: &ComparisonRecord) {
        if !self.rows.contains(record.row) {
            return;
        }
        for (place, asks_again) in &self.judges {
            let open = open_trials(&record.judged[*place], Again::Open, *asks_again);
            self.comparisons += u64::from(!open.is_empty());
        }
    }
}

/// What the command may spend, less what the run has cost already.
fn budget(arguments: &Judge, setup: &Setup, store: &Store) -> Result<Budget> {
    let price = |name: &str| {
        setup.judges.iter().find(|judge| judge.name == name).and_then(|judge| judge.price)
    };
    let spent = match arguments.max_cost {
        Some(_) => store.reader()?.cost(price)?,
        None => 0.0,
    };
    Ok(Budget::new(arguments.max_cost, spent, arguments.max_requests))
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
    let planning = Planning {
        source: &setup.source,
        plan: &setup.plan,
        prompt: &setup.prompt,
        suits: &|comparison| setup.suits(comparison),
        fits: &|tokens| setup.check_sizes(tokens),
    };
    begin(store, &beginning, &planning)
}

fn copy_replies(
    store: &mut Store,
    setup: &Setup,
    begun: &Begun,
    rows: &Arc<RowSet>,
    source: &RunFile,
) -> Result<()> {
    let reuse = Reuse::read(source)?;
    let records = setup.records();
    for (at, (judge, _)) in begun.judges.iter().enumerate() {
        let requests = Requests::new(&records[at], &setup.rubric, &setup.prompt);
        let by_schema = setup.models[at].requests_json_schema();
        let asked = Asked { judge: *judge, asks_again: 0 };
        let (run, rows) = (store.reader()?, Arc::clone(rows));
        let mut outstanding = Outstanding::new(run, rows, Again::Open, asked, begun.repeat)?;
        let mut answered = 0;
        while let Some(page) = outstanding.next_page()? {
            let mut copies = Vec::new();
            for open in &page.open {
                let (attempts, trials) = reuse.copies(*judge, &requests, by_schema, open)?;
                copies.extend(attempts);
                answered += trials;
            }
            store.write(&copies, &[])?;
        }
        let name = &setup.judges[at].name;
        say(format_args!("{name}: {} trials answered by copied replies", count(answered)));
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
    feeds: Vec<Feed>,
    budget: &Budget,
) -> Result<(Store, Became)> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::internal(format!("cannot start: {error}")))?;
    let tally = Tally::default();
    let total = begun.rows.len() * feeds.len() as u64;
    tally.expect(total);
    let records = setup.records();
    let pacers = Pacers::new(setup, begun.survey.tokens.each(), rand::random());
    let asking: Vec<Asking<'_>> = (0..setup.models.len())
        .map(|at| Asking {
            row: begun.judges[at].0,
            settings: &setup.judges[at],
            model: &*setup.models[at],
            pacer: pacers.of(at),
            rubric: records[at].reading_rubric(&setup.rubric.rubric),
            seed: arguments.task.seed,
            repeat: begun.repeat,
            learnt: begun.judges[at].1,
        })
        .collect();
    let signals = Signals::default();
    let writer = AttemptWriter::start(store)?;
    let start = Instant::now();
    let ended: Result<Vec<Ended>> = runtime.block_on(async {
        let shared = Shared { writer: &writer, budget, tally: &tally, stop: &signals.stop };
        let mut progress = Progress::new(total);
        let all = join_all(asking.iter().zip(feeds).map(|(judge, feed)| ask(judge, &shared, feed)));
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
    let became = Became {
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
    Ok((store, became))
}
