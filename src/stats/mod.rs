//! Statistics: numbers in, estimates out.
//!
//! Plain functions on plain numbers, independent of judges and runs. An undefined value is an error that
//! says why, never NaN. The distributions are those of statrs; everything else is implemented here and
//! tested against values from other programs (`tests/golden`).
//!
//! | question | functions |
//! | --- | --- |
//! | What is the interval of a share? | [`wilson`], [`clopper_pearson`], [`binomial_test_half`] |
//! | Do two shares differ? | [`newcombe_independent`], [`newcombe_paired`], [`paired_difference`], [`paired_difference_p_value`], [`mcnemar`], [`fisher_exact`] |
//! | Do two samples have the same distribution? | [`homogeneity()`], [`population_stability`] |
//! | What holds however often it is looked at? | [`SequentialMeans`], [`betting_interval`], [`empirical_bernstein_interval`], [`beta_binomial_interval`], [`one_sided_capital`], [`hedged_capital`] |
//! | Has a number changed that is looked at again and again? | [`Alarm`], [`EDetector`], [`smallest_visible_mean`] |
//! | What is the interval of a mean of clustered scores? | [`mean_interval`], [`clustered_mean`], [`clustered_share`], [`weighted_mean`], [`weighted_share`], [`design_effect`], [`compare_means`] |
//! | Do two systems differ by a statistic of sums? | [`sign_flip()`] |
//! | Are two numbers equal up to rounding? | [`nearly_equal`], [`is_rounding`] |
//! | How is a number written that must not look like another? | [`rounded_apart`] |
//! | What is the interval of any other statistic? | [`Clusters`], [`bootstrap()`], [`bca`], [`percentile_interval`] |
//! | Do two raters agree beyond chance? | [`cohen_kappa`], [`cohen_kappa_by`], [`scott_pi`], [`gwet_ac1`], [`gwet_ac2`], [`pabak`], [`stratified_kappa`] |
//! | Do several raters agree beyond chance? | [`fleiss_kappa`], [`krippendorff_alpha`], [`alpha_of_cells`], [`stratified_alpha`], [`stratified_fleiss`] |
//! | Which errors does a judge make? | [`matthews`], [`diagnostic()`], [`balanced_accuracy`], [`precision`], [`recall`], [`macro_f1`] |
//! | Are two lists of scores correlated? | [`pearson`], [`spearman`], [`kendall_tau_b`], [`intraclass()`] |
//! | Do several raters err together? | [`PairwiseCorrelations`], [`mean_correlation`], [`effective_number`] |
//! | Do scores order observations as grades do? | [`OrderedTable`], [`auroc`] |
//! | By how much do two raters differ? | [`limits_of_agreement()`] |
//! | How much does presentation order matter? | [`position_bias`], [`repeat_agreement`], [`noise_adjusted`] |
//! | How much could dropped pairs change a win rate? | [`win_rates`], [`manski`], [`imbens_manski`], [`tipping_share`] |
//! | What would the mean be if people labelled everything? | [`prediction_powered_mean`], [`stratified_prediction_powered`], [`double_sampling_mean`], [`corrected_win_rate`], [`corrected_difference()`], [`rogan_gladen()`] |
//! | Which units should be drawn, with unequal probabilities? | [`inclusion_probabilities`], [`systematic_draw`] |
//! | Does the judge agree with people as well as a person does? | [`leave_one_out_sums`], [`ceiling_from_sums`], [`alternative_annotator_test`] |
//! | Is stated confidence calibrated? | [`reliability_bins`], [`brier`], [`auroc`], [`isotonic`], [`platt`], [`guaranteed_threshold`], [`fewest_for_guarantee`] |
//! | Which of several systems is strongest? | [`bradley_terry`], [`bradley_terry_with_covariate`], [`davidson`], [`StrengthOrder`] |
//! | Can systems be ordered at all? | [`win_components`], [`connected_groups`] |
//! | Which of many tests are significant? | [`holm`], [`benjamini_hochberg`], [`benjamini_yekutieli`] |
//! | How large must a sample be? | [`share_sample_size`], [`half_width_sample_size`], [`mcnemar_sample_size`], [`kappa_sample_size`], [`prediction_powered_sample_size`] |

mod alternative_annotator;
mod betting;
mod bootstrap;
mod bradley_terry;
mod ceiling;
mod chance;
mod cholesky;
mod classification;
mod cluster_cuts;
mod clustered;
mod contest;
mod corrected_difference;
mod corrected_win_rate;
mod correlation;
mod diagnostic;
mod difference;
mod distribution;
mod e_detector;
mod estimate;
mod fleiss;
mod homogeneity;
mod intraclass;
mod kappa;
mod krippendorff;
mod laplacian;
mod limits_of_agreement;
mod mcnemar;
mod means;
mod moments;
mod multiple;
mod ordered_table;
mod paired;
mod pairwise_correlation;
mod position;
mod prediction_powered;
mod proportion;
mod quantile;
mod recalibration;
mod reliability;
mod replicates;
mod risk_coverage;
mod rogan_gladen;
mod rounding;
mod sample_size;
mod selection;
mod sequential;
mod sign_flip;
mod strata;
mod strength_order;
mod strengths;
mod table;
mod unequal_draw;
mod win_graph;

