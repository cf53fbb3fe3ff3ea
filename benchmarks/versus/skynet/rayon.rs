#[path = "../support/versus.rs"]
mod versus;

use rayon::prelude::*;

fn skynet(first: i64, leaves: i64) -> i64 {
    if leaves == 1 {
        return first;
    }
    let part = leaves / versus::SKYNET_CHILDREN;
    // A length of one: left to itself rayon cuts no more than there are workers, and calls the rest directly.
    (0..versus::SKYNET_CHILDREN as usize)
        .into_par_iter()
        .with_max_len(1)
        .map(|child| skynet(first + child as i64 * part, part))
        .sum()
}

fn main() {
    let given = versus::parse();
    versus::rayon_pool(given.workers).install(|| {
        let mut correct = true;
        let mut watch = versus::Stopwatch::start();
        for _ in 0..versus::SKYNET_ROUNDS {
            correct &= skynet(0, given.size) == versus::skynet_sum(given.size);
        }
        watch.stop();
        versus::report(&watch, versus::skynet_nodes(given.size), correct, 0.0);
    });
}
