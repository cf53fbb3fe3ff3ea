#[path = "../support/versus.rs"]
mod versus;

use std::sync::atomic::{AtomicI64, Ordering};

fn main() {
    let given = versus::parse();
    versus::rayon_pool(given.workers).install(|| {
        let finished = AtomicI64::new(0);
        let mut watch = versus::Stopwatch::start();
        rayon::scope(|scope| {
            for _ in 0..given.size {
                scope.spawn(|_| {
                    finished.fetch_add(1, Ordering::Relaxed);
                });
            }
        });
        watch.stop();
        versus::report(
            &watch,
            given.size,
            finished.load(Ordering::Relaxed) == given.size,
            0.0,
        );
    });
}
