#[path = "../support/versus.rs"]
mod versus;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::yield_now;

static SUSPENDED: AtomicI64 = AtomicI64::new(0);
static FINISHED: AtomicI64 = AtomicI64::new(0);

async fn wait_at(gate: Arc<Semaphore>) {
    SUSPENDED.fetch_add(1, Ordering::Relaxed);
    gate.acquire().await.unwrap().forget();
    FINISHED.fetch_add(1, Ordering::Relaxed);
}

fn main() {
    let given = versus::parse();
    versus::on_tokio(given.workers, async move {
        let gate = Arc::new(Semaphore::new(0));
        let before = versus::resident_bytes();
        let mut watch = versus::Stopwatch::start();
        for _ in 0..given.size {
            tokio::spawn(wait_at(gate.clone()));
        }
        while SUSPENDED.load(Ordering::Relaxed) != given.size {
            yield_now().await;
        }
        let held = versus::resident_bytes() - before;
        gate.add_permits(given.size as usize);
        while FINISHED.load(Ordering::Relaxed) != given.size {
            yield_now().await;
        }
        watch.stop();
        versus::report(&watch, given.size, true, held as f64 / given.size as f64);
    });
}
