//! The row of the database does what the description of `LeaseRequest` says.

mod needs_postgres {
    use std::time::Duration;

    use evenhand::input::{Connection, JudgeSettings};
    use evenhand::pace::{LeaseRequest, QuotaServer, QuotaTerms, SharedQuota};
    use futures_util::future::join_all;
    use rand::{RngExt as _, SeedableRng as _};
    use rand_pcg::Pcg64;
    use tokio::time::Instant;

    use super::super::timeline::Timeline;
    use crate::support::postgres::Postgres;

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
        let (quota, timeline) = (share(&database, "q").await, Timeline::new(Duration::ZERO));
        let mut random = Pcg64::seed_from_u64(7);
        let (mut largest, mut refused) = (0, 0);
        for number in 0..300 {
            let mut request = LeaseRequest::default();
            request.known_largest = if random.random_bool(0.1) { largest + 1 } else { largest };
            request.largest = request.known_largest + random.random_range(0..2_u64);
            request.gap_seconds = random.random_range(0.0..0.4);
            request.seconds = random.random_range(0.0..2.0);
            let (ours, theirs) =
                (timeline.book(Instant::now(), request), quota.source().lease(request).await);
            if let (Ok(ours), Ok(theirs)) = (&ours, &theirs) {
                largest = request.largest;
                let begins = [*ours, *theirs].map(|time| time.as_secs_f64());
                // The row was not created in the moment of the first booking here.
                assert!((begins[0] - begins[1]).abs() < 2.0, "{number}: {begins:?}");
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
                let begins_in = quota.source().lease(request).await.unwrap();
                end = end.max(began.elapsed() + begins_in + Duration::from_millis(500));
            }
            end
        }));
        let end = ends.await.into_iter().max().unwrap();
        // 500 stretches of half a second.
        assert!(end >= Duration::from_secs(250), "{end:?}");
        assert!(end < Duration::from_secs(250) + began.elapsed(), "{end:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    #[ignore = "needs a PostgreSQL server"]
    async fn ten_processes_create_the_table_at_the_same_moment() {
        let database = Postgres::start();
        join_all((0..10).map(async |number| share(&database, &format!("q{}", number % 2)).await))
            .await;
        assert_eq!(database.query("SELECT count(*) FROM evenhand_quotas"), "2");
    }
}
