//! Vectors and scores against transformers and `bert_score`.

use std::sync::Arc;

use evenhand::encoder::Encoder;
use evenhand::metrics::{Baseline, BertScore, BertScores, Matched, TextPair, TokenMatcher as _};
use serde_json::{Value, json};

use crate::command::evaluate;
use crate::tiny::{FAMILIES, HIDDEN, Tensor, TinyEncoder, is_roberta, safetensors, tensors};
use crate::{assert_close, golden, numbers, strings};

#[test]
fn tokens_are_those_of_transformers_for_every_family() {
    let golden = golden();
    let texts: Vec<&str> = strings(&golden["texts"]).into_iter().map(str::trim).collect();
    for family in FAMILIES {
        let folder = TinyEncoder::new(family);
        let encoder = Encoder::open(folder.path(), family, None).unwrap();
        let tokens = encoder.tokens(&texts).unwrap();
        let ids: Vec<&Vec<u32>> = tokens.iter().map(|tokens| &tokens.ids).collect();
        assert_eq!(json!(ids), golden["families"][family]["ids"], "{family}");
        let truncated: Vec<bool> = tokens.iter().map(|tokens| tokens.is_truncated).collect();
        let long = if is_roberta(family) { [false, true, false] } else { [false; 3] };
        assert_eq!(truncated[..3], long, "{family}");
        assert_eq!(truncated[3..], [false, true, false], "{family}");
    }
}

/// Fails unless vectors at every layer are those of transformers.
fn assert_vectors(folder: &TinyEncoder, family: &str, tolerance: f64) {
    let golden = golden();
    let texts = strings(&golden["texts"]);
    for (text, expected) in
        [texts[0], texts[5]].iter().zip(golden["families"][family]["vectors"].as_array().unwrap())
    {
        for (layer, expected) in expected.as_array().unwrap().iter().enumerate() {
            let encoder = Encoder::open(folder.path(), family, Some(layer)).unwrap();
            // Other texts in the batch must not matter.
            let found = encoder.vectors(&[texts[2], text, texts[1]]).unwrap();
            let found: Vec<f32> = found[1].concat();
            let expected = numbers(expected);
            assert_eq!(found.len(), expected.len());
            assert_eq!(found.len() % HIDDEN, 0);
            for (found, expected) in found.iter().zip(&expected) {
                assert_close(f64::from(*found), *expected, tolerance);
            }
        }
    }
}

#[test]
fn vectors_are_those_of_transformers_for_every_family_and_layer() {
    for family in FAMILIES {
        assert_vectors(&TinyEncoder::new(family), family, 1e-5);
    }
}

#[test]
fn weights_with_the_names_of_whole_and_of_old_models_are_found() {
    for family in FAMILIES {
        let folder = TinyEncoder::new(family);
        let mut whole = tensors(family);
        for tensor in &mut whole {
            tensor.name = format!("{}.{}", family.trim_start_matches("xlm-"), tensor.name);
            if family == "bert" {
                tensor.name = tensor
                    .name
                    .replace("LayerNorm.weight", "LayerNorm.gamma")
                    .replace("LayerNorm.bias", "LayerNorm.beta");
            }
        }
        // Other parts of the model, of types that encoders do not have.
        whole.push(Tensor {
            name: format!("{family}.embeddings.position_ids"),
            dtype: "I64",
            shape: vec![1],
            bytes: vec![0; 8],
        });
        folder.write("model.safetensors", safetensors(&whole));
        assert_vectors(&folder, family, 1e-5);
    }
}

#[test]
fn weights_of_16_bits_are_read_as_the_numbers_that_they_are() {
    for (dtype, bits) in [("F16", 11), ("BF16", 8)] {
        let mut rounded = tensors("bert");
        let mut short = rounded.clone();
        for (rounded, short) in rounded.iter_mut().zip(&mut short) {
            let numbers: Vec<f32> = rounded
                .bytes
                .chunks_exact(4)
                .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
                .map(|number| with_bits(number, bits))
                .collect();
            rounded.bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            short.dtype = dtype;
            short.bytes = numbers.iter().flat_map(|number| in_16_bits(*number, dtype)).collect();
        }
        let vectors = |tensors: &[Tensor]| {
            let folder = TinyEncoder::new("bert");
            folder.write("model.safetensors", safetensors(tensors));
            Encoder::open(folder.path(), "bert", None).unwrap().vectors(&["the cat"]).unwrap()
        };
        assert_eq!(vectors(&rounded), vectors(&short), "{dtype}");
    }
}

/// Returns a number with fewer bits, those of small size as 0: they would not be normal numbers.
fn with_bits(number: f32, bits: u32) -> f32 {
    if number.abs() < 1e-3 {
        0.0
    } else {
        f32::from_bits(number.to_bits() & (u32::MAX << (24 - bits)))
    }
}

fn in_16_bits(number: f32, dtype: &str) -> [u8; 2] {
    let bits = number.to_bits();
    if dtype == "BF16" || number == 0.0 {
        return ((bits >> 16) as u16).to_le_bytes();
    }
    let exponent = ((bits >> 23) & 0xff) - 112;
    ((bits >> 31 << 15 | exponent << 10 | (bits >> 13 & 0x3ff)) as u16).to_le_bytes()
}

