//! The commands that fill the gaps that a report's checklist shows, with the names of the run's own files and the
//! flags that the report was made with.
//!
//! Each of them can be run as it is printed, except that a run knows neither its file of items nor the path of its
//! rubric: `ITEMS` and `RUBRIC` stand for those that the report does not know. None of them writes to a file that is
//! there. A gap has no command if its input cannot be read again, such as labels from a pipe.

use std::path::{Path, PathBuf};

use evenhand::overview::{GapRemedy, Overview};
use evenhand::store::{JudgeCascade, RunFile};

use super::arguments::{LabelArguments, LabelColumnArguments, Report};
use super::project::Project;
use super::shell::{flag, quoted_path};

/// What the commands are about.
pub(super) struct GapCommands<'a> {
    pub(super) run: &'a RunFile,
    /// The flags that the report was made with. With `--redact`, files are named without their folders.
    pub(super) arguments: &'a Report,
}

impl GapCommands<'_> {
    /// Writes into each entry of the checklist the command that fills its gap.
    pub(super) fn add_to(&self, overview: &mut Overview) {
        for entry in &mut overview.checklist {
            let command = entry.remedy.as_ref().and_then(|remedy| self.command(remedy));
            // What is shown is escaped, which a shell would not undo.
            entry.command = command.filter(|command| !command.contains(char::is_control));
        }
    }

    fn command(&self, remedy: &GapRemedy) -> Option<String> {
        let run = self.file(self.run.path());
        Some(match remedy {
            GapRemedy::Resume => self.judge_again(&run, ""),
            GapRemedy::RetryFailed => self.judge_again(&run, " --retry-failed"),
            GapRemedy::Repeat { repeat } => {
                let more = format!(" --repeat {repeat} --reuse {run}");
                self.judge_again(&self.file(&self.new_run()), &more)
            }
            GapRemedy::Sample { comparisons } => {
                let (selection, form) = (self.selection()?, new_file(Path::new("form.jsonl")));
                let form = quoted_path(&form);
                format!("evenhand sample {run}{selection} --n {comparisons} > {form}")
            }
            GapRemedy::TestPart => {
                let (read, labels) = (self.read()?, self.labels()?);
                format!("evenhand report {run}{read}{labels} --part test")
            }
            GapRemedy::ShowLabelled => {
                format!("evenhand show {run}{}{}", self.read()?, self.labels()?)
            }
            GapRemedy::ShowUnreadable => {
                format!("evenhand show {run}{} --outcome unparsed", self.read()?)
            }
            _ => return None,
        })
    }

    /// Returns the command that made the run, for this run file and with further flags.
    fn judge_again(&self, run: &str, more: &str) -> String {
        let (rubric, flags) = (self.rubric_to_judge(), asked_with(self.run));
        let config = self.config().unwrap_or_default();
        format!("evenhand judge ITEMS{rubric}{flags}{config} --run {run}{more}")
    }

    /// Returns the flag of the rubric that the run was judged by: its name, if that is found.
    fn rubric_to_judge(&self) -> String {
        let name = &self.run.rubric().name;
        let project = Project::find(self.arguments.config.as_deref());
        let is_found = project.is_ok_and(|project| project.rubric(name).is_ok());
        if is_found { flag("--rubric", name) } else { " --rubric RUBRIC".to_owned() }
    }

    /// Returns the flags by which a command reads the same comparisons as the report, by the same rubric.
    fn read(&self) -> Option<String> {
        let rubric = self.arguments.rubric.as_deref().map(|rubric| match Path::new(rubric) {
            // A name without a folder would be that of another rubric.
            path if self.arguments.redact && path.components().count() > 1 => {
                format!(" --rubric ./{}", self.file(path))
            }
            _ => flag("--rubric", rubric),
        });
        let rest = rubric.into_iter().chain(self.config()).collect::<String>();
        Some(format!("{}{rest}", self.selection()?))
    }

    /// Returns the flags that select comparisons and the judge; `None` if they cannot be repeated.
    fn selection(&self) -> Option<String> {
        let items = match &self.arguments.selection.items {
            Some(items) => format!(" --items {}", self.file(again(items)?)),
            None => String::new(),
        };
        let tags = self.arguments.selection.tag.iter();
        let tags: String =
            tags.map(|(tag, value)| flag("--tag", &format!("{tag}={value}"))).collect();
        let judge = self.arguments.judge.iter().map(|judge| flag("--judge", judge));
        Some(format!("{items}{tags}{}", judge.collect::<String>()))
    }

    /// Returns the flags that read the labels; `None` if there are none or they cannot be read again.
    fn labels(&self) -> Option<String> {
        let LabelArguments { path, columns } = &self.arguments.labels;
        let LabelColumnArguments { label_column, id_column, response } = columns;
        let labels = format!(" --labels {}", self.file(again(path.as_deref()?)?));
        let columns = label_column.iter().map(|column| flag("--label-column", column));
        let id = id_column.iter().map(|column| flag("--id-column", column));
        let responses = response.iter();
        let responses =
            responses.map(|(system, column)| flag("--response", &format!("{system}={column}")));
        Some(std::iter::once(labels).chain(columns).chain(id).chain(responses).collect())
    }

    fn config(&self) -> Option<String> {
        self.arguments.config.as_deref().map(|path| format!(" --config {}", self.file(path)))
    }

    /// Returns a run file beside the run that is not there yet.
    fn new_run(&self) -> PathBuf {
        let path = self.run.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        new_file(&path.with_file_name(format!("{stem}-repeats.db")))
    }

    fn file(&self, path: &Path) -> String {
        let name = Some(path).filter(|_| self.arguments.redact).and_then(Path::file_name);
        quoted_path(Path::new(name.unwrap_or(path.as_os_str())))
    }
}

