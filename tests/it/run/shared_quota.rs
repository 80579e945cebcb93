//! `--quota-from`: several commands share the quotas of their judges through a database.

use crate::support::postgres::PASSWORD;
use crate::support::server::Scene;

/// A scene whose judge has a quota.
fn scene(items: usize, per_minute: u64) -> Scene {
    let scene = Scene::new(items, |seen| seen.prefers("beta").after(100));
    scene.settings(&[("requests_per_minute", &per_minute.to_string())]);
    scene
}

#[test]
fn a_password_on_the_command_line_is_refused_and_not_repeated() {
    let address = format!("--quota-from=postgres://ann:{PASSWORD}@127.0.0.1:1/q");
    let said = scene(1, 600).judge(&[&address]).expect(2);
    assert!(said.stderr.contains("EVENHAND_QUOTA_FROM"), "{}", said.stderr);
    assert!(!said.stderr.contains(PASSWORD), "{}", said.stderr);
}

#[test]
fn an_address_of_something_else_is_an_error_that_does_not_repeat_it() {
    for (address, why) in [
        (format!("mysql://ann:{PASSWORD}@host/q"), "does not begin with postgres://"),
        (format!("ann:{PASSWORD}@host"), "does not begin with postgres://"),
        (format!("postgres://ann:{PASSWORD}@host:port/q"), "invalid port number"),
        (format!("postgres://ann:{PASSWORD}@host/q?sslmode=maybe"), "a value that is not known"),
        (
            format!("postgres://ann@host/q?sslmod=require&passwort={PASSWORD}"),
            "the parameter `sslmod`",
        ),
        ("postgres://ann@host/q?sslrootcert=/no.pem".to_owned(), "/no.pem: there is no such file"),
        (format!("postgres://ann:1234/{PASSWORD}@host/q"), "one of the characters / ? # @"),
        (format!("postgres://ann:12?{PASSWORD}@host/q"), "one of the characters / ? # @"),
        (format!("postgres://ann:12#{PASSWORD}@host/q"), "one of the characters / ? # @"),
    ] {
        let scene = scene(1, 600);
        let judged = scene.judge_command(&[]).env("EVENHAND_QUOTA_FROM", &address).output();
        let said = crate::support::CommandOutput::of(&judged.unwrap()).expect(2);
        assert!(said.stderr.contains(why), "{}", said.stderr);
        let named = said.stderr.contains("it is the value of EVENHAND_QUOTA_FROM");
        assert!(named && said.stderr.contains("\nhint: "), "{}", said.stderr);
        assert!(!said.stderr.contains(PASSWORD), "{}", said.stderr);
    }
}

#[test]
fn an_unknown_value_of_pgsslmode_is_an_error_and_does_not_leave_the_connection_unprotected() {
    let scene = scene(1, 600);
    let mut command = scene.judge_command(&["--quota-from", "postgres://ann@127.0.0.1:1/q"]);
    let judged = command.env("PGSSLMODE", "requir").output().unwrap();
    let said = crate::support::CommandOutput::of(&judged).expect(2);
    assert!(said.stderr.contains("PGSSLMODE has an unknown value: requir"), "{}", said.stderr);
    assert!(said.stderr.contains("prefer, require, verify-ca"), "{}", said.stderr);
}

#[test]
fn a_database_for_judges_without_quotas_is_an_error_before_anything_is_asked() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let said = scene.judge(&["--quota-from", "postgres://ann@127.0.0.1:1/q"]).expect(2);
    assert!(said.stderr.contains("no judge has a quota"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 0);
}

