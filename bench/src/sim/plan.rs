//! What callers want, and when: drawn from the seed. Changes are few and asked for often, so that identical ones meet.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// Assignments that are read and changed.
const PLACES: usize = 3;
/// From the first call to the last.
const LASTS: f64 = 40.0;

/// Everything that callers want.
#[derive(Debug)]
pub(super) struct Plan {
    /// In the order in which they come.
    pub(super) wishes: Vec<Wish>,
    /// How long after the first call the process crashes, if it does; the second half of the wishes comes after that.
    pub(super) crash: Option<Duration>,
}

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) at: Duration,
    pub(super) request_id: String,
    pub(super) place: usize,
    pub(super) work: Work,
    /// When the caller gives up, if it does.
    pub(super) patience: Option<Duration>,
}

/// What it asks for.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Read,
    Change { marker: String },
}

impl Plan {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let calls = random.usize(20..60);
        let markers = random.usize(4..20);
        let mut wishes: Vec<Wish> =
            (0..calls).map(|number| Wish::draw(&mut random, number, markers)).collect();
        wishes.sort_by_key(|wish| wish.at);
        let crash = (random.f64() < 0.4).then(|| Duration::from_secs_f64(1.0 + random.f64() * LASTS / 2.0));
        Self { wishes, crash }
    }
}

impl Wish {
    fn draw(random: &mut fastrand::Rng, number: usize, markers: usize) -> Self {
        let is_change = random.f64() < 0.6;
        let marker = random.usize(0..markers);
        // A change belongs to one place.
        let place = if is_change { marker % PLACES } else { random.usize(0..PLACES) };
        let work = if is_change { Work::Change { marker: format!("C{marker}") } } else { Work::Read };
        let patience = (random.f64() < 0.2).then(|| Duration::from_secs_f64(random.f64() * 8.0));
        // Some come in crowds, in the same instant.
        let at = if random.bool() { (random.f64() * LASTS).floor() } else { random.f64() * LASTS };
        Self { at: Duration::from_secs_f64(at), request_id: format!("r{number}"), place, work, patience }
    }

    pub(super) fn tool(&self) -> &'static str {
        match self.work {
            Work::Read => "get_assignment_details",
            Work::Change { .. } => "generate_assignment",
        }
    }

    pub(super) fn arguments(&self) -> Map<String, Value> {
        let mut arguments = json!({ "srid": "bench", "assignmentId": format!("P{}", self.place) });
        if let Work::Change { marker } = &self.work {
            arguments["level"] = "DEV2".into();
            arguments["runtimeConfiguration"] = marker.as_str().into();
        }
        match arguments {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        }
    }

    pub(super) fn marker(&self) -> String {
        match &self.work {
            Work::Read => format!("P{}", self.place),
            Work::Change { marker } => marker.clone(),
        }
    }
}
