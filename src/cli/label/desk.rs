//! The session that all pages share: used by one request at a time, away from the threads that answer.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use evenhand::labelling::{PageAnswer, PlaceState, Progress, Session, StoppingRate};
use evenhand::report::counted;
use evenhand::stats::Interval;
use evenhand::{Error, ErrorKind};
use tokio::task::spawn_blocking;

use crate::cli::messages::{print_error_line, print_warning};
use crate::cli::{now, seconds_since_1970};

/// Why something could not be done, as far as a page may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// There is no such place in the form.
    NoPlace,
    /// The place was answered, or its answer undone, on another page meanwhile.
    Elsewhere,
    /// What the page sent is not valid, in words.
    Invalid(String),
    /// The file cannot be read or written, or the program has a fault; the owner sees the error.
    Broken,
}

/// The session with what is not in its file.
#[derive(Debug)]
pub(super) struct Desk {
    session: Mutex<Session>,
    /// By annotator, when they last answered, in seconds since 1970, while this command runs.
    last_answers: Mutex<Vec<Option<u64>>>,
    /// Whether it was said that everybody is done, or that the question is decided.
    is_end_said: AtomicBool,
}

impl Desk {
    pub(super) fn new(session: Session) -> Arc<Self> {
        let annotators = session.annotators().len();
        Arc::new(Self {
            session: Mutex::new(session),
            last_answers: Mutex::new(vec![None; annotators]),
            is_end_said: AtomicBool::new(false),
        })
    }

