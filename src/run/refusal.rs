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
const CHANCE: f64 = 1e-4;
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

/// When a trial last got a reply, as far as a refusal is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Success {
    /// Never.
    None,
    /// In an earlier session.
    InEarlierSession,
    /// In this session, before the refusal.
    Before,
    /// Since the refusal.
    Since,
}

/// What has happened at the judge's endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Situation {
    /// When a trial last got a reply.
    pub(super) last_success: Success,
    /// Trials refused in the same words since the last reply, this one included.
    pub(super) refused_alike: usize,
    /// Trials refused since the last reply, this one included.
    pub(super) refused: usize,
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
    let never = situation.last_success == Success::None;
    if refusal.account || never { Blame::Endpoint } else { of_trial }
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

    const KINDS: [RefusalKind; 4] =
        [RefusalKind::Request, RefusalKind::Unknown, RefusalKind::Endpoint, RefusalKind::Address];
    const FLAGS: [bool; 2] = [false, true];

    /// Every combination of what the decision depends on, the numbers at their limits.
    fn every_case() -> impl Iterator<Item = (Refusal, Situation)> {
        let refusals = KINDS.into_iter().flat_map(|kind| {
            FLAGS
                .into_iter()
                .flat_map(move |account| (1..=4).map(move |times| Refusal { kind, account, times }))
        });
        refusals.flat_map(|refusal| {
            let counts = [1, 3, 4, 19, 20, 39, 40];
            let pairs = counts.into_iter().flat_map(move |alike| {
                counts.into_iter().filter(move |all| *all >= alike).map(move |all| (alike, all))
            });
            pairs.flat_map(move |(refused_alike, refused)| {
                let successes =
                    [Success::None, Success::InEarlierSession, Success::Before, Success::Since];
                let situations =
                    successes.into_iter().flat_map(|success| FLAGS.map(|active| (success, active)));
                situations.map(move |(last_success, others_active)| {
                    let situation =
                        Situation { last_success, refused_alike, refused, others_active };
                    (refusal, situation)
                })
            })
        })
    }

    #[test]
    fn every_combination_is_decided_by_the_first_rule_that_applies() {
        let mut seen = std::collections::HashMap::new();
        for (refusal, situation) in every_case() {
            let most_times = match refusal.kind {
                RefusalKind::Request => 0,
                RefusalKind::Unknown => 1,
                RefusalKind::Endpoint | RefusalKind::Address => 2,
            };
            let of_trial = if refusal.times <= most_times { Blame::AskAgain } else { Blame::Trial };
            let nothing_yet = situation.last_success < Success::Before;
            let is_clear = refusal.account || refusal.kind == RefusalKind::Address;
            let streak = situation.refused_alike >= 20
                || situation.refused >= 40
                || (is_clear && nothing_yet && situation.refused_alike >= 4);
            let since = situation.last_success == Success::Since;
            let never = situation.last_success == Success::None;
            let expected = if since {
                of_trial
            } else if streak {
                Blame::Endpoint
            } else if situation.others_active {
                Blame::Unknown
            } else if refusal.account || never {
                Blame::Endpoint
            } else {
                of_trial
            };
            assert_eq!(blame(refusal, situation), expected, "{refusal:?} {situation:?}");
            *seen.entry(format!("{expected:?}")).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 4, "every decision occurs: {seen:?}");
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
            (14, 500, 10, 500, true, true),
            // Few replies say little.
            (3, 5, 5, 0, true, false),
            (4, 9, 5, 0, true, true),
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
