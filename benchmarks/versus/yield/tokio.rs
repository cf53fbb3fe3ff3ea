#[path = "../support/versus.rs"]
mod versus;

async fn give_way(times: i64) -> i64 {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
    times
}

fn main() {
    let given = versus::parse();
    versus::on_tokio(given.workers, async move {
        let each = given.size / given.tasks;
        let mut watch = versus::Stopwatch::start();
        let tasks: Vec<_> = (0..given.tasks)
            .map(|_| tokio::spawn(give_way(each)))
            .collect();
        let mut done = 0;
        for task in tasks {
            done += task.await.unwrap();
        }
        watch.stop();
        versus::report(&watch, done, done == each * given.tasks, 0.0);
    });
}
