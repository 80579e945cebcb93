//! Votes by the probabilities of two tokens.

use evenhand::judge::{Reply, TokenLogprob};
use evenhand::vote::{Vote, read_vote};

use super::{FIRST, NO_VOTE, SECOND, letters};

type Shares<'a> = &'a [(&'a str, f64)];

fn tokens(of: Shares<'_>) -> Reply {
    let logprobs = of
        .iter()
        .map(|(token, share)| TokenLogprob { token: (*token).to_owned(), logprob: share.ln() });
    Reply { logprobs: logprobs.collect(), ..Reply::from_text("?") }
}

#[test]
fn the_likelier_token_is_the_vote_and_its_probability_the_confidence() {
    // The last number is the share of the first answer in both. An answer that is not listed has the most that it can:
    // what the listed tokens leave, and no more than the least of them.
    let table: [(Shares<'_>, Vote, f64, f64); 8] = [
        (&[("A", 0.9)], Vote::First, 0.9, 0.9),
        (&[("B", 0.6), ("The", 0.1)], Vote::Second, 0.6, 1.0 / 7.0),
        (&[("A", 0.7), ("B", 0.2)], Vote::First, 0.7, 7.0 / 9.0),
        (&[("B", 0.55), ("A", 0.45)], Vote::Second, 0.55, 0.45),
        (&[("The", 0.9), ("B", 0.05), ("A", 0.04)], Vote::Second, 0.05, 4.0 / 9.0),
        (&[("A", 0.4), ("B", 0.35), (" B", 0.15), ("\nB", 0.05)], Vote::Second, 0.55, 8.0 / 19.0),
        (&[("A", 0.3)], Vote::First, 0.3, 0.5),
        (&[("a", 0.6), ("Answer", 0.3), ("B", 0.1)], Vote::Second, 0.1, 0.0),
    ];
    for (given, expected, confidence, of_first) in table {
        let reading = read_vote(&letters(), &tokens(given)).unwrap();
        assert_eq!(reading.vote, expected, "{given:?}");
        let read = reading.confidence.unwrap();
        assert!((read - confidence).abs() < 1e-12, "{given:?}: {read}");
        let read = reading.first_probability.unwrap();
        assert!((read - of_first).abs() < 1e-12, "{given:?}: {read}");
    }
}

#[test]
fn log_probabilities_above_0_do_not_make_the_share_of_an_answer_undefined() {
    for logprobs in [[900.0, 0.0], [0.0, 900.0], [900.0, -900.0], [-900.0, 900.0]] {
        let token =
            |(token, logprob): (&str, f64)| TokenLogprob { token: token.to_owned(), logprob };
        let logprobs = ["A", "B"].into_iter().zip(logprobs).map(token).collect();
        let reply = Reply { logprobs, ..Reply::from_text("?") };
        let share = read_vote(&letters(), &reply).unwrap().first_probability.unwrap();
        assert!((0.0..=1.0).contains(&share), "{reply:?}: {share}");
    }
}

#[test]
fn equal_or_absent_answers_among_the_tokens_are_unreadable() {
    for given in [&[("A", 0.4), ("B", 0.4)][..], &[("The", 0.9), ("Both", 0.1)], &[("A B", 1.0)]] {
        assert!(read_vote(&letters(), &tokens(given)).is_err(), "{given:?}");
    }
}

#[test]
fn without_log_probabilities_the_text_itself_must_be_the_answer() {
    for (text, expected) in
        [("A", FIRST), (" B\n", SECOND), ("a", NO_VOTE), ("A.", NO_VOTE), ("A or B", NO_VOTE)]
    {
        let reading = read_vote(&letters(), &Reply::from_text(text));
        assert_eq!(reading.clone().map(|reading| reading.vote), expected, "reply: {text}");
        assert!(reading.is_ok_and(|reading| reading.confidence.is_none()) || expected.is_err());
    }
}
