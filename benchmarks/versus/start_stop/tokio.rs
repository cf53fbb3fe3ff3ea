#[path = "../support/versus.rs"]
mod versus;

fn main() {
    let given = versus::parse();
    let mut value = 0;
    let mut watch = versus::Stopwatch::start();
    for _ in 0..given.size {
        value = versus::on_tokio(given.workers, async move { value + 1 });
    }
    watch.stop();
    versus::report(&watch, given.size, value == given.size, 0.0);
}
