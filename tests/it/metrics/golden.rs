//! Reference metrics against recorded values of the programs that define them.

use std::ops::AddAssign;
use std::path::Path;

use evenhand::metrics::{
    Bleu, BleuStatistics, BleuTokenizer, Chrf, Overlap, Ratio, Rouge, RougeKind, RougeTokenizer,
    Smoothing, SquadVersion, Ter, TerStatistics, chrf, exact_match, is_mostly_non_ascii,
    normalized_answer, token_f1, total,
};
use serde_json::{Value, json};

pub(crate) const TOLERANCE: f64 = 1e-9;

#[track_caller]
pub(crate) fn assert_close(value: f64, expected: f64, what: &str) {
    assert!((value - expected).abs() < TOLERANCE, "{value}, expected {expected}: {what}");
}

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

pub(crate) fn overlap(value: &Value) -> Overlap {
    let [precision, recall, f] = serde_json::from_value(value.clone()).unwrap();
    Overlap { precision, recall, f }
}

pub(crate) fn tokenizer(name: &Value) -> BleuTokenizer {
    use BleuTokenizer as T;
    [T::V13a, T::International, T::Character, T::None]
        .into_iter()
        .find(|it| it.name() == *name)
        .unwrap()
}

pub(crate) fn smoothing(settings: &Value) -> Smoothing {
    match (settings["smooth_method"].as_str().unwrap_or("exp"), settings["smooth_value"].as_f64()) {
        ("exp", _) => Smoothing::Exp,
        ("none", _) => Smoothing::None,
        ("floor", value) => value.map_or(Smoothing::FLOOR, Smoothing::Floor),
        ("add-k", value) => value.map_or(Smoothing::ADD_K, Smoothing::AddK),
        (other, _) => panic!("smoothing {other}"),
    }
}

