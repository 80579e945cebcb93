//! Prefetching: pages of open subjects, read and rendered on a thread of their own, a few ahead of the engine.

use std::thread::JoinHandle;

use tokio::sync::mpsc::{Receiver, channel};

use super::outstanding::{PageToAsk, SubjectToAsk};
use super::subject::SubjectRenderer;
use crate::error::{Error, Result};
use crate::input::Message;
use crate::store::Request;
use crate::trial::Order;

/// Pages that wait for the engine while the next one is rendered.
const WAITING_PAGES: usize = 2;

/// A subject with its rendered requests.
#[derive(Debug)]
pub(super) struct ReadySubject {
    pub(super) open: SubjectToAsk,
    /// The request of each order in which a trial is open.
    pub(super) requests: [Option<Request>; 2],
}

impl ReadySubject {
    /// Renders the requests of a subject by `renderer`.
    ///
    /// # Errors
    ///
    /// The template uses something that the item does not have.
    pub(super) fn render(open: SubjectToAsk, renderer: &SubjectRenderer) -> Result<Self> {
        let request = |order: Order| {
            let is_open = open.trials.iter().any(|trial| trial.order == order);
            is_open.then(|| renderer.render(&open.subject, order)).transpose()
        };
        let requests = [request(Order::AFirst)?, request(Order::BFirst)?];
        Ok(Self { open, requests })
    }

    /// Returns the messages of each request.
    pub(super) fn messages(&self) -> impl Iterator<Item = &[Message]> {
        self.requests.iter().flatten().map(|request| request.messages.as_slice())
    }
}

/// Consecutive subjects of the run file.
#[derive(Debug)]
pub(super) struct ReadyPage {
    /// Those with trials to ask.
    pub(super) subjects: Vec<ReadySubject>,
    /// The number of those without.
    pub(super) answered: u64,
    /// Whether any reply to any of all can be read.
    pub(super) has_readable: bool,
}

/// What is open for one judge, read ahead.
#[derive(Debug)]
pub(super) struct Prefetch {
    receiver: Receiver<Result<ReadyPage>>,
    /// Joined at the end, so that a panic is not taken for the end of the plan.
    thread: Option<JoinHandle<()>>,
}

impl Prefetch {
    /// Starts a thread that reads the pages and renders the requests of each subject. It ends at the end of the plan, or when the value is dropped.
    ///
    /// # Errors
    ///
    /// The system refuses another thread.
    pub(super) fn start(
        mut next_page: impl FnMut() -> Result<Option<PageToAsk>> + Send + 'static,
        renderer: SubjectRenderer,
    ) -> Result<Self> {
        Self::start_with(move || {
            let page = next_page().transpose()?;
            Some(page.and_then(|page| render(page, &renderer)))
        })
    }

    fn start_with(
        mut next_page: impl FnMut() -> Option<Result<ReadyPage>> + Send + 'static,
    ) -> Result<Self> {
        let (sender, receiver) = channel(WAITING_PAGES);
        let read_ahead = move || {
            while let Some(page) = next_page() {
                let has_failed = page.is_err();
                if sender.blocking_send(page).is_err() || has_failed {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("prefetch".to_owned()).spawn(read_ahead);
        let thread = thread.map_err(|error| {
            Error::internal(format!("cannot start the thread that reads the plan: {error}"))
                .caused_by(error)
        })?;
        Ok(Self { receiver, thread: Some(thread) })
    }

    /// Waits for the next page; `None` at the end.
    pub(super) async fn next_page(&mut self) -> Option<Result<ReadyPage>> {
        if let Some(page) = self.receiver.recv().await {
            return Some(page);
        }
        // The thread has dropped its sender, so it has ended or is about to.
        let has_panicked = self.thread.take()?.join().is_err();
        has_panicked.then(|| {
            Err(Error::internal("the thread that reads and renders the plan has panicked"))
        })
    }
}

fn render(page: PageToAsk, renderer: &SubjectRenderer) -> Result<ReadyPage> {
    let subjects = page.open.into_iter().map(|open| ReadySubject::render(open, renderer));
    Ok(ReadyPage {
        subjects: subjects.collect::<Result<_>>()?,
        answered: page.answered,
        has_readable: page.has_readable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pages_come_in_order_and_end() {
        let mut pages = 0..3;
        let mut prefetch = Prefetch::start_with(move || {
            let answered = pages.next()?;
            Some(Ok(ReadyPage { subjects: Vec::new(), answered, has_readable: false }))
        })
        .unwrap();
        for expected in 0..3 {
            assert_eq!(prefetch.next_page().await.unwrap().unwrap().answered, expected);
        }
        assert!(prefetch.next_page().await.is_none());
        assert!(prefetch.next_page().await.is_none());
    }

    #[tokio::test]
    async fn a_panic_of_the_thread_is_an_error_and_not_the_end() {
        let mut calls = 0;
        let mut prefetch = Prefetch::start_with(move || {
            calls += 1;
            assert!(calls < 2, "a template engine that panics");
            Some(Ok(ReadyPage { subjects: Vec::new(), answered: 1, has_readable: false }))
        })
        .unwrap();
        assert!(prefetch.next_page().await.unwrap().is_ok());
        let error = prefetch.next_page().await.unwrap().unwrap_err();
        assert!(error.to_string().contains("has panicked"), "{error}");
    }

    #[tokio::test]
    async fn nothing_follows_an_error() {
        let mut prefetch =
            Prefetch::start_with(|| Some(Err(Error::input("the file was removed")))).unwrap();
        assert!(prefetch.next_page().await.unwrap().is_err());
        assert!(prefetch.next_page().await.is_none());
    }
}
