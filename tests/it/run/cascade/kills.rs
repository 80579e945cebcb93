//! A cascade that is killed goes on where it was, in either phase.

use std::time::Duration;

use super::{CHEAP, FLAGS, STRONG, asked, by_request, ids, is_strong, scene};
use crate::support::server::Scene;

const COMPARISONS: usize = 240;
const MOMENTS: [u64; 12] = [400, 0, 130, 280, 35, 180, 90, 240, 5, 160, 250, 60];

fn at_work(milliseconds: u64) -> Scene {
    let changes = [("max_in_flight", "8"), ("max_parse_attempts", "0")];
    scene(COMPARISONS, &changes, move |seen| by_request(seen).after(milliseconds))
}

#[test]
fn a_cascade_killed_many_times_ends_like_an_uninterrupted_one() {
    let scene = at_work(40);
    for milliseconds in MOMENTS {
        let target = scene.server.requests() + 1;
        let mut child = scene.judge_started(&FLAGS);
        scene.server.wait_for(target);
        std::thread::sleep(Duration::from_millis(milliseconds));
        assert_eq!(child.try_wait().unwrap(), None, "it must be at work when it is killed");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    scene.judge(&FLAGS).expect(0);
    let undisturbed = at_work(0);
    undisturbed.judge(&FLAGS).expect(0);
    let lines = |scene: &Scene| scene.run(&["verdicts", "run.db", "--all"]).expect(0).stdout;
    assert_eq!(lines(&scene), lines(&undisturbed));
    // What was in flight is lost, and nothing else is asked twice; nothing is sent that was kept.
    assert_eq!(ids(&scene, STRONG), ids(&undisturbed, STRONG));
    let most = undisturbed.server.requests() + MOMENTS.len() * 16;
    assert!(scene.server.requests() <= most, "{} of {most}", scene.server.requests());
}

#[test]
fn a_kill_while_the_strong_judge_is_asked_asks_the_cheap_one_nothing_again() {
    let scene = scene(8, &[("max_in_flight", "2")], |seen| {
        if is_strong(seen) { seen.prefers("beta").held() } else { seen.prefers(seen.first) }
    });
    let mut child = scene.judge_started(&FLAGS);
    scene.server.wait_for(18);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(scene.outcomes(), vec!["pending"; 8]);
    scene.server.release_held();
    scene.judge(&FLAGS).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 8]);
    assert!(asked(&scene, CHEAP).values().all(|times| *times == 1));
}
