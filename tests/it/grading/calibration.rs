//! Agreement of grades with people, against other programs: scikit-learn 1.9.1, scipy 1.12.0, statsmodels 0.15.0,
//! krippendorff 0.9.0, pingouin 0.6.1, irrCAC 0.4.4, pyCompare 1.5.4, numpy 1.26.4.

use serde_json::Value;

use crate::support::calibrated_grades::{CalibratedGrades, GradeSpec, assert_near, responses};
use crate::support::labelled_run::{interval, is_undefined, value, warning};

/// One response of each item, each with one label.
const KINDS: [(usize, &str, &str); 14] = [
    (14, "3/3", "3"),
    (13, "2/2", "2"),
    (4, "2/2", "3"),
    (9, "1/1", "1"),
    (3, "1/1", "2"),
    (8, "0/0", "0"),
    (3, "0/0", "1"),
    (4, "2/1", "2"),
    (2, "1/2", "1"),
    (2, "3/2", "3"),
    (1, "0/?", "0"),
    (1, "3/3", "1"),
    (1, "1/1", "3"),
    (2, "2/2", "1"),
];

fn graded() -> CalibratedGrades {
    GradeSpec::four(responses("alpha", &KINDS)).graded()
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
fn agreement_of_kept_grades_equals_that_of_other_programs() {
    let found = graded().found(&[]);
    let kept = &found["kept"];
    assert_eq!([&found["planned"], &found["labelled"], &kept["n"]], [67, 67, 58]);
    // proportion_confint(…, method="wilson")
    let coverage = [0.763_996_277_386_629_6, 0.927_689_083_357_045];
    assert_estimate(&found["coverage"], 58.0 / 67.0, coverage, 67);
    let agreement = [0.634_700_197_469_865_8, 0.850_411_256_433_305_1];
    assert_estimate(&kept["agreement"], 44.0 / 58.0, agreement, 58);
    let rate = [0.740_485_313_537_861_8, 0.954_648_206_669_026_4];
    assert_estimate(&kept["true_positive_rate"], 31.0 / 35.0, rate, 35);
    let rate = [0.678_725_177_299_040_4, 0.954_623_409_063_687_7];
    assert_estimate(&kept["true_negative_rate"], 20.0 / 23.0, rate, 23);
    // cohen_kappa_score, with weights=None, "quadratic" and "linear"
    assert_near(value(&kept["cohen_kappa"]), 0.674_157_303_370_786_5);
    assert_near(value(&kept["weighted_kappa"]), 0.845_826_687_931_951_1);
    assert_near(value(&kept["linear_kappa"]), 0.765_063_291_139_240_5);
    // irrCAC gives five decimals.
    assert!((value(&kept["gwet_ac1"]) - 0.679_87).abs() < 5.1e-6, "{}", kept["gwet_ac1"]);
    // krippendorff.alpha(…, level_of_measurement="ordinal")
    assert_near(value(&kept["krippendorff_alpha"]), 0.835_152_333_537_722_3);
    for name in ["cohen_kappa", "weighted_kappa", "linear_kappa", "gwet_ac1", "krippendorff_alpha"]
    {
        let [low, high] = interval(&kept[name]);
        let at = value(&kept[name]);
        assert!(0.4 < low && low < at && at < high && high < 1.0, "{name}: {}", kept[name]);
    }
    let confusion = &kept["confusion"];
    assert_eq!(confusion["labels"], serde_json::json!(["poor", "fair", "good", "excellent"]));
    assert_eq!(
        confusion["counts"],
        serde_json::json!([[8, 3, 0, 0], [0, 9, 3, 1], [0, 2, 13, 4], [0, 1, 0, 14]])
    );
}

#[test]
fn numbers_about_steps_equal_those_of_other_programs() {
    let found = graded().found(&[]);
    let kept = &found["kept"];
    // pingouin.intraclass_corr, ICC(A,1); it rounds its interval to two decimals.
    assert_near(value(&kept["icc"]), 0.848_081_023_454_157_4);
    let [low, high] = interval(&kept["icc"]);
    assert!((low - 0.75).abs() < 0.005_1 && (high - 0.91).abs() < 0.005_1, "{low} {high}");
    // spearmanr and kendalltau
    assert_near(value(&kept["spearman"]), 0.841_649_680_237_180_7);
    assert_near(value(&kept["kendall"]), 0.794_191_722_260_836_5);
    // scipy.stats.t.interval, and calculateConfidenceIntervals(…, "approximate")
    let bias = [-0.289_323_718_658_717_87, 0.013_461_649_693_200_6];
    assert_estimate(&kept["bias"], -0.137_931_034_482_758_62, bias, 58);
    let low = [-1.526_676_404_779_058_6, -1.006_229_113_051_931];
    assert_estimate(&kept["limits"]["low"], -1.266_452_758_915_494_8, low, 58);
    let high = [0.730_367_044_086_413_6, 1.250_814_335_813_541_3];
    assert_estimate(&kept["limits"]["high"], 0.990_590_689_949_977_5, high, 58);
}

#[test]
fn every_reply_counts_and_an_unreadable_one_is_wrong() {
    let found = graded().found(&[]);
    let replies = &found["replies"];
    assert_eq!([&replies["n"], &replies["unreadable"]], [134, 1]);
    // OLS on a constant with cov_type="cluster", times G/(G − 1), on Student's t.
    let agreement = [0.623_661_274_481_672_5, 0.824_099_919_548_178];
    assert_estimate(&replies["agreement"], 0.723_880_597_014_925_4, agreement, 134);
    let rate = [0.752_334_609_840_108, 0.954_982_463_324_623_2];
    assert_estimate(&replies["true_positive_rate"], 0.853_658_536_585_365_8, rate, 82);
    let rate = [0.687_679_292_653_804_3, 0.966_166_861_192_349_3];
    assert_estimate(&replies["true_negative_rate"], 0.826_923_076_923_076_9, rate, 52);
    // cohen_kappa_score with unreadable replies as a fifth category
    assert_near(value(&replies["cohen_kappa"]), 0.626_375_282_592_313_3);
    // statsmodels' cohens_kappa with a matrix of distances: 1 between an unreadable reply and every step
    assert_near(value(&replies["weighted_kappa"]), 0.805_242_490_693_049_1);
}

#[test]
fn the_direction_of_the_scale_is_measured() {
    let found = graded().found(&[]);
    let order = &found["order"];
    // proportion_confint(58, 66, method="wilson"); scipy.stats.t.interval; scipy.stats.binomtest(2, 8)
    let ends = [0.778_625_609_773_596_8, 0.937_281_544_004_023_4];
    assert_estimate(&order["consistency"], 58.0 / 66.0, ends, 66);
    let ends = [-0.145_532_403_280_289_16, 0.024_320_282_068_167_956];
    assert_estimate(&order["step_difference"], -0.060_606_060_606_060_61, ends, 66);
    assert_near(order["p_value"].as_f64().unwrap(), 0.289_062_5);
    assert!(found["stability"].is_null());
}

#[test]
fn several_responses_of_an_item_make_intervals_wider() {
    // The same responses, four to an item: those of an item are alike, and the intervals must know.
    let mut alike = Vec::new();
    for (at, response) in responses("alpha", &KINDS).into_iter().enumerate() {
        let system = ["a", "b", "c", "d"][at % 4];
        let id = format!("q{:03}", at / 4);
        alike.push(crate::support::calibrated_grades::Response { id, system, ..response });
    }
    let clustered = GradeSpec::four(alike).graded().found(&[]);
    let alone = graded().found(&[]);
    let width = |found: &Value| {
        let [low, high] = interval(found);
        high - low
    };
    for name in ["icc", "spearman", "kendall", "bias", "agreement", "cohen_kappa"] {
        let (one, other) = (&alone["kept"][name], &clustered["kept"][name]);
        assert_near(value(one), value(other));
        assert!(width(other) > width(one), "{name}: {one} {other}");
    }
    let (one, other) = (&alone["kept"]["limits"], &clustered["kept"]["limits"]);
    for end in ["low", "high"] {
        assert_near(value(&one[end]), value(&other[end]));
        assert!(interval(&other[end])[0] < value(&other[end]));
    }
}

#[test]
fn the_judge_is_compared_with_each_person_as_people_are_with_each_other() {
    let kinds = [
        (6, "3/3", "333"),
        (5, "2/2", "223"),
        (4, "1/1", "112"),
        (5, "0/0", "000"),
        (3, "2/2", "322"),
        (3, "1/2", "121"),
        (2, "3/3", "233"),
        (2, "0/1", "01-"),
        (2, "2/2", "22-"),
        (1, "3/1", "1c1"),
        (2, "2/2", "2--"),
    ];
    let found = GradeSpec::four(responses("alpha", &kinds)).graded().found(&[]);
    let human = &found["human"];
    // krippendorff.alpha, ordinal, of the 33 responses with several annotators
    assert_near(value(&human["krippendorff_alpha"]), 0.796_361_050_082_855_3);
    assert_near(value(&human["agreement"]), 0.582_417_582_417_582_5);
    assert_eq!(human["agreement"]["n"], 91);
    // cohen_kappa_score(…, weights="quadratic"); the pairs that both gave a step
    let kappas = [0.861_111_111_111_111_2, 0.809_210_526_315_789_5, 0.823_529_411_764_705_8];
    let shared = [33, 29, 29];
    let names = [["ana", "ben"], ["ana", "cyd"], ["ben", "cyd"]];
    for (at, pair) in human["pairwise_kappa"].as_array().unwrap().iter().enumerate() {
        assert_eq!(pair["annotators"], serde_json::json!(names[at]));
        assert_near(value(&pair["kappa"]), kappas[at]);
        assert_eq!(pair["kappa"]["n"], shared[at]);
    }
    // The mean of the judge's κ with ana, ben and cyd
    assert_near(value(&human["judge"]), 0.887_366_288_949_747_2);
    // 01- has no majority. 1c1 has one, and nobody is asked to decide 223 with 2.
    assert_eq!(found["no_majority"], 2);
    assert_eq!(found["annotators"], 3);
    // What most gave: 2 of 223, and not 7/3.
    assert_eq!(found["kept"]["n"], 29);
}

#[test]
fn repeats_are_compared_within_a_direction() {
    // In the first 10 of 30 responses one direction has one reply of three that differs: one pair of three agrees.
    let kinds = [(10, "110/111", "1"), (10, "111/111", "1"), (10, "000/000", "0")];
    let found = GradeSpec::two(responses("alpha", &kinds)).graded().found(&[]);
    assert_near(value(&found["stability"]), 160.0 / 180.0);
    assert_eq!(found["replies"]["n"], 180);
}

#[test]
fn what_cannot_be_assessed_is_a_grade_in_agreement_and_no_step() {
    let kinds = [
        (20, "1/1", "1"),
        (15, "0/0", "0"),
        (4, "c/c", "c"),
        (3, "c/c", "1"),
        (2, "0/0", "c"),
        (2, "1/c", "1"),
        (3, "1/1", "0"),
    ];
    let spec = GradeSpec { cannot_assess: true, ..GradeSpec::two(responses("alpha", &kinds)) };
    let found = spec.graded().found(&[]);
    let kept = &found["kept"];
    assert_eq!(kept["n"], 47);
    assert_near(value(&kept["agreement"]), 39.0 / 47.0);
    assert_eq!(kept["confusion"]["labels"], serde_json::json!(["fail", "pass", "cannot assess"]));
    assert_eq!(kept["confusion"]["counts"], serde_json::json!([[15, 0, 2], [3, 20, 0], [0, 3, 4]]));
    // Of steps alone: 38 kept, of which 20 of 20 passes and 15 of 18 fails are found.
    assert_eq!([&kept["weighted_kappa"]["n"], &kept["bias"]["n"]], [38, 38]);
    assert_near(value(&kept["true_positive_rate"]), 1.0);
    assert_near(value(&kept["true_negative_rate"]), 15.0 / 18.0);
    // Of all replies: 2 with 1/c count once.
    assert_eq!(found["replies"]["true_positive_rate"]["n"], 42);
    assert_eq!([&found["labels_cannot_assess"], &found["replies_cannot_assess"]], [6, 16]);
    assert!(warning(&found, "labels-cannot-assess").unwrap().contains("6 labelled responses"));
    assert!(warning(&found, "replies-cannot-assess").unwrap().contains("16 replies say"));
    let system = &found["systems"][0];
    // 40 kept steps and the 3 that the judge could not assess; those of people are left out of labels.
    assert_eq!(system["pass_rate"]["labels"]["n"], 43);
    assert!(!is_undefined(&system["pass_rate"]["ppi"]));
}
