//! Numbers by value, and ranges of them: an integer is compared exactly, whatever its size.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Exact {
    Whole(i128),
    Broken(f64),
}

impl Exact {
    pub(super) fn of(number: &Number) -> Self {
        match (number.as_i128(), number.as_f64()) {
            (Some(whole), _) => Self::Whole(whole),
            (None, Some(float)) => Self::from_float(float),
            (None, None) => Self::Whole(0),
        }
    }

    fn from_float(float: f64) -> Self {
        if float.fract() == 0.0 && float.abs() < 1e30 {
            Self::Whole(float as i128)
        } else {
            Self::Broken(float)
        }
    }

    pub(super) fn of_value(value: &Value) -> Option<Self> {
        value.as_number().map(Self::of)
    }

    fn float(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Broken(float) => float,
        }
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => one.cmp(&other),
            _ => self.float().partial_cmp(&other.float()).unwrap_or(Ordering::Equal),
        }
    }

    pub(super) fn is_whole(self) -> bool {
        matches!(self, Self::Whole(_))
    }

    /// Whether this is a multiple of another.
    pub(super) fn is_multiple_of(self, of: Self) -> bool {
        match (self, of) {
            (_, Self::Whole(0)) => false,
            (Self::Whole(one), Self::Whole(of)) => one % of == 0,
            _ => {
                let ratio = self.float() / of.float();
                (ratio - ratio.round()).abs() < 1e-9
            }
        }
    }

    fn json(self) -> Value {
        match self {
            Self::Whole(whole) => match (i64::try_from(whole), u64::try_from(whole)) {
                (Ok(whole), _) => whole.into(),
                (_, Ok(whole)) => whole.into(),
                _ => (whole as f64).into(),
            },
            Self::Broken(float) => float.into(),
        }
    }

    fn plus(self, more: i128) -> Self {
        match self {
            Self::Whole(whole) => Self::Whole(whole.saturating_add(more)),
            Self::Broken(float) => Self::from_float(float + more as f64),
        }
    }
}

/// An end of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bound {
    pub(super) at: Exact,
    /// Whether the end itself belongs to the range.
    pub(super) included: bool,
}

/// A range of numbers, and what all of them are multiples of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Numbers {
    pub(super) integer: bool,
    pub(super) low: Option<Bound>,
    pub(super) high: Option<Bound>,
    pub(super) multiples: Vec<Exact>,
}

impl Numbers {
    /// The numbers that keywords allow.
    pub(super) fn of(schema: &Value, integer: bool) -> Self {
        let bound = |keyword: &str, included| {
            schema.get(keyword).and_then(Exact::of_value).map(|at| Bound { at, included })
        };
        let multiples = schema.get("multipleOf").and_then(Exact::of_value).into_iter().collect();
        let mut numbers = Self { integer, low: None, high: None, multiples };
        for low in [bound("minimum", true), bound("exclusiveMinimum", false)].into_iter().flatten() {
            numbers.low = Some(tighter(numbers.low, low, Ordering::Greater));
        }
        for high in [bound("maximum", true), bound("exclusiveMaximum", false)].into_iter().flatten() {
            numbers.high = Some(tighter(numbers.high, high, Ordering::Less));
        }
        numbers.rounded()
    }

    /// An integer's bounds as integers that belong to the range.
    fn rounded(mut self) -> Self {
        // A multiple of a whole number is whole.
        self.integer |= self.multiples.iter().any(|of| of.is_whole());
        self.multiples.retain(|of| *of != Exact::Whole(1));
        if self.integer {
            self.low = self.low.map(|low| inward(low, 1, f64::ceil));
            self.high = self.high.map(|high| inward(high, -1, f64::floor));
        }
        self
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.integer |= other.integer;
        if let Some(low) = other.low {
            both.low = Some(tighter(both.low, low, Ordering::Greater));
        }
        if let Some(high) = other.high {
            both.high = Some(tighter(both.high, high, Ordering::Less));
        }
        both.multiples.extend(other.multiples.iter().filter(|of| !self.multiples.contains(of)));
        both.rounded()
    }

