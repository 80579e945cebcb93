//! `--export`: a file for each annotator to send, in place of a server.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use evenhand::export::{LabelLayout, export_label_tasks};
use evenhand::labelling::{Session, seal_key};
use evenhand::report::{ExportedForm, counted, exported_label_page, task_json};
use evenhand::trial::Unit;
use evenhand::{Error, ExitCode, Result};

use crate::cli::arguments::{Label, TaskLayout};
use crate::cli::output_file::write_output;
use crate::cli::print_note;
use crate::cli::project::is_same_file;
use crate::cli::shell::{quoted, quoted_path};
use crate::cli::unit::unit_name;

/// Writes the form of each annotator to a file of its own.
///
/// # Errors
///
/// A text cannot be read, or a file cannot be written.
pub(super) fn run(arguments: &Label, export: &Path, session: &Session) -> Result<ExitCode> {
    let names = session.annotators();
    let unit = match session.question().scale {
        None => Unit::Comparison,
        Some(_) => Unit::Response,
    };
    let files = files(export, names);
    let layout = arguments.layout.unwrap_or(TaskLayout::Page);
    let inputs = [&arguments.labels, &arguments.source];
    if let Some(file) =
        files.iter().find(|file| inputs.iter().any(|input| is_same_file(file, input)))
    {
        return Err(Error::usage(format!("--export would replace {}", file.display()))
            .hint("name another file"));
    }
    for (annotator, file) in files.iter().enumerate() {
        let tasks = match other_program(layout) {
            None => {
                let page = page(session, annotator)?;
                write_output(file, |output| {
                    output.write_all(page.as_bytes()).map_err(Error::unwritten)
                })?;
                session.progress(annotator).total
            }
            Some(layout) => {
                let mut written = 0;
                write_output(file, |output| {
                    written = export_label_tasks(session, annotator, layout, output)?;
                    Ok(())
                })?;
                written
            }
        };
        print_note(format_args!(
            "{}: {} for {}",
            file.display(),
            counted(tasks as u64, unit_name(unit)),
            names[annotator]
        ));
    }
    let what = match layout {
        TaskLayout::Page => {
            "send each annotator their file, which any browser opens; then add what they send back"
        }
        TaskLayout::LabelStudio | TaskLayout::Argilla => {
            "import the files; then add what is exported"
        }
        TaskLayout::Csv => "have the tables filled in; then add them",
    };
    print_note(format_args!(
        "\nnext: {what}:\n      evenhand labels merge {} FILE… --labels {}{}",
        quoted_path(&arguments.source),
        quoted_path(&arguments.labels),
        material_flags(arguments)
    ));
    Ok(ExitCode::Done)
}

/// Returns the flags that say what of the source is labelled, as they were typed.
fn material_flags(arguments: &Label) -> String {
    let flags = [("--rubric", &arguments.rubric), ("--baseline", &arguments.baseline)];
    let given = flags.iter().filter_map(|(flag, value)| Some((flag, value.as_ref()?)));
    let words: Vec<String> =
        given.map(|(flag, value)| format!(" {flag} {}", quoted(value))).collect();
    words.concat()
}

/// Returns the layout of the library; `None` for a page.
fn other_program(layout: TaskLayout) -> Option<LabelLayout> {
    match layout {
        TaskLayout::Page => None,
        TaskLayout::LabelStudio => Some(LabelLayout::LabelStudio),
        TaskLayout::Argilla => Some(LabelLayout::Argilla),
        TaskLayout::Csv => Some(LabelLayout::Csv),
    }
}

fn page(session: &Session, annotator: usize) -> Result<String> {
    let total = session.progress(annotator).total;
    let tasks = (0..total).map(|place| task_json(&session.shown(annotator, place)?));
    let name = &session.annotators()[annotator];
    let form = session.form_digest(annotator)?;
    exported_label_page(&ExportedForm {
        annotator: name.to_string(),
        question: session.question().clone(),
        tasks: tasks.collect::<Result<_>>()?,
        seal_key: seal_key(&form, name),
        form,
    })
}

/// Returns the file of each annotator: the one that is named, or with several annotators one beside it for each.
fn files(export: &Path, annotators: &[impl AsRef<str>]) -> Vec<PathBuf> {
    if annotators.len() == 1 {
        return vec![export.to_owned()];
    }
    let stem = export.file_stem().unwrap_or_default().to_string_lossy();
    let ending = export.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    let ending = ending.unwrap_or_default();
    let mut taken = HashSet::new();
    let names = annotators.iter().map(|annotator| {
        let name = safe(annotator.as_ref());
        // Some file systems do not tell apart names that differ in case.
        let is_free = |name: &String| !taken.contains(&name.to_lowercase());
        let more = (2..).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.clone()).chain(more).find(is_free).unwrap_or(name);
        taken.insert(free.to_lowercase());
        free
    });
    names.map(|name| export.with_file_name(format!("{stem}-{name}{ending}"))).collect()
}

/// Returns a name as part of a file name: letters and digits stay, anything else becomes a dash.
fn safe(name: &str) -> String {
    let chars = name.chars().take(50);
    chars.map(|char| if char.is_alphanumeric() || char == '_' { char } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(export: &str, annotators: &[&str]) -> Vec<String> {
        let files = files(Path::new(export), annotators);
        files.iter().map(|file| file.display().to_string()).collect()
    }

    #[test]
    fn one_annotator_gets_the_file_that_is_named() {
        assert_eq!(names("out/page.html", &["../ana"]), ["out/page.html"]);
    }

    #[test]
    fn several_annotators_get_files_of_their_own_in_the_same_folder() {
        assert_eq!(
            names("out/page.html", &["ana", "Zoë"]),
            ["out/page-ana.html", "out/page-Zoë.html"]
        );
        assert_eq!(names("page", &["../_a/b", "c d"]), ["page----_a-b", "page-c-d"]);
    }

    #[test]
    fn names_that_are_alike_get_different_files() {
        let files = names("p.html", &["a b", "a-b", "A-B", "a-b-2"]);
        assert_eq!(files, ["p-a-b.html", "p-a-b-2.html", "p-A-B-3.html", "p-a-b-2-2.html"]);
    }
}