pub(crate) fn golden(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn strings(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

/// Responses with their references, one list of references after the other.
struct Corpus {
    responses: Vec<String>,
    references: Vec<Vec<String>>,
}

impl Corpus {
    /// Returns what each item contributes.
    fn items<T>(&self, statistics: impl Fn(&str, &[&str]) -> T) -> Vec<T> {
        let references = |at: usize| -> Vec<&str> {
            self.references.iter().map(|list| list[at].as_str()).collect()
        };
        let responses = self.responses.iter().enumerate();
        responses.map(|(at, response)| statistics(response, &references(at))).collect()
    }

    fn total<T: Default + AddAssign>(&self, statistics: impl Fn(&str, &[&str]) -> T) -> T {
        total(self.items(statistics))
    }

    fn bleu(&self, bleu: &Bleu) -> BleuStatistics {
        self.total(|response, references| bleu.statistics(response, references))
    }

    fn chrf(&self, chrf: &Chrf) -> f64 {
        chrf.score(&self.total(|response, references| chrf.statistics(response, references)))
    }

    fn ter(&self, ter: Ter) -> f64 {
        self.total(|response, references| ter.statistics(response, references)).score()
    }

    fn check_items(&self, score: impl Fn(&str, &[&str]) -> f64, expected: &Value, what: &str) {
        let expected = numbers(expected);
        assert_eq!(self.responses.len(), expected.len(), "{what}");
        for (score, expected) in self.items(score).into_iter().zip(expected) {
            assert_close(score, expected, what);
        }
    }
}

/// Compares a score and all that it is made of.
fn check_bleu_parts(bleu: &Bleu, statistics: &BleuStatistics, expected: &Value, what: &str) {
    let score = bleu.score(statistics);
    assert_close(score.score, number(&expected["score"]), what);
    assert_close(score.brevity_penalty, number(&expected["bp"]), what);
    for (one, other) in score.precisions.iter().zip(numbers(&expected["precisions"])) {
        assert_close(*one, other, what);
    }
    assert_eq!(statistics.response_length, expected["sys_len"].as_u64().unwrap(), "{what}");
    assert_eq!(statistics.reference_length, expected["ref_len"].as_u64().unwrap(), "{what}");
    // Those of the original have add-k's k added.
    if !matches!(bleu.smoothing, Smoothing::AddK(_)) {
        assert_eq!(json!(statistics.matches), expected["counts"], "{what}");
        assert_eq!(json!(statistics.totals), expected["totals"], "{what}");
    }
}

fn check_bleu(case: &Value, one: &Corpus, two: &Corpus) {
    let (input, expected, what) = (&case["input"], &case["expected"], case.to_string());
    let bleu = Bleu {
        tokenizer: tokenizer(&input["tokenize"]),
        smoothing: smoothing(input),
        lowercase: input["lowercase"].as_bool().unwrap(),
        effective_order: false,
    };
    check_bleu_parts(&bleu, &one.bleu(&bleu), expected, &what);
    let both = bleu.score(&two.bleu(&bleu)).score;
    assert_close(both, number(&expected["two_references_score"]), &what);
    assert_eq!(bleu.signature(Some(2)), expected["signature"]);
}

fn check_sentence_bleu(case: &Value, one: &Corpus) {
    let bleu = Bleu::default().sentence();
    let score = |response: &str, references: &[&str]| {
        bleu.score(&bleu.statistics(response, references)).score
    };
    one.check_items(score, &case["expected"]["scores"], "sentence BLEU");
}

fn check_chrf(case: &Value, one: &Corpus, two: &Corpus) {
    let (input, expected, what) = (&case["input"], &case["expected"], case.to_string());
    let settings = Chrf {
        character_order: number(&input["char_order"]) as usize,
        word_order: number(&input["word_order"]) as usize,
        beta: number(&input["beta"]),
        lowercase: input["lowercase"].as_bool().unwrap(),
    };
    assert_close(one.chrf(&settings), number(&expected["corpus"]), &what);
    assert_close(two.chrf(&settings), number(&expected["two_references"]), &what);
    let score = |response: &str, references: &[&str]| {
        settings.score(&settings.statistics(response, references))
    };
    one.check_items(score, &expected["sentences"], &what);
    if settings == Chrf::PLAIN {
        let score = |response: &str, references: &[&str]| chrf(response, references[0]);
        one.check_items(score, &expected["sentences"], &what);
    }
    assert_eq!(settings.signature(Some(1)), expected["signature"]);
}

fn check_ter(case: &Value, one: &Corpus, two: &Corpus) {
    let (input, expected, what) = (&case["input"], &case["expected"], case.to_string());
    let ter = Ter {
        normalized: input["normalized"].as_bool().unwrap(),
        no_punctuation: input["no_punct"].as_bool().unwrap(),
        case_sensitive: input["case_sensitive"].as_bool().unwrap(),
    };
    assert_close(one.ter(ter), number(&expected["corpus"]), &what);
    assert_close(two.ter(ter), number(&expected["two_references"]), &what);
    let score = |response: &str, references: &[&str]| ter.statistics(response, references).score();
    one.check_items(score, &expected["sentences"], &what);
    assert_eq!(ter.signature(Some(1)), expected["signature"]);
}

#[test]
fn bleu_chrf_and_ter_agree_with_sacrebleu() {
    let golden = golden("sacrebleu.json");
    let [responses, first, second] = ["H", "R", "R2"].map(|name| strings(&golden["texts"][name]));
    let one = Corpus { responses: responses.clone(), references: vec![first.clone()] };
    let two = Corpus { responses, references: vec![first, second] };
    let mut counts = [0; 4];
    for case in golden["cases"].as_array().unwrap() {
        let kind = match case["name"].as_str().unwrap() {
            "corpus_bleu" => {
                check_bleu(case, &one, &two);
                0
            }
            "sentence_bleu" => {
                check_sentence_bleu(case, &one);
                1
            }
            "chrf" => {
                check_chrf(case, &one, &two);
                2
            }
            "ter" => {
                check_ter(case, &one, &two);
                3
            }
            other => panic!("case {other}"),
        };
        counts[kind] += 1;
    }
    assert_eq!(counts, [48, 1, 4, 8]);
}

fn check_rouge_case(case: &Value) {
    let stem = case["input"]["use_stemmer"].as_bool().unwrap();
    let rouge = Rouge { stem, tokenizer: RougeTokenizer::Ascii };
    let kinds = [RougeKind::One, RougeKind::Two, RougeKind::L, RougeKind::Lsum];
    let pairs: Vec<[String; 2]> =
        serde_json::from_value(case["input"]["pairs_ref_hyp"].clone()).unwrap();
    let expected = &case["expected"];
    let scores = expected["scores"].as_array().or(expected.as_array()).unwrap();
    assert_eq!(pairs.len(), scores.len());
    let mut means = [Ratio::default(); 4];
    for ([reference, response], expected) in pairs.iter().zip(scores) {
        let scores = rouge.scores(&kinds, response, &[reference]);
        for (at, name) in ["rouge1", "rouge2", "rougeL", "rougeLsum"].iter().enumerate() {
            let expected = overlap(&expected[name]);
            let what = format!("{name} {reference:?} {response:?}");
            assert_close(scores[at].precision, expected.precision, &what);
            assert_close(scores[at].recall, expected.recall, &what);
            assert_close(scores[at].f, expected.f, &what);
            means[at] += Ratio::of_score(scores[at].f);
        }
    }
    for (mean, name) in means.iter().zip(["rouge1", "rouge2", "rougeL", "rougeLsum"]) {
        if let Some(expected) = case["expected"]["mean_f"][name].as_f64() {
            assert_close(mean.value().unwrap(), expected, name);
        }
    }
}

#[test]
fn rouge_agrees_with_rouge_score() {
    let golden = golden("rouge.json");
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 4);
    cases.iter().for_each(check_rouge_case);
}

#[test]
fn exact_match_and_token_f1_agree_with_squad() {
    let golden = golden("squad.json");
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 10);
    for case in cases {
        let text = |name: &str| case["input"][name].as_str().unwrap().to_owned();
        let (reference, response) = (text("gold"), text("pred"));
        let expected = &case["expected"];
        assert_eq!(normalized_answer(&reference), expected["normalized_gold"]);
        assert_eq!(normalized_answer(&response), expected["normalized_pred"]);
        for (version, name) in [(SquadVersion::V1, "f1_v1"), (SquadVersion::V2, "f1_v2")] {
            let what = case.to_string();
            let score = token_f1(&response, &[&reference], version);
            assert_close(score, number(&expected[name]), &what);
            let score = exact_match(&response, &[&reference], version);
            assert_close(score, number(&expected["em"]), &what);
        }
    }
}

