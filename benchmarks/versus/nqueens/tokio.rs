#[path = "../support/versus.rs"]
mod versus;

use std::future::Future;
use std::pin::Pin;
use versus::Board;

fn queens(board: Board, row: usize, n: i64) -> Pin<Box<dyn Future<Output = i64> + Send>> {
    Box::pin(async move {
        if row as i64 == n {
            return 1;
        }
        let mut children = Vec::with_capacity(n as usize);
        for column in 0..n as i8 {
            if versus::queen_is_safe(&board, row, column) {
                children.push(tokio::spawn(queens(
                    versus::with_queen(board, row, column),
                    row + 1,
                    n,
                )));
            }
        }
        let mut solutions = 0;
        for child in children {
            solutions += child.await.unwrap();
        }
        solutions
    })
}

fn main() {
    let given = versus::parse();
    versus::on_tokio(given.workers, async move {
        let (solutions, nodes) = versus::queens_expected(given.size);
        let mut watch = versus::Stopwatch::start();
        let found = queens([0; 16], 0, given.size).await;
        watch.stop();
        versus::report(&watch, nodes, found == solutions, 0.0);
    });
}
