//! What can be done about an error, in terms of the flags of the command that was typed.
//!
//! A hint names a flag only if the command has it; where another command is needed, the hint names it whole. A remedy
//! that a command has no flag for is given in the library's words.

use clap::CommandFactory as _;
use evenhand::Remedy;
use evenhand::store::GradeRun;

use super::arguments::Arguments;
use super::environment::CACHE_VARIABLE;
use super::project::run_of_project;

/// The command that draws comparisons to label.
pub(super) const DRAW_LABELS: &str = "`evenhand sample`";

/// Returns a remedy as a hint to someone who has typed a command.
pub(super) fn hint(remedy: &Remedy, command: &str) -> String {
    let worded = worded(remedy).filter(|hint| flags(hint).all(|flag| has_flag(command, flag)));
    worded.or_else(|| elsewhere(remedy, command)).unwrap_or_else(|| remedy.to_string())
}

/// Returns a remedy in terms of the flags of the command that most often needs it.
fn worded(remedy: &Remedy) -> Option<String> {
    Some(match remedy {
        Remedy::AnotherRunFile => "use another --run".to_owned(),
        Remedy::WaitOrAnotherRunFile => {
            "wait until it has finished, or use another --run".to_owned()
        }
        Remedy::AnotherRunFileReusing(path) => format!(
            "use another --run; --reuse {} copies the replies to unchanged requests",
            path.display()
        ),
        Remedy::AnotherRunFileOrItemId(path) => format!(
            "use another --run (--reuse {} copies the replies to unchanged requests), or give the changed item \
             a new id",
            path.display()
        ),
        Remedy::RepeatInsteadOfDuplicate => {
            "remove one of them; --repeat K asks a judge several times".to_owned()
        }
        Remedy::NamePromptColumn => {
            "name the column of the prompts: --prompt-column COLUMN".to_owned()
        }
        Remedy::NameResponseColumns => {
            "name the columns that are responses: --response COLUMN, or --response SYSTEM=COLUMN".to_owned()
        }
        Remedy::NameLabelColumn => {
            "name the column of each annotator's winners: --label-column COLUMN".to_owned()
        }
        Remedy::NameSteps => {
            "name all steps of the scale, worst first, such as --scale poor,fair,good".to_owned()
        }
        Remedy::DecideEmptyCells => {
            "fill in the cell or remove the row; or choose --empty-cells empty (the response is empty) or \
             --empty-cells missing (the system gave none)"
                .to_owned()
        }
        Remedy::CreateRunFile(path) => match run_of_project(path) {
            Some(run) => format!("did you mean {}?", run.display()),
            None => "check the path; `evenhand judge` creates run files".to_owned(),
        },
        Remedy::RunFileInFolder(folder) => {
            format!("`evenhand runs {}` lists the runs in it", folder.display())
        }
        Remedy::StartRun => "run the `evenhand judge` command again to start it".to_owned(),
        Remedy::ResumeOnceWritable => {
            "make the run file writable again, then run the same command to resume".to_owned()
        }
        Remedy::LabelSample => {
            "`id` must be the id of an item in the run; `evenhand sample` writes a blank label file"
                .to_owned()
        }
        Remedy::DrawLabels => DRAW_LABELS.to_owned(),
        Remedy::NamePeople => {
            "say who each person is: `evenhand labels merge … --person WHO=NAME`".to_owned()
        }
        Remedy::AddResponses => {
            r#"write "responses":{"SYSTEM":"…","OTHER":"…"} (in a table, a column for each system), or use --responses SYSTEM=FILE"#
                .to_owned()
        }
        Remedy::MetricForObjects => {
            "use --metric json-fields to compare responses with JSON objects".to_owned()
        }
        Remedy::ReferencesOrOtherMetrics => {
            "add \"reference\": \"…\" to the items, or use metrics that need none: \
             --metric json-valid, --metric compression, --command"
                .to_owned()
        }
        Remedy::SupplySchema => "name the schema file with --json-schema FILE".to_owned(),
        Remedy::SupplyProgram(name) => format!("define it with --command {name}='python check.py'"),
        Remedy::SupplyEncoder => "name one with --encoder DIR".to_owned(),
        Remedy::SupplyScale => {
            "name a rubric whose scale has these steps, the worst first: --rubric RUBRIC".to_owned()
        }
        Remedy::SupplyLabels => "give the labels of people: --labels FILE".to_owned(),
        Remedy::NameBaseline => {
            "name it with --baseline SYSTEM; that version compared with gpt-4-0314 unless it was changed"
                .to_owned()
        }
        Remedy::RaiseTimeLimit => {
            "raise --time-limit if one answer takes longer; the program must read lines of JSON from \
             stdin until it is closed, and write one line to stdout for each"
                .to_owned()
        }
        Remedy::AnotherCacheFolder => format!(
            "make space or give write access, or name another folder in the environment variable {CACHE_VARIABLE}"
        ),
        Remedy::ModelFilesFromElsewhere { model, page } => format!(
            "download the files of {page} on a machine that can, then `evenhand models pull {model} --from FOLDER` \
             verifies and copies them"
        ),
        Remedy::ResumeModel(model) => {
            format!("`evenhand models pull {model}` resumes where it ended")
        }
        _ => return None,
    })
}

