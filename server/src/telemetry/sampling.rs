//! Which requests are traced.

use super::trace::Remote;

/// Which requests are traced, by the samplers of OpenTelemetry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Whether what a caller's own trace says of it decides, for callers who are known.
    pub follows_caller: bool,
    /// Which part of all others, from 0 to 1.
    pub part: f64,
}

/// All of them, and of those whose callers say so, what they say.
impl Default for Sampling {
    fn default() -> Self {
        Self { follows_caller: true, part: 1.0 }
    }
}

impl Sampling {
    /// Whether a request is traced that comes with this trace. A stranger chooses nothing: neither by the flag nor by the number
    /// of its trace, of which the part is taken for all others, so that all services of a trace decide alike.
    pub(super) fn takes(self, remote: Option<&Remote>, is_known: bool) -> bool {
        match remote.filter(|_| is_known) {
            Some(remote) if self.follows_caller => remote.is_sampled,
            Some(remote) => self.holds(remote.trace),
            None => fastrand::f64() < self.part,
        }
    }

    /// Whether this trace is in the part: by its last 63 bits, as other services count.
    fn holds(self, trace: u128) -> bool {
        let bits = (trace as u64) >> 1;
        bits < (self.part * (1_u64 << 63) as f64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(trace: u128, is_sampled: bool) -> Remote {
        Remote { trace, span: 1, is_sampled }
    }

    #[test]
    fn t_56_a_stranger_chooses_nothing() {
        let never = Sampling { follows_caller: true, part: 0.0 };
        let (yes, no) = (remote(1, true), remote(1, false));
        assert!(never.takes(Some(&yes), true) && !never.takes(Some(&yes), false));
        assert!(!never.takes(None, true) && !never.takes(None, false));
        let always = Sampling::default();
        assert!(!always.takes(Some(&no), true) && always.takes(Some(&no), false));
        // The smallest number is in every part, so that a stranger would be traced always.
        let rarely = Sampling { follows_caller: false, part: 1e-9 };
        assert!(rarely.takes(Some(&yes), true));
        assert!(!(0..1000).any(|_| rarely.takes(Some(&yes), false)));
    }

    #[test]
    fn a_part_is_of_the_numbers_of_traces_and_the_same_everywhere() {
        let half = Sampling { follows_caller: false, part: 0.5 };
        for (trace, is_in) in [
            (0, true),
            (u128::from(u64::MAX >> 2), true),
            (u128::from(u64::MAX), false),
            (u128::MAX - u128::from(u64::MAX), true),
        ] {
            assert_eq!(half.takes(Some(&remote(trace, false)), true), is_in, "{trace:032x}");
        }
        let (all, none) =
            (Sampling { follows_caller: false, part: 1.0 }, Sampling { follows_caller: false, part: 0.0 });
        assert!(
            all.takes(Some(&remote(u128::MAX, false)), true) && !none.takes(Some(&remote(0, true)), true)
        );
    }
}
