//! Rounds, pauses and their spread.

use super::*;

const INTERVAL: Duration = Duration::from_secs(10);

fn failover(servers: usize, rounds: u32) -> Failover {
    Failover::new(&SessionConfig {
        servers: (0..servers).map(|number| number.to_string()).collect(),
        retry_count: rounds,
        retry_interval: INTERVAL,
        max_retry_interval: 3 * INTERVAL,
        reconnect_spread: Duration::ZERO,
        ..SessionConfig::new("a server")
    })
}

/// The servers tried and the pauses between, as a text.
fn trace(failover: &mut Failover, now: &mut Instant) -> String {
    *now += MIN_INTERVAL;
    let (mut trace, mut pauses) = (String::new(), [1, 2, 3, 3, 3].into_iter());
    loop {
        match failover.next(*now) {
            Next::Connect(server) => trace += &server.to_string(),
            Next::WaitUntil(time) => {
                let minimum = pauses.next().expect("so many rounds are not tried here") * INTERVAL;
                assert!((minimum..minimum * 3 / 2).contains(&(time - *now)), "{:?}", time - *now);
                *now = time;
                trace += "-";
            }
            Next::GiveUp => return trace,
        }
    }
}

#[test]
fn each_round_tries_each_server_once_and_pauses_grow() {
    let mut now = Instant::now();
    let mut failover = failover(3, 2);
    failover.begin();
    assert_eq!(trace(&mut failover, &mut now), "012-012");
    assert_eq!(failover.attempts(), 6);
    failover.begin_again(2, false, false);
    assert_eq!(trace(&mut failover, &mut now), "201-201", "the lost server is tried first");
    failover.begin_again(2, false, true);
    assert_eq!(trace(&mut failover, &mut now), "012-012", "unless it was silent");
    failover.begin_switch(2, None);
    assert_eq!(trace(&mut failover, &mut now), "012-012", "the one behind it");
    failover.begin_switch(2, Some(1));
    assert_eq!(trace(&mut failover, &mut now), "120-120");
    failover.rounds = 5;
    failover.begin();
    assert_eq!(trace(&mut failover, &mut now), "012-012-012-012-012");
}

#[test]
fn a_server_that_hangs_up_after_the_login_is_passed_over() {
    let mut now = Instant::now();
    let mut failover = failover(2, 2);
    failover.begin();
    assert_eq!(failover.next(now), Next::Connect(0));
    failover.begin_again(0, true, false);
    assert_eq!(failover.next(now), Next::Connect(1));
    failover.begin_again(1, true, false);
    let Next::WaitUntil(time) = failover.next(now) else { panic!("a round is over") };
    assert!(time >= now + INTERVAL);
    now = time;
    assert_eq!(failover.next(now), Next::Connect(0));
    failover.begin_again(0, true, false);
    assert_eq!(failover.next(now), Next::Connect(1));
    failover.begin_again(1, true, false);
    assert_eq!(failover.next(now), Next::GiveUp);
    assert_eq!(failover.attempts(), 4);
}

#[test]
fn one_server_and_no_count_is_one_attempt() {
    let mut failover = failover(1, 0);
    assert!(!failover.is_enabled());
    assert_eq!(trace(&mut failover, &mut Instant::now()), "0");
}

#[test]
fn no_interval_is_not_no_pause() {
    let now = Instant::now();
    let mut failover =
        Failover::new(&SessionConfig { retry_interval: Duration::ZERO, ..SessionConfig::new("a server") });
    failover.begin();
    assert_eq!(failover.next(now), Next::Connect(0));
    assert!(matches!(failover.next(now), Next::WaitUntil(time) if time >= now + MIN_INTERVAL));
}

#[test]
fn no_server_is_tried_twice_within_the_minimum() {
    let now = Instant::now();
    let mut failover = Failover::new(&SessionConfig {
        servers: vec!["a".into(), "b".into(), "a".into()],
        reconnect_spread: Duration::ZERO,
        ..SessionConfig::new("a")
    });
    failover.begin();
    assert_eq!(failover.next(now), Next::Connect(0));
    let soon = now + MIN_INTERVAL / 2;
    failover.begin_again(0, false, false);
    assert_eq!(failover.next(soon), Next::WaitUntil(now + MIN_INTERVAL), "it answered something and hung up");
    assert_eq!(failover.next(now + MIN_INTERVAL), Next::Connect(0));
    assert_eq!(failover.next(now + MIN_INTERVAL), Next::Connect(1), "another one is tried at once");
    assert_eq!(failover.next(now + MIN_INTERVAL), Next::WaitUntil(now + 2 * MIN_INTERVAL), "the same by name");
}

#[test]
fn many_that_lose_a_server_come_back_spread() {
    let now = Instant::now();
    let mut tenths = [0; 10];
    for seed in 0..1000 {
        let mut failover = failover(2, 1);
        (failover.random, failover.spread) = (Rng::with_seed(seed), Duration::from_secs(1));
        failover.begin_again(0, false, false);
        let Next::WaitUntil(time) = failover.next(now) else { panic!("at once") };
        tenths[(time - now).as_millis() as usize / 100] += 1;
        assert_eq!(failover.next(now), Next::Connect(0));
    }
    assert!(tenths.iter().all(|count| (60..140).contains(count)), "{tenths:?}");
}

#[test]
fn a_random_order_is_even() {
    let mut now = Instant::now();
    let mut firsts = [0; 3];
    for seed in 0..900 {
        let mut failover = failover(3, 1);
        (failover.random, failover.load_balance) = (Rng::with_seed(seed), LoadBalance::Random);
        failover.begin();
        let mut order = trace(&mut failover, &mut now).into_bytes();
        firsts[usize::from(order[0] - b'0')] += 1;
        order.sort_unstable();
        assert_eq!(order, b"012", "each is tried");
        failover.begin_again(1, false, false);
        assert!(trace(&mut failover, &mut now).starts_with('1'), "the lost server is tried first");
    }
    assert!(firsts.iter().all(|count| (240..360).contains(count)), "{firsts:?}");
}