fn tickets(case: &Value) -> Corpus {
    let input = &case["input"];
    let references = match input["refs_streams"].as_array() {
        Some(streams) => streams.iter().map(strings).collect(),
        None => vec![strings(&input["refs"])],
    };
    Corpus { responses: strings(&input["hyps"]), references }
}

/// The words are not public: a text that is split as recorded has as many words, and shares all n-grams with
/// the words recorded.
fn check_tickets_tokenizer(case: &Value) {
    let (lines, split) =
        (strings(&case["input"]["lines"]), strings(&case["expected"]["tokenized"]));
    assert_eq!(lines.len(), split.len());
    let (ours, none) =
        (Bleu::default(), Bleu { tokenizer: BleuTokenizer::None, ..Bleu::default() });
    for (line, expected) in lines.iter().zip(&split) {
        let recorded = none.statistics(expected, &[expected]);
        assert_eq!(ours.statistics(line, &[line]), recorded, "{line}");
        assert_eq!(ours.statistics(line, &[expected]), recorded, "{line}");
    }
}

fn check_tickets_bleu(case: &Value) {
    let (settings, expected, what) =
        (&case["input"]["kwargs"], &case["expected"], case.to_string());
    let flag = |name: &str| settings[name].as_bool().unwrap_or(false);
    let bleu = Bleu {
        smoothing: smoothing(settings),
        lowercase: flag("lowercase"),
        effective_order: flag("effective_order"),
        ..Bleu::default()
    };
    let corpus = tickets(case);
    let statistics = corpus.bleu(&bleu);
    if case["name"] == "multi_ref" {
        assert_close(bleu.score(&statistics).score, number(&expected["score"]), &what);
        assert_eq!(statistics.reference_length, expected["ref_len"].as_u64().unwrap());
        return;
    }
    check_bleu_parts(&bleu, &statistics, expected, &what);
    assert_eq!(bleu.signature(Some(1)), expected["signature"]);
    let sentence = bleu.sentence();
    let score = |response: &str, references: &[&str]| {
        sentence.score(&sentence.statistics(response, references)).score
    };
    corpus.check_items(score, &expected["sentence_scores_effective_order"], &what);
}

