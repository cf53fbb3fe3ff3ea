#[path = "../support/versus.rs"]
mod versus;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;

static FINISHED: AtomicI64 = AtomicI64::new(0);

// This thread posts.
fn main() {
    let given = versus::parse();
    let runtime = versus::tokio_runtime(given.workers);
    let (all_done, wait) = mpsc::sync_channel(1);
    let mut watch = versus::Stopwatch::start();
    for _ in 0..given.size {
        let all_done = all_done.clone();
        runtime.spawn(async move {
            if FINISHED.fetch_add(1, Ordering::Relaxed) + 1 == given.size {
                all_done.send(()).unwrap();
            }
        });
    }
    wait.recv().unwrap();
    watch.stop();
    versus::report(
        &watch,
        given.size,
        FINISHED.load(Ordering::Relaxed) == given.size,
        0.0,
    );
}
