//! `evenhand import`: converts what other programs and data sets hold to items, labels and recordings.

use evenhand::input::{
    ImportOptions, Imported, ImportedJudge, Scale, import_files, write_imported,
};
use evenhand::report::counted;
use evenhand::{ExitCode, Result};

use super::arguments::{ForeignFormat, Import};
use super::shell::{flag, quoted_path};
use super::{print, print_note, print_warning};

/// How many judges that were asked in one order are named one by one.
const MOST_JUDGES_NAMED: usize = 5;

/// The judge of the suggested commands if no judge was recorded.
const DEFAULT_JUDGE: &str = "builtin:longer";

/// The judge of the suggested commands where labels of grades are all that there is: no rule grades.
const ANY_JUDGE: &str = "JUDGE";

/// Reads all files, then writes the files that do not exist yet.
pub(crate) fn run(arguments: &Import) -> Result<ExitCode> {
    let mut options = ImportOptions::default();
    options.format = arguments.from.map(ForeignFormat::format);
    options.baseline.clone_from(&arguments.baseline);
    if !arguments.scale.is_empty() {
        options.scale = Some(Scale::of_names("--scale", &arguments.scale)?);
    }
    let imported = import_files(&arguments.files, &options)?;
    let written = write_imported(&arguments.to, &imported)?;
    for path in &written {
        print(&format!("{}\n", path.display()))?;
    }
    for notice in &imported.notices {
        print_warning(notice);
    }
    let of_one_order = imported.judges.iter().filter(|judge| judge.in_one_order > 0);
    for judge in of_one_order.clone().take(MOST_JUDGES_NAMED) {
        print_warning(&one_order(judge));
    }
    let further = of_one_order.count().saturating_sub(MOST_JUDGES_NAMED);
    if further > 0 {
        print_warning(&format!("the same holds of {}", counted(further as u64, "further judge")));
    }
    print_summary(arguments, &imported, imported.files.len() - written.len());
    Ok(ExitCode::Done)
}

/// Says what a judge that was asked in one order, or direction of the scale, is good for, and how the other is asked.
fn one_order(judge: &ImportedJudge) -> String {
    let ImportedJudge { name, in_one_order, in_both_orders, .. } = judge;
    let all = (in_one_order + in_both_orders) as u64;
    if judge.grades {
        return format!(
            "{name} was asked once about {}: no second direction of the scale confirms its grades, so none is \
             kept, and the responses stay pending; its replies still count in `report` and `calibrate`. To ask the \
             other direction, grade with a judge of the same model and --reuse replies/{name}.jsonl",
            counted(all, "response")
        );
    }
    // To ask "the other order" needs to know the one that was asked.
    let next = if judge.of_unknown_order == 0 {
        format!(
            " To ask the other order, judge with a judge of the same model and --reuse replies/{name}.jsonl"
        )
    } else {
        String::new()
    };
    format!(
        "{name} was asked in one order only in {in_one_order} of {}: no verdict of these is kept, and they stay pending; \
         its replies still count in `rank` and `calibrate`.{next}",
        counted(all, "comparison")
    )
}

/// Prints the numbers of items, labels and judges, and the next commands.
fn print_summary(arguments: &Import, imported: &Imported, unchanged: usize) {
    let Imported { format, items, labels, judges, .. } = imported;
    let count = |number: usize, what: &str| counted(number as u64, what);
    let from = if arguments.from.is_none() {
        format!("recognised as {}: ", format.as_str())
    } else {
        String::new()
    };
    print_note(format_args!(
        "\n{from}{}, {}, {}",
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
    print_next(arguments, imported);
}

/// Prints the commands with which the first recorded judge, or else a new one, is used.
fn print_next(arguments: &Import, imported: &Imported) {
    let judges = &imported.judges;
    let grades = match judges.first() {
        Some(judge) => judge.grades,
        None => imported.labels_are_grades,
    };
    let (judge, rubric) = match judges.first() {
        Some(judge) => (judge.name.as_str(), judge.rubric.as_str()),
        None if grades => (ANY_JUDGE, imported.rubric.as_str()),
        None => (DEFAULT_JUDGE, imported.rubric.as_str()),
    };
    let run = format!("runs/{rubric}-{}.db", judge.replace(':', "-"));
    let baseline = imported.baseline.as_deref().filter(|_| !grades);
    let plan = baseline.map(|system| flag("--baseline", system)).unwrap_or_default();
    let task = format!("items.jsonl --rubric {rubric} --judge {judge}{plan}");
    let has_labels = imported.labels > 0
        && imported.labels_are_grades == grades
        && !imported.labels_are_corrections;
    let (check, read) = if has_labels {
        (" --labels labels.jsonl", format!("calibrate {run} --labels labels.jsonl"))
    } else if !grades && judges.first().is_some_and(|judge| judge.in_one_order > 0) {
        // Where verdicts are not kept, single orders have numbers in a ranking only.
        ("", format!("rank {run}"))
    } else {
        ("", format!("report {run}"))
    };
    let ask = if grades { "grade" } else { "judge" };
    print_note(format_args!(
        "\nnext: cd {}\n      evenhand check {task}{check}\n      evenhand {ask} {task}\n      evenhand {read}",
        quoted_path(&arguments.to)
    ));
}