fn check_tickets_chrf(case: &Value) {
    let (settings, expected, what) =
        (&case["input"]["kwargs"], &case["expected"], case.to_string());
    let chrf = Chrf {
        character_order: settings["char_order"].as_u64().unwrap_or(6) as usize,
        word_order: settings["word_order"].as_u64().unwrap_or(0) as usize,
        beta: settings["beta"].as_f64().unwrap_or(2.0),
        lowercase: false,
    };
    let corpus = tickets(case);
    assert_close(corpus.chrf(&chrf), number(&expected["score"]), &what);
    assert_eq!(chrf.signature(Some(1)), expected["signature"]);
    let score =
        |response: &str, references: &[&str]| chrf.score(&chrf.statistics(response, references));
    corpus.check_items(score, &expected["sentence_scores"], &what);
}

#[test]
fn unicode_words_of_ascii_text_equal_those_of_rouge_score() {
    let unicode = Rouge { tokenizer: RougeTokenizer::Unicode, ..Rouge::default() };
    let kinds = [RougeKind::One, RougeKind::Two, RougeKind::L, RougeKind::Lsum];
    let (response, reference) =
        ("It's 1,234.5 -- e_mail\nTHE end", "it is 1 234 5 e-mail\nthe END.");
    assert_eq!(
        unicode.scores(&kinds, response, &[reference]),
        Rouge::default().scores(&kinds, response, &[reference])
    );
}

#[test]
fn unicode_words_are_of_any_script() {
    let unicode = Rouge { tokenizer: RougeTokenizer::Unicode, ..Rouge::default() };
    let words = |text: &str, same: &str| unicode.scores(&[RougeKind::One], text, &[same])[0];
    for text in ["日本語", "naïve café", "हिन्दी", "ДОМ", "ไทย"] {
        assert_close(words(text, &text.to_lowercase()).f, 1.0, text);
    }
    // Three characters, of which two are the same.
    assert_close(words("日本語", "日本人").precision, 2.0 / 3.0, "日本語");
    assert_close(words("ДОМ стоит", "дом лежит").precision, 0.5, "дом");
    assert!(
        is_mostly_non_ascii("日本語 。")
            && !is_mostly_non_ascii("naïve")
            && !is_mostly_non_ascii("")
    );
}

#[test]
fn an_item_without_references_matches_nothing() {
    assert_close(Bleu::default().score(&Bleu::default().statistics("a", &[])).score, 0.0, "bleu");
    assert_close(Chrf::PLAIN.score(&Chrf::PLAIN.statistics("a", &[])), 0.0, "chrf");
    assert_eq!(Ter::default().statistics("a", &[]), TerStatistics::default());
    assert_eq!(Rouge::default().scores(&[RougeKind::L], "a", &[]), [Overlap::default()]);
    for version in [SquadVersion::V1, SquadVersion::V2] {
        assert_close(exact_match("", &[], version), 0.0, "exact match");
        assert_close(token_f1("", &[], version), 0.0, "token F1");
    }
}

/// Tests on `../shared/golden`, which is not in this repository.
mod needs_shared_data {
    use evenhand::metrics::Ter;
    use serde_json::Value;

    use super::{
        assert_close, check_rouge_case, check_tickets_bleu, check_tickets_chrf,
        check_tickets_tokenizer, number, tickets,
    };
    use crate::support::shared_data::shared;

    #[test]
    #[ignore = "needs ../shared/golden"]
    fn ticket_summaries_have_the_recorded_scores() {
        let text = std::fs::read_to_string(shared("golden/seed_tickets.json")).unwrap();
        let golden: Value = serde_json::from_str(&text).unwrap();
        let cases = golden["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 26);
        let mut counts = [0; 5];
        for case in cases {
            let name = case["name"].as_str().unwrap();
            let kind = if case["family"] == "rouge" {
                check_rouge_case(case);
                0
            } else if name == "tokenizer_13a" {
                check_tickets_tokenizer(case);
                1
            } else if name.ends_with("bleu") || name == "multi_ref" {
                check_tickets_bleu(case);
                2
            } else if name.ends_with("chrf") {
                check_tickets_chrf(case);
                3
            } else {
                assert!(name.ends_with("ter"), "case {name}");
                let score = tickets(case).ter(Ter::default());
                assert_close(score, number(&case["expected"]["score"]), name);
                assert_eq!(Ter::default().signature(Some(1)), case["expected"]["signature"]);
                4
            };
            counts[kind] += 1;
        }
        assert_eq!(counts, [4, 1, 13, 6, 2]);
    }
}