pub use alternative_annotator::{
    AlternativeAnnotator, AlternativeAnnotatorSettings, AnnotatorTest, alternative_annotator_curve,
    alternative_annotator_test,
};
pub use betting::{
    beta_binomial_evidence, beta_binomial_interval, betting_interval, empirical_bernstein_interval,
    hedged_capital, one_sided_capital, predictable_bets,
};
pub use bootstrap::{Bootstrap, Clusters, bootstrap};
pub use bradley_terry::{bradley_terry, bradley_terry_with_covariate, davidson};
pub use ceiling::{Ceiling, ceiling_from_sums, leave_one_out_sums};
pub use chance::{
    ChanceCorrected, gwet_ac1, gwet_ac1_value, gwet_ac2, gwet_ac2_units, pabak, scott_pi,
    scott_pi_value,
};
pub use classification::{balanced_accuracy, macro_f1, matthews, precision, recall};
pub use cluster_cuts::ClusterLink;
pub use clustered::{clustered_standard_error, design_effect, mean_interval};
pub use contest::Contest;
pub use corrected_difference::{RatedSystem, corrected_difference};
pub use corrected_win_rate::{VerdictStratum, corrected_win_rate};
pub use correlation::{Correlation, kendall_tau_b, pearson, spearman};
pub use diagnostic::{Diagnostic, diagnostic};
pub use difference::{Difference, newcombe_independent, newcombe_paired};
pub use e_detector::{Alarm, CheckedValues, EDetector, smallest_visible_mean};
pub use estimate::{Estimate, Interval, StatError};
pub(crate) use estimate::{
    incomplete, incomplete_warnings, no_interval_warning, undefined_warning,
};
pub use fleiss::{fleiss_kappa, randolph_kappa};
pub use homogeneity::{Homogeneity, fisher_exact, homogeneity, population_stability};
pub use intraclass::{Intraclass, IntraclassModel, MeanSquares, intraclass, mean_squares};
pub use kappa::{
    Kappa, KappaSums, Weights, cohen_kappa, cohen_kappa_by, cohen_kappa_value, kappa_interval,
    stratified_kappa,
};
pub use krippendorff::{Coincidences, Metric, alpha_nominal, alpha_of_cells, krippendorff_alpha};
pub use limits_of_agreement::{LimitsOfAgreement, limits_of_agreement};
pub use mcnemar::{McNemar, mcnemar};
pub use means::{
    ComparedMeans, clustered_mean, clustered_share, compare_means, weighted_mean, weighted_share,
};
pub use moments::Moments;
pub use multiple::{benjamini_hochberg, benjamini_yekutieli, bonferroni, holm};
pub use ordered_table::OrderedTable;
pub use paired::{Weighted, paired_difference, paired_difference_p_value};
pub use pairwise_correlation::{PairwiseCorrelations, effective_number, mean_correlation};
pub use position::{
    ItemFlips, PositionBias, SlotCounts, majority_share, noise_adjusted, position_bias,
    repeat_agreement,
};
pub use prediction_powered::{
    Labelled, PredictionPowered, Stratum, double_sampling_mean, prediction_powered_mean,
    stratified_prediction_powered,
};
pub use proportion::{binomial_test_half, clopper_pearson, wilson};
pub use quantile::quantile;
pub use recalibration::{Isotonic, Platt, isotonic, platt};
pub use reliability::{
    Binning, ReliabilityBin, auroc, brier, brier_skill, expected_calibration_error, log_loss,
    maximum_calibration_error, reliability_bins,
};
pub use replicates::{Bca, bca, bootstrap_p_value, percentile_interval};
pub use risk_coverage::{
    GuaranteedThreshold, aurc, fewest_for_guarantee, guaranteed_threshold, risk_coverage,
};
pub use rogan_gladen::{Allocation, CorrectedShare, JudgedShare, allocate, rogan_gladen};
pub use rounding::{is_rounding, nearly_equal, rounded_apart};
pub use sample_size::{
    half_width_sample_size, half_width_to_find, inflated_sample_size, kappa_sample_size,
    mcnemar_sample_size, mean_half_width, mean_sample_size, pilot_sample_size,
    planned_design_effect, prediction_powered_gain, prediction_powered_sample_size,
    share_sample_size, two_shares_sample_size,
};
pub use selection::{
    BoundErrors, VerdictCounts, WinRates, imbens_manski, manski, manski_errors, tipping_share,
    win_rates,
};
pub use sequential::{DecidedMean, MeanFinding, SequentialMeans};
pub use sign_flip::sign_flip;
pub use strata::{stratified_alpha, stratified_fleiss};
pub use strength_order::StrengthOrder;
pub use strengths::Strengths;
pub use table::Table;
pub use unequal_draw::{inclusion_probabilities, systematic_draw};
pub use win_graph::{WinComponents, connected_groups, win_components};

use distribution::{normal_quantile, student_quantile};
