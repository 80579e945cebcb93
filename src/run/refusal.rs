//! Whose fault a refusal is: the trial's or the endpoint's. Pure decisions; nothing here waits.
//!
//! A status alone does not say it. 403 may be a wrong key or one prompt that a filter rejects, 400 may be one
//! prompt that is too long or an account without credit, 429 may be a full minute or one prompt that is larger
//! than a minute's quota. History says it: where other trials succeed after a refusal, the refused trial is to
//! blame; where one trial after the other is refused in the same words and none succeeds, the endpoint is.

use crate::judge::{CallError, CallErrorKind};

/// Trials that are refused in the same words, one after the other, before the endpoint is to blame.
const MAX_REFUSED_ALIKE: usize = 20;
/// The same, in whatever words.
pub(super) const MAX_REFUSED: usize = 40;
/// The same while nothing has succeeded yet, where the refusal is about the key, the account or the address.
const MAX_REFUSED_ACCOUNT: usize = 4;
/// How often a trial is asked whose refusal may pass.
const MAX_TIMES: u32 = 3;
/// The fewest refusals of one trial by throttling before it can be to blame.
const MIN_THROTTLED: u32 = 3;
/// A trial is to blame for being throttled if the endpoint throttles so few others that chance explains its own
/// refusals with at most this probability.
const CHANCE: f64 = 1e-6;
/// Throttled requests of a trial that go before first attempts, while nothing else has succeeded.
const MAX_PROBES: u32 = 2;

/// A refusal of one trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) kind: RefusalKind,
    /// Whether the words are about the key or the account.
    pub(super) account: bool,
    /// How often the trial has been refused, this time included.
    pub(super) times: u32,
}

/// What a refusal says by its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefusalKind {
    /// The request is not acceptable; the same one never will be.
    Request,
    /// The status says nothing.
    Unknown,
    /// The request is not permitted.
    Endpoint,
    /// There is no such model, or nothing at this address.
    Address,
}

impl RefusalKind {
    /// Returns the kind of refusal that an error is, if it is one.
    pub(super) fn of(error: &CallError) -> Option<Self> {
        match error.kind {
            CallErrorKind::RequestRejected | CallErrorKind::UnsupportedParameter => {
                Some(Self::Request)
            }
            CallErrorKind::UnknownRefusal => Some(Self::Unknown),
            CallErrorKind::EndpointRejected if matches!(error.status, Some(404 | 405)) => {
                Some(Self::Address)
            }
            CallErrorKind::EndpointRejected => Some(Self::Endpoint),
            _ => None,
        }
    }
}

/// When a trial last got a reply, in relation to a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Success {
    /// Never.
    None,
    /// Before asking began: the run file has the reply.
    BeforeAsking,
    /// Since asking began, before the refusal.
    Before,
    /// Since the refusal.
    Since,
}

/// What has happened at the judge's endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Situation {
    /// When a trial last got a reply.
    pub(super) last_success: Success,
    /// Trials that were refused in the same words and count against the endpoint.
    pub(super) refused_alike: usize,
    /// Trials that were refused in whatever words and count against the endpoint.
    pub(super) refused: usize,
    /// Whether all trials that were refused since the last reply, also those that do not count, are of one comparison.
    pub(super) is_lone: bool,
    /// Another trial is being asked or will be.
    pub(super) others_active: bool,
}

/// Who is to blame for a refusal, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// Not known yet: wait for what happens to other trials.
    Unknown,
    /// Not known, and nothing else will show it: ask the trial again.
    AskAgain,
    /// The trial: it has failed.
    Trial,
    /// The endpoint: the judge stops.
    Endpoint,
}

/// Decides who is to blame for a refusal.
pub(super) fn blame(refusal: Refusal, situation: Situation) -> Blame {
    let may_pass = match refusal.kind {
        _ if refusal.account => refusal.times < MAX_TIMES,
        RefusalKind::Request => false,
        RefusalKind::Unknown => refusal.times < 2,
        RefusalKind::Endpoint | RefusalKind::Address => refusal.times < MAX_TIMES,
    };
    let of_trial = if may_pass { Blame::AskAgain } else { Blame::Trial };
    if situation.last_success == Success::Since {
        return of_trial;
    }
    let is_clear = (refusal.account || refusal.kind == RefusalKind::Address)
        && situation.last_success < Success::Before;
    let enough = if is_clear { MAX_REFUSED_ACCOUNT } else { MAX_REFUSED_ALIKE };
    if situation.refused_alike >= enough || situation.refused >= MAX_REFUSED {
        return Blame::Endpoint;
    }
    if situation.others_active {
        return Blame::Unknown;
    }
    // Nothing else will show it. One comparison alone never keeps a run from its end; of several, none of which
    // succeeds, the endpoint is the likelier reason.
    let of_endpoint = match situation.last_success {
        Success::None => true,
        Success::BeforeAsking => !situation.is_lone,
        Success::Before | Success::Since => refusal.account && !situation.is_lone && !may_pass,
    };
    if of_endpoint { Blame::Endpoint } else { of_trial }
}

