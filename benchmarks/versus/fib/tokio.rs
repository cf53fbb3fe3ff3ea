#[path = "../support/versus.rs"]
mod versus;

use std::future::Future;
use std::pin::Pin;

// A recursive future has to be boxed.
fn fib(n: i64) -> Pin<Box<dyn Future<Output = i64> + Send>> {
    Box::pin(async move {
        if n < 2 {
            return n;
        }
        let first = tokio::spawn(fib(n - 1));
        let second = fib(n - 2).await;
        first.await.unwrap() + second
    })
}

fn main() {
    let given = versus::parse();
    versus::on_tokio(given.workers, async move {
        let mut watch = versus::Stopwatch::start();
        let result = fib(given.size).await;
        watch.stop();
        versus::report(
            &watch,
            versus::fib_nodes(given.size),
            result == versus::fib_number(given.size),
            0.0,
        );
    });
}
