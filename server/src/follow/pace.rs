//! How often the state is looked at: soon at first, then less and less often.

use std::time::Duration;

use super::Settings;

/// The pauses between looks.
#[derive(Debug)]
pub struct Pace {
    next: Duration,
    longest: Duration,
}

impl Pace {
    /// The pauses of a wait that begins.
    pub fn new(settings: Settings) -> Self {
        Self { next: settings.first_pause.min(settings.longest_pause), longest: settings.longest_pause }
    }

    /// The pause before the next look; each is half as long again as the one before.
    pub fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 3 / 2).min(self.longest);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest() {
        let mut pace = Pace::new(Settings::default());
        let pauses: Vec<u128> = (0..8).map(|_| pace.pause().as_millis()).collect();
        assert_eq!(pauses, [1000, 1500, 2250, 3375, 5062, 7593, 10_000, 10_000]);
    }
}
