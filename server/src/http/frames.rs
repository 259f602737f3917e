//! Follows the frames of HTTP/2 beside the HTTP library: where heads begin and end, and how many frames come that ask for work and
//! bring nothing.
//!
//! The library bounds what it keeps and not what it does: a client may open and abandon streams, ask for echoes or change
//! settings without end. No honest one does that a thousand times in ten seconds. A pure state machine over bytes and times.

use std::time::Duration;

use tokio::time::Instant;

use super::framing::Violation;
use super::version::PREFACE;

/// How long the part of a frame is that says what follows.
const INTRODUCTION: usize = 9;
/// How many frames that bring nothing are taken in a period.
pub(super) const MOST_EMPTY: u32 = 1000;
const PERIOD: Duration = Duration::from_secs(10);
/// No reader takes a frame so large: with it in the place of another, the library says that the connection ends, and ends it.
pub(super) const NEVER_ACCEPTED: [u8; INTRODUCTION] = [0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0];

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// Where in a connection's bytes we are.
#[derive(Debug)]
pub(super) struct Frames {
    /// How much of the preface is still to come.
    preface: usize,
    introduction: [u8; INTRODUCTION],
    /// How much of the introduction has come.
    introduced: usize,
    /// How much of the frame is still to come.
    left: u32,
    /// A head has begun and not ended.
    in_head: bool,
    /// It ends with this frame.
    head_ends: bool,
    heads: u64,
    empty: u32,
    /// When the period began in which they are counted.
    since: Instant,
}

