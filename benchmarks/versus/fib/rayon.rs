#[path = "../support/versus.rs"]
mod versus;

fn fib(n: i64) -> i64 {
    if n < 2 {
        return n;
    }
    let (first, second) = rayon::join(|| fib(n - 1), || fib(n - 2));
    first + second
}

fn main() {
    let given = versus::parse();
    versus::rayon_pool(given.workers).install(|| {
        let mut watch = versus::Stopwatch::start();
        let result = fib(given.size);
        watch.stop();
        versus::report(
            &watch,
            versus::fib_nodes(given.size),
            result == versus::fib_number(given.size),
            0.0,
        );
    });
}
