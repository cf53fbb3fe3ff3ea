#[path = "../support/versus.rs"]
mod versus;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;
use tokio::sync::Notify;

fn main() {
    let given = versus::parse();
    versus::on_tokio(given.workers, async move {
        let finished = Arc::new(AtomicI64::new(0));
        let all_done = Arc::new(Notify::new());
        let mut watch = versus::Stopwatch::start();
        for _ in 0..given.size {
            let (finished, all_done) = (finished.clone(), all_done.clone());
            tokio::spawn(async move {
                if finished.fetch_add(1, Ordering::Relaxed) + 1 == given.size {
                    all_done.notify_one();
                }
            });
        }
        all_done.notified().await;
        watch.stop();
        versus::report(
            &watch,
            given.size,
            finished.load(Ordering::Relaxed) == given.size,
            0.0,
        );
    });
}
