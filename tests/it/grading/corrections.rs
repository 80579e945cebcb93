//! Pass rates corrected with labels.

use evenhand::stats::{JudgedShare, rogan_gladen};
use serde_json::{Value, json};

use crate::support::calibrated_grades::{GradeSpec, Response, assert_near, responses};
use crate::support::labelled_run::{interval, is_undefined, value, warning};

/// Two systems with labels of 24 of 88 responses each.
fn two_systems() -> Vec<Response> {
    let alpha = [
        (9, "1/1", "1"),
        (3, "1/1", "0"),
        (7, "0/0", "0"),
        (2, "0/0", "1"),
        (2, "1/0", "1"),
        (1, "0/1", "0"),
        (34, "1/1", "-"),
        (22, "0/0", "-"),
        (8, "1/0", "-"),
    ];
    let beta = [
        (11, "1/1", "1"),
        (1, "1/1", "0"),
        (6, "0/0", "0"),
        (3, "0/0", "1"),
        (1, "1/0", "1"),
        (2, "0/1", "0"),
        (40, "1/1", "-"),
        (18, "0/0", "-"),
        (6, "1/0", "-"),
    ];
    [responses("alpha", &alpha), responses("beta", &beta)].concat()
}

fn with_probability(mut responses: Vec<Response>, probability: f64) -> Vec<Response> {
    for one in &mut responses {
        one.probability = Some(probability);
    }
    responses
}

#[track_caller]
fn assert_estimate(found: &Value, expected: f64, ends: [f64; 2], n: u64) {
    assert_near(value(found), expected);
    let [low, high] = interval(found);
    assert_near(low, ends[0]);
    assert_near(high, ends[1]);
    assert_eq!(found["n"], n);
}

#[test]
fn pass_rates_equal_those_of_other_programs() {
    let found = GradeSpec::two(two_systems()).graded().found(&[]);
    let (alpha, beta) = (&found["systems"][0], &found["systems"][1]);
    assert_eq!([&alpha["system"], &beta["system"]], ["alpha", "beta"]);
    assert_eq!([&alpha["planned"], &alpha["labelled"], &alpha["kept_n"]], [88, 24, 77]);
    // scipy 1.12.0 (t.interval) and statsmodels 0.15.0 (proportion_confint, wilson)
    let (one, other) = (&alpha["pass_rate"], &beta["pass_rate"]);
    let ends = [0.487_230_380_492_967_3, 0.683_224_164_961_578_1];
    assert_estimate(&one["averaged"], 0.585_227_272_727_272_7, ends, 88);
    let ends = [0.485_768_531_679_494_6, 0.699_779_827_031_719_5];
    assert_estimate(&one["kept"], 46.0 / 77.0, ends, 77);
    let ends = [0.350_748_653_589_194_7, 0.721_086_662_687_890_1];
    assert_estimate(&one["labels"], 13.0 / 24.0, ends, 24);
    assert_near(value(&other["averaged"]), 0.642_045_454_545_454_6);
    assert_near(value(&other["labels"]), 0.625);
    assert_near(one["bounds"]["low"].as_f64().unwrap(), 0.522_727_272_727_272_7);
    assert_near(one["bounds"]["high"].as_f64().unwrap(), 0.647_727_272_727_272_7);
    // ppi-python 0.2.3, ppi_mean_pointestimate: of the three kinds of grades one has fewer than five labels, so they are
    // corrected together.
    assert_near(value(&one["ppi"]), 0.553_563_705_286_724_6);
    assert_near(value(&other["ppi"]), 0.674_129_721_827_090_3);
    assert_eq!([&one["ppi_basis"], &other["ppi_basis"]], ["as-if-random"; 2]);
    assert!(warning(&found, "unknown-sampling").is_some());
    // numpy and scipy: the mean of the judge's scores within each class of people, and its t interval cut to [0, 1]
    let ends = [0.534_689_171_283_944_2, 1.0];
    assert_estimate(&alpha["true_positive_rate"], 0.769_230_769_230_769_3, ends, 13);
    let ends = [0.371_302_529_006_834_2, 0.992_333_834_629_452_9];
    assert_estimate(&alpha["true_negative_rate"], 0.681_818_181_818_181_8, ends, 11);
    // The difference of both, paired by item; each by its own correction.
    let difference = &found["pairs"][0]["pass_rate_difference"];
    assert_eq!(found["pairs"][0]["between"], json!(["alpha", "beta"]));
    assert_eq!(found["pairs"][0]["system"], "beta");
    assert_near(value(&difference["ppi"]), 0.120_566_016_540_365_7);
    assert_near(value(&difference["judge"]), 0.642_045_454_545_454_6 - 0.585_227_272_727_272_7);
    assert_near(value(&difference["labels"]), 2.0 / 24.0);
    let [low, high] = interval(&difference["ppi"]);
    assert!(low < 0.0 && 0.25 < high && high < 0.6, "{low} {high}");
}

