#[path = "../support/versus.rs"]
mod versus;

fn main() {
    let given = versus::parse();
    versus::rayon_pool(given.workers).install(|| {
        let mut value = 0;
        let mut watch = versus::Stopwatch::start();
        for _ in 0..given.size {
            rayon::scope(|scope| scope.spawn(|_| value += 1));
        }
        watch.stop();
        versus::report(&watch, given.size, value == given.size, 0.0);
    });
}
