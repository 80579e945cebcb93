//! What the kinds of subjects differ in: how they are asked, rendered and read.
//!
//! A judge is asked about a comparison or a single response, a system about the prompt of an item. Everything else about
//! asking, from the pacing to the storing of attempts, is the same for all and looks only at what this module says.

use crate::error::{Error, Result};
use crate::input::{Message, Rubric};
use crate::judge::{ChatModel, Reply, ReplyFuture, Sample};
use crate::store::{Request, RequestRenderer, ResponseRenderer, TrialKey};
use crate::trial::{GradeTrial, Order, Subject, Trial};
use crate::verdict::Ballot;
use crate::vote::{Grade, Vote, read_grade, read_response, read_vote};

/// Asks a model one trial of a subject, once.
pub(super) fn ask_once<'a>(
    subject: &'a Subject,
    model: &'a dyn ChatModel,
    key: TrialKey,
    attempt: u32,
    messages: &'a [Message],
    max_tokens: Option<u64>,
) -> ReplyFuture<'a> {
    let TrialKey { order, repeat, .. } = key;
    match subject {
        Subject::Comparison(comparison) => {
            model.complete(Trial { comparison, order, repeat, attempt }, messages, max_tokens)
        }
        Subject::Response(response) => {
            let trial = GradeTrial { response, order: order.into(), repeat, attempt };
            model.grade(trial, messages, max_tokens)
        }
        Subject::Prompt(item) => {
            model.respond(Sample { item, number: repeat, attempt }, messages, max_tokens)
        }
    }
}

/// Renders the requests of one kind of subjects.
#[derive(Debug, Clone)]
pub(super) enum SubjectRenderer {
    /// With the prompt of a rubric.
    Judged(RequestRenderer),
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
            (Self::Prompts(renderer), Subject::Prompt(item)) => renderer.render(item),
            (Self::Judged(renderer), subject) => renderer.render(subject, order),
            (Self::Prompts(_), _) => Err(Error::internal("a prompt for another kind of subject")),
        }
    }
}

/// How a trial has ended, as far as it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TrialEnd {
    /// With a vote.
    Voted(Vote),
    /// With a grade.
    Graded(Grade),
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
            // No trial of a comparison ends with a response or a grade.
            Self::Responded | Self::Graded(_) | Self::Pending => Ballot::Pending,
        }
    }

    /// Returns the ballot of a trial of a response that is graded.
    pub(super) fn grade_ballot(self) -> Ballot<Grade> {
        match self {
            Self::Graded(grade) => Ballot::Cast(grade),
            Self::Unreadable => Ballot::Unreadable,
            Self::Failed => Ballot::Failed,
            Self::Responded | Self::Voted(_) | Self::Pending => Ballot::Pending,
        }
    }
}

impl From<Vote> for TrialEnd {
    fn from(vote: Vote) -> Self {
        Self::Voted(vote)
    }
}

impl From<Grade> for TrialEnd {
    fn from(grade: Grade) -> Self {
        Self::Graded(grade)
    }
}

impl<C: Into<Self>> From<Ballot<C>> for TrialEnd {
    fn from(ballot: Ballot<C>) -> Self {
        match ballot {
            Ballot::Cast(choice) => choice.into(),
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
    /// For grades, as a rubric says.
    Grades(Box<Rubric>),
    /// As responses, whatever they say.
    Responses,
}

impl ReplyReader {
    /// Returns what reads replies as a rubric says: for votes, or for grades where it has a scale.
    pub(super) fn of(rubric: Rubric) -> Self {
        match rubric.scale {
            None => Self::Votes(Box::new(rubric)),
            Some(_) => Self::Grades(Box::new(rubric)),
        }
    }

    /// Returns the sentence about a model of which no reply could be read.
    pub(super) fn nothing_readable(&self) -> &'static str {
        match self {
            Self::Votes(_) | Self::Grades(_) => "no reply of the first trials could be read",
            Self::Responses => "the server broke off every one of the first replies",
        }
    }

    /// Returns how a trial ends with a reply; `None` if the reply cannot be read, and the trial may be asked again.
    pub(super) fn read(&self, reply: &Reply) -> Option<TrialEnd> {
        match self {
            Self::Votes(rubric) => {
                read_vote(rubric, reply).ok().map(|reading| TrialEnd::Voted(reading.vote))
            }
            Self::Grades(rubric) => {
                read_grade(rubric, reply).ok().map(|reading| TrialEnd::Graded(reading.grade))
            }
            Self::Responses => read_response(reply).map(|_| TrialEnd::Responded),
        }
    }
}
