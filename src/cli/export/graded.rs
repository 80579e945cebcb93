//! What a run of grades holds, as tables.

use std::path::Path;

use evenhand::cases::{CaseFilter, GradeCases};
use evenhand::export::{ExportCounts, ExportedGrades, GradeProvenance, export_grades};
use evenhand::store::GradeRun;
use evenhand::{Error, ExitCode, Result};

use super::{Document, check_outputs, document, table_path, write_provenance};
use crate::cli::arguments::Export;
use crate::cli::output_file::write_output;
use crate::cli::{print_error_line, print_note, print_warning};

/// The tables in the order in which they are written; the last only with labels.
const TABLES: [ExportedGrades; 3] =
    [ExportedGrades::Items, ExportedGrades::Grades, ExportedGrades::Labels];

/// Writes the tables, then what belongs beside them.
pub(super) fn export(arguments: &Export, run: GradeRun) -> Result<ExitCode> {
    let Document::Tables(format) = document(arguments.to) else {
        return Err(Error::input(format!(
            "{}: this run has grades of single responses, and --to {} writes comparisons",
            run.file().path().display(),
            arguments.to.as_str()
        ))
        .hint(
            "write its tables with --to csv or --to parquet, or one line a response with `evenhand verdicts --all`",
        ));
    };
    check_outputs(arguments, &TABLES.map(ExportedGrades::as_str))?;
    let mut filter = CaseFilter::default();
    filter.judge.clone_from(&arguments.judge);
    let labels = arguments.labels.file();
    let cases = GradeCases::select(run, filter, labels.as_ref())?;
    // Checked before anything was read.
    let folder = arguments.output.as_deref().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| Error::unwritable(folder, error))?;
    let (mut counts, mut left_out, mut decisions) = (ExportCounts::default(), 0, 0);
    for table in TABLES {
        if table == ExportedGrades::Labels && !cases.has_labels() {
            continue;
        }
        write_output(&table_path(folder, table.as_str(), format), |writer| {
            let of_table = export_grades(&cases, table, format, writer)?;
            left_out += of_table.items_not_in_table;
            decisions += of_table.decisions_not_in_table;
            if table == ExportedGrades::Grades {
                counts = of_table;
            }
            Ok(())
        })?;
    }
    counts.items_not_in_table = left_out;
    counts.decisions_not_in_table = decisions;
    for remark in counts.remarks() {
        print_warning(&remark);
    }
    let provenance = GradeProvenance::of(&cases, arguments.to.as_str(), counts, labels.as_ref())?;
    write_provenance(arguments, &provenance, counts)?;
    match provenance.agreement.as_ref().map(|found| &found.kept) {
        Some(kept) => {
            if let Some(value) = kept.agreement.value {
                print_note(format_args!(
                    "the judge's kept grades agree with people in {:.1} % of {} labelled responses",
                    100.0 * value,
                    kept.n
                ));
            }
        }
        None => print_warning(
            "how far these grades agree with people is not known: give labels with --labels FILE",
        ),
    }
    if counts.written == 0 {
        print_error_line(format_args!("nothing to export: no response of the run is selected"));
        return Ok(ExitCode::GateInconclusive);
    }
    Ok(ExitCode::Done)
}
