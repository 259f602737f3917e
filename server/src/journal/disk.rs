//! What the writer writes to: a file that grows, is made durable, and can be cut back to what is whole. A trait, so that tests
//! have a disk that fails or takes its time.

use std::fs::File;
use std::io;
use std::path::Path;

/// A file of the journal.
pub(super) trait Disk: io::Write + Send {
    /// Makes what was written durable.
    fn sync(&mut self) -> io::Result<()>;
    /// Takes away what stands behind so many bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;
    /// How many bytes it has.
    fn length(&self) -> io::Result<u64>;
}

/// Opens a file to add to it.
pub(super) type Opening = Box<dyn Fn(&Path) -> io::Result<Box<dyn Disk>> + Send>;

impl Disk for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::journal::{Entry, Event, Journal, Options, SigningKey, Verified, folder, records, verify};

    /// A file on a disk whose faults a test chooses.
    struct Faulty {
        file: File,
        faults: Faults,
    }

    #[derive(Clone)]
    struct Faults {
        /// How long a file may become.
        room: Arc<AtomicU64>,
        /// Whether nothing can be made durable.
        fails: Arc<AtomicBool>,
        /// Told when something is to be made durable.
        begins: Sender<()>,
        /// Held while nothing ends.
        slow: Arc<Mutex<()>>,
    }

    impl io::Write for Faulty {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = self.faults.room.load(Ordering::Acquire).saturating_sub(self.length()?);
            match bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX)) {
                0 => Err(io::ErrorKind::StorageFull.into()),
                count => self.file.write(&bytes[..count]),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            self.file.flush()
        }
    }

    impl Disk for Faulty {
        fn sync(&mut self) -> io::Result<()> {
            let _ = self.faults.begins.send(());
            drop(self.faults.slow.lock());
            match self.faults.fails.load(Ordering::Acquire) {
                true => Err(io::Error::other("fdatasync failed")),
                false => self.file.sync_data(),
            }
        }

        fn cut(&mut self, length: u64) -> io::Result<()> {
            self.file.set_len(length)
        }

        fn length(&self) -> io::Result<u64> {
            Ok(self.file.metadata()?.len())
        }
    }

    /// A journal on such a disk, in a folder that goes with it.
    struct OnFaulty {
        journal: Journal,
        faults: Faults,
        begun: Receiver<()>,
        place: PathBuf,
    }

    impl OnFaulty {
        fn new(name: &str) -> Self {
            Self::with(name, |_| {})
        }

        fn with(name: &str, change: impl FnOnce(&mut Options)) -> Self {
            let place = std::env::temp_dir().join(format!("journal-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&place);
            let (begins, begun) = channel();
            let faults = Faults {
                room: Arc::new(u64::MAX.into()),
                fails: Arc::default(),
                begins,
                slow: Arc::default(),
            };
            let chosen = faults.clone();
            let opening: Opening = Box::new(move |path| {
                Ok(Box::new(Faulty { file: folder::appended(path)?, faults: chosen.clone() }))
            });
            let mut options = Options::new(&place);
            change(&mut options);
            let journal = Journal::open_on(&options, "test 1", opening).unwrap();
            begun.recv().expect("the start is made durable");
            Self { journal, faults, begun, place }
        }

        fn told(&self) -> (Vec<String>, Verified) {
            let records = records(&self.place).unwrap().map(Result::unwrap);
            let kinds = records.map(|record| record.text("kind").to_owned()).collect();
            (kinds, verify(&self.place).unwrap().unwrap_or_else(|damage| panic!("{damage:?}")))
        }
    }

    impl Drop for OnFaulty {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.place);
        }
    }

    fn entry(lost: u64) -> Entry {
        Entry { event: Event::Gap { lost }, subject: None }
    }

    #[tokio::test]
    async fn t_53_what_was_not_made_durable_leaves_no_trace_and_a_new_file_is_begun() {
        let on = OnFaulty::new("fails");
        on.journal.write(entry(1)).await.expect("the disk is well");
        on.faults.fails.store(true, Ordering::Release);
        let refused = on.journal.write(entry(1000)).await.expect_err("it is not durable");
        assert_eq!(refused.cause, "fdatasync failed");
        assert!(on.journal.is_failing());
        on.journal.note(entry(10));
        on.faults.fails.store(false, Ordering::Release);
        on.journal.write(entry(100)).await.expect("the disk is well again");
        assert!(!on.journal.is_failing());
        on.journal.close();
        let (kinds, whole) = on.told();
        assert_eq!(kinds, ["start", "gap", "gap", "gap", "stop"]);
        assert_eq!((whole.lost, whole.files), (111, 2), "the first file is not written to again");
    }

    #[tokio::test]
    async fn t_53_what_was_kept_while_the_disk_was_full_is_written_as_far_as_there_is_room() {
        let on = OnFaulty::new("full");
        on.faults.room.store(0, Ordering::Release);
        for _ in 0..1000 {
            on.journal.note(entry(1));
            tokio::task::yield_now().await;
        }
        let refused = on.journal.write(entry(1_000_000)).await.expect_err("there is no room");
        assert!(refused.cause.contains("storage"), "{refused:?}");
        // Some of the thousand have room here, and not all.
        on.faults.room.store(150_000, Ordering::Release);
        on.journal.write(entry(1_000_000)).await.expect_err("there is not room enough");
        let (kinds, whole) = on.told();
        assert!((257..1000).contains(&kinds.len()), "{} records: {whole:?}", kinds.len());
        on.faults.room.store(u64::MAX, Ordering::Release);
        on.journal.write(entry(1)).await.expect("there is room again");
        on.journal.close();
        let (_, whole) = on.told();
        assert_eq!(whole.lost, 1001, "all of them, and none that was refused");
    }

    #[tokio::test]
    async fn t_54_what_was_not_made_durable_is_not_counted_as_signed() {
        let key = std::env::temp_dir().join(format!("journal-unsigned-{}.pem", std::process::id()));
        let _ = std::fs::remove_file(&key);
        let signing = SigningKey::make(&key).unwrap();
        std::fs::remove_file(key).unwrap();
        let on = OnFaulty::with("unsigned", |options| options.signing = Some(Arc::new(signing)));
        for _ in 2..999 {
            on.journal.note(entry(1));
        }
        on.journal.write(entry(1)).await.expect("the disk is well");
        on.faults.fails.store(true, Ordering::Release);
        on.journal.write(entry(1)).await.expect_err("it is not durable, nor is its checkpoint");
        on.faults.fails.store(false, Ordering::Release);
        on.journal.write(entry(1)).await.expect("the disk is well again");
        let (_, whole) = on.told();
        assert!(whole.checkpoints > 0 && whole.signed >= 999, "{whole:?}");
        on.journal.close();
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_durable_soon_however_much_more_comes() {
        let on = OnFaulty::new("soon");
        let begun = std::time::Instant::now();
        // Far more often than the journal pauses, so that it is never idle.
        while on.begun.try_recv().is_err() {
            on.journal.note(entry(1));
            assert!(begun.elapsed() < Duration::from_secs(2), "never made durable");
        }
    }

    #[tokio::test(start_paused = true)]
    #[allow(clippy::await_holding_lock, reason = "the disk is slow for as long as the test holds it")]
    async fn t_53_a_change_waits_a_second_for_its_record_and_no_longer() {
        let on = OnFaulty::new("slow");
        let slow = on.faults.slow.lock().unwrap();
        let begun = Instant::now();
        let refused = on.journal.write(entry(1)).await.expect_err("the disk takes its time");
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
        assert_eq!(refused.cause, "not on the disk within 1s");
        drop(slow);
        // The disk does not wait for the paused clock.
        tokio::time::resume();
        on.journal.write(entry(1)).await.expect("the disk is well again");
    }

    #[tokio::test]
    #[allow(clippy::await_holding_lock, reason = "the disk is slow for as long as the test holds it")]
    async fn what_arrives_while_the_disk_works_is_made_durable_together() {
        let on = OnFaulty::new("together");
        let slow = on.faults.slow.lock().unwrap();
        let writing = |lost| {
            let journal = on.journal.clone();
            tokio::spawn(async move { journal.write(entry(lost)).await })
        };
        let first = writing(1);
        tokio::task::yield_now().await;
        on.begun.recv().expect("the first is made durable");
        let others: Vec<_> = (0..50).map(|_| writing(1)).collect();
        tokio::task::yield_now().await;
        drop(slow);
        for written in others.into_iter().chain([first]) {
            assert_eq!(written.await.unwrap(), Ok(()));
        }
        assert_eq!(on.begun.try_iter().count(), 1, "fifty at once");
    }
}
