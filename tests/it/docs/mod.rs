//! The documents say what the program does: their commands are run, their outputs compared, their files
//! read, their links followed.
//!
//! `EVENHAND_UPDATE_DOCS=1 cargo test --locked --test it docs:: -- --include-ignored` writes what the program
//! prints now into the pages instead of comparing it.

#![cfg(unix)]

mod claims;
mod grades;
mod letters;
mod page;
mod reference;
mod replies;
pub(crate) mod scene;
mod severity;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use self::page::{Block, Page, Step, repository};

/// Documents outside the guide whose links are followed too.
const OTHERS: [&str; 4] =
    ["CONTRIBUTING.md", "CHANGELOG.md", "benches/README.md", "calibration/tickets/README.md"];

/// Held while a page is updated, so that two tests do not write the same page.
static UPDATE: Mutex<()> = Mutex::new(());

/// Makes a test of each page, and the list of all in the order in which they are to be read.
macro_rules! pages {
    ($($test:ident $path:literal)*) => {
        /// The pages, in the order in which they are to be read.
        const PAGES: &[&str] = &[$($path),*];

        $(
            #[test]
            fn $test() {
                run($path, |scene| !scene::SHARED.contains(&scene), None);
            }
        )*
    };
}

pages! {
    readme_shows_what_the_program_does "README.md"
    index_shows_what_the_program_does "docs/README.md"
    first_table_page_shows_what_the_program_does "docs/first-table.md"
    generate_page_shows_what_the_program_does "docs/generate.md"
    two_systems_page_shows_what_the_program_does "docs/two-systems.md"
    nightly_job_page_shows_what_the_program_does "docs/nightly-job.md"
    pipeline_page_shows_what_the_program_does "docs/pipeline.md"
    judges_page_shows_what_the_program_does "docs/judges.md"
    local_judges_page_shows_what_the_program_does "docs/local-judges.md"
    batches_page_shows_what_the_program_does "docs/batches.md"
    rubrics_page_shows_what_the_program_does "docs/rubrics.md"
    rubric_loop_page_shows_what_the_program_does "docs/rubric-loop.md"
    verdicts_page_shows_what_the_program_does "docs/verdicts.md"
    cases_page_shows_what_the_program_does "docs/cases.md"
    calibration_page_shows_what_the_program_does "docs/calibration.md"
    labels_page_shows_what_the_program_does "docs/labels.md"
    plan_page_shows_what_the_program_does "docs/plan.md"
    stopping_page_shows_what_the_program_does "docs/stopping.md"
    report_page_shows_what_the_program_does "docs/report.md"
    diff_page_shows_what_the_program_does "docs/diff.md"
    cascade_page_shows_what_the_program_does "docs/cascade.md"
    budget_page_shows_what_the_program_does "docs/budget.md"
    savings_page_shows_what_the_program_does "docs/savings.md"
    ranking_page_shows_what_the_program_does "docs/ranking.md"
    grading_page_shows_what_the_program_does "docs/grading.md"
    import_export_page_shows_what_the_program_does "docs/import-export.md"
    metrics_page_shows_what_the_program_does "docs/metrics.md"
    models_page_shows_what_the_program_does "docs/models.md"
    large_runs_page_shows_what_the_program_does "docs/large-runs.md"
    python_page_shows_what_the_program_does "docs/python.md"
    automation_page_shows_what_the_program_does "docs/automation.md"
    files_page_shows_what_the_program_does "docs/files.md"
    exit_codes_page_shows_what_the_program_does "docs/exit-codes.md"
    install_page_shows_what_the_program_does "docs/install.md"
    architecture_page_shows_what_the_program_does "docs/architecture.md"
    pages_page_shows_what_the_program_does "docs/pages.md"
}

/// Tests on `../shared/data`, which is not in this repository.
mod needs_shared_data {
    #[test]
    #[ignore = "needs ../shared/data"]
    fn pages_about_published_replies_show_what_the_program_does() {
        for path in super::PAGES {
            super::run(path, |scene| super::scene::SHARED.contains(&scene), None);
        }
    }
}

/// Tests of commands that need Python.
mod needs_python3 {
    #[test]
    #[ignore = "needs python3"]
    fn commands_with_python3_do_what_their_pages_show() {
        super::run_with("python3");
    }
}

/// Tests of commands that need jq.
mod needs_jq {
    #[test]
    #[ignore = "needs jq"]
    fn commands_with_jq_do_what_their_pages_show() {
        super::run_with("jq");
    }
}

/// Tests of commands that need the shell of `SQLite`.
mod needs_sqlite3 {
    #[test]
    #[ignore = "needs sqlite3"]
    fn commands_with_sqlite3_do_what_their_pages_show() {
        super::run_with("sqlite3");
    }
}

/// Runs the pages with commands that need a program.
fn run_with(program: &str) {
    let mut pages = 0;
    for path in PAGES {
        let needs = |block: &Block| block.directives.needs.as_deref() == Some(program);
        if Page::read(path).blocks().any(needs) {
            run(path, |scene| !scene::SHARED.contains(&scene), Some(program));
            pages += 1;
        }
    }
    assert!(pages > 0, "no page needs {program}");
}