#[test]
fn kinds_of_grades_with_five_labels_are_corrected_apart() {
    let kinds = [
        (18, "1/1", "1"),
        (4, "1/1", "0"),
        (13, "0/0", "0"),
        (3, "0/0", "1"),
        (5, "1/0", "1"),
        (3, "0/1", "0"),
        (34, "1/1", "-"),
        (22, "0/0", "-"),
        (8, "1/0", "-"),
    ];
    let found = GradeSpec::two(responses("alpha", &kinds)).graded().found(&[]);
    // ppi-python 0.2.3, ppi_mean_pointestimate of each kind, weighted by its share of the responses
    assert_near(value(&found["systems"][0]["pass_rate"]["ppi"]), 0.572_210_743_801_652_9);
}

#[test]
fn error_rates_of_the_system_correct_the_share_of_its_unlabelled_responses() {
    let found = GradeSpec::two(two_systems()).graded().found(&[]);
    let (alpha, beta) = (&found["systems"][0]["pass_rate"], &found["systems"][1]["pass_rate"]);
    // numpy: (p + q0 − 1)/(q0 + q1 − 1) of the 64 without a label, with the interval of Lee et al. (2025)
    let ends = [0.104_750_792_846_933_78, 1.0];
    assert_estimate(&alpha["rogan_gladen"], 0.610_949_612_403_100_1, ends, 64);
    assert!(alpha["rogan_gladen_reason"].is_null());
    // Nine fails are labelled.
    assert!(beta["rogan_gladen"].is_null());
    assert_eq!(beta["rogan_gladen_reason"], "too-few-fails");
}

/// Two systems of which people pass 60 and 50 of 100, and whose judge is strict with the first and lenient with the second.
fn reversed() -> Vec<Response> {
    let alpha = [
        (42, "1/1", "1"),
        (18, "0/0", "1"),
        (4, "1/1", "0"),
        (36, "0/0", "0"),
        (46, "1/1", "-"),
        (54, "0/0", "-"),
    ];
    let beta =
        [(50, "1/1", "1"), (20, "1/1", "0"), (30, "0/0", "0"), (70, "1/1", "-"), (30, "0/0", "-")];
    [responses("alpha", &alpha), responses("beta", &beta)].concat()
}

#[test]
fn one_correction_for_all_systems_names_the_wrong_winner_and_ours_does_not() {
    let found = GradeSpec::two(with_probability(reversed(), 0.5)).graded().found(&[]);
    let rate = |at: usize, name: &str| value(&found["systems"][at]["pass_rate"][name]);
    // The judge passes beta more often.
    assert_near(rate(0, "averaged"), 0.46);
    assert_near(rate(1, "averaged"), 0.7);
    // One correction for both: 92 of 110 passes and 66 of 90 fails are found.
    let pooled = |share: f64| {
        let judged = JudgedShare {
            share,
            n: 100,
            sensitivity: 92.0 / 110.0,
            positives: 110,
            specificity: 66.0 / 90.0,
            negatives: 90,
        };
        rogan_gladen(&judged, 0.95).unwrap().value
    };
    assert!(pooled(0.46) < pooled(0.7), "it must name beta for this test to mean anything");
    // Each by the errors on its own responses: alpha, as people say.
    assert_near(rate(0, "rogan_gladen"), 0.6);
    assert_near(rate(1, "rogan_gladen"), 0.5);
    assert_near(rate(0, "ppi"), 0.6);
    assert_near(rate(1, "ppi"), 0.5);
    assert_eq!(found["systems"][0]["pass_rate"]["ppi_basis"], "known-probabilities");
    let difference = &found["pairs"][0]["pass_rate_difference"];
    assert!(value(&difference["judge"]) > 0.2);
    assert_near(value(&difference["ppi"]), -0.1);
    let message = warning(&found, "error-rates-differ").unwrap();
    assert!(message.contains("passes of beta more often than those of alpha"), "{message}");
}

