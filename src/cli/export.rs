//! `evenhand export`: what a run holds, in the layouts of other programs.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use evenhand::cases::{CaseFilter, Cases};
use evenhand::export::{
    ExportCounts, PreferenceForm, Provenance, export_alpaca_eval, export_items, export_judgebench,
    export_labels, export_preferences, export_verdicts,
};
use evenhand::report::counted;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Export, ExportLayout, is_stdin};
use super::heartbeat::Heartbeat;
use super::output_file::{unwritten, write_output};
use super::selection::open_selected_run;
use super::{print_error_line, print_note, print_warning};

/// Writes the document, then what belongs beside it.
pub(crate) fn run(arguments: &Export) -> Result<ExitCode> {
    // The labels are read twice: for each case, and to measure the judge.
    if arguments.labels.path.as_deref().is_some_and(is_stdin) {
        return Err(Error::usage("export reads the labels twice, and stdin can be read once")
            .hint("write them to a file first"));
    }
    check_outputs(arguments)?;
    let _busy = Heartbeat::start("exporting");
    let (rubric, config) = (arguments.rubric.as_deref(), arguments.config.as_deref());
    let run = open_selected_run(&arguments.run, rubric, config, &arguments.selection)?;
    let mut filter = CaseFilter::default();
    filter.judge.clone_from(&arguments.judge);
    let labels = arguments.labels.file();
    let cases = Cases::select(run, filter, labels.as_ref())?;
    let counts = match arguments.to {
        ExportLayout::Csv => Some(write_tables(arguments, &cases)?),
        layout => write_one(arguments, &cases, layout)?,
    };
    let Some(counts) = counts else { return Ok(ExitCode::Done) };
    for remark in counts.remarks() {
        print_warning(&remark);
    }
    let provenance = Provenance::of(&cases, arguments.to.as_str(), counts, labels.as_ref())?;
    match &arguments.output {
        Some(output) => {
            let beside = match arguments.to {
                ExportLayout::Csv => output.join("meta.json"),
                _ => beside(output),
            };
            write_output(&beside, |writer| {
                let text = serde_json::to_string_pretty(&provenance)
                    .map_err(|error| Error::internal(format!("cannot write JSON: {error}")))?;
                writeln!(writer, "{text}").map_err(unwritten)
            })?;
            print_note(format_args!(
                "{} written to {}, and where they come from to {}",
                counted(counts.written, "record"),
                output.display(),
                beside.display()
            ));
        }
        None => print_note(format_args!("{}", counted(counts.written, "record"))),
    }
    print_agreement(arguments.to, &provenance);
    if counts.written == 0 {
        print_error_line(format_args!(
            "nothing to export: no comparison has what this layout needs"
        ));
        return Ok(ExitCode::GateInconclusive);
    }
    Ok(ExitCode::Done)
}

/// Checks that nothing that is read is written over, by any name.
///
/// # Errors
///
/// An output is the run or the labels.
fn check_outputs(arguments: &Export) -> Result<()> {
    let Some(output) = &arguments.output else { return Ok(()) };
    let written = match arguments.to {
        ExportLayout::Csv => ["items.csv", "verdicts.csv", "labels.csv", "meta.json"]
            .map(|name| output.join(name))
            .to_vec(),
        _ => vec![output.clone(), beside(output)],
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
    layout: ExportLayout,
) -> Result<Option<ExportCounts>> {
    let document = |writer: &mut dyn Write| match layout {
        ExportLayout::PreferencesChat => {
            export_preferences(cases, PreferenceForm::Messages, writer)
        }
        ExportLayout::AlpacaEval => export_alpaca_eval(cases, writer),
        ExportLayout::JudgeBench => export_judgebench(cases, writer),
        ExportLayout::Preferences | ExportLayout::Csv => {
            export_preferences(cases, PreferenceForm::Texts, writer)
        }
    };
    if let Some(path) = &arguments.output {
        let mut counts = None;
        write_output(path, |writer| {
            counts = Some(document(writer)?);
            Ok(())
        })?;
        return Ok(counts);
    }
    let stdout = Stdout { inner: std::io::stdout().lock(), is_closed: false };
    let mut stdout = BufWriter::new(stdout);
    let written =
        document(&mut stdout).and_then(|counts| stdout.flush().map(|()| counts).map_err(unwritten));
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

/// Writes one table.
type WriteTable = fn(&Cases, &mut dyn Write) -> Result<ExportCounts>;

/// Writes the tables to a folder.
fn write_tables(arguments: &Export, cases: &Cases) -> Result<ExportCounts> {
    let Some(folder) = &arguments.output else {
        return Err(Error::usage("--to csv writes several tables")
            .hint("name a folder for them: --output DIR"));
    };
    std::fs::create_dir_all(folder).map_err(|error| Error::unwritable(folder, error))?;
    let mut tables: Vec<(&str, WriteTable)> =
        vec![("items.csv", export_items), ("verdicts.csv", export_verdicts)];
    if cases.has_labels() {
        tables.push(("labels.csv", export_labels));
    }
    let (mut verdicts, mut left_out) = (ExportCounts::default(), 0);
    for (name, table) in tables {
        write_output(&folder.join(name), |writer| {
            let counts = table(cases, writer)?;
            left_out += counts.items_not_in_table;
            if name == "verdicts.csv" {
                verdicts = counts;
            }
            Ok(())
        })?;
    }
    verdicts.items_not_in_table = left_out;
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
