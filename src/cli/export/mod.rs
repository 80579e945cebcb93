//! `evenhand export`: what a run holds, in the layouts of other programs.

mod graded;

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use evenhand::cases::{CaseFilter, Cases};
use evenhand::export::{
    ExportCounts, ExportedTable, PreferenceForm, Provenance, TableFormat, export_alpaca_eval,
    export_judgebench, export_preferences, export_table,
};
use evenhand::report::counted;
use evenhand::store::GradeRun;
use evenhand::{Error, ExitCode, Result};
use serde::Serialize;

use super::arguments::{Export, ExportLayout, is_stdin};
use super::heartbeat::Heartbeat;
use super::output_file::write_output;
use super::selection::{of_judge, open_selected_any_run};
use super::{print_error_line, print_note, print_warning};

/// Writes the document, then what belongs beside it.
pub(crate) fn run(arguments: &Export) -> Result<ExitCode> {
    // The labels are read twice: for each case, and to measure the judge.
    if arguments.labels.path.as_deref().is_some_and(is_stdin) {
        return Err(Error::usage("export reads the labels twice, and stdin can be read once")
            .hint("write them to a file first"));
    }
    check_folder(arguments)?;
    let _busy = Heartbeat::start("exporting");
    let (rubric, config) = (arguments.rubric.as_deref(), arguments.config.as_deref());
    let run = open_selected_any_run(&arguments.run, rubric, config, &arguments.selection)?;
    let run = of_judge(run, arguments.judge.as_deref())?;
    if run.rubric().scale.is_some() {
        return graded::export(arguments, GradeRun::of(run)?);
    }
    check_outputs(arguments, &TABLES.map(ExportedTable::as_str))?;
    let mut filter = CaseFilter::default();
    filter.judge.clone_from(&arguments.judge);
    let labels = arguments.labels.file();
    let cases = Cases::select(run, filter, labels.as_ref())?;
    let counts = match document(arguments.to) {
        Document::Tables(format) => Some(write_tables(arguments, &cases, format)?),
        Document::One(write) => write_one(arguments, &cases, write)?,
    };
    let Some(counts) = counts else { return Ok(ExitCode::Done) };
    for remark in counts.remarks() {
        print_warning(&remark);
    }
    let provenance = Provenance::of(&cases, arguments.to.as_str(), counts, labels.as_ref())?;
    write_provenance(arguments, &provenance, counts)?;
    print_agreement(arguments.to, &provenance);
    if counts.written == 0 {
        print_error_line(format_args!(
            "nothing to export: no comparison has what this layout needs"
        ));
        return Ok(ExitCode::GateInconclusive);
    }
    Ok(ExitCode::Done)
}

/// Writes beside the document where it comes from, and says how much was written.
fn write_provenance(
    arguments: &Export,
    provenance: &impl Serialize,
    counts: ExportCounts,
) -> Result<()> {
    let records = counted(counts.written, "record");
    let Some(output) = &arguments.output else {
        print_note(format_args!("{records}"));
        return Ok(());
    };
    let beside = match document(arguments.to) {
        Document::Tables(_) => output.join("meta.json"),
        Document::One(_) => beside(output),
    };
    write_output(&beside, |writer| {
        let text = serde_json::to_string_pretty(provenance)
            .map_err(|error| Error::internal(format!("cannot write JSON: {error}")))?;
        writeln!(writer, "{text}").map_err(Error::unwritten)
    })?;
    print_note(format_args!(
        "{records} written to {}, and where they come from to {}",
        output.display(),
        beside.display()
    ));
    Ok(())
}

/// What a layout writes.
enum Document {
    /// Several tables, in a folder.
    Tables(TableFormat),
    /// One document, by this function.
    One(WriteOne),
}

/// Writes a document of one file.
type WriteOne = fn(&Cases, &mut dyn Write) -> Result<ExportCounts>;

fn document(layout: ExportLayout) -> Document {
    match layout {
        ExportLayout::Preferences => {
            Document::One(|cases, output| export_preferences(cases, PreferenceForm::Texts, output))
        }
        ExportLayout::PreferencesChat => Document::One(|cases, output| {
            export_preferences(cases, PreferenceForm::Messages, output)
        }),
        ExportLayout::AlpacaEval => Document::One(export_alpaca_eval),
        ExportLayout::JudgeBench => Document::One(export_judgebench),
        ExportLayout::Csv => Document::Tables(TableFormat::Csv),
        ExportLayout::Parquet => Document::Tables(TableFormat::Parquet),
    }
}

/// The tables in the order in which they are written; the last only with labels.
const TABLES: [ExportedTable; 3] =
    [ExportedTable::Items, ExportedTable::Verdicts, ExportedTable::Labels];

