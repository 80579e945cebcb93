//! Random texts with the scores of `rouge_score`, sacrebleu and `SQuAD`'s rules, from `tests/oracle/metrics.py`.
//!
//! A small fixed sample is in `tests/golden/metrics_oracle.jsonl`. `METRICS_ORACLE=FILE` tests another one.

use std::path::{Path, PathBuf};

use evenhand::metrics::{
    Bleu, BleuStatistics, Chrf, ChrfStatistics, Overlap, Rouge, RougeKind, RougeTokenizer,
    SquadVersion, Ter, TerStatistics, exact_match, token_f1,
};
use serde_json::Value;

use crate::metrics::golden::{TOLERANCE, number, overlap, smoothing, tokenizer};

struct Item {
    response: String,
    references: Vec<String>,
}

impl Item {
    fn references(&self) -> Vec<&str> {
        self.references.iter().map(String::as_str).collect()
    }
}

/// What differs from the originals, all of it, so that one kind of mistake does not hide another.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn compare(&mut self, value: f64, expected: f64, what: &str) {
        if (value - expected).abs() >= TOLERANCE {
            self.0.push(format!("{value}, expected {expected}: {what}"));
        }
    }

    fn equal(&mut self, value: &Value, expected: &Value, what: &str) {
        if value != expected {
            self.0.push(format!("{value}, expected {expected}: {what}"));
        }
    }
}

/// Fails unless every text of a file has the scores that the file gives it.
fn assert_scores(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut ter = 0;
    let mut wrong = Wrong::default();
    for (at, line) in text.lines().enumerate() {
        let case: Value = serde_json::from_str(line).unwrap();
        let items: Vec<Item> = case["items"].as_array().unwrap().iter().map(item).collect();
        let what = |metric: &str| format!("case {}, {metric}: {}", at + 1, case["settings"]);
        let (settings, expected) = (&case["settings"], &case["expected"]);
        check_rouge(&mut wrong, settings, &items, &expected["rouge"], &what("rouge"));
        check_squad(&mut wrong, &items, &expected["squad"], &what("squad"));
        check_bleu(&mut wrong, &settings["bleu"], &items, &expected["bleu"], &what("bleu"));
        check_chrf(&mut wrong, &settings["chrf"], &items, &expected["chrf"], &what("chrf"));
        if !expected["ter"].is_null() {
            check_ter(&mut wrong, &settings["ter"], &items, &expected["ter"], &what("ter"));
            ter += 1;
        }
    }
    let cases = text.lines().count();
    assert!(cases > 0 && ter > 0, "{cases} cases, {ter} of them with TER");
    let first = wrong.0.iter().take(10).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(wrong.0.is_empty(), "{} of {cases} cases' values are wrong:\n{first}", wrong.0.len());
}

#[test]
fn random_texts_have_the_scores_of_the_reference_implementations() {
    let path = [env!("CARGO_MANIFEST_DIR"), "tests/golden/metrics_oracle.jsonl"];
    assert_scores(&path.iter().collect::<PathBuf>());
}

/// Tests on the file at `METRICS_ORACLE`.
mod needs_metrics_oracle {
    use super::assert_scores;

    #[test]
    #[ignore = "needs a file of tests/oracle/metrics.py at METRICS_ORACLE"]
    fn further_random_texts_have_the_scores_of_the_reference_implementations() {
        #[expect(clippy::disallowed_methods, reason = "the file to test is chosen from outside")]
        let path = std::env::var("METRICS_ORACLE")
            .expect("this test needs a file of tests/oracle/metrics.py at METRICS_ORACLE");
        assert_scores(path.as_ref());
    }
}

fn item(value: &Value) -> Item {
    Item {
        response: value["response"].as_str().unwrap().to_owned(),
        references: serde_json::from_value(value["references"].clone()).unwrap(),
    }
}

/// A setting that is not given is off.
fn flag(settings: &Value, name: &str) -> bool {
    settings[name].as_bool().unwrap_or(false)
}