/// Returns a remedy that is another command than the one that was typed.
fn elsewhere(remedy: &Remedy, command: &str) -> Option<String> {
    let reuse = |path: &std::path::Path| {
        let asks = if GradeRun::open(path).is_ok() { "grade" } else { "judge" };
        format!("`evenhand {asks} … --run OTHER --reuse {}`", path.display())
    };
    match remedy {
        Remedy::AnotherRunFileReusing(_) | Remedy::AnotherRunFileOrItemId(_)
            if command == "merge" =>
        {
            Some("merge only runs of one task: the same items, rubric, judges and seed".to_owned())
        }
        Remedy::AnotherRunFileReusing(path) if has_flag(command, "rubric") => Some(format!(
            "omit --rubric to read the replies by the rubric of the run, or judge with the new one: {} asks only what \
             has changed",
            reuse(path)
        )),
        Remedy::AnotherRunFileReusing(path) => {
            Some(format!("judge again: {} asks only what has changed", reuse(path)))
        }
        _ => None,
    }
}

/// Returns the names of the flags in a hint, except those of commands in backquotes.
fn flags(hint: &str) -> impl Iterator<Item = &str> {
    let outside = hint.split('`').step_by(2);
    outside.flat_map(str::split_whitespace).filter_map(|word| {
        let flag = word.trim_start_matches('(').strip_prefix("--")?;
        let end = flag.find(|char: char| !char.is_ascii_lowercase() && char != '-');
        Some(&flag[..end.unwrap_or(flag.len())])
    })
}

/// Returns whether a command has a flag.
fn has_flag(command: &str, flag: &str) -> bool {
    let program = Arguments::command();
    program.find_subcommand(command).is_some_and(|command| has(command, flag))
}

fn has(command: &clap::Command, flag: &str) -> bool {
    command.get_arguments().any(|of| of.get_long() == Some(flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_remedy() -> Vec<Remedy> {
        let path = || "runs/a.db".into();
        vec![
            Remedy::AnotherRunFile,
            Remedy::WaitOrAnotherRunFile,
            Remedy::AnotherRunFileReusing(path()),
            Remedy::AnotherRunFileOrItemId(path()),
            Remedy::FewerShards { shards: 3 },
            Remedy::NamePromptColumn,
            Remedy::NameResponseColumns,
            Remedy::NameLabelColumn,
            Remedy::NameSteps,
            Remedy::DecideEmptyCells,
            Remedy::RepeatInsteadOfDuplicate,
            Remedy::CreateRunFile(path()),
            Remedy::RunFileInFolder("runs".into()),
            Remedy::StartRun,
            Remedy::ResumeOnceWritable,
            Remedy::LabelSample,
            Remedy::DrawLabels,
            Remedy::NamePeople,
            Remedy::AddResponses,
            Remedy::MetricForObjects,
            Remedy::ReferencesOrOtherMetrics,
            Remedy::SupplySchema,
            Remedy::SupplyProgram("check".to_owned()),
            Remedy::SupplyEncoder,
            Remedy::SupplyScale,
            Remedy::SupplyLabels,
            Remedy::NameBaseline,
            Remedy::RaiseTimeLimit,
            Remedy::AnotherCacheFolder,
            Remedy::ModelFilesFromElsewhere { model: "m".to_owned(), page: "p".to_owned() },
            Remedy::ResumeModel("m".to_owned()),
        ]
    }

    #[test]
    fn a_hint_names_only_flags_that_the_typed_command_has() {
        let program = Arguments::command();
        for command in program.get_subcommands().map(clap::Command::get_name) {
            for remedy in every_remedy() {
                let hint = hint(&remedy, command);
                for flag in flags(&hint) {
                    assert!(has_flag(command, flag), "{command} has no --{flag}: {hint}");
                }
                for whole in hint.split('`').skip(1).step_by(2) {
                    let Some(rest) = whole.strip_prefix("evenhand ") else { continue };
                    let mut words = rest.split_whitespace();
                    let mut named = program.find_subcommand(words.next().unwrap()).expect(&hint);
                    while let Some(below) =
                        words.next().and_then(|word| named.find_subcommand(word))
                    {
                        named = below;
                    }
                    for flag in flags(rest) {
                        assert!(has(named, flag), "{} has no --{flag}: {hint}", named.get_name());
                    }
                }
            }
        }
    }

    #[test]
    fn every_remedy_is_tried() {
        let source = include_str!("../error/remedy.rs");
        let body = source.split_once("pub enum Remedy {").unwrap().1.split_once("\n}").unwrap().0;
        let variants = body.lines().filter(|line| {
            line.strip_prefix("    ").is_some_and(|rest| rest.starts_with(char::is_uppercase))
        });
        assert_eq!(variants.count(), every_remedy().len());
    }
}
