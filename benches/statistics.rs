//! How long the statistics take that are computed thousands of times: `cargo bench --bench statistics`.

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use evenhand::stats::{
    AlternativeAnnotatorSettings, Clusters, Coincidences, Interval, Metric, StatError, Table,
    Weights, alternative_annotator_curve, bootstrap, cohen_kappa_value, krippendorff_alpha,
    sign_flip,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

const CATEGORIES: usize = 3;
const COMPARISONS: usize = 10_000;
const REPLICATES: usize = 10_000;
const ANNOTATORS: usize = 3;
const ITEMS: usize = 1000;
/// The sums of chrF: three counts for each of six lengths of n-grams.
const SUMS: usize = 18;
const COMPARED: usize = 2048;

/// Labels by `raters` who each give, four times in five, the label that is right.
fn labels(raters: usize, n: usize) -> Vec<Vec<usize>> {
    let mut random = Pcg64::seed_from_u64(1);
    let right: Vec<usize> = (0..n).map(|_| random.random_range(0..CATEGORIES)).collect();
    let mut label = |right: usize| {
        if random.random_range(0..5) < 4 { right } else { random.random_range(0..CATEGORIES) }
    };
    (0..raters).map(|_| right.iter().map(|right| label(*right)).collect()).collect()
}

/// Cohen's κ of judge and people with its `BCa` interval, from the labels on; `weight` is what a comparison
/// counts.
fn kappa_interval(
    judge: &[usize],
    people: &[usize],
    weight: impl Fn(usize) -> f64,
) -> Result<Interval, StatError> {
    let mut clusters = Clusters::new(CATEGORIES * CATEGORIES);
    let mut adds = Vec::new();
    for (at, (judge, people)) in judge.iter().zip(people).enumerate() {
        adds.clear();
        adds.push(((judge * CATEGORIES + people) as u32, weight(at)));
        clusters.push(&mut adds);
    }
    let kappa = |sums: &[f64]| {
        let table = Table::new(CATEGORIES, sums);
        vec![table.and_then(|table| cohen_kappa_value(table, Weights::Identity)).ok()]
    };
    bootstrap(&clusters, REPLICATES, 1, kappa).bca(0, 0.95)
}

fn kappa(criterion: &mut Criterion) {
    let raters = labels(2, COMPARISONS);
    let (judge, people) = (&raters[0], &raters[1]);
    let mut group = criterion.benchmark_group("kappa, 10,000 replicates of 10,000 comparisons");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    // What calibration meets: comparisons that add one to one of nine cells are drawn together.
    group.bench_function("one comparison an item", |bencher| {
        bencher.iter(|| kappa_interval(black_box(judge), black_box(people), |_| 1.0));
    });
    // The worst case: no two clusters are alike, so that they are drawn one by one.
    group.bench_function("every cluster different", |bencher| {
        let weight = |at: usize| 1.0 + at as f64 * 1e-9;
        bencher.iter(|| kappa_interval(black_box(judge), black_box(people), weight));
    });
    group.finish();
}

fn alpha(raters: &[Vec<usize>]) -> Result<f64, StatError> {
    let mut coincidences = Coincidences::new(&[0.0, 1.0, 2.0])?;
    let mut ratings = Vec::with_capacity(raters.len());
    for item in 0..ITEMS {
        ratings.clear();
        ratings.extend(raters.iter().map(|labels| labels[item] as f64));
        coincidences.add(&ratings)?;
    }
    krippendorff_alpha(&coincidences, Metric::Nominal)
}

fn people(criterion: &mut Criterion) {
    let raters = labels(ANNOTATORS + 1, ITEMS);
    let (judge, people) = raters.split_at(1);
    let mut group = criterion.benchmark_group("3 annotators of 1,000 items");
    group.bench_function("Krippendorff's alpha", |bencher| {
        bencher.iter(|| alpha(black_box(people)));
    });
    let humans: Vec<Vec<Option<usize>>> =
        people.iter().map(|labels| labels.iter().copied().map(Some).collect()).collect();
    let replies: Vec<Vec<Option<usize>>> =
        judge[0].iter().map(|reply| vec![Some(*reply)]).collect();
    let settings = AlternativeAnnotatorSettings::default();
    group.bench_function("alternative annotator test, seven epsilons", |bencher| {
        let epsilons = [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3];
        bencher.iter(|| {
            alternative_annotator_curve(black_box(&humans), &replies, &settings, &epsilons)
        });
    });
    group.finish();
}

fn systems(criterion: &mut Criterion) {
    let mut random = Pcg64::seed_from_u64(2);
    let mut counts = || -> Vec<f64> {
        (0..COMPARED * SUMS).map(|_| f64::from(random.random_range(0_u8..50))).collect()
    };
    let (first, second) = (counts(), counts());
    let ratio = |sums: &[f64]| vec![Some(sums[0] / sums[1])];
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let mut group = criterion.benchmark_group("sign-flip test, 10,000 exchanges of 2,048 items");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    group.bench_function("18 sums, one core", |bencher| {
        bencher.iter(|| {
            alone.install(|| sign_flip(black_box(&first), &second, SUMS, REPLICATES, 1, ratio))
        });
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    kappa(&mut criterion);
    people(&mut criterion);
    systems(&mut criterion);
    criterion.final_summary();
}
