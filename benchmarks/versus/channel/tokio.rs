#[path = "../support/versus.rs"]
mod versus;

use tokio::sync::mpsc;

async fn bounded(tasks: i64, each: i64, capacity: usize) -> i64 {
    let (sender, mut receiver) = mpsc::channel(capacity);
    for _ in 0..tasks {
        let sender = sender.clone();
        tokio::spawn(async move {
            for index in 1..=each {
                sender.send(index).await.unwrap();
            }
        });
    }
    drop(sender);
    let mut sum = 0;
    while let Some(value) = receiver.recv().await {
        sum += value;
    }
    sum
}

async fn unbounded(tasks: i64, each: i64) -> i64 {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    for _ in 0..tasks {
        let sender = sender.clone();
        tokio::spawn(async move {
            for index in 1..=each {
                sender.send(index).unwrap();
            }
        });
    }
    drop(sender);
    let mut sum = 0;
    while let Some(value) = receiver.recv().await {
        sum += value;
    }
    sum
}

fn main() {
    let given = versus::parse();
    versus::on_tokio(given.workers, async move {
        let each = given.size / given.tasks;
        let mut watch = versus::Stopwatch::start();
        let sum = if given.capacity > 0 {
            bounded(given.tasks, each, given.capacity as usize).await
        } else {
            unbounded(given.tasks, each).await
        };
        watch.stop();
        versus::report(
            &watch,
            each * given.tasks,
            sum == given.tasks * (each * (each + 1) / 2),
            0.0,
        );
    });
}
