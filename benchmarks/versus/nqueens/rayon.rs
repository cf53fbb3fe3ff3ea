#[path = "../support/versus.rs"]
mod versus;

use rayon::prelude::*;
use versus::Board;

fn queens(board: Board, row: usize, n: i64) -> i64 {
    if row as i64 == n {
        return 1;
    }
    let mut columns = [0; 16];
    let mut children = 0;
    for column in 0..n as i8 {
        if versus::queen_is_safe(&board, row, column) {
            columns[children] = column;
            children += 1;
        }
    }
    // A length of one: left to itself rayon cuts no more than there are workers, and calls the rest directly.
    columns[..children]
        .par_iter()
        .with_max_len(1)
        .map(|&column| queens(versus::with_queen(board, row, column), row + 1, n))
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
