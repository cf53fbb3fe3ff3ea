#[path = "../support/versus.rs"]
mod versus;

const LEAF: usize = 32;

#[derive(Clone, Copy)]
struct Square {
    at: *mut f32,
    n: usize,
    stride: usize,
}

// Parts that are multiplied at the same time write to different quadrants of C.
unsafe impl Send for Square {}
unsafe impl Sync for Square {}

impl Square {
    fn quadrant(self, row: usize, column: usize) -> Square {
        let half = self.n / 2;
        let at = unsafe { self.at.add((row * self.stride + column) * half) };
        Square {
            at,
            n: half,
            stride: self.stride,
        }
    }
}

#[inline(never)]
unsafe fn multiply_leaf(c: Square, a: Square, b: Square) {
    for row in 0..c.n {
        let into = std::slice::from_raw_parts_mut(c.at.add(row * c.stride), LEAF);
        for middle in 0..c.n {
            let factor = *a.at.add(row * a.stride + middle);
            let from = std::slice::from_raw_parts(b.at.add(middle * b.stride), LEAF);
            for column in 0..LEAF {
                into[column] += factor * from[column];
            }
        }
    }
}

fn multiply(c: Square, a: Square, b: Square) {
    if c.n <= LEAF {
        unsafe { multiply_leaf(c, a, b) };
        return;
    }
    for middle in 0..2 {
        let part = |row: usize, column: usize| {
            multiply(
                c.quadrant(row, column),
                a.quadrant(row, middle),
                b.quadrant(middle, column),
            )
        };
        rayon::join(
            || rayon::join(|| part(0, 0), || part(0, 1)),
            || rayon::join(|| part(1, 0), || part(1, 1)),
        );
    }
}

fn correct(a: &[f32], b: &[f32], c: &[f32], n: usize) -> bool {
    (0..n).step_by(37).all(|row| {
        let column = row * 31 % n;
        let sum: f32 = (0..n)
            .map(|middle| a[row * n + middle] * b[middle * n + column])
            .sum();
        sum == c[row * n + column]
    })
}

fn main() {
    let given = versus::parse();
    versus::rayon_pool(given.workers).install(|| {
        let n = given.size as usize;
        let mut a: Vec<f32> = (0..n * n).map(|index| (index % 5) as f32).collect();
        let mut b: Vec<f32> = (0..n * n).map(|index| (index % 7) as f32).collect();
        let mut c = vec![0f32; n * n];
        let square = |of: &mut Vec<f32>| Square {
            at: of.as_mut_ptr(),
            n,
            stride: n,
        };
        let mut watch = versus::Stopwatch::start();
        multiply(square(&mut c), square(&mut a), square(&mut b));
        watch.stop();
        versus::report(&watch, 1, correct(&a, &b, &c, n), 0.0);
    });
}
