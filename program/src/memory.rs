//! Memory that a crowd has left is given back, also where nobody comes after it.
//!
//! What one thread frees of another's memory is found by the other one, once in so many of its own larger allocations. A thread
//! that has nothing to do makes none, and would keep the memory of a thousand connections until the next thousand come. So each
//! thread makes as many now and then, which takes less than a millisecond.

use std::convert::Infallible;
use std::hint::black_box;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// How often.
const EVERY: Duration = Duration::from_secs(10);
/// After so many allocations of this size the allocator has looked: it does after ten thousand, a hundred at a time.
const ALLOCATIONS: usize = 11_000;
const LARGER: usize = 2048;
/// What it has set aside to give back to the system it gives back with the next thing of a size that has pages of its own.
const LARGEST: usize = 256 << 10;

/// Has every thread of this runtime give back what it does not use; ends never.
pub(crate) async fn give_back() -> Infallible {
    let threads = Handle::current().metrics().num_workers();
    let mut times = interval(EVERY);
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        // As many at once as there are threads: each that wakes finds one.
        let looks: JoinSet<()> = (0..threads).map(|_| async { look() }).collect();
        // This one may be none of them.
        look();
        looks.join_all().await;
    }
}

fn look() {
    for _ in 0..ALLOCATIONS {
        drop(black_box(Vec::<u8>::with_capacity(LARGER)));
    }
    drop(black_box(Vec::<u8>::with_capacity(LARGEST)));
}
