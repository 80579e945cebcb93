//! ROUGE-Lsum against a plain implementation that fills a table for every pair of lines.

use std::collections::{BTreeMap, BTreeSet};

use evenhand::metrics::{Overlap, Rouge, RougeKind};
use proptest::collection::vec;
use proptest::prelude::*;

/// Returns which words of a line of the reference are in its longest common subsequence with another line.
fn in_common(reference: &[&str], response: &[&str]) -> BTreeSet<usize> {
    let (rows, columns) = (reference.len(), response.len());
    let mut table = vec![vec![0; columns + 1]; rows + 1];
    for i in 1..=rows {
        for j in 1..=columns {
            table[i][j] = if reference[i - 1] == response[j - 1] {
                table[i - 1][j - 1] + 1
            } else {
                table[i - 1][j].max(table[i][j - 1])
            };
        }
    }
    let (mut i, mut j) = (rows, columns);
    let mut words = BTreeSet::new();
    while i > 0 && j > 0 {
        if reference[i - 1] == response[j - 1] {
            words.insert(i - 1);
            i -= 1;
            j -= 1;
        } else if table[i][j - 1] > table[i - 1][j] {
            j -= 1;
        } else {
            i -= 1;
        }
    }
    words
}

fn lines(text: &str) -> Vec<Vec<&str>> {
    let lines = text.split('\n').map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines.filter(|line| !line.is_empty()).collect()
}

fn counts<'a>(lines: &[Vec<&'a str>]) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::new();
    for &word in lines.iter().flatten() {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

/// Line after line, each occurrence of a word used up once on either side.
fn plain(response: &str, reference: &str) -> Overlap {
    let (response, reference) = (lines(response), lines(reference));
    let [mut in_response, mut in_reference] = [counts(&response), counts(&reference)];
    let sizes = [&in_response, &in_reference].map(|counts| counts.values().sum::<u64>());
    let mut hits = 0;
    for line in &reference {
        let union: BTreeSet<usize> =
            response.iter().flat_map(|other| in_common(line, other)).collect();
        for word in union.into_iter().map(|position| line[position]) {
            let left = [&mut in_response, &mut in_reference].map(|counts| counts.get_mut(word));
            if let [Some(response), Some(reference)] = left
                && *response > 0
                && *reference > 0
            {
                *response -= 1;
                *reference -= 1;
                hits += 1;
            }
        }
    }
    Overlap::new(hits, sizes[0], sizes[1])
}

fn lsum(response: &str, reference: &str) -> Overlap {
    Rouge::default().scores(&[RougeKind::Lsum], response, &[reference])[0]
}

/// A text of up to `most` lines out of few words, so that lines share words and some are there again.
fn text(most: usize, longest: usize) -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec!["a", "b", "c", "the", "of", "x1", "x2"]);
    let line = vec(word, 0..longest).prop_map(|words| words.join(" "));
    vec(line, 0..most).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn many_short_lines_score_like_the_plain_algorithm(response in text(80, 5), reference in text(80, 5)) {
        prop_assert_eq!(lsum(&response, &reference), plain(&response, &reference));
    }

    #[test]
    fn few_long_lines_score_like_the_plain_algorithm(response in text(4, 150), reference in text(4, 150)) {
        prop_assert_eq!(lsum(&response, &reference), plain(&response, &reference));
    }
}

#[test]
fn ten_thousand_lines_with_a_common_beginning_score_like_their_words() {
    let text = |ending: &str| -> String {
        let lines: Vec<String> =
            (0..10_000).map(|line| format!("the {line} {ending}{line}")).collect();
        lines.join("\n")
    };
    let score = lsum(&text("x"), &text("y"));
    assert_eq!(score, Overlap::new(20_000, 30_000, 30_000));
}
