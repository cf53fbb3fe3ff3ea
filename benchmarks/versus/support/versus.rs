// What every Rust program of the kit shares: see versus.hpp.
#![allow(dead_code)]

use std::time::Instant;

pub struct Arguments {
    pub workers: usize,
    pub size: i64,
    pub tasks: i64,
    pub capacity: i64,
}

pub fn not_applicable(why: &str) -> ! {
    eprintln!("not applicable: {}", why);
    std::process::exit(77)
}

pub fn parse() -> Arguments {
    let mut result = Arguments {
        workers: 1,
        size: 1,
        tasks: 1,
        capacity: 0,
    };
    let given: Vec<String> = std::env::args().skip(1).collect();
    for pair in given.chunks(2) {
        let value: i64 = pair[1].parse().expect("a whole number");
        match pair[0].as_str() {
            "--workers" => result.workers = value as usize,
            "--size" => result.size = value,
            "--tasks" => result.tasks = value,
            "--capacity" => result.capacity = value,
            other => panic!("unknown: {}", other),
        }
    }
    result
}

fn cpu_now() -> f64 {
    let mut now: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut now) };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    seconds(now.ru_utime) + seconds(now.ru_stime)
}

pub struct Stopwatch {
    cpu: f64,
    wall: Instant,
    cpu_s: f64,
    wall_s: f64,
}

impl Stopwatch {
    pub fn start() -> Self {
        Stopwatch {
            cpu: cpu_now(),
            wall: Instant::now(),
            cpu_s: 0.0,
            wall_s: 0.0,
        }
    }

    pub fn stop(&mut self) {
        self.wall_s = self.wall.elapsed().as_secs_f64();
        self.cpu_s = cpu_now() - self.cpu;
    }
}

/// A line of /proc/self/status. Not getrusage(): its peak is at least that of the process that started this.
fn memory_bytes(key: &str) -> i64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<i64>()
        .unwrap()
        * 1024
}

pub fn resident_bytes() -> i64 {
    memory_bytes("VmRSS:")
}

pub fn report(time: &Stopwatch, operations: i64, correct: bool, bytes: f64) {
    if !correct {
        eprintln!("wrong result");
        std::process::exit(1);
    }
    println!(
        "{{\"ns\": {:.4}, \"operations\": {}, \"wall_s\": {:.6}, \"cpu_s\": {:.6}, \
         \"peak_rss_bytes\": {}, \"bytes\": {:.1}}}",
        time.wall_s * 1e9 / operations as f64,
        operations,
        time.wall_s,
        time.cpu_s,
        memory_bytes("VmHWM:"),
        bytes
    );
}

/// tokio with `workers` threads; `main` runs on one of them, not on the thread that waits for it.
#[cfg(feature = "tokio")]
pub fn on_tokio<F>(workers: usize, main: F) -> F::Output
where
    F: std::future::Future + Send + 'static,
    F::Output: Send + 'static,
{
    let runtime = tokio_runtime(workers);
    runtime.block_on(async move { tokio::spawn(main).await.unwrap() })
}

#[cfg(feature = "tokio")]
pub fn tokio_runtime(workers: usize) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .unwrap()
}

/// A rayon pool with `workers` threads.
#[cfg(feature = "rayon")]
pub fn rayon_pool(workers: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(workers)
        .build()
        .unwrap()
}

// -- The problems: see problems.hpp ------------------------------------------------------------------

pub fn fib_number(n: i64) -> i64 {
    let (mut previous, mut current) = (0, 1);
    for _ in 0..n {
        let next = previous + current;
        previous = current;
        current = next;
    }
    previous
}

pub fn fib_nodes(n: i64) -> i64 {
    2 * fib_number(n + 1) - 1
}

pub const SKYNET_CHILDREN: i64 = 10;
pub const SKYNET_ROUNDS: i64 = 10;

pub fn skynet_sum(leaves: i64) -> i64 {
    leaves * (leaves - 1) / 2
}

pub fn skynet_nodes(leaves: i64) -> i64 {
    SKYNET_ROUNDS * (leaves * SKYNET_CHILDREN - 1) / (SKYNET_CHILDREN - 1)
}

pub type Board = [i8; 16];

pub fn queen_is_safe(board: &Board, row: usize, column: i8) -> bool {
    for above in 0..row {
        let distance = (row - above) as i8;
        let other = board[above];
        if other == column || other == column - distance || other == column + distance {
            return false;
        }
    }
    true
}

pub fn with_queen(mut board: Board, row: usize, column: i8) -> Board {
    board[row] = column;
    board
}

/// Solutions and nodes.
pub fn queens_expected(n: i64) -> (i64, i64) {
    match n {
        4 => (2, 17),
        6 => (4, 153),
        8 => (92, 2_057),
        10 => (724, 35_539),
        11 => (2_680, 166_926),
        12 => (14_200, 856_189),
        13 => (73_712, 4_674_890),
        _ => (0, 0),
    }
}

pub const TIMERS_ARMED: usize = 1_000;

pub struct Delays(i64);

impl Delays {
    pub fn new() -> Self {
        Delays(1)
    }

    pub fn next_ms(&mut self) -> u64 {
        self.0 = (self.0 * 1664525 + 1013904223) & 0xFFFF_FFFF;
        (10_000 + (self.0 >> 8) % 100_000) as u64
    }
}
