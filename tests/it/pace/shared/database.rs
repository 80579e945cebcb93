//! The row of the database does what the description of `LeaseRequest` says.

mod needs_postgres {
    use std::time::Duration;

    use evenhand::input::{Connection, JudgeSettings};
    use evenhand::pace::{LeaseError, LeaseRequest, QuotaServer, QuotaTerms, SharedQuota};
    use futures_util::future::join_all;
    use rand::{RngExt as _, SeedableRng as _};
    use rand_pcg::Pcg64;
    use tokio::time::Instant;

    use super::super::timeline::Timeline;
    use crate::support::postgres::{PASSWORD, Postgres};

    fn terms() -> QuotaTerms {
        let settings = JudgeSettings {
            requests_per_minute: Some(600),
            tokens_per_minute: Some(90_000),
            ..JudgeSettings::new("test", Connection::Builtin("first".into()))
        };
        QuotaTerms::of(&settings).unwrap()
    }

    async fn share(database: &Postgres, name: &str) -> SharedQuota {
        let server = QuotaServer::new(&database.address_with_password()).unwrap();
        server.share(name, terms()).await.unwrap()
    }

    #[tokio::test]
    #[ignore = "needs a PostgreSQL server"]
    async fn a_row_books_what_a_timeline_in_memory_books() {
        let database = Postgres::start();
        let (quota, timeline) = (share(&database, "q").await, Timeline::new([Duration::ZERO; 2]));
        let mut random = Pcg64::seed_from_u64(7);
        let (mut largest, mut refused) = (0, 0);
        for number in 0..300 {
            let mut request = LeaseRequest::default();
            request.known_largest = if random.random_bool(0.1) { largest + 1 } else { largest };
            request.largest_tokens = request.known_largest + random.random_range(0..2_u64);
            request.own_largest =
                request.largest_tokens - random.random_range(0..2_u64).min(request.largest_tokens);
            request.gap_seconds = random.random_range(0.0..0.4);
            request.seconds = random.random_range(0.0..2.0);
            let (ours, theirs) =
                (timeline.book(Instant::now(), request), quota.source().lease(request).await);
            if let (Ok(ours), Ok(theirs)) = (&ours, &theirs) {
                largest = request.largest_tokens;
                let begins = [ours, theirs].map(|lease| lease.begins_in.as_secs_f64());
                let ages = [ours, theirs].map(|lease| lease.largest_age.as_secs_f64());
                // The row was not created in the moment of the first booking here.
                assert!((begins[0] - begins[1]).abs() < 2.0, "{number}: {begins:?}");
                assert!((ages[0] - ages[1]).abs() < 2.0, "{number}: {ages:?}");
            } else {
                refused += 1;
                assert_eq!(ours, theirs, "{number}");
            }
        }
        assert!(refused > 5 && largest > 50, "{refused} {largest}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    #[ignore = "needs a PostgreSQL server"]
    async fn bookings_of_many_connections_at_once_never_overlap() {
        let database = Postgres::start();
        let mut request = LeaseRequest::default();
        request.seconds = 0.5;
        let began = Instant::now();
        let ends = join_all((0..10).map(async |_| {
            let quota = share(&database, "q").await;
            let mut end = Duration::ZERO;
            for _ in 0..50 {
                let lease = quota.source().lease(request).await.unwrap();
                end = end.max(began.elapsed() + lease.begins_in + Duration::from_millis(500));
            }
            end
        }));
        let end = ends.await.into_iter().max().unwrap();
        // 500 stretches of half a second.
        assert!(end >= Duration::from_secs(250), "{end:?}");
        assert!(end < Duration::from_secs(250) + began.elapsed(), "{end:?}");
    }

    #[tokio::test]
    #[ignore = "needs a PostgreSQL server"]
    async fn a_timeline_that_is_booked_for_ten_minutes_takes_no_more_and_says_so() {
        let database = Postgres::start();
        let quota = share(&database, "q").await;
        let mut request = LeaseRequest::default();
        request.seconds = 599.0;
        for _ in 0..2 {
            quota.source().lease(request).await.unwrap();
        }
        let free_at = database.query("SELECT free_at FROM evenhand_quotas");
        let Err(LeaseError::Full(reason)) = quota.source().lease(request).await else {
            panic!("it was booked")
        };
        assert!(reason.contains("have booked the quota `q`"), "{reason}");
        assert_eq!(database.query("SELECT free_at FROM evenhand_quotas"), free_at);
    }

    #[tokio::test]
    #[ignore = "needs a PostgreSQL server"]
    async fn nothing_that_can_be_printed_has_the_password() {
        let database = Postgres::start();
        let server = QuotaServer::new(&database.address_with_password()).unwrap();
        let quota = server.share("q", terms()).await.unwrap();
        let shown = format!("{server:?} {quota:?} {:?} {}", quota.source(), server.place());
        assert!(!shown.contains(PASSWORD) && shown.contains("127.0.0.1"), "{shown}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    #[ignore = "needs a PostgreSQL server"]
    async fn ten_processes_create_the_table_at_the_same_moment() {
        let database = Postgres::start();
        // PostgreSQL says in several ways that another one was first.
        for _ in 0..20 {
            join_all(
                (0..10).map(async |number| share(&database, &format!("q{}", number % 2)).await),
            )
            .await;
            assert_eq!(database.query("SELECT count(*) FROM evenhand_quotas"), "2");
            database.query("DROP TABLE evenhand_quotas");
        }
    }
}
