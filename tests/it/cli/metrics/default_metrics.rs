//! Which of the usual metrics a page shows.

use crate::support::{CommandOutput, Folder};

/// Scores four items; no response equals its reference.
fn scored(flags: &[&str]) -> CommandOutput {
    let folder = Folder::new();
    let item = |at: usize| {
        format!(
            "{{\"id\":\"q{at}\",\"prompt\":\"p\",\"reference\":\"the tea is in the kitchen {at}\",\"responses\":\
             {{\"a\":\"tea is in the kitchen\",\"b\":\"the tea {at} is in a cup\"}}}}\n"
        )
    };
    folder.write("items.jsonl", &(0..8).map(item).collect::<String>());
    folder.run(&[&["metrics", "items.jsonl"], flags].concat()).expect(0)
}

#[test]
fn a_metric_that_is_0_for_every_system_is_left_out_unless_it_is_asked_for() {
    for format in ["table", "markdown"] {
        let page = scored(&["--format", format]).stdout;
        assert!(page.contains("Left out: exact-match, which is 0 for every"), "{page}");
        assert!(
            !page
                .lines()
                .any(|line| line.trim_start_matches("| ").trim().starts_with("exact-match "))
        );
        for all in [&["--full"][..], &["--metric", "exact-match", "--metric", "chrf"]] {
            let page = scored(&[&["--format", format], all].concat()).stdout;
            assert!(!page.contains("Left out"), "{page}");
            assert!(page.contains("exact-match"), "{page}");
        }
    }
    // Programs get everything.
    let json = &scored(&["--format", "json"]).json_lines()[0];
    assert_eq!(json["metrics"][0]["metric"], "exact-match");
    assert!(scored(&["--format", "csv"]).stdout.contains("exact-match"));
}

#[test]
fn the_differences_of_three_of_the_usual_metrics_are_shown() {
    let of_pairs = |page: &str| {
        page.lines().filter(|line| line.contains("a − b") && line.contains("p =")).count()
    };
    let page = scored(&[]).stdout;
    assert_eq!(of_pairs(&page), 3, "{page}");
    assert!(page.contains("the differences by token-f1, rouge-1, rouge-2 and ter"), "{page}");
    assert_eq!(of_pairs(&scored(&["--full"]).stdout), 8);
    let asked =
        ["--metric", "token-f1", "--metric", "rouge-1", "--metric", "ter", "--metric", "bleu"];
    assert_eq!(of_pairs(&scored(&asked).stdout), 4, "all that were asked for are shown");
}

#[test]
fn with_labels_the_differences_are_those_of_the_metrics_that_agree_most_with_people() {
    let folder = Folder::new();
    // By token-f1 and ROUGE system a is nearer to the reference, by chrF system b is.
    let item = |at: usize| {
        format!(
            "{{\"id\":\"q{at}\",\"prompt\":\"p\",\"reference\":\"running quickly homewards {at}\",\"responses\":\
             {{\"a\":\"{at} quickly\",\"b\":\"runnings quicklyy homeward{at}\"}}}}\n"
        )
    };
    folder.write("items.jsonl", &(0..12).map(item).collect::<String>());
    let label =
        |at: usize| format!("{{\"id\":\"q{at}\",\"annotator\":\"ana\",\"winner\":\"a\"}}\n");
    folder.write("labels.jsonl", &(0..12).map(label).collect::<String>());
    let page = folder.run(&["metrics", "items.jsonl", "--labels", "labels.jsonl"]).expect(0).stdout;
    let differences =
        page.split("paired differences").nth(1).unwrap().split("Left out").next().unwrap();
    assert!(differences.contains("token-f1") && differences.contains("rouge-1"), "{page}");
    assert!(!differences.contains("chrf"), "{page}");
}
