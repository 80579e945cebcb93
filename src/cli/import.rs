//! `evenhand import`: converts public data sets with human labels to items, labels and recordings.

use evenhand::input::{Imported, PublishedSet, import_published, write_imported};
use evenhand::report::counted;
use evenhand::{ExitCode, Result};

use super::arguments::{Import, PublishedFormat};
use super::{print, print_note, print_warning};

/// The judge of the suggested commands if no judge was recorded in both orders.
const DEFAULT_JUDGE: &str = "builtin:longer";

/// Reads all files, then writes the files that do not exist yet.
pub(crate) fn run(arguments: &Import) -> Result<ExitCode> {
    let set = match arguments.from {
        PublishedFormat::Llmbar => PublishedSet::Llmbar,
        PublishedFormat::Pandalm => PublishedSet::Pandalm,
    };
    let imported = import_published(set, &arguments.files)?;
    let written = write_imported(&arguments.to, &imported)?;
    for path in &written {
        print(&format!("{}\n", path.display()))?;
    }
    for notice in &imported.notices {
        print_warning(notice);
    }
    if !imported.judges.is_empty() && !imported.both_orders {
        print_warning(
            "the judges were recorded in one order only, but a verdict needs both orders: comparisons judged \
             by them stay pending, and their run cannot be calibrated",
        );
    }
    print_summary(arguments, &imported, imported.files.len() - written.len());
    Ok(ExitCode::Done)
}

/// Prints the numbers of items, labels and judges, and the next commands.
fn print_summary(arguments: &Import, imported: &Imported, unchanged: usize) {
    let Imported { items, labels, judges, .. } = imported;
    let count = |number: usize, what: &str| counted(number as u64, what);
    print_note(format_args!(
        "\n{}, {}, {}",
        count(*items, "item"),
        count(*labels, "label"),
        count(judges.len(), "recorded judge"),
    ));
    for judge in judges {
        print_note(format_args!(
            "  {}  {}, --rubric {}",
            judge.name,
            count(judge.replies, "reply"),
            judge.rubric
        ));
    }
    if unchanged > 0 {
        print_note(format_args!(
            "{} unchanged: already there with the same contents",
            count(unchanged, "file")
        ));
    }
    let (judge, rubric) = match judges.first().filter(|_| imported.both_orders) {
        Some(judge) => (judge.name.as_str(), judge.rubric),
        None => (DEFAULT_JUDGE, imported.rubric),
    };
    let file = judge.replace(':', "-");
    let task = format!("items.jsonl --rubric {rubric} --judge {judge}");
    print_note(format_args!(
        "\nnext: cd {}\n      evenhand check {task} --labels labels.jsonl\n      evenhand judge {task}\n      \
         evenhand calibrate runs/{rubric}-{file}.db --labels labels.jsonl",
        arguments.to.display()
    ));
}
