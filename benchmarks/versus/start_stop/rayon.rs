// The end of a pool is not waited for: rayon's threads notice it later.
#[path = "../support/versus.rs"]
mod versus;

fn main() {
    let given = versus::parse();
    let mut value = 0;
    let mut watch = versus::Stopwatch::start();
    for _ in 0..given.size {
        value = versus::rayon_pool(given.workers).install(|| value + 1);
    }
    watch.stop();
    versus::report(&watch, given.size, value == given.size, 0.0);
}
