//! What is counted as text: in the format that Prometheus has always read, and in that of OpenMetrics 1.0, which has examples of
//! calls that were traced.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use super::family::{Exemplar, Family, Kind, Measure, Point};

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The text format of Prometheus, version 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

const OPEN_METRICS: &str = "application/openmetrics-text";

impl Format {
    /// What whoever sends this `Accept` reads: OpenMetrics where it is named and not refused.
    pub fn of(accept: &str) -> Self {
        let is_meant = |range: &str| {
            let mut parts = range.split(';').map(str::trim);
            let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(OPEN_METRICS));
            is_named
                && !parts.any(|part| part.strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0)))
        };
        if accept.split(',').any(is_meant) { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// What an answer in it says of itself.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// These families in it.
    pub(super) fn write(self, families: &[Family]) -> String {
        let mut text = String::new();
        for family in families {
            // In OpenMetrics what all series of a counter end in is no part of the family's name.
            let name = match (self, family.kind) {
                (Self::OpenMetrics, Kind::Counter) => {
                    family.name.strip_suffix("_total").unwrap_or(family.name)
                }
                _ => family.name,
            };
            let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {}", family.help, family.kind.word());
            for point in &family.points {
                self.point(&mut text, family.name, point);
            }
        }
        if self == Self::OpenMetrics {
            text.push_str("# EOF\n");
        }
        text
    }

    fn point(self, text: &mut String, name: &str, point: &Point) {
        match &point.measure {
            Measure::Number(number) => {
                let _ = writeln!(text, "{name}{} {number}", labels(&point.labels, None));
            }
            Measure::Times { ranges, sum } => {
                let mut count = 0;
                // Each range of a histogram counts what is in those below it too.
                for range in ranges {
                    count += range.count;
                    let example = range.exemplar.filter(|_| self == Self::OpenMetrics).map(example);
                    let labels = labels(&point.labels, Some(range.written));
                    let _ = writeln!(text, "{name}_bucket{labels} {count}{}", example.unwrap_or_default());
                }
                let labels = labels(&point.labels, None);
                let _ =
                    writeln!(text, "{name}_sum{labels} {}\n{name}_count{labels} {count}", sum.as_secs_f64());
            }
        }
    }
}

/// What stands behind a range: a call that took such a time.
fn example(exemplar: Exemplar) -> String {
    let Exemplar { trace, span, took, at } = exemplar;
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (took, at) = (took.as_secs_f64(), since.as_secs_f64());
    format!(" # {{trace_id=\"{trace:032x}\",span_id=\"{span:016x}\"}} {took} {at:.3}")
}

/// Names and values, none of which needs an escape: they are words of this program and names of tools.
fn labels(labels: &[(&str, &str)], end: Option<&str>) -> String {
    let all = labels.iter().copied().chain(end.map(|end| ("le", end)));
    let all: Vec<String> = all.map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    if all.is_empty() { String::new() } else { format!("{{{}}}", all.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::family::Range;

    #[test]
    fn open_metrics_is_for_whoever_names_it() {
        for (accept, format) in [
            (
                "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5",
                Format::OpenMetrics,
            ),
            ("text/plain, Application/OpenMetrics-Text", Format::OpenMetrics),
            ("application/openmetrics-text; q=0, */*", Format::Prometheus),
            ("application/openmetrics-text2", Format::Prometheus),
            ("text/plain", Format::Prometheus),
            ("*/*", Format::Prometheus),
            ("", Format::Prometheus),
        ] {
            assert_eq!(Format::of(accept), format, "{accept}");
        }
    }

    #[test]
    fn examples_are_given_in_the_format_that_has_them() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        let exemplar = Some(Exemplar { trace: 0xabc, span: 0xd, took: Duration::from_millis(20), at });
        let ranges = vec![
            Range { end: Some(0.005), written: "0.005", count: 1, exemplar: None },
            Range { end: None, written: "+Inf", count: 2, exemplar },
        ];
        let mut times = Family::new("times_seconds", Kind::Histogram, "Times.");
        times.add(&[("effect", "read")], Measure::Times { ranges, sum: Duration::from_millis(45) });
        let families = [Family::new("calls_total", Kind::Counter, "Calls.").with(&[], 3), times];
        let prometheus = "# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total 3\n\
            # HELP times_seconds Times.\n# TYPE times_seconds histogram\n\
            times_seconds_bucket{effect=\"read\",le=\"0.005\"} 1\n\
            times_seconds_bucket{effect=\"read\",le=\"+Inf\"} 3\n\
            times_seconds_sum{effect=\"read\"} 0.045\ntimes_seconds_count{effect=\"read\"} 3\n";
        assert_eq!(Format::Prometheus.write(&families), prometheus);
        let open = prometheus
            .replace("# HELP calls_total", "# HELP calls")
            .replace("# TYPE calls_total", "# TYPE calls")
            .replace(
                "le=\"+Inf\"} 3\n",
                "le=\"+Inf\"} 3 # {trace_id=\"00000000000000000000000000000abc\",span_id=\"000000000000000d\"} 0.02 1.500\n",
            );
        assert_eq!(Format::OpenMetrics.write(&families), open + "# EOF\n");
    }
}