impl Frames {
    /// At the start of a connection.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            preface: PREFACE.len(),
            introduction: [0; INTRODUCTION],
            introduced: 0,
            left: 0,
            in_head: false,
            head_ends: false,
            heads: 0,
            empty: 0,
            since: now,
        }
    }

    /// Whether a head has begun and not ended.
    pub(super) fn in_head(&self) -> bool {
        self.in_head
    }

    /// How many heads have ended.
    pub(super) fn heads(&self) -> u64 {
        self.heads
    }

    /// Follows these bytes, the next of the connection. A frame is refused where its introduction begins, or at the first of
    /// these bytes where it began before them.
    pub(super) fn follow(&mut self, bytes: &[u8], now: Instant) -> Result<(), Violation> {
        let mut at = 0;
        while at < bytes.len() {
            let available = bytes.len() - at;
            if self.preface > 0 {
                let taken = self.preface.min(available);
                self.preface -= taken;
                at += taken;
            } else if self.left > 0 {
                let taken = self.left.min(u32::try_from(available).unwrap_or(u32::MAX));
                self.left -= taken;
                at += taken as usize;
                self.frame_ended();
            } else {
                let taken = (INTRODUCTION - self.introduced).min(available);
                let end = self.introduced + taken;
                self.introduction[self.introduced..end].copy_from_slice(&bytes[at..at + taken]);
                self.introduced = end % INTRODUCTION;
                if end == INTRODUCTION {
                    self.frame(now).map_err(|rule| Violation { at, rule })?;
                    self.frame_ended();
                }
                at += taken;
            }
        }
        Ok(())
    }

    /// Takes in what the introduction says of the frame.
    fn frame(&mut self, now: Instant) -> Result<(), &'static str> {
        let [high, middle, low, kind, flags, ..] = self.introduction;
        self.left = u32::from_be_bytes([0, high, middle, low]);
        match kind {
            HEADERS | CONTINUATION => {
                self.in_head = true;
                self.head_ends = flags & END_HEADERS != 0;
                // The library bounds the bytes of a head, and so what its parts bring, unless they bring nothing.
                if kind == CONTINUATION && self.left == 0 { self.count(now) } else { Ok(()) }
            }
            DATA if self.left == 0 && flags & END_STREAM == 0 => self.count(now),
            // Whoever reads much sends many of the latter.
            DATA | WINDOW_UPDATE => Ok(()),
            _ => self.count(now),
        }
    }

    fn frame_ended(&mut self) {
        if self.left == 0 && self.in_head && self.head_ends {
            self.in_head = false;
            self.heads += 1;
        }
    }

    fn count(&mut self, now: Instant) -> Result<(), &'static str> {
        if now.saturating_duration_since(self.since) >= PERIOD {
            self.since = now;
            self.empty = 0;
        }
        self.empty += 1;
        if self.empty > MOST_EMPTY { Err("too many frames came that bring nothing") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const PING: u8 = 6;

    fn frame(kind: u8, flags: u8, length: usize) -> Vec<u8> {
        let [high, middle, low] = [length >> 16, length >> 8, length].map(|part| (part & 0xff) as u8);
        let mut frame = vec![high, middle, low, kind, flags, 0, 0, 0, 1];
        frame.resize(INTRODUCTION + length, 0xaa);
        frame
    }

    fn begun() -> (Frames, Instant) {
        let now = Instant::now();
        let mut frames = Frames::new(now);
        frames.follow(PREFACE, now).expect("no frame yet");
        (frames, now)
    }

    /// How many of these frames are taken, at once and byte by byte alike.
    fn taken(kind: u8, flags: u8, length: usize, count: u32) -> u32 {
        let (mut at_once, now) = begun();
        let frame = frame(kind, flags, length);
        let whole = (0..count).take_while(|_| at_once.follow(&frame, now).is_ok()).count();
        let (mut by_byte, now) = begun();
        let mut slowly = || frame.iter().all(|byte| by_byte.follow(&[*byte], now).is_ok());
        let slow = (0..count).take_while(|_| slowly()).count();
        assert_eq!(whole, slow, "{kind} {flags}");
        u32::try_from(whole).expect("a few")
    }

    #[test]
    fn t_44_a_thousand_frames_that_bring_nothing_are_taken_and_not_one_more() {
        for (kind, flags, length) in [
            (RST_STREAM, 0, 4),
            (SETTINGS, 0, 0),
            (PING, 0, 8),
            (0x2, 0, 5),
            (0x20, 0, 3),
            (DATA, 0, 0),
            (CONTINUATION, 0, 0),
        ] {
            assert_eq!(taken(kind, flags, length, MOST_EMPTY + 5), MOST_EMPTY, "{kind}");
        }
        for (kind, flags, length) in
            [(DATA, 0, 1), (DATA, END_STREAM, 0), (WINDOW_UPDATE, 0, 4), (HEADERS, END_HEADERS, 20)]
        {
            assert_eq!(taken(kind, flags, length, MOST_EMPTY + 5), MOST_EMPTY + 5, "{kind}");
        }
    }

    #[test]
    fn t_44_the_count_begins_anew_with_each_period() {
        let (mut frames, now) = begun();
        let ping = frame(PING, 0, 8);
        let mut send = |now| frames.follow(&ping, now).is_ok();
        assert_eq!((0..MOST_EMPTY).filter(|_| send(now)).count(), MOST_EMPTY as usize);
        assert!(!send(now + PERIOD - Duration::from_millis(1)));
        assert!(send(now + PERIOD));
    }

    #[test]
    fn a_head_lasts_until_its_last_byte() {
        let (mut frames, now) = begun();
        let state = |frames: &Frames| (frames.in_head(), frames.heads());
        let mut follow = |bytes: &[u8]| {
            frames.follow(bytes, now).expect("an honest frame");
            state(&frames)
        };
        let whole = frame(HEADERS, END_HEADERS, 5);
        assert_eq!(follow(&whole[..13]), (true, 0));
        assert_eq!(follow(&whole[13..]), (false, 1));
        assert_eq!(follow(&frame(HEADERS, 0, 5)), (true, 1));
        assert_eq!(follow(&frame(CONTINUATION, 0, 5)), (true, 1));
        assert_eq!(follow(&frame(CONTINUATION, END_HEADERS, 0)), (false, 2));
        assert_eq!(follow(&frame(DATA, 0, 70_000)), (false, 2));
    }

    #[test]
    fn a_frame_is_refused_where_it_begins() {
        let (mut frames, now) = begun();
        let ping = frame(PING, 0, 8);
        let many = ping.repeat(MOST_EMPTY as usize + 1);
        let found = frames.follow(&many, now).expect_err("one too many");
        assert_eq!(found.at, ping.len() * MOST_EMPTY as usize);
    }
}
