//! The limit of requests in flight before several replicas, of which one becomes slow.

use std::cell::RefCell;
use std::time::Duration;

use evenhand::input::{Connection, JudgeSettings};
use evenhand::judge::Reply;
use evenhand::pace::Pacer;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

const LATENCY: Duration = Duration::from_millis(500);
const PHASE: Duration = Duration::from_mins(5);

/// Returns how many requests are answered in the last minute before one of the replicas takes `factor` times as long,
/// and in a minute some minutes later. As many requests as may be go to the slow one: five, or a quarter, more than
/// to another.
async fn answered(replicas: usize, max_in_flight: usize, factor: u32) -> [f64; 2] {
    let settings = JudgeSettings::new("test", Connection::Builtin("first".into()));
    let pacer = Pacer::new(&JudgeSettings { max_in_flight, ..settings }, 500, None, 1);
    let start = Instant::now();
    let in_flight = RefCell::new(vec![0_usize; replicas]);
    let answers = RefCell::new([0.0, 0.0]);
    join_all((0..max_in_flight).map(async |_| {
        while start.elapsed() < PHASE * 2 {
            let permit = pacer.enqueue(1).await.acquire().await.unwrap();
            let at = {
                let mut in_flight = in_flight.borrow_mut();
                let fewest = *in_flight.iter().min().unwrap();
                let most = fewest + (fewest / 4).max(5);
                let at = in_flight.iter().position(|in_flight| *in_flight <= most).unwrap();
                in_flight[at] += 1;
                at
            };
            let is_slow = at == 0 && start.elapsed() >= PHASE;
            sleep(if is_slow { LATENCY * factor } else { LATENCY }).await;
            in_flight.borrow_mut()[at] -= 1;
            pacer.mark_reachable();
            pacer.record(&permit, &Ok(Reply::from_text("")));
            let now = start.elapsed().as_secs_f64() / 60.0;
            answers.borrow_mut()[0] += f64::from(u8::from((4.0..5.0).contains(&now)));
            answers.borrow_mut()[1] += f64::from(u8::from((8.0..9.0).contains(&now)));
        }
    }))
    .await;
    answers.into_inner()
}

#[tokio::test(start_paused = true)]
async fn a_slow_replica_costs_its_own_part_of_the_throughput_and_hardly_more() {
    for (replicas, max_in_flight) in [(2, 64), (3, 64), (3, 192), (8, 64)] {
        for factor in [3, 10, 100] {
            let [before, after] = answered(replicas, max_in_flight, factor).await;
            let own = 1.0 / replicas as f64;
            let kept = after / before;
            assert!(kept > 1.0 - own - 0.07, "{replicas} {max_in_flight} {factor}: {kept}");
        }
    }
}