#[test]
fn scores_are_those_of_bert_score_for_every_family() {
    let golden = golden();
    for family in FAMILIES {
        let folder = TinyEncoder::new(family);
        folder.write(
            "baseline.tsv",
            "LAYER,P,R,F\n0,0.05,0.04,0.03\n1,0.15,0.14,0.13\n2,0.25,0.24,0.23\n3,0.35,0.34,0.33\n",
        );
        for expected in golden["families"][family]["scores"].as_array().unwrap() {
            let layer = expected["layer"].as_u64().unwrap() as usize;
            let encoder = Encoder::open(folder.path(), family, Some(layer)).unwrap();
            let mut settings = BertScore::new(Arc::new(encoder));
            settings.idf = expected["idf"] == true;
            if expected["rescaled"] == true {
                let path = folder.path().join("baseline.tsv");
                settings.baseline = Some(Baseline::read(&path, layer).unwrap());
            }
            let key = if expected["several"] == true { "several" } else { "references" };
            let references = golden[key].as_array().unwrap();
            let candidates = strings(&golden["candidates"]);
            let found = evaluate(&settings, &candidates[..references.len()], references);
            assert_scores(&found, expected, 1e-5);
        }
    }
}

/// Fails unless precision, recall and F1 are close to those of an object; `null` is undefined.
pub(crate) fn assert_scores(found: &[[Option<f64>; 3]], expected: &Value, tolerance: f64) {
    for (at, part) in ["precision", "recall", "f1"].into_iter().enumerate() {
        let expected = expected[part].as_array().unwrap();
        assert_eq!(found.len(), expected.len());
        for (number, (found, expected)) in found.iter().zip(expected).enumerate() {
            match (found[at], expected.as_f64()) {
                (Some(found), Some(expected)) => {
                    assert!(
                        (found - expected).abs() <= tolerance,
                        "{part} {number}: {found}, {expected}"
                    );
                }
                (found, expected) => assert_eq!(found, expected, "{part} {number}"),
            }
        }
    }
}

#[test]
fn a_response_scored_alone_has_the_best_scores_of_its_references_without_padding() {
    let folder = TinyEncoder::new("bert");
    let settings = BertScore::new(Arc::new(Encoder::open(folder.path(), "bert", None).unwrap()));
    let (response, references) = ("  the cat sat.", ["the dog ran", "a man was paid\n"]);
    let alone = settings.score_alone(response, &references).unwrap();
    let each = references.map(|reference| evaluate(&settings, &[response], &[json!(reference)])[0]);
    let best = |at: usize| each.iter().map(|scores| scores[at].unwrap()).fold(f64::MIN, f64::max);
    let found = [alone.precision, alone.recall, alone.f1];
    for (at, found) in found.into_iter().enumerate() {
        assert_close(found.unwrap(), best(at), 1e-6);
    }
}

#[test]
fn each_pair_has_the_similarities_of_its_own_texts_in_a_large_batch() {
    let folder = TinyEncoder::new("bert");
    let encoder = Encoder::open(folder.path(), "bert", None).unwrap();
    let words = ["the", "cat", "dog", "sat", "on", "mat", "ran", "fast"];
    let text = |seed: usize| {
        let length = 1 + seed % 17;
        (0..length).map(|at| words[(seed * 7 + at * at) % 8]).collect::<Vec<_>>().join(" ")
    };
    let texts: Vec<[String; 2]> = (0..700).map(|at| [text(at), text(at / 3 + 11)]).collect();
    let pairs: Vec<TextPair<'_>> =
        texts.iter().map(|[response, reference]| TextPair { response, reference }).collect();
    let together = encoder.matches(&pairs).unwrap();
    for (pair, together) in pairs.iter().zip(&together).step_by(41) {
        let [response, reference] =
            [pair.response, pair.reference].map(|text| encoder.vectors(&[text]).unwrap().remove(0));
        let cosine = |one: &[f32], other: &[f32]| {
            let product = |one: &[f32], other: &[f32]| -> f64 {
                one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
            };
            product(one, other) / (product(one, one) * product(other, other)).sqrt()
        };
        let best = |one: &[Vec<f32>], others: &[Vec<f32>]| -> Vec<f64> {
            let best = |one: &Vec<f32>| {
                others.iter().map(|other| cosine(one, other)).fold(f64::MIN, f64::max)
            };
            one.iter().map(best).collect()
        };
        for (found, expected) in [
            (&together.response, best(&response, &reference)),
            (&together.reference, best(&reference, &response)),
        ] {
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(expected) {
                assert_close(f64::from(*found), expected, 1e-5);
            }
        }
    }
}

#[test]
fn a_pair_whose_tokens_have_no_weight_has_no_precision_and_an_f1_of_0() {
    let none = Matched { best: &[0.9, 0.5, 0.9], weights: &[0.0; 3] };
    let some = Matched { best: &[0.9, 0.5, 0.9], weights: &[0.0, 1.0, 0.0] };
    let scores = BertScores::of(none, some);
    assert_eq!(scores, BertScores { precision: None, recall: Some(0.5), f1: Some(0.0) });
}
