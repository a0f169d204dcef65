//! Time of several subjects, in turns.

use std::time::{Duration, Instant};

const BATCH: Duration = Duration::from_millis(1);
const BATCHES: usize = 401;

/// Something that is run many times in a row.
pub(crate) struct Subject<'a>(Box<dyn FnMut(u32) -> Duration + 'a>);

impl<'a> Subject<'a> {
    pub(crate) fn new(mut run: impl FnMut() + 'a) -> Self {
        Self(Box::new(move |times| {
            let start = Instant::now();
            for _ in 0..times {
                run();
            }
            start.elapsed()
        }))
    }

    /// How many runs a batch takes.
    fn calibrate(&mut self) -> u32 {
        let mut times = 1;
        while (self.0)(times) < BATCH {
            times *= 2;
        }
        times
    }
}

/// The median nanoseconds of a run of each.
pub(crate) fn medians<const N: usize>(mut subjects: [Subject<'_>; N]) -> [f64; N] {
    let times = subjects.each_mut().map(Subject::calibrate);
    let mut batches = [const { Vec::new() }; N];
    for _ in 0..BATCHES {
        for ((subject, times), batches) in subjects.iter_mut().zip(times).zip(&mut batches) {
            batches.push((subject.0)(times).as_nanos() as f64 / f64::from(times));
        }
    }
    batches.map(|mut batches| {
        batches.sort_by(f64::total_cmp);
        batches[batches.len() / 2]
    })
}
