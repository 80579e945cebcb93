//! The numbers without labels, against scipy 1.15.3 and statsmodels 0.14.4.
//!
//! The grades of both directions follow from the number of the item. Rates averaged over both directions and mean steps
//! have the t interval of a mean, kept rates that of Wilson (`proportion_confint`), differences that of a paired t test
//! (`ttest_rel`), and changes by direction an exact binomial test (`binomtest`).

use serde_json::{Value, json};

use crate::support::grading_scene::{GradingScene, grades, system};

const STEPS: [&str; 4] = ["bad", "weak", "good", "excellent"];

fn step(system: &str, number: usize, is_reversed: bool) -> usize {
    let mut step = match system {
        "alpha" => (number * 7 + 3) % 4,
        _ => (number * 5 + 1 + number % 3) % 4,
    };
    if is_reversed && number.is_multiple_of(6) {
        step = (step + 1).min(3);
    }
    if is_reversed && system == "beta" && number % 7 == 3 {
        step = step.saturating_sub(1);
    }
    step
}

fn is_near(estimate: &Value, expected: [f64; 3], n: u64) {
    let names = ["value", "low", "high"];
    for (name, expected) in names.into_iter().zip(expected) {
        let found = estimate[name].as_f64().unwrap();
        assert!(
            (found - expected).abs() < 1e-9,
            "{name}: {found}, expected {expected}: {estimate}"
        );
    }
    assert_eq!(estimate["n"].as_u64(), Some(n), "{estimate}");
}

#[test]
fn rates_means_and_differences_are_those_of_other_programs() {
    let scene = GradingScene::new(20, |seen| {
        let number: usize = seen.id[2..].parse().unwrap();
        let instructions = seen.body["messages"][0]["content"].as_str().unwrap();
        let is_reversed = instructions.find("\"excellent\"") < instructions.find("\"bad\"");
        grades(STEPS[step(system(seen), number, is_reversed)])
    });
    let rubric = "name = \"quality\"\ndescription = \"How good is it?\"\nmode = \"grade\"\n\
                  scale = [\"bad\", \"weak\", \"good\", \"excellent\"]\npass_from = \"good\"\n";
    scene.folder.write("rubrics/quality.toml", rubric);
    let numbers = scene.numbers(&[]);
    let judge = &numbers["judges"][0];
    let [alpha, beta] = [0, 1].map(|at| &judge["systems"][at]);
    is_near(
        &alpha["pass_rate"]["averaged"],
        [0.55, 0.323_503_014_247_571_4, 0.776_496_985_752_428_6],
        20,
    );
    is_near(
        &beta["pass_rate"]["averaged"],
        [0.525, 0.291_300_903_840_334_36, 0.758_699_096_159_665_7],
        20,
    );
    is_near(
        &alpha["pass_rate"]["kept"],
        [0.555_555_555_555_555_6, 0.337_164_156_420_427_74, 0.754_404_818_729_944_3],
        18,
    );
    is_near(
        &beta["pass_rate"]["kept"],
        [0.526_315_789_473_684_2, 0.317_078_092_451_131_55, 0.726_701_948_388_204_2],
        19,
    );
    is_near(&alpha["mean_step"], [2.55, 2.019_088_841_861_892, 3.080_911_158_138_107_5], 20);
    is_near(&beta["mean_step"], [2.575, 2.020_847_684_036_137, 3.129_152_315_963_863_5], 20);
    assert_eq!(alpha["steps"], json!([5, 3, 5, 5]));
    assert_eq!(beta["steps"], json!([5, 4, 4, 6]));
    let pair = &judge["pairs"][0];
    is_near(&pair["pass_rate"], [-0.025, -0.232_574_032_291_648, 0.182_574_032_291_648], 20);
    is_near(&pair["mean_step"], [0.025, -0.519_710_317_040_613_7, 0.569_710_317_040_613_7], 20);
    assert!((pair["p_value"].as_f64().unwrap() - 0.803_684_678_216_419_1).abs() < 1e-9);
    assert_eq!(pair["pass_rates"], json!([0.55, 0.525]));
    let order = &judge["order"];
    assert_eq!(
        (&order["higher_when_reversed"], &order["lower_when_reversed"]),
        (&json!(3), &json!(0))
    );
    assert!((order["p_value"].as_f64().unwrap() - 0.25).abs() < 1e-9);
    assert_eq!(order["consistency"]["value"], 0.925);
    assert!((order["step_difference"]["value"].as_f64().unwrap() - 0.075).abs() < 1e-12);
}

#[test]
fn without_a_step_that_passes_there_are_mean_steps_and_no_pass_rate() {
    let scene =
        GradingScene::new(6, |seen| grades(if system(seen) == "beta" { "good" } else { "weak" }));
    let rubric = "name = \"quality\"\ndescription = \"How good is it?\"\nmode = \"grade\"\n\
                  scale = [\"bad\", \"weak\", \"good\"]\n";
    scene.folder.write("rubrics/quality.toml", rubric);
    let numbers = scene.numbers(&[]);
    let judge = &numbers["judges"][0];
    assert!(judge["systems"][0]["pass_rate"].is_null() && judge["pairs"][0]["pass_rate"].is_null());
    assert_eq!(judge["systems"][1]["mean_step"]["value"], 3.0);
    assert_eq!(judge["pairs"][0]["mean_step"]["value"], 1.0);
    let headline = numbers["headline"].as_str().unwrap();
    assert!(
        headline.starts_with(
            "gpt grades beta 3.00 and alpha 2.00 on average, on a scale from 1 to 3, on 6 items"
        ),
        "{headline}"
    );
    let refused = scene.grade(&["--min-pass-rate", "beta=0.5"]).expect(2);
    assert!(refused.stderr.contains("the rubric does not say what passes"), "{}", refused.stderr);
}
