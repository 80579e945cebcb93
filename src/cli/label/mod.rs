//! `evenhand label`: people's labels, from pages of this machine or a file for each annotator.
//!
//! ```text
//! request ─server→ connection ─guard→ visitor ─site→ route ─desk→ Session → label file
//! ```
//!
//! The label file is the only state: whatever ends the command, the same command continues it.

mod desk;
mod exported;
mod guard;
mod links;
mod material;
mod owner;
mod server;
mod serving;
mod site;
mod token;

use evenhand::labelling::{Session, StoppingRate, StoppingRule};
use evenhand::{ExitCode, Result};

use super::arguments::Label;
use super::heartbeat::Heartbeat;
use super::label_source::is_run;
use super::print_warning;
use owner::Numbers;

/// The probability with which `--until-win-rate` and `--until-pass-rate` may decide wrongly.
const ALPHA: f64 = 0.05;

/// Returns when enough is labelled.
fn stopping(arguments: &Label) -> Option<StoppingRule> {
    let wins = arguments.until_win_rate.as_ref().map(|limit| (StoppingRate::Wins, limit));
    let passes = arguments.until_pass_rate.as_ref().map(|limit| (StoppingRate::Passes, limit));
    let (rate, (system, than)) = wins.or(passes)?;
    Some(StoppingRule { system: system.clone(), rate, than: *than, alpha: ALPHA })
}

/// Opens or continues the label file, and serves its pages or writes them to files.
pub(crate) fn run(arguments: &Label) -> Result<ExitCode> {
    let mut options = material::form_options(arguments)?;
    options.stopping = stopping(arguments);
    let busy = Heartbeat::start("reading what is to be labelled");
    let material = material::read(arguments)?;
    let items = material.known_items().clone();
    let scale = material.scale().cloned();
    let session = Session::open(material, &arguments.labels, &options)?;
    drop(busy);
    session.notes().iter().for_each(|note| print_warning(note));
    if let Some(export) = &arguments.export {
        return exported::run(arguments, export, &session);
    }
    let numbers = Numbers {
        run: is_run(&arguments.source)?.then(|| arguments.source.clone()),
        rubric: arguments.rubric.clone(),
        judge: arguments.judge.clone(),
        items,
        scale,
        labels: arguments.labels.clone(),
    };
    serving::run(arguments, session, numbers)
}