/// How often a trial and others have been throttled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Throttling {
    /// How often the trial was, this time included.
    pub(super) times: u32,
    /// Replies to other trials since the trial was throttled for the first time.
    pub(super) replies_since_first: u64,
    /// Replies to other trials since the trial was throttled before, or for the first time.
    pub(super) replies_since_last: u64,
    /// How often other trials were throttled since this one was for the first time.
    pub(super) others_throttled: u64,
}

impl Throttling {
    /// Returns whether this is about the trial rather than the endpoint: it was throttled again although others
    /// got replies in between. Then nobody else has to wait.
    pub(super) fn is_of_trial(self) -> bool {
        self.times > 1 && self.replies_since_last > 0
    }

    /// Returns whether the trial has failed: it was throttled so often, and others so rarely, that it is no
    /// chance.
    pub(super) fn is_final(self) -> bool {
        let (replies, throttled) = (self.replies_since_first as f64, self.others_throttled as f64);
        // The rule of succession: how likely the endpoint throttles a request, whichever it is.
        let rate = (throttled + 1.0) / (replies + throttled + 2.0);
        self.replies_since_first > 0
            && self.times >= MIN_THROTTLED
            && rate.powf(f64::from(self.times)) <= CHANCE
    }

    /// Returns whether the trial goes before first attempts when it is asked again, to find out whether the
    /// endpoint answers.
    pub(super) fn goes_first(self) -> bool {
        self.times <= MAX_PROBES && self.replies_since_first == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use Blame::{AskAgain, Endpoint, Trial, Unknown};

    const KINDS: [RefusalKind; 4] =
        [RefusalKind::Request, RefusalKind::Unknown, RefusalKind::Endpoint, RefusalKind::Address];
    const SUCCESSES: [Success; 4] =
        [Success::None, Success::BeforeAsking, Success::Before, Success::Since];
    const FLAGS: [bool; 2] = [false, true];

    fn refusal(kind: RefusalKind, account: bool, times: u32) -> Refusal {
        Refusal { kind, account, times }
    }

    /// A first refusal, of one trial, while nothing else is active.
    fn situation(last_success: Success) -> Situation {
        Situation {
            last_success,
            refused_alike: 1,
            refused: 1,
            is_lone: true,
            others_active: false,
        }
    }

    /// Every combination of what the decision depends on, the numbers at their limits.
    fn every_case() -> Vec<(Refusal, Situation)> {
        let mut cases = Vec::new();
        for (kind, account) in
            KINDS.into_iter().flat_map(|kind| FLAGS.map(|account| (kind, account)))
        {
            for (times, last_success) in
                (1..=4).flat_map(|times| SUCCESSES.map(|success| (times, success)))
            {
                for (refused_alike, more) in
                    [1, 2, 3, 4, 19, 20, 39, 40].into_iter().flat_map(|n| [(n, 0), (n, 21)])
                {
                    for others_active in FLAGS {
                        let (refused, is_lone) = (refused_alike + more, refused_alike + more <= 2);
                        let situation = Situation {
                            last_success,
                            refused_alike,
                            refused,
                            is_lone,
                            others_active,
                        };
                        cases.push((refusal(kind, account, times), situation));
                    }
                }
            }
        }
        cases
    }

    #[test]
    fn the_kind_decides_how_often_a_trial_is_asked_that_is_to_blame() {
        for (kind, account, blames) in [
            (RefusalKind::Request, false, [Trial, Trial, Trial, Trial]),
            (RefusalKind::Request, true, [AskAgain, AskAgain, Trial, Trial]),
            (RefusalKind::Unknown, false, [AskAgain, Trial, Trial, Trial]),
            (RefusalKind::Endpoint, false, [AskAgain, AskAgain, Trial, Trial]),
            (RefusalKind::Endpoint, true, [AskAgain, AskAgain, Trial, Trial]),
            (RefusalKind::Address, false, [AskAgain, AskAgain, Trial, Trial]),
        ] {
            for success in [Success::Since, Success::Before, Success::BeforeAsking] {
                let blamed = [1, 2, 3, 4]
                    .map(|times| blame(refusal(kind, account, times), situation(success)));
                assert_eq!(blamed, blames, "{kind:?} {account} {success:?}");
            }
        }
    }

    #[test]
    fn a_reply_since_the_refusal_always_blames_the_trial() {
        let since = every_case().into_iter().filter(|(_, at)| at.last_success == Success::Since);
        for (refusal, situation) in since {
            let blamed = blame(refusal, situation);
            assert!(matches!(blamed, Trial | AskAgain), "{refusal:?} {situation:?}: {blamed:?}");
        }
    }

    #[test]
    fn one_comparison_never_stops_a_judge_that_has_succeeded() {
        let cases = every_case().into_iter();
        let lone = cases.filter(|(_, at)| at.is_lone && at.last_success != Success::None);
        for (refusal, situation) in lone {
            assert_ne!(blame(refusal, situation), Endpoint, "{refusal:?} {situation:?}");
        }
    }

    #[test]
    fn nothing_fails_for_good_before_anything_has_succeeded() {
        for (refusal, situation) in every_case() {
            let several = situation.last_success < Success::Before && !situation.is_lone;
            if situation.last_success == Success::None || several {
                assert_ne!(blame(refusal, situation), Trial, "{refusal:?} {situation:?}");
            }
        }
    }

    #[test]
    fn so_many_trials_in_a_row_blame_the_endpoint() {
        let endpoint = |account| refusal(RefusalKind::Endpoint, account, 1);
        let address = refusal(RefusalKind::Address, false, 1);
        for (refusal, last_success, refused_alike, refused, blamed) in [
            (endpoint(false), Success::Before, 19, 39, Unknown),
            (endpoint(false), Success::Before, 20, 20, Endpoint),
            (endpoint(false), Success::Before, 1, 40, Endpoint),
            (endpoint(false), Success::None, 19, 19, Unknown),
            (endpoint(true), Success::Before, 19, 19, Unknown),
            (endpoint(true), Success::None, 3, 3, Unknown),
            (endpoint(true), Success::None, 4, 4, Endpoint),
            (endpoint(true), Success::BeforeAsking, 4, 4, Endpoint),
            (address, Success::None, 4, 4, Endpoint),
            (address, Success::Before, 4, 4, Unknown),
        ] {
            let situation = Situation {
                last_success,
                refused_alike,
                refused,
                is_lone: false,
                others_active: true,
            };
            assert_eq!(blame(refusal, situation), blamed, "{refusal:?} {situation:?}");
        }
    }

    #[test]
    fn a_trial_waits_as_long_as_others_may_show_who_is_to_blame() {
        for (refusal, situation) in every_case() {
            if blame(refusal, situation) == Unknown {
                assert!(situation.others_active, "{refusal:?} {situation:?} waits for ever");
            }
        }
    }

    #[test]
    fn at_the_end_of_the_plan_several_refused_comparisons_are_of_the_endpoint() {
        let end = |success| Situation { is_lone: false, refused: 4, ..situation(success) };
        let request = refusal(RefusalKind::Request, false, 1);
        let account = refusal(RefusalKind::Endpoint, true, 1);
        let account_again = refusal(RefusalKind::Endpoint, true, 3);
        for (refusal, success, blamed) in [
            (request, Success::None, Endpoint),
            (request, Success::BeforeAsking, Endpoint),
            (request, Success::Before, Trial),
            (account, Success::None, Endpoint),
            (account, Success::BeforeAsking, Endpoint),
            // One of several servers may refuse what the others answer.
            (account, Success::Before, AskAgain),
            (account_again, Success::Before, Endpoint),
        ] {
            assert_eq!(blame(refusal, end(success)), blamed, "{refusal:?} {success:?}");
        }
    }

    #[test]
    fn a_trial_is_to_blame_for_throttling_only_if_the_endpoint_answers_others() {
        for (
            times,
            replies_since_first,
            replies_since_last,
            others_throttled,
            of_trial,
            is_final,
        ) in [
            (1, 0, 0, 0, false, false),
            (1, 500, 500, 0, false, false),
            (2, 500, 500, 0, true, false),
            (3, 500, 500, 0, true, true),
            // The endpoint answers nobody.
            (50, 0, 0, 0, false, false),
            (50, 0, 0, 800, false, false),
            // It answered others, but not since the last time.
            (3, 500, 0, 0, false, true),
            // It throttles every second request.
            (3, 500, 10, 500, true, false),
            (6, 500, 10, 500, true, false),
            (20, 500, 10, 500, true, true),
            // Few replies say little.
            (3, 5, 5, 0, true, false),
            (4, 9, 5, 0, true, false),
            (6, 9, 5, 0, true, true),
        ] {
            let throttling =
                Throttling { times, replies_since_first, replies_since_last, others_throttled };
            assert_eq!(throttling.is_of_trial(), of_trial, "{throttling:?}");
            assert_eq!(throttling.is_final(), is_final, "{throttling:?}");
        }
    }

    #[test]
    fn a_throttled_trial_goes_first_twice_while_nothing_succeeds() {
        let goes_first = |times, replies_since_first| {
            Throttling { times, replies_since_first, ..Throttling::default() }.goes_first()
        };
        assert_eq!([1, 2, 3].map(|times| goes_first(times, 0)), [true, true, false]);
        assert!(!goes_first(1, 1));
    }
}
