//! The commands that fill the gaps that a report's checklist or a difference shows, with the names of the run's own
//! files.

use std::path::Path;

use evenhand::overview::{GapRemedy, Overview};
use evenhand::store::RunFile;

/// What the commands are about.
pub(super) struct GapCommands<'a> {
    pub(super) run: &'a RunFile,
    /// The label file that the report was made with.
    pub(super) labels: Option<&'a Path>,
    /// The judge that the report is about, where that is one of several.
    pub(super) judge: Option<&'a str>,
    /// Whether files are named without their folders.
    pub(super) only_names: bool,
}

impl GapCommands<'_> {
    /// Writes into each entry of the checklist the command that fills its gap.
    pub(super) fn add_to(&self, overview: &mut Overview) {
        for entry in &mut overview.checklist {
            entry.command = entry.remedy.as_ref().and_then(|remedy| self.command(remedy));
        }
    }

    fn command(&self, remedy: &GapRemedy) -> Option<String> {
        let run = self.file(self.run.path());
        let judge = self.judge.map_or(String::new(), |judge| format!(" --judge {}", quoted(judge)));
        let labels = self.labels.map(|labels| self.file(labels));
        Some(match remedy {
            GapRemedy::Resume => judge_again(self.run, "", self.only_names),
            GapRemedy::RetryFailed => judge_again(self.run, " --retry-failed", self.only_names),
            GapRemedy::Repeat { repeat } => {
                judge_again(self.run, &format!(" --repeat {repeat}"), self.only_names)
            }
            GapRemedy::Sample { comparisons } => {
                format!("evenhand sample {run}{judge} --n {comparisons} > form.jsonl")
            }
            GapRemedy::TestPart => {
                format!("evenhand report {run}{judge} --labels {} --part test", labels?)
            }
            GapRemedy::ShowLabelled => {
                format!("evenhand show {run}{judge} --labels {}", labels?)
            }
            GapRemedy::ShowUnreadable => format!("evenhand show {run}{judge} --outcome unparsed"),
            _ => return None,
        })
    }

    fn file(&self, path: &Path) -> String {
        file(path, self.only_names)
    }
}

/// Returns the command that asks each order of a run three times, which shows how often the judge contradicts itself;
/// `None` for rules, which do not, and for recordings, which cannot be asked again.
pub(super) fn repeat_command(run: &RunFile, only_names: bool) -> Option<String> {
    let mut judges = run.judges().iter().map(|judge| &judge.record);
    let can_be_asked = judges.any(|judge| !judge.is_rule() && !judge.is_recording());
    can_be_asked.then(|| judge_again(run, " --repeat 3", only_names))
}

/// Returns the command that made a run, with another flag. A run does not know its file of items.
fn judge_again(run: &RunFile, flag: &str, only_names: bool) -> String {
    let manifest = run.manifest();
    let judges = run.judges().iter();
    let judges = judges.map(|judge| format!("--judge {}", quoted(&judge.record.name)));
    let baseline = manifest.baseline.iter().map(|one| format!("--baseline {}", quoted(one)));
    let seed = (manifest.seed != 0).then(|| format!("--seed {}", manifest.seed));
    let flags = judges.chain(baseline).chain(seed).collect::<Vec<_>>().join(" ");
    let rubric = quoted(&run.rubric().name);
    let run = file(run.path(), only_names);
    format!("evenhand judge ITEMS --rubric {rubric} {flags} --run {run}{flag}")
}

/// Returns a path as a word of a shell, without its folder if only names are wanted.
fn file(path: &Path, only_names: bool) -> String {
    let name = Some(path).filter(|_| only_names).and_then(Path::file_name);
    quoted(&Path::new(name.unwrap_or(path.as_os_str())).display().to_string())
}

/// Returns a word as a shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_alphanumeric() || "-_./:@%+,=".contains(char);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_split_or_expand_it() {
        assert_eq!(quoted("runs/a-1.db"), "runs/a-1.db");
        for (word, as_typed) in
            [("", "''"), ("a b", "'a b'"), ("$(rm x)", "'$(rm x)'"), ("it's", r"'it'\''s'")]
        {
            assert_eq!(quoted(word), as_typed);
        }
    }
}
