#[path = "../support/versus.rs"]
mod versus;

use std::future::Future;
use std::pin::Pin;

fn skynet(first: i64, leaves: i64) -> Pin<Box<dyn Future<Output = i64> + Send>> {
    Box::pin(async move {
        if leaves == 1 {
            return first;
        }
        let part = leaves / versus::SKYNET_CHILDREN;
        let mut children = Vec::with_capacity(versus::SKYNET_CHILDREN as usize);
        for child in 0..versus::SKYNET_CHILDREN {
            children.push(tokio::spawn(skynet(first + child * part, part)));
        }
        let mut sum = 0;
        for child in children {
            sum += child.await.unwrap();
        }
        sum
    })
}

fn main() {
    let given = versus::parse();
    versus::on_tokio(given.workers, async move {
        let mut correct = true;
        let mut watch = versus::Stopwatch::start();
        for _ in 0..versus::SKYNET_ROUNDS {
            correct &= skynet(0, given.size).await == versus::skynet_sum(given.size);
        }
        watch.stop();
        versus::report(&watch, versus::skynet_nodes(given.size), correct, 0.0);
    });
}
