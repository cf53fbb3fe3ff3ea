#[path = "../support/versus.rs"]
mod versus;

use rayon::prelude::*;
use versus::Board;

fn queens(board: Board, row: usize, n: i64) -> i64 {
    if row as i64 == n {
        return 1;
    }
    (0..n as i8)
        .into_par_iter()
        .filter(|&column| versus::queen_is_safe(&board, row, column))
        .map(|column| queens(versus::with_queen(board, row, column), row + 1, n))
        .sum()
}

fn main() {
    let given = versus::parse();
    versus::rayon_pool(given.workers).install(|| {
        let (solutions, nodes) = versus::queens_expected(given.size);
        let mut watch = versus::Stopwatch::start();
        let found = queens([0; 16], 0, given.size);
        watch.stop();
        versus::report(&watch, nodes, found == solutions, 0.0);
    });
}
