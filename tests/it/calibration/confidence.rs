//! Calibration of a judge's own probabilities, end to end: a scripted server answers with log probabilities, and
//! labels agree with most of them.

use serde_json::json;

use crate::support::server::{Answer, Scene, completion};

#[test]
fn confidence_is_averaged_over_both_orders_and_compared_with_the_labels() {
    // Beta is preferred in both orders, with probability 0.9 shown first and 0.7 shown second.
    let scene = Scene::new(10, |seen| {
        let (token, share) = if seen.first == "beta" { ("A", 0.9_f64) } else { ("B", 0.7) };
        let mut body = completion(token);
        let likely = json!({ "token": token, "logprob": share.ln() });
        let mut found = likely.clone();
        found["top_logprobs"] = json!([likely]);
        body["choices"][0]["logprobs"] = json!({ "content": [found] });
        Answer::json(200, &body)
    });
    let rubric = "name = \"letters\"\ndescription = \"Which is better?\"\nprompt = \"pairwise-terse.j2\"\n\
                  ties = false\n[reply]\nformat = \"logprobs\"\nfirst = \"A\"\nsecond = \"B\"\n";
    scene.folder.write("rubrics/letters.toml", rubric);
    scene.judge(&["--rubric", "letters"]).expect(0);
    let ids: Vec<String> =
        scene.verdicts().iter().map(|verdict| verdict["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 10);
    let label = |(at, id): (usize, &String)| {
        let winner = if at < 8 { "beta" } else { "alpha" };
        format!("{}\n", json!({ "id": id, "annotator": "ana", "winner": winner }))
    };
    scene.folder.write("labels.jsonl", &ids.iter().enumerate().map(label).collect::<String>());
    let calibrate = ["calibrate", "run.db", "--labels", "labels.jsonl"];
    let json = scene.run(&[&calibrate[..], &["--format", "json"]].concat()).expect(0);
    let found = &json.json_lines()[0]["confidence"];
    assert_eq!(found["n"], 10);
    let bins = found["bins"].as_array().unwrap();
    let full: Vec<_> = bins.iter().filter(|bin| bin["n"] != 0).collect();
    assert_eq!((full.len(), &full[0]["n"]), (1, &json!(10)));
    // Stated 0.8 and right 8 times of 10: no calibration error; (8·0.2² + 2·0.8²)/10 = 0.16.
    for (name, expected) in [("ece", 0.0), ("brier", 0.16), ("auroc", 0.5)] {
        let number = found[name].as_f64().unwrap();
        assert!((number - expected).abs() < 1e-6, "{name}: {number}");
    }
    assert!(found["threshold"].is_null());
    let table = scene.run(&[&calibrate[..], &["--full"]].concat()).expect(0).stdout;
    assert!(table.contains("confidence of 10 labelled comparisons"), "{table}");
    assert!(table.contains("80.0 %       80.0 %         10"), "{table}");
}
