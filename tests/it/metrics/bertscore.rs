//! The arithmetic of `BERTScore`, with a scripted encoder: matching is tested where encoders are (`tests/encoder`).

use std::sync::Arc;

use evenhand::Result;
use evenhand::input::ItemSource;
use evenhand::metrics::{
    BatchesOfSystem, BertScore, BertScorePart, EncoderIdentity, EvaluationSettings, KeepScores,
    LayerChoice, Matches, Metric, PairPadding, TextPair, TextTokens, TokenMatcher, score_items,
};
use serde_json::json;

use crate::support::Folder;

/// An encoder to which a token is a word, and two words have the similarity 1 if they are equal, otherwise -0.5.
#[derive(Debug)]
struct Words(EncoderIdentity);

impl Words {
    fn ids(text: &str) -> Vec<u32> {
        let words = text.split_whitespace().map(|word| 10 + u32::from(word.as_bytes()[0]));
        std::iter::once(1).chain(words).chain([2]).collect()
    }
}

impl TokenMatcher for Words {
    fn identity(&self) -> &EncoderIdentity {
        &self.0
    }

    fn ends(&self) -> [u32; 2] {
        [1, 2]
    }

    fn tokens(&self, texts: &[&str]) -> Result<Vec<TextTokens>> {
        let tokens = |text: &&str| TextTokens { ids: Self::ids(text), is_truncated: false };
        Ok(texts.iter().map(tokens).collect())
    }

    fn matches(&self, pairs: &[TextPair<'_>]) -> Result<Vec<Matches>> {
        let best = |ones: &[u32], others: &[u32]| -> Vec<f32> {
            ones.iter().map(|one| if others.contains(one) { 1.0 } else { -0.5 }).collect()
        };
        let of_pair = |pair: &TextPair<'_>| {
            let [response, reference] = [pair.response, pair.reference].map(Self::ids);
            Matches {
                response: best(&response, &reference),
                reference: best(&reference, &response),
            }
        };
        Ok(pairs.iter().map(of_pair).collect())
    }
}

fn settings() -> BertScore {
    BertScore::new(Arc::new(Words(EncoderIdentity {
        name: "words".to_owned(),
        digest: "0".to_owned(),
        layer: 0,
        layers: 0,
        chosen: LayerChoice::Given,
    })))
}

/// Returns precision, recall and F1 of the responses of systems `a` and `b`, item by item.
async fn scores(
    settings: BertScore,
    items: &[([&str; 2], serde_json::Value)],
) -> Vec<[Option<f64>; 3]> {
    let folder = Folder::new();
    let lines = items.iter().enumerate().map(|(at, ([a, b], reference))| {
        let responses = if b.is_empty() { json!({"a": a}) } else { json!({"a": a, "b": b}) };
        json!({"id": at.to_string(), "prompt": "?", "responses": responses, "reference": reference})
            .to_string()
    });
    let path = folder.write("items.jsonl", &lines.collect::<Vec<_>>().join("\n"));
    let source = ItemSource::open(&path, &[]).unwrap().with_single_responses();
    let mut evaluation = EvaluationSettings::default();
    evaluation.metrics = [BertScorePart::Precision, BertScorePart::Recall, BertScorePart::F1]
        .map(Metric::BertScore)
        .to_vec();
    evaluation.bert_score = Some(settings);
    evaluation.keep_scores = KeepScores::All;
    let totals = score_items(&source, evaluation, Vec::new()).await.unwrap();
    let scores = totals.evaluate().scores.unwrap();
    scores.responses.iter().map(|response| response.values.clone().try_into().unwrap()).collect()
}

#[test]
fn a_text_is_padded_if_it_is_shorter_than_the_longest_of_its_64() {
    let mut batches = BatchesOfSystem::default();
    for at in 0..100 {
        batches.add(if at == 70 { 9 } else { 5 }, if at == 3 { 8 } else { 6 });
    }
    let padding = |at| batches.padding(at, 5, 6).unwrap();
    assert_eq!(padding(63), PairPadding { response: false, reference: true });
    assert_eq!(padding(64), PairPadding { response: true, reference: false });
    assert_eq!(batches.padding(70, 9, 6).unwrap(), PairPadding::default());
    assert_eq!(batches.padding(100, 5, 6), None);
}

#[tokio::test]
async fn padding_is_that_of_the_systems_own_batch_in_the_order_of_the_items() {
    // System a has 65 responses, so that its last one is in a batch of its own.
    let mut items = vec![(["x y", "x y"], json!("x z"))];
    items.extend((1..64).map(|_| (["x", ""], json!("x z w"))));
    items.push((["x y", "x y"], json!("x z")));
    let found = scores(settings(), &items).await;
    let (a_first, b_first) = (found[0], found[1]);
    let (a_last, b_last) = (found[found.len() - 2], found[found.len() - 1]);
    // The reference of the first is shorter than others of a's batch: y has 0 and not -0.5. Its response is not.
    assert_eq!(a_first[..2], [Some(0.5), Some(0.25)]);
    assert_eq!(b_first[..2], [Some(0.25), Some(0.25)]);
    assert_eq!(a_last[..2], [Some(0.25), Some(0.25)]);
    assert_eq!(b_last[..2], [Some(0.25), Some(0.25)]);
}

