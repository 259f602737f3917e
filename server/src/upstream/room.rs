//! What large answers share in memory. Without it five hundred answers of a mebibyte at once take all memory that there is, for
//! their text and for what is made of it.
//!
//! An answer to a change waits for nothing here: what was done must not be told to be unknown because others read much.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The room in bytes. What is larger has all of it to itself.
pub(super) const ROOM: usize = 8 << 20;

/// The room.
pub(super) struct Room(Arc<Semaphore>);

/// What an answer has of the room, until it was made sense of.
#[derive(Debug, Default)]
pub(crate) struct Part(#[expect(dead_code, reason = "held")] Option<OwnedSemaphorePermit>);

impl Room {
    /// Nothing in it.
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(ROOM)))
    }

    /// Waits until there are so many bytes of it, or all are.
    pub(super) async fn part(&self, bytes: usize) -> Part {
        let bytes = u32::try_from(bytes.min(ROOM)).expect("the room is small");
        let part = Arc::clone(&self.0).acquire_many_owned(bytes).await;
        Part(Some(part.expect("the room is never closed")))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn r15_who_comes_when_the_room_is_taken_waits_and_not_a_byte_earlier() {
        let room = Room::new();
        let all_but_one = room.part(ROOM - 1).await;
        let last = room.part(1).await;
        assert!(timeout(LONG, room.part(1)).await.is_err(), "one byte too many");
        drop(last);
        assert!(timeout(LONG, room.part(1)).await.is_ok());
        let larger = ROOM + 1;
        assert!(timeout(LONG, room.part(larger)).await.is_err(), "something is in it");
        drop(all_but_one);
        let alone =
            timeout(LONG, room.part(larger)).await.expect("what is larger fits where nothing else is");
        assert!(timeout(LONG, room.part(1)).await.is_err(), "and nothing fits beside it");
        drop(alone);
    }
}
