//! A copy of every record, line for line, for whoever collects what a program prints. The journal is the record: a reader who
//! takes too long misses lines, is told how many, and holds nothing up.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// Lines that may wait for the reader.
const QUEUE: usize = 4096;
/// How long the end of the journal waits for the reader.
const LAST: Duration = Duration::from_secs(1);

/// Where the copy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output; nothing else may write to it.
    Output,
    /// Standard error, among the log.
    Error,
}

/// The way to the thread that prints.
pub(super) struct Copy {
    lines: Option<SyncSender<String>>,
    ended: Receiver<()>,
    /// Lines that the reader has missed and was not told of.
    missed: usize,
}

impl Copy {
    /// A copy on this stream.
    pub(super) fn to(stream: Stream) -> io::Result<Self> {
        match stream {
            Stream::Output => Self::with(io::stdout()),
            Stream::Error => Self::with(io::stderr()),
        }
    }

    fn with(mut to: impl Write + Send + 'static) -> io::Result<Self> {
        let (lines, waiting) = sync_channel::<String>(QUEUE);
        let (end, ended) = sync_channel(1);
        std::thread::Builder::new().name("journal-copy".to_owned()).spawn(move || {
            for line in waiting {
                // Nobody reads any more: there is nobody to tell either.
                if to.write_all(line.as_bytes()).and_then(|()| to.flush()).is_err() {
                    break;
                }
            }
            let _ = end.send(());
        })?;
        Ok(Self { lines: Some(lines), ended, missed: 0 })
    }

    /// Passes lines on, each with its line feed.
    pub(super) fn take(&mut self, text: &str) {
        for line in text.split_inclusive('\n') {
            let told = match self.missed {
                0 => String::new(),
                missed => format!("{{\"kind\":\"missed\",\"count\":{missed}}}\n"),
            };
            let sent = self.lines.as_ref().is_some_and(|lines| lines.try_send(told + line).is_ok());
            self.missed = if sent { 0 } else { self.missed + 1 };
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.lines = None;
        let _ = self.ended.recv_timeout(LAST);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A reader that takes nothing while it is held.
    struct Held {
        text: Sender<String>,
        begun: Sender<()>,
        hold: Arc<Mutex<()>>,
    }

    impl Write for Held {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.begun.send(());
            drop(self.hold.lock());
            let text = String::from_utf8(bytes.to_vec()).expect("text");
            self.text.send(text).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn t_53_a_reader_that_takes_too_long_holds_nothing_up_and_hears_what_it_missed() {
        let ((text, read), (begun, begins)) = (channel(), channel());
        let hold = Arc::new(Mutex::new(()));
        let held = hold.lock().expect("not poisoned");
        let mut copy = Copy::with(Held { text, begun, hold: Arc::clone(&hold) }).expect("a thread");
        copy.take("{\"seq\":0}\n");
        begins.recv().expect("the first is written");
        // One is being written and as many as may be wait: two more are missed.
        for number in 1..=QUEUE + 2 {
            copy.take(&format!("{{\"seq\":{number}}}\n"));
        }
        drop(held);
        let mut lines: Vec<String> = read.iter().take(QUEUE + 1).collect();
        copy.take("{\"seq\":\"a\"}\n{\"seq\":\"b\"}\n");
        drop(copy);
        lines.extend(read.iter());
        assert_eq!(lines.len(), QUEUE + 3);
        assert_eq!(lines[QUEUE], format!("{{\"seq\":{QUEUE}}}\n"));
        assert_eq!(lines[QUEUE + 1], "{\"kind\":\"missed\",\"count\":2}\n{\"seq\":\"a\"}\n");
        assert_eq!(lines[QUEUE + 2], "{\"seq\":\"b\"}\n");
    }
}