#[test]
fn a_correction_by_error_rates_says_why_it_is_missing() {
    let reason = |responses: Vec<Response>| {
        let found = GradeSpec::two(responses).graded().found(&[]);
        let rates = found["systems"][0]["pass_rate"].clone();
        assert!(rates["rogan_gladen"].is_null(), "{rates}");
        rates["rogan_gladen_reason"].as_str().unwrap().to_owned()
    };
    let of = |kinds: &[(usize, &'static str, &'static str)]| responses("alpha", kinds);
    let all = of(&[(20, "1/1", "1"), (20, "0/0", "0")]);
    assert_eq!(reason(all), "every-label");
    let few = of(&[(9, "1/1", "1"), (20, "0/0", "0"), (20, "0/0", "-")]);
    assert_eq!(reason(few), "too-few-passes");
    let chance = of(&[
        (10, "1/1", "1"),
        (10, "0/0", "1"),
        (9, "1/1", "0"),
        (11, "0/0", "0"),
        (9, "0/0", "-"),
    ]);
    assert_eq!(reason(chance), "no-better-than-chance");
    let only_kept = of(&[(20, "1/1", "1"), (20, "0/0", "0"), (20, "0/1", "-")]);
    assert_eq!(reason(only_kept), "only-kept");
    let mut unequal = of(&[(20, "1/1", "1"), (20, "0/0", "0"), (20, "0/0", "-")]);
    for (at, response) in unequal.iter_mut().enumerate() {
        response.probability = Some(if at < 20 { 0.9 } else { 0.5 });
    }
    assert_eq!(reason(unequal), "unequal-draw");
    // Of 40 labelled responses a quarter of the passes is missed; all without a label pass, which is too many.
    let other = of(&[(30, "1/1", "1"), (10, "0/0", "1"), (12, "0/0", "0"), (48, "1/1", "-")]);
    assert_eq!(reason(other), "contradiction");
}

#[test]
fn only_kept_labels_say_nothing_about_the_pass_rate() {
    let kinds = [(20, "1/1", "1"), (20, "0/0", "0"), (20, "0/1", "-")];
    let found = GradeSpec::two(responses("alpha", &kinds)).graded().found(&[]);
    let rates = &found["systems"][0]["pass_rate"];
    assert!(is_undefined(&rates["ppi"]), "{rates}");
    assert_eq!(rates["ppi_basis"], "only-kept");
    assert!(warning(&found, "only-kept-labelled").is_some());
}

#[test]
fn the_mean_step_is_counted_from_one_and_corrected() {
    let kinds = [(20, "3/3", "3"), (20, "1/1", "2"), (10, "0/0", "0")];
    let found = GradeSpec::four(responses("alpha", &kinds)).graded().found(&[]);
    let steps = &found["systems"][0]["mean_step"];
    assert_near(value(&steps["averaged"]), 1.0 + 80.0 / 50.0);
    // Every response is labelled.
    assert_near(value(&steps["labels"]), 1.0 + 100.0 / 50.0);
    assert_near(value(&steps["ppi"]), 1.0 + 100.0 / 50.0);
    assert_near(value(&found["kept"]["bias"]), -0.4);
}

#[test]
fn a_difference_counts_the_labelled_responses_of_both_systems() {
    let alpha = responses("alpha", &[(20, "1/1", "1"), (20, "0/0", "0")]);
    let beta = responses("beta", &[(6, "1/1", "1"), (6, "0/0", "0"), (28, "1/1", "-")]);
    let found = GradeSpec::two([alpha, beta].concat()).graded().found(&[]);
    let difference = &found["pairs"][0]["pass_rate_difference"];
    assert_eq!([&difference["labels"]["n"], &difference["ppi"]["n"]], [52, 52]);
}

#[test]
fn a_label_counts_where_the_judge_could_not_be_read_or_could_not_assess_the_response() {
    // The judge grades only what people pass.
    for unread in ["?/?", "c/c"] {
        let kinds = [(40, "1/1", "1"), (159, unread, "0"), (1, unread, "-")];
        let spec = GradeSpec { cannot_assess: true, ..GradeSpec::two(responses("alpha", &kinds)) };
        let run = spec.graded();
        let found = run.found(&[]);
        let rates = &found["systems"][0]["pass_rate"];
        // Nobody knows the last response: the others are nearly all.
        assert_near(value(&rates["labels"]), 40.0 / 199.0);
        assert!((value(&rates["ppi"]) - 40.0 / 199.0).abs() < 0.005, "{unread}: {}", rates["ppi"]);
        assert_eq!(
            [&rates["ppi"]["n"], &found["systems"][0]["true_negative_rate"]["n"]],
            [199, 159]
        );
        run.calibrate(&["--min-pass-rate", "alpha=0.8"]).expect(6);
        let mean = &found["systems"][0]["mean_step"];
        assert!((value(&mean["ppi"]) - (1.0 + 40.0 / 199.0)).abs() < 0.005, "{unread}: {mean}");
    }
}