/// Returns a file if it can be read again: standard input and pipes cannot.
fn again(path: &Path) -> Option<&Path> {
    (path.as_os_str() != "-" && path.is_file()).then_some(path)
}

/// Returns the path, or one with a number if there is a file: a command must not replace what someone has written.
fn new_file(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let numbered =
        (2..).map(|number: u32| path.with_file_name(format!("{stem}-{number}.{ending}")));
    let is_new = |path: &PathBuf| path.symlink_metadata().is_err();
    std::iter::once(path.to_owned()).chain(numbered).find(is_new).unwrap_or_else(|| path.to_owned())
}

/// Returns the command that asks each order of a run three times, which shows how often the judge contradicts itself;
/// `None` for rules, which do not, and for recordings, which cannot be asked again.
pub(super) fn repeat_command(run: &RunFile, only_names: bool) -> Option<String> {
    let mut judges = run.asked_judges().iter().map(|judge| &judge.record);
    let can_be_asked = judges.any(|judge| !judge.is_rule() && !judge.is_recording());
    can_be_asked.then(|| {
        let name = Some(run.path()).filter(|_| only_names).and_then(Path::file_name);
        let path = quoted_path(Path::new(name.unwrap_or(run.path().as_os_str())));
        format!(
            "evenhand judge ITEMS{}{} --run {path} --repeat 3",
            flag("--rubric", &run.rubric().name),
            asked_with(run)
        )
    })
}

/// Returns the flags of the judges and of the plan that a run was made with.
fn asked_with(run: &RunFile) -> String {
    let manifest = run.manifest();
    let judges: Vec<String> = match run.cascade() {
        Some(JudgeCascade { cheap, strong, rule }) => {
            vec![flag("--judge", cheap), flag("--then", strong), flag("--when", &rule.to_string())]
        }
        None => run.judges().iter().map(|judge| flag("--judge", &judge.record.name)).collect(),
    };
    let baseline = manifest.baseline.iter().map(|one| flag("--baseline", one));
    let seed = (manifest.seed != 0).then(|| format!(" --seed {}", manifest.seed));
    judges.into_iter().chain(baseline).chain(seed).collect()
}