/// Returns the path of a table in its folder.
fn table_path(folder: &Path, table: &str, format: TableFormat) -> PathBuf {
    folder.join(format!("{table}.{}", format.ending()))
}

/// Checks, before anything is read, that the output can be of this layout.
///
/// # Errors
///
/// The layout needs a folder and none is named, or this build does not write it.
fn check_folder(arguments: &Export) -> Result<()> {
    let Document::Tables(format) = document(arguments.to) else { return Ok(()) };
    format.check_available()?;
    match &arguments.output {
        None => Err(Error::usage(format!("--to {} writes several tables", arguments.to.as_str()))
            .hint("name a folder for them: --output DIR")),
        Some(output) if output.exists() && !output.is_dir() => Err(Error::usage(format!(
            "--output {} is a file, and tables are written to a folder",
            output.display()
        ))
        .hint("name another folder; it is created if it is not there")),
        Some(_) => Ok(()),
    }
}

/// Checks, before anything is written, that nothing that is read is written over, by any name; `tables` are the names of
/// the tables that a folder gets.
///
/// # Errors
///
/// An output is the run or the labels.
fn check_outputs(arguments: &Export, tables: &[&str]) -> Result<()> {
    let Some(output) = &arguments.output else { return Ok(()) };
    let written: Vec<PathBuf> = match document(arguments.to) {
        Document::Tables(format) => {
            let tables = tables.iter().map(|table| table_path(output, table, format));
            tables.chain([output.join("meta.json")]).collect()
        }
        Document::One(_) => vec![output.clone(), beside(output)],
    };
    for read in std::iter::once(&arguments.run).chain(&arguments.labels.path) {
        let Ok(real) = read.canonicalize() else { continue };
        if let Some(same) =
            written.iter().find(|path| path.canonicalize().is_ok_and(|it| it == real))
        {
            return Err(Error::usage(format!(
                "--output: {} would be written over {}, which is read",
                same.display(),
                read.display()
            ))
            .hint("name another file or folder"));
        }
    }
    Ok(())
}

/// Writes a document of one file; `None` where the reader of stdout has gone.
fn write_one(
    arguments: &Export,
    cases: &Cases,
    document: WriteOne,
) -> Result<Option<ExportCounts>> {
    if let Some(path) = &arguments.output {
        let mut counts = None;
        write_output(path, |writer| {
            counts = Some(document(cases, writer)?);
            Ok(())
        })?;
        return Ok(counts);
    }
    let stdout = Stdout { inner: std::io::stdout().lock(), is_closed: false };
    let mut stdout = BufWriter::new(stdout);
    let written = document(cases, &mut stdout)
        .and_then(|counts| stdout.flush().map(|()| counts).map_err(Error::unwritten));
    match written {
        Err(_) if stdout.get_ref().is_closed => Ok(None),
        written => written.map(Some),
    }
}

/// Stdout, which remembers that its reader has gone: that is no error.
struct Stdout<W> {
    inner: W,
    is_closed: bool,
}

impl<W: Write> Write for Stdout<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes);
        self.is_closed |=
            matches!(&written, Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe);
        written
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// Writes the tables to a folder.
fn write_tables(arguments: &Export, cases: &Cases, format: TableFormat) -> Result<ExportCounts> {
    // Checked before anything was read.
    let folder = arguments.output.as_deref().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| Error::unwritable(folder, error))?;
    let (mut verdicts, mut left_out, mut decisions) = (ExportCounts::default(), 0, 0);
    for table in TABLES {
        if table == ExportedTable::Labels && !cases.has_labels() {
            continue;
        }
        write_output(&table_path(folder, table.as_str(), format), |writer| {
            let counts = export_table(cases, table, format, writer)?;
            left_out += counts.items_not_in_table;
            decisions += counts.decisions_not_in_table;
            if table == ExportedTable::Verdicts {
                verdicts = counts;
            }
            Ok(())
        })?;
    }
    verdicts.items_not_in_table = left_out;
    verdicts.decisions_not_in_table = decisions;
    Ok(verdicts)
}

/// Returns the path of what belongs beside a file.
fn beside(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".meta.json");
    PathBuf::from(name)
}

/// Says how far the judge agrees with people that made the pairs.
fn print_agreement(layout: ExportLayout, provenance: &Provenance) {
    if !matches!(layout, ExportLayout::Preferences | ExportLayout::PreferencesChat) {
        return;
    }
    let Some(agreement) = &provenance.agreement else {
        print_warning(
            "how far these pairs agree with people is not known: give labels with --labels FILE",
        );
        return;
    };
    if let Some(value) = agreement.kept.agreement.value {
        print_note(format_args!(
            "the judge's kept verdicts agree with people in {:.1} % of {} labelled comparisons",
            100.0 * value,
            agreement.kept.n
        ));
    }
}
