//! `evenhand labels export`: labels, or open tasks, for other programs.

use evenhand::export::{LabelLayout, export_labels, export_tasks_for_anybody};
use evenhand::input::{DataFile, LabelColumns};
use evenhand::labelling::{Material, standing_lines, tasks_for_anybody};
use evenhand::report::{count, counted};
use evenhand::{Error, ExitCode, Result};

use crate::cli::arguments::{LabelsExport, ProgramLayout};
use crate::cli::label_source::read_material;
use crate::cli::output_file::write_output;
use crate::cli::project::is_same_file;
use crate::cli::{print_error_line, print_note, print_warning};

/// Writes the file and says what it has.
pub(super) fn run(arguments: &LabelsExport) -> Result<ExitCode> {
    let LabelsExport { source, output, layout, open } = arguments;
    let read = [&source.labels, &source.source];
    if let Some(same) = read.into_iter().find(|path| is_same_file(path, output)) {
        return Err(Error::usage(format!(
            "--output: {} would be written over, and is read",
            same.display()
        ))
        .hint("name another file"));
    }
    let material =
        read_material(&source.source, source.rubric.as_deref(), source.baseline.as_deref(), None)?;
    let write = if *open { tasks } else { labels };
    write(arguments, &material, program(*layout))
}

fn labels(arguments: &LabelsExport, material: &Material, layout: LabelLayout) -> Result<ExitCode> {
    let LabelsExport { source, output, .. } = arguments;
    let file = DataFile::labels(&source.labels, LabelColumns::default());
    let lines = standing_lines(material, &file)?;
    lines.warnings.iter().for_each(|warning| print_warning(warning));
    let labels = source.labels.display();
    let unmatched = lines.unmatched_ids.len() as u64;
    if unmatched > 0 {
        print_warning(&format!(
            "{} of {labels} about items that are not among these: left out",
            counted(unmatched, "answer")
        ));
    }
    if lines.lines.is_empty() {
        print_error_line(format_args!("nothing to export: {labels} has no answer to these items"));
        return Ok(ExitCode::GateInconclusive);
    }
    write_output(output, |writer| export_labels(material, &lines, layout, writer))?;
    let open = if lines.open > 0 {
        format!("; {} not answered yet", count(lines.open as u64))
    } else {
        String::new()
    };
    let written = counted(lines.lines.len() as u64, "answer");
    print_note(format_args!("{written} written to {}{open}", output.display()));
    if layout == LabelLayout::Csv {
        print_note(format_args!("every command reads the table as a label file"));
    }
    Ok(ExitCode::Done)
}

fn tasks(arguments: &LabelsExport, material: &Material, layout: LabelLayout) -> Result<ExitCode> {
    let LabelsExport { source, output, .. } = arguments;
    let tasks = tasks_for_anybody(material, &source.labels)?;
    let labels = source.labels.display();
    if tasks.is_empty() {
        print_error_line(format_args!(
            "nothing to export: {labels} has nothing that nobody has labelled"
        ));
        return Ok(ExitCode::GateInconclusive);
    }
    write_output(output, |writer| export_tasks_for_anybody(material, &tasks, layout, writer))?;
    print_note(format_args!(
        "{} written to {}",
        counted(tasks.len() as u64, "task"),
        output.display()
    ));
    let source = source.source.display();
    print_note(format_args!(
        "\nnext: evenhand labels merge {source} FILE --labels {labels}, with the answers"
    ));
    Ok(ExitCode::Done)
}

fn program(layout: ProgramLayout) -> LabelLayout {
    match layout {
        ProgramLayout::Csv => LabelLayout::Csv,
        ProgramLayout::LabelStudio => LabelLayout::LabelStudio,
        ProgramLayout::Argilla => LabelLayout::Argilla,
    }
}