fn run(path: &str, chosen: impl Fn(&str) -> bool, program: Option<&str>) {
    let _alone = scene::updates().then(|| UPDATE.lock().unwrap_or_else(PoisonError::into_inner));
    scene::run(path, chosen, program);
}

/// Every page with every other document.
fn documents() -> impl Iterator<Item = Page> {
    PAGES.iter().chain(&OTHERS).map(|path| Page::read(path))
}

#[test]
fn every_code_block_is_run_or_compared_or_marked_as_untested() {
    for page in PAGES.iter().map(|path| Page::read(path)) {
        assert!(page.indented.is_empty(), "{}:{:?}: use fences", page.path, page.indented);
        let mut commands = false;
        for step in &page.steps {
            let block = match step {
                Step::Scene { .. } => {
                    commands = false;
                    continue;
                }
                Step::Run { .. } => continue,
                Step::Block(block) => block,
            };
            let place = format!("{}:{}", page.path, block.line);
            let directives = &block.directives;
            let programs = [None, Some("python3"), Some("jq"), Some("sqlite3")];
            assert!(programs.contains(&directives.needs.as_deref()), "{place}: no test has it");
            let ways = [&directives.file, &directives.copy_of, &directives.untested];
            match (ways.iter().filter(|way| way.is_some()).count(), block.language.as_str()) {
                (1, _) => {}
                (0, "sh") => commands = true,
                // The tests of the Python package run this page.
                (0, "python") if page.path == "docs/python.md" => commands = true,
                (0, "text" | "json") => {
                    assert!(commands, "{place}: no command before this output");
                    assert!(!block.text.trim().is_empty(), "{place}: the expected output is empty");
                }
                (0, language) => panic!("{place}: a block of `{language}` needs a directive"),
                _ => panic!("{place}: more than one of file, copy of, untested"),
            }
        }
    }
}

#[test]
fn readme_is_a_landing_page_with_the_commands_that_ci_runs() {
    let page = Page::read("README.md");
    assert!(page.source.lines().count() <= 200);
    let named = |name: &str| {
        let mut blocks = page.blocks();
        let named = blocks.find(|block| block.directives.named.as_deref() == Some(name)).unwrap();
        assert_eq!(named.language, "sh");
        named.text.clone()
    };
    assert!(named("main").starts_with("cargo run --locked -- judge "));
    assert_eq!(named("tests"), "cargo test --locked\n");
}

#[test]
fn index_lists_every_page_in_order_and_each_page_leads_to_the_next() {
    let mut found: Vec<String> = std::fs::read_dir(repository("docs"))
        .unwrap()
        .map(|entry| format!("docs/{}", entry.unwrap().file_name().display()))
        // The schema of the report is no page, and neither is a picture.
        .filter(|path| Path::new(path).extension().is_some_and(|ending| ending == "md"))
        .collect();
    found.sort_unstable();
    let mut guide: Vec<&str> = PAGES.iter().copied().filter(|path| *path != "README.md").collect();
    let index = Page::read("docs/README.md");
    let listed = index.links.iter().map(|(_, link)| link.split('#').next().unwrap());
    let mut listed: Vec<String> = listed
        .filter(|link| !link.starts_with("..") && !link.contains("://"))
        .map(|link| format!("docs/{link}"))
        .collect();
    assert_eq!(listed.pop(), listed.first().cloned(), "the link to the next page");
    assert_eq!(listed, guide[1..], "the links of the index");
    for pair in guide.windows(2) {
        let page = Page::read(pair[0]);
        let next = Page::read(pair[1]);
        let last = page.source.trim_end().lines().last().unwrap();
        let file = pair[1].trim_start_matches("docs/");
        assert_eq!(last, format!("Next: [{}]({file})", next.title), "the last line of {}", pair[0]);
    }
    guide.sort_unstable();
    assert_eq!(found, guide, "the files of docs/");
}

#[test]
fn every_relative_link_and_anchor_resolves() {
    let mut checked = 0;
    for page in documents() {
        for (line, link) in &page.links {
            if link.starts_with("https://") || link.starts_with("mailto:") {
                continue;
            }
            let place = format!("{}:{line}: {link}", page.path);
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let folder = Path::new(&page.path).parent().unwrap();
            let target = if file.is_empty() {
                page.path.clone()
            } else {
                assert!(!file.starts_with('/') && !file.contains(':'), "{place} is not relative");
                folder.join(file).to_str().unwrap().to_owned()
            };
            assert!(repository(&target).exists(), "{place} does not exist");
            if !anchor.is_empty() {
                let anchors = Page::read(&target).anchors;
                assert!(
                    anchors.iter().any(|known| known == anchor),
                    "{place} is not among {anchors:?}"
                );
            }
            checked += 1;
        }
    }
    assert!(checked > PAGES.len(), "only {checked} links were found");
}