    /// Does something with the session in a thread of its own, since it reads and writes files.
    ///
    /// # Errors
    ///
    /// It failed. What the owner should know is printed, without the texts of the page.
    pub(super) async fn with<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Session) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, Failure> {
        let desk = Arc::clone(self);
        let done = spawn_blocking(move || match desk.session.lock() {
            Ok(mut session) => work(&mut session),
            // A thread stopped in the middle of a change. The file is complete; what is in memory may not be.
            Err(_) => Err(DeskError::Error(Error::internal(
                "an earlier fault stopped the session: start the command again, nothing is lost",
            ))),
        })
        .await;
        match done {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(DeskError::Failure(failure))) => Err(failure),
            Ok(Err(DeskError::Error(error))) => {
                print_warning(&format!("a page could not be answered: {error}"));
                Err(Failure::Broken)
            }
            Err(_panicked) => {
                print_warning("a page could not be answered because of a fault of evenhand");
                Err(Failure::Broken)
            }
        }
    }

    /// Returns when each annotator last answered.
    pub(super) fn last_answers(&self) -> Vec<Option<u64>> {
        self.last_answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stores an answer and says so when it was the last one that was needed. `replaces` is what the page has shown as the
    /// answer so far; if another one stands, it was given elsewhere.
    ///
    /// # Errors
    ///
    /// The place is answered already, the answer is not valid, or it cannot be stored.
    pub(super) async fn answer(
        self: &Arc<Self>,
        annotator: usize,
        place: usize,
        mut answer: PageAnswer,
        replaces: Option<PageAnswer>,
    ) -> Result<(), Failure> {
        answer.at = Some(humantime::format_rfc3339_seconds(now()).to_string());
        let end = self
            .with(move |session| {
                if place >= session.progress(annotator).total {
                    return Err(Failure::NoPlace.into());
                }
                let standing = session.standing(annotator, place)?;
                let says = |one: &Option<PageAnswer>, other: &PageAnswer| {
                    one.as_ref().is_some_and(|one| one.says_the_same(other))
                };
                if says(&standing, &answer) {
                    // It was stored, but the page did not learn it.
                    return Ok(None);
                }
                let is_known = match &standing {
                    Some(standing) => says(&replaces, standing),
                    None => replaces.is_none(),
                };
                if !is_known {
                    return Err(Failure::Elsewhere.into());
                }
                let labels = session.labels().to_owned();
                session
                    .answer(annotator, place, answer)
                    .map_err(|error| invalid(error, &labels))?;
                Ok(end(session))
            })
            .await?;
        self.say_end(end);
        self.note_activity(annotator);
        Ok(())
    }

    /// Withdraws an answer. If `withdraws` is given, it is what the page has shown as the answer, and another one that stands
    /// was given elsewhere.
    ///
    /// # Errors
    ///
    /// There is none, or it cannot be stored that it is withdrawn.
    pub(super) async fn undo(
        self: &Arc<Self>,
        annotator: usize,
        place: usize,
        withdraws: Option<PageAnswer>,
    ) -> Result<(), Failure> {
        self.with(move |session| {
            match session.progress(annotator).places.get(place) {
                None => return Err(Failure::NoPlace.into()),
                Some(PlaceState::Open) => return Err(Failure::Elsewhere.into()),
                Some(_) => {}
            }
            if let (Some(shown), Some(standing)) = (withdraws, session.standing(annotator, place)?)
                && !shown.says_the_same(&standing)
            {
                return Err(Failure::Elsewhere.into());
            }
            let labels = session.labels().to_owned();
            session.undo(annotator, place).map_err(|error| invalid(error, &labels))
        })
        .await?;
        self.is_end_said.store(false, Ordering::Relaxed);
        self.note_activity(annotator);
        Ok(())
    }

    fn note_activity(&self, annotator: usize) {
        let mut all = self.last_answers.lock().unwrap_or_else(PoisonError::into_inner);
        all[annotator] = Some(seconds_since_1970());
    }

    fn say_end(&self, end: Option<String>) {
        if let Some(sentence) = end
            && !self.is_end_said.swap(true, Ordering::Relaxed)
        {
            print_error_line(format_args!("{sentence}; press Ctrl-C to end"));
        }
    }

    /// Returns the session once no page uses it any more.
    pub(super) fn into_session(self: Arc<Self>) -> Option<Session> {
        let desk = Arc::into_inner(self)?;
        Some(desk.session.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Why work on the session failed: something that the page shows, or an error for the owner.
#[derive(Debug)]
pub(super) enum DeskError {
    Failure(Failure),
    Error(Error),
}

impl From<Failure> for DeskError {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Error> for DeskError {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Returns what was wrong with what a page sent. What is wrong with the file is for the owner: its path is no secret of the
/// page's, and messages about it may name items.
fn invalid(error: Error, labels: &Path) -> DeskError {
    let is_about_file = error.to_string().contains(&*labels.to_string_lossy());
    match error.kind() {
        ErrorKind::Conflict => Failure::Elsewhere.into(),
        ErrorKind::Usage | ErrorKind::Input if !is_about_file => {
            Failure::Invalid(error.to_string()).into()
        }
        _ => error.into(),
    }
}

/// Returns what to say if no further label is needed.
fn end(session: &Session) -> Option<String> {
    let decided = decision_sentence(session);
    if decided.is_some() {
        return decided;
    }
    let annotators = 0..session.annotators().len();
    annotators
        .map(|annotator| session.progress(annotator))
        .all(|progress| is_done(&progress))
        .then(|| "everything is labelled".to_owned())
}

/// Returns what the labels have decided, if the question is decided.
pub(super) fn decision_sentence(session: &Session) -> Option<String> {
    let (decision, rule) = (session.decision()?, session.rule()?);
    let (does, units) = match rule.rate {
        StoppingRate::Wins => ("wins", "comparisons"),
        StoppingRate::Passes => ("passes", "responses"),
    };
    Some(format!(
        "decided: {} {does} {} often than in {} of {units} ({} after {}; this interval holds although labelling stops \
         now, and those of `evenhand calibrate` are too narrow for that)",
        rule.system,
        if decision.above { "more" } else { "less" },
        percent(rule.than),
        range(decision.interval),
        counted(decision.labels as u64, "item"),
    ))
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn range(interval: Interval) -> String {
    format!("{:.1} – {:.1} %", interval.low * 100.0, interval.high * 100.0)
}

/// Returns whether an annotator has answered or skipped everything.
pub(super) fn is_done(progress: &Progress) -> bool {
    progress.answered + progress.skipped >= progress.total
}
