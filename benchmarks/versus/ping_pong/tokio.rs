#[path = "../support/versus.rs"]
mod versus;

use std::sync::Arc;
use tokio::sync::Notify;

async fn answer(ping: Arc<Notify>, pong: Arc<Notify>, rounds: i64) -> i64 {
    let mut answered = 0;
    for _ in 0..rounds {
        ping.notified().await;
        answered += 1;
        pong.notify_one();
    }
    answered
}

fn main() {
    let given = versus::parse();
    versus::on_tokio(given.workers, async move {
        let rounds = given.size / 2;
        let (ping, pong) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let mut watch = versus::Stopwatch::start();
        let partner = tokio::spawn(answer(ping.clone(), pong.clone(), rounds));
        for _ in 0..rounds {
            ping.notify_one();
            pong.notified().await;
        }
        let answered = partner.await.unwrap();
        watch.stop();
        versus::report(&watch, rounds * 2, answered == rounds, 0.0);
    });
}
