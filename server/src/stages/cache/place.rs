//! What a change touches and what a read has seen, told by their paths.
//!
//! A change touches everything below the first value in its path (`/ispw/SRID1/...`), or below its first segment where
//! there is no value; every list above it; and what stands beside that value without being one, such as
//! `/containers/json` beside `/containers/{id}`. Too much is forgotten rather than too little.

use crate::request::{Part, Parts};

/// Names a place by a number. Two places with one number are forgotten together, which costs a request and no truth.
pub(super) type Mark = u64;

/// What a mark says of a path.
#[derive(Clone, Copy)]
enum Place {
    /// It and all below it.
    Below,
    /// It alone.
    At,
    /// What follows it and is no value.
    Beside,
}

impl Place {
    /// The mark of this path. The same in every process, whatever it was built with: FNV-1a of the kind and of each segment
    /// with its length. Whoever finds two places of one number gains nothing by it.
    fn of(self, path: &Path<'_>) -> Mark {
        path.segments().fold(self.root(), further)
    }

    /// The marks of the root and of each path on the way to this one.
    fn along(self, path: &Path<'_>) -> impl Iterator<Item = Mark> {
        let steps = path.segments().scan(self.root(), |mark, segment| {
            *mark = further(*mark, segment);
            Some(*mark)
        });
        [self.root()].into_iter().chain(steps)
    }

    fn root(self) -> Mark {
        mixed(0xcbf2_9ce4_8422_2325, [self as u8])
    }
}

/// The mark of a path that is one segment longer. Its letters count as small ones, since some servers take `ISPW` and `ispw` for the same.
fn further(mark: Mark, segment: Segment<'_>) -> Mark {
    let length: usize = segment.texts().map(str::len).sum();
    let mark = mixed(mark, (length as u64).to_be_bytes());
    segment.texts().fold(mark, |mark, text| mixed(mark, text.bytes().map(|byte| byte.to_ascii_lowercase())))
}

fn mixed(mark: Mark, bytes: impl IntoIterator<Item = u8>) -> Mark {
    bytes.into_iter().fold(mark, |mark, byte| (mark ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// A path as it is sent, without an empty segment at the end.
#[derive(Clone, Copy)]
struct Path<'a> {
    segments: &'a [&'a [Part]],
    values: &'a Parts,
}

/// A segment of one.
#[derive(Clone, Copy)]
struct Segment<'a> {
    parts: &'a [Part],
    values: &'a Parts,
}

impl<'a> Path<'a> {
    fn of(segments: &'a [&'a [Part]], values: &'a Parts) -> Self {
        let is_empty = |parts: &[Part]| Segment { parts, values }.texts().all(str::is_empty);
        match segments.split_last() {
            Some((last, before)) if is_empty(last) => Self { segments: before, values },
            _ => Self { segments, values },
        }
    }

    fn len(&self) -> usize {
        self.segments.len()
    }

    /// Its first segments, so many of them.
    fn up_to(self, length: usize) -> Self {
        Self { segments: &self.segments[..length], ..self }
    }

    fn segments(&self) -> impl Iterator<Item = Segment<'a>> + use<'a> {
        let values = self.values;
        self.segments.iter().map(move |parts| Segment { parts, values })
    }
}

impl<'a> Segment<'a> {
    fn texts(self) -> impl Iterator<Item = &'a str> {
        self.parts.iter().map(move |part| match part {
            Part::Literal(literal) => *literal,
            Part::Parameter(name) => self.values.path_value(name).unwrap_or_default(),
        })
    }
}

fn holds_value(segment: &[Part]) -> bool {
    segment.iter().any(|part| matches!(part, Part::Parameter(_)))
}

/// A place that every read has seen.
pub(super) fn everywhere() -> Mark {
    Place::Below.root()
}

/// What a change with this path touches.
pub(super) fn touched(segments: &[&[Part]], parts: &Parts) -> Vec<Mark> {
    let path = Path::of(segments, parts);
    let first = segments.iter().position(|segment| holds_value(segment));
    let to_value = path.up_to(first.map_or(1, |first| first + 1).min(path.len()));
    let below = [Place::Below.of(&to_value)];
    let above = Place::At.along(&to_value).take(to_value.len());
    let beside = first.map(|first| Place::Beside.of(&path.up_to(first.min(path.len()))));
    below.into_iter().chain(above).chain(beside).collect()
}

/// The places whose change makes a read of this path untrue.
pub(super) fn seen(segments: &[&[Part]], parts: &Parts) -> Vec<Mark> {
    let path = Path::of(segments, parts);
    let beside = Place::Beside.along(&path).zip(path.segments());
    let beside = beside.filter(|(_, segment)| !holds_value(segment.parts)).map(|(mark, _)| mark);
    // Room for all that there may be.
    let mut seen = Vec::with_capacity(2 * path.len() + 2);
    seen.extend(Place::Below.along(&path).chain(beside).chain([Place::At.of(&path)]));
    seen
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{seen, touched};
    use crate::request::{ParameterRule, Part, Parts};

    static RULE: ParameterRule = ParameterRule::simple("value");

    /// `/ispw/=S1/tasks` as a template and its value, which `=` marks; one value in a path is enough here.
    fn read(path: &'static str) -> (Vec<&'static [Part]>, Parts) {
        let mut parts = Parts::default();
        let segments = path.split('/').skip(1).map(|segment| match segment.strip_prefix('=') {
            Some(value) => {
                parts.path(&RULE, &json!(value));
                &[Part::Parameter("value")][..]
            }
            None => &*Box::leak(Box::new([Part::Literal(segment)])),
        });
        (segments.collect(), parts)
    }

    #[test]
    fn t31_a_change_touches_what_is_below_above_and_beside_its_first_value() {
        for (change, other, is_touched) in [
            ("/ispw/=S1/releases", "/ispw/=S1/releases", true),
            ("/ispw/=S1/releases", "/ispw/=S1/assignments", true),
            ("/ispw/=S1/releases", "/ispw/=S1", true),
            ("/ispw/=S1/releases", "/ispw/=s1/tasks/all", true),
            ("/ispw/=S1/releases", "/ispw", true),
            ("/ispw/=S1/releases", "/ispw/", true),
            ("/ispw/=S1", "/ispw/=S1/releases", true),
            ("/ispw/=S1/releases", "/ispw/=S2/releases", false),
            ("/ispw/=S1/releases", "/ispw/=S11", false),
            ("/ispw/=S1/releases", "/other/=S1/releases", false),
            ("/ispw/=S1/releases", "/other", false),
            ("/containers/=c1/start", "/containers/json", true),
            ("/containers/=c1/start", "/containers/json/more", true),
            ("/containers/=c1/start", "/images/json", false),
            ("/packages/import", "/packages/=p1", true),
            ("/packages/import", "/packages", true),
            ("/packages/import", "/other/=p1", false),
            ("/", "/anything/=a", true),
            ("/=a", "/", true),
            ("/=a/b", "/=a/c", true),
            ("/=a/b", "/=c/c", false),
        ] {
            let ((segments, parts), (others, other_parts)) = (read(change), read(other));
            let touched = touched(&segments, &parts);
            let is_met = seen(&others, &other_parts).iter().any(|mark| touched.contains(mark));
            assert_eq!(is_met, is_touched, "{change} and {other}");
        }
    }
}