#[tokio::test]
async fn several_references_are_pairs_of_one_batch_and_the_best_counts_by_each_score() {
    let found = scores(settings(), &[(["x y", ""], json!(["x", "x y z"]))]).await;
    // Against `x`, which is padded: precision (1 + 0)/2, recall 1. Against `x y z`: precision 1, recall (1 + 1 - 0.5)/3.
    assert_eq!(found[0][..2], [Some(1.0), Some(1.0)]);
    let f1: [f64; 2] = [2.0 * 0.5 * 1.0 / 1.5, 2.0 * 1.0 * 0.5 / 1.5];
    assert_eq!(found[0][2], Some(f1[0].max(f1[1])));
}

#[tokio::test]
async fn references_count_once_for_the_frequencies_however_many_systems_respond() {
    let mut settings = settings();
    settings.idf = true;
    let items =
        [(["x y", "x"], json!("x z")), (["z", "z"], json!("x z")), (["z", "z"], json!("z"))];
    let found = scores(settings, &items).await;
    // Three references: x is in 2, z in 3, y in none.
    let (x, y) = ((4.0_f64 / 3.0).ln(), 4.0_f64.ln());
    let expected = (x - 0.5 * y) / (x + y);
    assert!((found[0][0].unwrap() - expected).abs() < 1e-12, "{found:?}");
    // z has the weight 0, so that a response of it alone has no precision, and an F1 of 0.
    assert_eq!((found[2][0], found[2][2]), (None, Some(0.0)));
}

#[tokio::test]
async fn an_empty_text_scores_0_and_an_item_without_a_reference_has_no_score() {
    let found = scores(settings(), &[(["  \n", "x"], json!("x")), (["x", "x"], json!(""))]).await;
    assert_eq!(found[0], [Some(0.0); 3]);
    assert_eq!(found[1], [Some(1.0); 3]);
    assert_eq!(found[2..], [[Some(0.0); 3]; 2]);
}

mod needs_shared_data {
    use evenhand::metrics::{Baseline, BertScores, Idf, Matched};
    use serde_json::Value;

    use super::super::golden::{assert_close, number};
    use crate::support::shared_data::{read_json, shared};

    fn numbers(value: &Value) -> Vec<f64> {
        value.as_array().unwrap().iter().map(number).collect()
    }

    fn cosine(one: &[f64], other: &[f64]) -> f64 {
        let product = |one: &[f64], other: &[f64]| -> f64 {
            one.iter().zip(other).map(|(one, other)| one * other).sum()
        };
        product(one, other) / (product(one, one).sqrt() * product(other, other).sqrt())
    }

    fn best(ones: &[Vec<f64>], others: &[Vec<f64>]) -> Vec<f64> {
        let best =
            |one: &Vec<f64>| others.iter().map(|other| cosine(one, other)).fold(f64::MIN, f64::max);
        ones.iter().map(best).collect()
    }

    #[test]
    #[ignore = "needs ../shared"]
    fn means_and_rescaling_are_those_of_bert_score() {
        let golden = read_json(&shared("golden/bertscore_math.json"));
        let cases = golden["cases"].as_array().unwrap();
        let mut compared = 0;
        for case in cases.iter().filter(|case| case["input"]["ref_emb"].is_array()) {
            let (input, expected) = (&case["input"], &case["expected"]);
            let vectors = |key: &str| -> Vec<Vec<f64>> {
                input[key].as_array().unwrap().iter().map(numbers).collect()
            };
            let (reference, response) = (vectors("ref_emb"), vectors("hyp_emb"));
            let weights = ["hyp_idf", "ref_idf"].map(|key| numbers(&input[key]));
            let scores = BertScores::of(
                Matched { best: &best(&response, &reference), weights: &weights[0] },
                Matched { best: &best(&reference, &response), weights: &weights[1] },
            );
            let what = case["name"].as_str().unwrap();
            assert_close(scores.precision.unwrap(), number(&expected["P"]), what);
            assert_close(scores.recall.unwrap(), number(&expected["R"]), what);
            assert_close(scores.f1.unwrap(), number(&expected["F1"]), what);
            let by = number(&input["baseline"]);
            let rescaled = Baseline::new(by, by, by).rescale(scores);
            assert_close(rescaled.f1.unwrap(), number(&expected["rescaled_F1"]), what);
            compared += 1;
        }
        assert_eq!(compared, 2);
    }

    #[test]
    #[ignore = "needs ../shared"]
    fn frequencies_are_those_of_bert_score() {
        let golden = read_json(&shared("golden/bertscore_math.json"));
        let cases = golden["cases"].as_array().unwrap();
        let case = cases.iter().find(|case| case["input"]["docs"].is_array()).unwrap();
        let token = |word: &str| u32::from(word.as_bytes()[0]);
        let mut idf = Idf::default();
        for text in case["input"]["docs"].as_array().unwrap() {
            let words = text.as_array().unwrap().iter().map(|word| token(word.as_str().unwrap()));
            idf.add(&words.collect::<Vec<_>>());
        }
        for (word, expected) in case["expected"]["idf"].as_object().unwrap() {
            assert_close(idf.weight(token(word)), number(expected), word);
        }
        assert_close(idf.weight(0), number(&case["expected"]["default_unseen"]), "unseen");
    }
}
