//! Whether the session counted what was seen to happen.

use super::*;

impl Simulation {
    pub(super) fn check_stats(&mut self) -> Check {
        let (stats, taken) = self.driver.stats();
        let seen = |names: &[&str]| names.iter().map(|name| self.coverage.count(name)).sum::<u64>();
        check!(stats.late_replies == self.late_replies, "{} late replies were reported", self.late_replies);
        check!(stats.losses == seen(&["lost"]), "{} losses", stats.losses);
        check!(stats.failed_attempts == seen(&["attempt failed"]), "{} failed attempts", stats.failed_attempts);
        check!(stats.reconnects == seen(&["reconnected"]), "{} reconnects", stats.reconnects);
        check!(stats.resends == seen(&["reported as resent"]), "{} resends", stats.resends);
        check!(stats.bytes_sent == taken, "{} bytes sent, not {taken}", stats.bytes_sent);
        let submitted = stats.requests + stats.one_way;
        check!(submitted == self.requests.next_number() as u64, "{submitted} requests were taken in");
        // The program does not take outcomes of requests that it gives up.
        let unseen = seen(&["cancelled after its end"]);
        let replies = seen(&["reply", "reply does not decode", "reply on a corrupted connection"]);
        let timeouts = seen(&["timeout, sent", "timeout, not sent", "timeout while reconnecting"]);
        for (what, counted, seen) in [("replies", stats.replies, replies), ("timeouts", stats.timeouts, timeouts)] {
            check!((seen..=seen + unseen).contains(&counted), "{counted} {what}, but {seen} were seen");
        }
        let timed = (stats.latency.count(), stats.in_flight);
        check!(timed == (stats.replies, 0), "latencies and requests in flight: {timed:?}");
        let longest = *self.scenario.program.timeout.end() + ms(60_000);
        check!(stats.latency.max() <= longest, "a latency of {:?}", stats.latency.max());
        check!(stats.connected <= self.driver.now(), "connected for {:?}", stats.connected);
        self.coverage.add("late reply", stats.late_replies);
        self.coverage.add("unknown reply", stats.unknown_replies);
        Ok(())
    }
}