#[test]
fn a_database_that_cannot_be_reached_ends_the_command_before_anything_is_asked() {
    let scene = scene(1, 600);
    let said = scene.judge(&["--quota-from", "postgres://ann@127.0.0.1:1/q"]).expect(4);
    assert!(said.stderr.contains("the database q at 127.0.0.1:1"), "{}", said.stderr);
    assert!(said.stderr.contains("check that the server is running"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 0);
    assert_eq!(scene.outcomes(), ["pending"]);
}

mod needs_postgres {
    use std::process::{Child, Stdio};
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::support::CommandOutput;
    use crate::support::postgres::Postgres;
    use crate::support::server::KEY;

    const MINUTE: Duration = Duration::from_mins(1);
    const SECOND: Duration = Duration::from_secs(1);

    fn judge(scene: &Scene, database: &Postgres, flags: &[&str]) -> CommandOutput {
        let mut command = scene.judge_command(flags);
        command.env("EVENHAND_QUOTA_FROM", database.address_with_password());
        CommandOutput::of(&command.output().unwrap())
    }

    fn start(scene: &Scene, database: &Postgres, flags: &[&str]) -> Child {
        let mut command = scene.judge_command(flags);
        command.env("EVENHAND_QUOTA_FROM", database.address_with_password());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn expect(child: Child, code: i32) -> CommandOutput {
        CommandOutput::of(&child.wait_with_output().unwrap()).expect(code)
    }

    /// Returns the most arrivals in any window of that length.
    fn fullest(arrivals: &[Instant], window: Duration) -> usize {
        let end = |begin: &Instant| arrivals.partition_point(|at| *at < *begin + window);
        (0..).zip(arrivals).map(|(at, begin): (usize, _)| end(begin) - at).max().unwrap_or(0)
    }

    #[test]
    #[ignore = "needs a PostgreSQL server"]
    fn ten_processes_never_exceed_the_quota_though_one_is_killed_and_merge_to_the_whole() {
        const PER_MINUTE: usize = 1200;
        let (scene, database) = (scene(700, PER_MINUTE as u64), Postgres::start());
        let shards: Vec<[String; 4]> = (1..=10)
            .map(|shard| {
                ["--shard", &format!("{shard}/10"), "--run", &format!("{shard}.db")]
                    .map(str::to_owned)
            })
            .collect();
        let start_shard = |shard: &[String; 4]| {
            let flags: Vec<&str> = shard.iter().map(String::as_str).collect();
            start(&scene, &database, &flags)
        };
        let mut children: Vec<Child> = shards.iter().map(start_shard).collect();
        scene.server.wait_for(PER_MINUTE / 3);
        // It dies with its lease; the same command goes on.
        let mut killed = children.pop().unwrap();
        assert_eq!(killed.try_wait().unwrap(), None, "it must be at work when it is killed");
        killed.kill().unwrap();
        killed.wait().unwrap();
        scene.server.wait_for(PER_MINUTE / 2);
        children.push(start_shard(&shards[9]));
        for child in children {
            let said = expect(child, 0);
            assert!(said.stderr.contains("the quota is shared through the database"));
        }
        let mut arrivals: Vec<Instant> =
            scene.server.seen().iter().map(|request| request.at).collect();
        arrivals.sort();
        assert!(arrivals[arrivals.len() - 1] - arrivals[0] > MINUTE, "more than a window");
        // Requests arrive later than they are sent, by up to a second on a machine that does much else.
        let fullest = fullest(&arrivals, SECOND * 59);
        assert!(fullest <= PER_MINUTE, "{fullest} in a minute");

        let runs: Vec<&str> = shards.iter().map(|shard| shard[3].as_str()).collect();
        scene.run(&[&["merge"], runs.as_slice(), &["--run", "run.db"]].concat()).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 700]);
    }

    #[test]
    #[ignore = "needs a PostgreSQL server"]
    fn a_shard_has_the_whole_quota_while_the_others_do_nothing() {
        let (scene, database) = (scene(300, 600), Postgres::start());
        let began = Instant::now();
        judge(&scene, &database, &["--shard", "1/10"]).expect(0);
        let requests = u32::try_from(scene.server.requests()).unwrap();
        // With a tenth of the quota, each request would take a second.
        assert!(requests > 40, "{requests}");
        assert!(began.elapsed() < SECOND * requests * 2 / 3, "{:?}", began.elapsed());
    }

    #[test]
    #[ignore = "needs a PostgreSQL server"]
    fn the_row_names_model_and_endpoint_and_neither_the_key_nor_the_password() {
        let (scene, database) = (scene(1, 600), Postgres::start());
        let said = judge(&scene, &database, &["-vv"]).expect(0);
        let row = database.query("SELECT * FROM evenhand_quotas");
        let (name, rest) = row.split_once('|').unwrap();
        let expected = format!("model-of-judge-1 at {}, key ", scene.server.base_url());
        assert!(name.starts_with(&expected), "{name}");
        assert!(rest.starts_with("600||"), "{rest}");
        for secret in [KEY, PASSWORD] {
            assert!(!row.contains(secret) && !said.stderr.contains(secret), "{}", said.stderr);
            assert!(!std::fs::read(scene.folder.path().join("run.db")).is_ok_and(|run| {
                run.windows(secret.len()).any(|bytes| bytes == secret.as_bytes())
            }));
        }
    }

    #[test]
    #[ignore = "needs a PostgreSQL server"]
    fn other_numbers_for_the_same_quota_are_an_error_until_nobody_uses_it() {
        let (scene, database) = (scene(2, 600), Postgres::start());
        judge(&scene, &database, &["--run", "one.db"]).expect(0);
        let asked = scene.server.requests();
        scene.settings(&[("requests_per_minute", "6000"), ("tokens_per_minute", "90000")]);
        let said = judge(&scene, &database, &["--run", "two.db"]).expect(3);
        let numbers = "is requests_per_minute 600 and tokens_per_minute none; here it is \
                       requests_per_minute 6000 and tokens_per_minute 90000";
        assert!(said.stderr.contains(numbers), "{}", said.stderr);
        assert_eq!(scene.server.requests(), asked);
        database.query("UPDATE evenhand_quotas SET free_at = free_at - interval '3 minutes'");
        judge(&scene, &database, &["--run", "two.db"]).expect(0);
        assert!(database.query("SELECT * FROM evenhand_quotas").contains("|6000|90000|"));
    }

    #[test]
    #[ignore = "needs a PostgreSQL server"]
    fn a_database_that_restarts_delays_the_run_and_loses_nothing() {
        let (scene, mut database) = (scene(60, 600), Postgres::start());
        let child = start(&scene, &database, &["--format", "jsonl"]);
        scene.server.wait_for(20);
        database.stop();
        std::thread::sleep(SECOND * 7);
        database.start_again();
        let said = expect(child, 0);
        let waits = said.json_lines().into_iter().any(|event| {
            let reason = event["waiting"]["reason"].as_str().unwrap_or_default();
            reason.contains("the quotas in the database postgres at 127.0.0.1")
        });
        assert!(waits, "{}", said.stdout);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 60]);
        assert_eq!(scene.server.requests(), 120);
    }

    #[test]
    #[ignore = "needs a PostgreSQL server"]
    fn a_database_that_stays_away_stops_the_judge_before_its_trials_fail() {
        let (scene, mut database) = (scene(60, 600), Postgres::start());
        scene.settings(&[("requests_per_minute", "600"), ("total_timeout_s", "8")]);
        let child = start(&scene, &database, &[]);
        scene.server.wait_for(20);
        database.stop();
        let said = expect(child, 5);
        assert!(said.stderr.contains("no turn could be booked for 4 s"), "{}", said.stderr);
        let outcomes = scene.outcomes();
        let is_as_expected =
            |outcome: &String| ["kept beta", "pending"].contains(&outcome.as_str());
        assert!(outcomes.iter().all(is_as_expected), "{outcomes:?}");
        database.start_again();
        judge(&scene, &database, &[]).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 60]);
    }

    #[test]
    #[ignore = "needs a PostgreSQL server"]
    fn a_row_that_is_deleted_while_it_is_used_stops_the_judge_and_the_same_command_goes_on() {
        let (scene, database) = (scene(60, 600), Postgres::start());
        let child = start(&scene, &database, &[]);
        scene.server.wait_for(20);
        database.query("DELETE FROM evenhand_quotas");
        let said = expect(child, 5);
        assert!(said.stderr.contains("is no longer there"), "{}", said.stderr);
        assert!(said.stderr.contains("--quota-from"), "{}", said.stderr);
        judge(&scene, &database, &[]).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 60]);
    }

    #[test]
    #[ignore = "needs a PostgreSQL server"]
    fn a_wrong_password_and_a_missing_right_are_said_with_what_to_do() {
        let (scene, database) = (scene(1, 600), Postgres::start());
        let wrong = database.address_with_password().replace(PASSWORD, "not-this-one");
        let mut command = scene.judge_command(&[]);
        let said = CommandOutput::of(&command.env("EVENHAND_QUOTA_FROM", wrong).output().unwrap());
        let said = said.expect(4);
        assert!(said.stderr.contains("password authentication failed"), "{}", said.stderr);
        assert!(said.stderr.contains("PGPASSWORD"), "{}", said.stderr);
        assert!(!said.stderr.contains("not-this-one"), "{}", said.stderr);

        database.query(&format!("CREATE ROLE ben LOGIN PASSWORD '{PASSWORD}'"));
        database.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        let ben = database.address_with_password().replace("ann", "ben");
        let as_ben = || {
            let mut command = scene.judge_command(&[]);
            CommandOutput::of(&command.env("EVENHAND_QUOTA_FROM", &ben).output().unwrap())
        };
        let said = as_ben().expect(4);
        let statement = said.stderr.split("run: ").nth(1).unwrap().split(';').next().unwrap();
        assert!(said.stderr.contains("permission denied"), "{}", said.stderr);
        // The statements of the message are enough.
        database.query(&statement.split_whitespace().collect::<Vec<_>>().join(" "));
        let said = as_ben().expect(4);
        let said = said.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        let grant = format!("GRANT {}", said.split("GRANT ").nth(1).unwrap());
        assert!(
            grant.starts_with("GRANT SELECT, INSERT, UPDATE ON evenhand_quotas TO \"ben\";"),
            "{grant}"
        );
        database.query(&grant);
        as_ben().expect(0);
    }
}
