//! A real encoder, all-MiniLM-L6-v2, whose folder the environment variable `EVENHAND_MINILM` names (`.ci/minilm`),
//! against values of `bert_score` in `../shared`.

mod needs_minilm {
    use std::path::PathBuf;
    use std::sync::Arc;

    use evenhand::encoder::Encoder;
    use evenhand::metrics::{BertScore, TokenMatcher as _};
    use serde_json::Value;

    use crate::command::{document, evaluate, golden_items, run};
    use crate::scores::assert_scores;
    use crate::strings;

    #[expect(clippy::disallowed_methods, reason = "a test reads where the encoder is")]
    fn folder() -> PathBuf {
        std::env::var_os("EVENHAND_MINILM").expect("EVENHAND_MINILM is not set").into()
    }

    /// Returns the values of `bert_score` for this encoder.
    fn golden() -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/golden/bertscore_minilm.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    #[ignore = "needs EVENHAND_MINILM and ../shared"]
    fn a_fetched_model_is_found_by_its_name_and_the_default_without_one() {
        let items = golden_items();
        let from = folder();
        let pull = ["models", "pull", "all-minilm-l6-v2", "--from", from.to_str().unwrap()];
        run(items.path(), &pull).expect(0);
        for more in [&[][..], &["--encoder", "all-minilm-l6-v2"]] {
            let flags = ["metrics", "items.jsonl", "--metric", "bertscore", "--format", "json"];
            let found = document(items.path(), &[&flags[..], more].concat());
            let signature = found["metrics"][0]["signature"].as_str().unwrap();
            assert!(signature.starts_with("encoder:all-minilm-l6-v2@"), "{signature}");
            assert!(signature.contains("|layer:6/6|"), "{signature}");
        }
    }

    fn encoder(layer: Option<usize>) -> Encoder {
        Encoder::open(&folder(), "all-minilm-l6-v2", layer).unwrap()
    }

    #[test]
    #[ignore = "needs EVENHAND_MINILM and ../shared"]
    fn it_is_an_encoder_of_6_layers_of_which_the_last_is_used() {
        let encoder = encoder(None);
        assert_eq!((encoder.identity().layer, encoder.identity().layers), (6, 6));
        let scores = BertScore::new(Arc::new(encoder))
            .score_alone("The cat sat on the mat.", &["A cat was sitting on the mat."])
            .unwrap();
        // Paraphrases are similar, by any measure.
        assert!(scores.f1.unwrap() > 0.8, "{scores:?}");
    }

    #[test]
    #[ignore = "needs EVENHAND_MINILM and ../shared"]
    fn tokens_are_those_of_bert_score() {
        let golden = golden();
        let encoder = encoder(None);
        let expected = golden["token_ids"].as_object().unwrap();
        assert!(expected.len() > 60);
        for (text, ids) in expected {
            let text = text.trim_matches(|char: char| {
                char.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&char)
            });
            let found = encoder.tokens(&[text]).unwrap();
            assert_eq!(Value::from(found[0].ids.clone()), *ids, "{text:?}");
        }
    }

    #[test]
    #[ignore = "needs EVENHAND_MINILM and ../shared"]
    fn scores_are_those_of_bert_score() {
        let golden = golden();
        // The cases have pairs in common, so that most similarities are also read from the cache.
        let cache = tempfile::tempdir().unwrap();
        let encoders = [5, 6]
            .map(|layer| Arc::new(encoder(Some(layer)).with_cache(&cache.path().join("cache.db"))));
        let cases = ["cases", "multi_reference_cases"].map(|key| golden[key].as_array().unwrap());
        for case in cases.into_iter().flatten() {
            let input = &case["input"];
            let layer = input["num_layers"].as_u64().unwrap() as usize;
            let encoder = encoders.iter().find(|encoder| encoder.identity().layer == layer);
            let mut settings = BertScore::new(Arc::clone(encoder.unwrap()) as Arc<_>);
            settings.idf = input["idf"] == true;
            let found = evaluate(
                &settings,
                &strings(&input["candidates"]),
                input["references"].as_array().unwrap(),
            );
            assert_scores(&found, &case["expected"], 1e-5);
        }
    }
}