    pub(super) fn is_empty(&self) -> bool {
        let (Some(low), Some(high)) = (self.low, self.high) else { return false };
        match low.at.compare(high.at) {
            Ordering::Less => false,
            Ordering::Equal => !(low.included && high.included),
            Ordering::Greater => true,
        }
    }

    pub(super) fn holds(&self, value: Exact) -> bool {
        let above = self.low.is_none_or(|low| match value.compare(low.at) {
            Ordering::Greater => true,
            Ordering::Equal => low.included,
            Ordering::Less => false,
        });
        let below = self.high.is_none_or(|high| match value.compare(high.at) {
            Ordering::Less => true,
            Ordering::Equal => high.included,
            Ordering::Greater => false,
        });
        above
            && below
            && (!self.integer || value.is_whole())
            && self.multiples.iter().all(|of| value.is_multiple_of(*of))
    }

    /// Whether every number here is in `other`, as far as ranges and multiples tell.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        let low = match (self.low, other.low) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(own), Some(other)) => match own.at.compare(other.at) {
                Ordering::Greater => true,
                Ordering::Equal => other.included || !own.included,
                Ordering::Less => false,
            },
        };
        let high = match (self.high, other.high) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(own), Some(other)) => match own.at.compare(other.at) {
                Ordering::Less => true,
                Ordering::Equal => other.included || !own.included,
                Ordering::Greater => false,
            },
        };
        let divides = |of: &Exact| self.multiples.iter().any(|own| own.is_multiple_of(*of));
        low && high && (self.integer || !other.integer) && other.multiples.iter().all(divides)
    }

    /// Numbers that are worth a try: near the ends, around zero, large and broken ones.
    pub(super) fn candidates(&self) -> Vec<Exact> {
        let mut found = Vec::new();
        let ends = [self.low, self.high].into_iter().flatten().map(|bound| bound.at);
        for end in ends.chain([Exact::Whole(0)]) {
            for step in [0, 1, -1, 2, -2, 3] {
                found.push(end.plus(step));
            }
            found.push(Exact::from_float(end.float() + 0.5));
            found.push(Exact::from_float(end.float() - 0.5));
            for of in &self.multiples {
                if let (Exact::Whole(end), Exact::Whole(of)) = (end, *of) {
                    let near = end - end.rem_euclid(of.max(1));
                    found
                        .extend([near, near + of, near - of, near + 2 * of, near + 3 * of].map(Exact::Whole));
                } else {
                    let near = (end.float() / of.float()).floor();
                    found.extend(
                        [near, near + 1.0, near - 1.0].map(|times| Exact::from_float(times * of.float())),
                    );
                }
            }
        }
        found.extend([
            Exact::Whole(i128::from(i64::MAX)),
            Exact::Whole(i128::from(i64::MIN)),
            Exact::Broken(1e300),
        ]);
        found.retain(|number| self.holds(*number));
        found
    }

    /// A number of these, preferably one that `refused` holds for.
    pub(super) fn member(&self, refused: impl Fn(Exact) -> bool) -> Option<Value> {
        self.candidates().into_iter().find(|number| refused(*number)).map(Exact::json)
    }
}

fn tighter(known: Option<Bound>, other: Bound, wanted: Ordering) -> Bound {
    match known {
        Some(known) if known.at.compare(other.at) == wanted => known,
        Some(known) if known.at.compare(other.at) == Ordering::Equal => {
            Bound { at: known.at, included: known.included && other.included }
        }
        _ => other,
    }
}

fn inward(bound: Bound, step: i128, round: fn(f64) -> f64) -> Bound {
    let at = match bound.at {
        Exact::Whole(whole) if bound.included => Exact::Whole(whole),
        Exact::Whole(whole) => Exact::Whole(whole.saturating_add(step)),
        Exact::Broken(float) => Exact::from_float(round(float)),
    };
    Bound { at, included: true }
}

impl Exact {
    /// The number as people write it.
    pub(super) fn words(self) -> String {
        self.json().to_string()
    }
}