fn check_rouge(wrong: &mut Wrong, settings: &Value, items: &[Item], expected: &Value, what: &str) {
    let stem = flag(settings, "stem");
    let rouge = Rouge { stem, tokenizer: RougeTokenizer::Ascii };
    let kinds = [RougeKind::One, RougeKind::Two, RougeKind::L, RougeKind::Lsum];
    for (item, expected) in items.iter().zip(expected.as_array().unwrap()) {
        let scores = rouge.scores(&kinds, &item.response, &item.references());
        for (score, name) in scores.iter().zip(["rouge1", "rouge2", "rougeL", "rougeLsum"]) {
            let Overlap { precision, recall, f } = overlap(&expected[name]);
            for (value, expected) in
                [(score.precision, precision), (score.recall, recall), (score.f, f)]
            {
                wrong.compare(value, expected, &format!("{what} {name} {:?}", item.response));
            }
        }
    }
}

fn check_squad(wrong: &mut Wrong, items: &[Item], expected: &Value, what: &str) {
    for (item, expected) in items.iter().zip(expected.as_array().unwrap()) {
        let (response, references) = (&item.response, &item.references());
        let (v1, v2) = (SquadVersion::V1, SquadVersion::V2);
        for (score, name) in [
            (exact_match(response, references, v1), "em_v1"),
            (exact_match(response, references, v2), "em_v2"),
            (token_f1(response, references, v1), "f1_v1"),
            (token_f1(response, references, v2), "f1_v2"),
        ] {
            wrong.compare(score, number(&expected[name]), &format!("{what} {name} {response:?}"));
        }
    }
}

fn check_bleu(wrong: &mut Wrong, settings: &Value, items: &[Item], expected: &Value, what: &str) {
    let bleu = Bleu {
        tokenizer: settings.get("tokenize").map(tokenizer).unwrap_or_default(),
        smoothing: smoothing(settings),
        lowercase: flag(settings, "lowercase"),
        effective_order: flag(settings, "effective_order"),
    };
    let mut corpus = BleuStatistics::default();
    for (item, expected) in items.iter().zip(expected["items"].as_array().unwrap()) {
        let statistics = bleu.statistics(&item.response, &item.references());
        let score = bleu.score(&statistics).score;
        wrong.compare(score, number(expected), &format!("{what} {:?}", item.response));
        corpus += statistics;
    }
    let score = bleu.score(&corpus);
    wrong.compare(score.score, number(&expected["corpus"]), what);
    wrong.compare(score.brevity_penalty, number(&expected["bp"]), what);
    for (precision, expected) in
        score.precisions.iter().zip(expected["precisions"].as_array().unwrap())
    {
        wrong.compare(*precision, number(expected), what);
    }
    let lengths = [corpus.response_length, corpus.reference_length];
    wrong.equal(&serde_json::json!(lengths), &expected["lengths"], what);
    let signature = bleu.signature(Some(items[0].references.len()));
    wrong.equal(&signature.into(), &expected["signature"], what);
}

fn check_chrf(wrong: &mut Wrong, settings: &Value, items: &[Item], expected: &Value, what: &str) {
    let chrf = Chrf {
        character_order: settings["char_order"].as_u64().unwrap_or(6) as usize,
        word_order: settings["word_order"].as_u64().unwrap_or(0) as usize,
        beta: settings["beta"].as_f64().unwrap_or(2.0),
        lowercase: flag(settings, "lowercase"),
    };
    let mut corpus = ChrfStatistics::default();
    for (item, expected) in items.iter().zip(expected["items"].as_array().unwrap()) {
        let statistics = chrf.statistics(&item.response, &item.references());
        let score = chrf.score(&statistics);
        wrong.compare(score, number(expected), &format!("{what} {:?}", item.response));
        corpus += statistics;
    }
    wrong.compare(chrf.score(&corpus), number(&expected["corpus"]), what);
    let signature = chrf.signature(Some(items[0].references.len()));
    wrong.equal(&signature.into(), &expected["signature"], what);
}

fn check_ter(wrong: &mut Wrong, settings: &Value, items: &[Item], expected: &Value, what: &str) {
    let ter = Ter {
        normalized: flag(settings, "normalized"),
        no_punctuation: flag(settings, "no_punct"),
        case_sensitive: flag(settings, "case_sensitive"),
    };
    let mut corpus = TerStatistics::default();
    for (item, expected) in items.iter().zip(expected["items"].as_array().unwrap()) {
        let statistics = ter.statistics(&item.response, &item.references());
        let what = format!("{what} {:?} {:?}", item.response, item.references);
        wrong.compare(statistics.score(), number(expected), &what);
        corpus += statistics;
    }
    wrong.compare(corpus.score(), number(&expected["corpus"]), what);
    let signature = ter.signature(Some(items[0].references.len()));
    wrong.equal(&signature.into(), &expected["signature"], what);
}
