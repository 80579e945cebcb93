//! The way from the run file to the engine: pages read and rendered on a thread of their own, a few ahead.

use tokio::sync::mpsc::{Receiver, channel};

use super::outstanding::{Open, Outstanding, Page};
use crate::error::{Error, Result};
use crate::store::{Request, Requests};
use crate::trial::Order;

/// Pages that wait for the engine while the next one is made ready.
const PAGES: usize = 2;

/// A comparison with its rendered requests.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) open: Open,
    /// What is sent in each order, where a trial of it is open.
    pub(super) requests: [Option<Request>; 2],
}

/// Comparisons that stand together in the run file.
#[derive(Debug)]
pub(super) struct ReadyPage {
    pub(super) ready: Vec<Ready>,
    /// How many others there are, of which nothing is open.
    pub(super) settled: u64,
}

/// What is to be asked of one judge, on its way from the run file.
#[derive(Debug)]
pub struct Feed(Receiver<Result<ReadyPage>>);

impl Feed {
    /// Reads and renders on a thread of its own, which ends with the value.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn start(mut outstanding: Outstanding, requests: Requests) -> Result<Self> {
        let (sender, receiver) = channel(PAGES);
        let make_ready = move || {
            while let Some(page) = outstanding.next_page().transpose() {
                let page = page.and_then(|page| render(page, &requests));
                let failed = page.is_err();
                if sender.blocking_send(page).is_err() || failed {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("outstanding".to_owned()).spawn(make_ready);
        // It ends by itself, at the end of the run or when nobody takes its pages any more.
        drop(thread.map_err(|error| {
            Error::internal(format!("cannot start the thread that reads the plan: {error}"))
        })?);
        Ok(Self(receiver))
    }

    /// Waits for the next page; `None` at the end.
    pub(super) async fn next_page(&mut self) -> Option<Result<ReadyPage>> {
        self.0.recv().await
    }
}

fn render(page: Page, requests: &Requests) -> Result<ReadyPage> {
    let Page { open, settled } = page;
    let ready = open.into_iter().map(|open| {
        let request = |order: Order| {
            let wanted = open.trials.iter().any(|trial| trial.order == order);
            wanted.then(|| requests.request(&open.comparison, order)).transpose()
        };
        let requests = [request(Order::AFirst)?, request(Order::BFirst)?];
        Ok(Ready { open, requests })
    });
    Ok(ReadyPage { ready: ready.collect::<Result<_>>()?, settled })
}
