#[path = "../support/versus.rs"]
mod versus;

use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{sleep, Instant, Sleep};

// A sleep is armed by its first poll. True if it has fired.
async fn poll_once(timer: &mut Pin<Box<Sleep>>) -> bool {
    poll_fn(|context| Poll::Ready(timer.as_mut().poll(context).is_ready())).await
}

fn main() {
    let given = versus::parse();
    versus::on_tokio(given.workers, async move {
        let mut delays = versus::Delays::new();
        let mut fired = 0;
        let mut timers = Vec::with_capacity(versus::TIMERS_ARMED);
        for _ in 0..versus::TIMERS_ARMED {
            let mut timer = Box::pin(sleep(Duration::from_millis(delays.next_ms())));
            fired += poll_once(&mut timer).await as i64;
            timers.push(timer);
        }
        let mut watch = versus::Stopwatch::start();
        for index in 0..given.size as usize {
            let deadline = Instant::now() + Duration::from_millis(delays.next_ms());
            timers[index % versus::TIMERS_ARMED]
                .as_mut()
                .reset(deadline);
        }
        watch.stop();
        for timer in &mut timers {
            fired += poll_once(timer).await as i64;
        }
        versus::report(&watch, given.size, fired == 0, 0.0);
    });
}
