//! What a model is asked about, and what its replies mean for that.
//!
//! A judge is asked about a comparison, a system about the prompt of an item. Everything else about asking, from the
//! pacing to the storing of attempts, is the same for both and looks only at what this module says.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::input::{Item, Message, Rubric};
use crate::judge::{ChatModel, Reply, ReplyFuture, Sample};
use crate::store::{Request, RequestRenderer, ResponseRenderer, TrialKey};
use crate::trial::{Comparison, Order, Trial};
use crate::verdict::Ballot;
use crate::vote::{Vote, read_response, read_vote};

/// What a model is asked about.
#[derive(Debug, Clone)]
pub(super) enum Subject {
    /// A judge is asked which response of a comparison is better, in both orders.
    Comparison(Comparison),
    /// A system is asked to respond to the prompt of an item. Its trials are samples; all of them have the order
    /// [`Order::AFirst`], which means nothing here.
    Prompt(Arc<Item>),
}

impl Subject {
    /// Returns the item that it is about.
    pub(super) fn item(&self) -> &Item {
        match self {
            Self::Comparison(comparison) => &comparison.item,
            Self::Prompt(item) => item,
        }
    }

    /// Returns the system whose response is shown first; `None` if none is shown.
    pub(super) fn first_system(&self, order: Order) -> Option<&str> {
        match self {
            Self::Comparison(comparison) => Some(comparison.system(order.first())),
            Self::Prompt(_) => None,
        }
    }

    /// Returns which order is asked first.
    pub(super) fn asked_first(&self, seed: u64) -> Order {
        match self {
            Self::Comparison(comparison) => comparison.asked_first(seed),
            Self::Prompt(_) => Order::AFirst,
        }
    }

    /// Asks a model one trial, once.
    pub(super) fn ask<'a>(
        &'a self,
        model: &'a dyn ChatModel,
        key: TrialKey,
        attempt: u32,
        messages: &'a [Message],
        max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        let TrialKey { order, repeat, .. } = key;
        match self {
            Self::Comparison(comparison) => {
                model.complete(Trial { comparison, order, repeat, attempt }, messages, max_tokens)
            }
            Self::Prompt(item) => {
                model.respond(Sample { item, number: repeat, attempt }, messages, max_tokens)
            }
        }
    }
}

/// Renders the requests of one kind of subjects.
#[derive(Debug, Clone)]
pub(super) enum SubjectRenderer {
    /// With the prompt of a rubric.
    Comparisons(RequestRenderer),
    /// With the prompt of a system.
    Prompts(ResponseRenderer),
}

impl SubjectRenderer {
    /// Renders the request of a subject in one order.
    ///
    /// # Errors
    ///
    /// The template uses something that the item does not have.
    pub(super) fn render(&self, subject: &Subject, order: Order) -> Result<Request> {
        match (self, subject) {
            (Self::Comparisons(renderer), Subject::Comparison(comparison)) => {
                renderer.render(comparison, order)
            }
            (Self::Prompts(renderer), Subject::Prompt(item)) => renderer.render(item),
            _ => Err(Error::internal("a prompt for another kind of subject")),
        }
    }
}

/// How a trial has ended, as far as it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TrialEnd {
    /// With a vote.
    Voted(Vote),
    /// With a response.
    Responded,
    /// With replies, none of which can be read.
    Unreadable,
    /// With an error that is permanent, or after all attempts.
    Failed,
    /// It has not.
    Pending,
}

impl TrialEnd {
    /// Returns the ballot of a trial of a comparison.
    pub(super) fn ballot(self) -> Ballot {
        match self {
            Self::Voted(vote) => Ballot::Cast(vote),
            Self::Unreadable => Ballot::Unreadable,
            Self::Failed => Ballot::Failed,
            // No trial of a comparison ends with a response.
            Self::Responded | Self::Pending => Ballot::Pending,
        }
    }
}

impl From<Ballot> for TrialEnd {
    fn from(ballot: Ballot) -> Self {
        match ballot {
            Ballot::Cast(vote) => Self::Voted(vote),
            Ballot::Unreadable => Self::Unreadable,
            Ballot::Failed => Self::Failed,
            Ballot::Pending => Self::Pending,
        }
    }
}

/// How replies are read.
#[derive(Debug, Clone)]
pub(super) enum ReplyReader {
    /// For votes, as a rubric says.
    Votes(Box<Rubric>),
    /// As responses, whatever they say.
    Responses,
}

impl ReplyReader {
    /// Returns the sentence about a model of which no reply could be read.
    pub(super) fn nothing_readable(&self) -> &'static str {
        match self {
            Self::Votes(_) => "no reply of the first trials could be read",
            Self::Responses => "the server broke off every one of the first replies",
        }
    }

    /// Returns how a trial ends with a reply; `None` if the reply cannot be read, and the trial may be asked again.
    pub(super) fn read(&self, reply: &Reply) -> Option<TrialEnd> {
        match self {
            Self::Votes(rubric) => {
                read_vote(rubric, reply).ok().map(|reading| TrialEnd::Voted(reading.vote))
            }
            Self::Responses => read_response(reply).map(|_| TrialEnd::Responded),
        }
    }
}
