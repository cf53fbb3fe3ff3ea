// The child's state is part of its parent's in Rust, so that nothing is allocated: its strength.
#[path = "../support/versus.rs"]
mod versus;

use std::hint::black_box;

async fn child(value: i64) -> i64 {
    black_box(value) + 1
}

fn main() {
    let given = versus::parse();
    versus::on_tokio(given.workers, async move {
        let mut value = 0;
        let mut watch = versus::Stopwatch::start();
        for _ in 0..given.size {
            value = child(value).await;
        }
        watch.stop();
        versus::report(&watch, given.size, value == given.size, 0.0);
    });
}
