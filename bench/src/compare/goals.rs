//! What the server promises beside others, held to the figures of one run. What was not measured is not judged, and is said.

use super::figures::Figures;
use super::ours::{FEW, GUARDED, HOP, KEPT, MANY, PLAIN, UNDESCRIBED, is_ours};
use super::rivals::names::{FASTMCP, FASTMCP_TUNED, GENERATOR, RMCP_OPENAPI, RMCP_OPENAPI_BEST};
use super::turn::Beside;
use crate::verdict::Verdict;

/// A promise.
#[derive(Debug)]
pub struct Goal {
    /// What it is about.
    pub about: String,
    /// The figures beside their bounds; none where something of it was not measured.
    pub verdict: Option<Verdict>,
}

/// Every promise.
pub fn goals(all: &[Figures]) -> Vec<Goal> {
    let find = |name: &str| all.iter().find(|figures| figures.name == name);
    let mut goals = beside_the_hop(&find);
    goals.extend(beside_rivals(all, &find));
    goals.extend(of_its_own(&find));
    goals
}

type Find<'a, 'f> = &'a dyn Fn(&str) -> Option<&'f Figures>;

fn goal(about: impl Into<String>, verdict: impl FnOnce() -> Option<Verdict>) -> Goal {
    Goal { about: about.into(), verdict: verdict() }
}

/// Beside whom a subject is measured: the bare hop, where it is held to that; many tools beside few, both built alike; or else this server.
pub fn held_to(name: &str) -> Option<&'static str> {
    match name {
        HOP => None,
        PLAIN | GUARDED | KEPT => Some(HOP),
        MANY => Some(FEW),
        _ => Some(PLAIN),
    }
}

/// So many times as many calls are made, each for so many times the processor time.
fn times(calls: f64, time: f64, bound: f64) -> Verdict {
    let verdict = Verdict::default().at_least("times as many calls", calls, bound);
    verdict.note(format!("{time:.2} times the processor time for each"))
}

fn beside_the_hop(find: Find<'_, '_>) -> Vec<Goal> {
    let beside = |name: &'static str, least_calls: f64, most_time: f64| {
        goal(format!("{name}, beside the bare hop"), || {
            let Beside { calls, time } = find(name)?.beside?;
            let verdict = Verdict::default().at_least("times as many calls", calls, least_calls);
            Some(verdict.at_most("times the processor time for each", time, most_time))
        })
    };
    vec![
        beside(PLAIN, 0.90, 1.1),
        beside(GUARDED, 0.75, 1.35),
        beside(KEPT, 2.5, 1.0),
        goal("99 of 100 calls at a tenth of the hop's capacity", || {
            let (ours, hop) = (find(PLAIN)?.calm_p99_ms?, find(HOP)?.calm_p99_ms?);
            let verdict = Verdict::default().at_most("times the hop's time", ours / hop, 1.3);
            Some(verdict.note(format!("{ours:.2} and {hop:.2} ms")))
        }),
    ]
}

/// This server, beside the fastest of these rivals.
fn ahead_of<'a>(rivals: impl Iterator<Item = &'a Figures>, bound: f64) -> Option<Verdict> {
    let all = rivals.filter_map(|rival| Some((rival.name, rival.beside?)));
    let (name, Beside { calls, time }) =
        all.max_by(|(_, one), (_, other)| one.calls.total_cmp(&other.calls))?;
    Some(times(1.0 / calls, 1.0 / time, bound).note(name))
}

fn beside_rivals(all: &[Figures], find: Find<'_, '_>) -> Vec<Goal> {
    let named = [(FASTMCP, 50.0), (FASTMCP_TUNED, 25.0), (RMCP_OPENAPI, 15.0), (GENERATOR, 20.0)];
    let mut goals: Vec<Goal> = named
        .into_iter()
        .map(|(name, bound)| {
            goal(format!("{PLAIN}, beside {name}"), || ahead_of(find(name).into_iter(), bound))
        })
        .collect();
    goals.push(goal(format!("{PLAIN}, beside the best of {}", RMCP_OPENAPI_BEST.join("; ")), || {
        ahead_of(RMCP_OPENAPI_BEST.iter().filter_map(|name| find(name)), 2.5)
    }));
    let others = all.iter().filter(|figures| !is_ours(figures.name));
    goals.push(goal(format!("{PLAIN}, beside every rival"), || ahead_of(others, 1.0)));
    goals
}

fn of_its_own(find: Find<'_, '_>) -> Vec<Goal> {
    let (few, many) = (find(FEW), find(MANY));
    let rest = |name: &'static str, mib: f64, ms: f64| {
        goal(format!("{name}, at rest"), || {
            let figures = find(name)?;
            let verdict = Verdict::default().at_most("MiB", figures.idle_mib, mib);
            Some(verdict.at_most("ms to the first answer", figures.start_ms, ms))
        })
    };
    let list = |name: &'static str, bound: f64| {
        goal(format!("{name}, its list beside that of {FASTMCP}"), || {
            let (ours, other) = (find(name)?.listed, find(FASTMCP)?.listed);
            let verdict = Verdict::default().exactly("tools", ours.tools, other.tools);
            let ratio = ours.bytes as f64 / other.bytes as f64;
            let verdict = verdict.at_most("times the bytes", ratio, bound);
            Some(verdict.note(format!("{} and {} bytes", ours.bytes, other.bytes)))
        })
    };
    vec![
        goal("a call of one among many tools, beside one among few", || {
            let (few, many) = (few?, many?);
            let verdict = Verdict::default().at_most("times the processor time", many.beside?.time, 1.05);
            Some(verdict.note(format!("{} and {} tools", few.listed.tools, many.listed.tools)))
        }),
        rest(PLAIN, 15.0, 50.0),
        rest(MANY, 40.0, 150.0),
        list(PLAIN, 0.85),
        list(UNDESCRIBED, 0.5),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::session::Listed;

    fn figures(name: &'static str) -> Figures {
        Figures { name, ..Figures::default() }
    }

    /// Beside whom it is held to.
    fn beside(name: &'static str, calls: f64) -> Figures {
        Figures { beside: Some(Beside { calls, time: 1.0 }), ..figures(name) }
    }

    fn passes(all: &[Figures], about: &str) -> Option<bool> {
        let goals = goals(all);
        let goal = goals.iter().find(|goal| goal.about == about).expect("there is such a goal");
        goal.verdict.as_ref().map(Verdict::passes)
    }

    #[test]
    fn each_bound_itself_is_kept_and_a_little_less_is_not() {
        let just_above = |bound: f64| bound * (1.0 + f64::EPSILON);
        for (name, calls, time, about) in [
            (PLAIN, 0.90, 1.1, "this server, beside the bare hop"),
            (GUARDED, 0.75, 1.35, "this server, guarded, beside the bare hop"),
            (KEPT, 2.5, 1.0, "this server, kept answers, beside the bare hop"),
        ] {
            let with = |calls, time| {
                let beside = Some(Beside { calls, time });
                passes(&[Figures { beside, ..figures(name) }], about)
            };
            assert_eq!(with(calls, time), Some(true), "{about}");
            assert_eq!(with(calls - 0.001, time), Some(false), "{about}");
            assert_eq!(with(calls, time + 0.001), Some(false), "{about}");
            assert_eq!(passes(&[figures(name)], about), None, "{about}");
        }
        for (name, factor, about) in [
            (FASTMCP, 50.0, "this server, beside FastMCP"),
            (FASTMCP_TUNED, 25.0, "this server, beside FastMCP, tuned"),
            (RMCP_OPENAPI, 15.0, "this server, beside rmcp-openapi"),
            (GENERATOR, 20.0, "this server, beside openapi-mcp-generator"),
        ] {
            assert_eq!(passes(&[beside(name, 1.0 / just_above(factor))], about), Some(true), "{about}");
            assert_eq!(passes(&[beside(name, 1.0 / (factor - 0.001))], about), Some(false), "{about}");
            assert_eq!(passes(&[figures(PLAIN)], about), None, "{about}");
        }
    }

    #[test]
    fn the_best_of_several_is_what_counts() {
        let [one, two] = RMCP_OPENAPI_BEST;
        let about = format!("this server, beside the best of {one}; {two}");
        let with = |calls| [beside(one, 0.01), beside(two, calls)];
        assert_eq!(passes(&with(0.4), &about), Some(true));
        assert_eq!(passes(&with(0.401), &about), Some(false));
        let all = "this server, beside every rival";
        assert_eq!(passes(&with(1.0), all), Some(true));
        assert_eq!(passes(&with(1.001), all), Some(false));
        assert_eq!(passes(&[beside(PLAIN, 2.0)], all), None, "this server is no rival");
    }

    #[test]
    fn everybody_is_held_to_somebody_but_the_hop() {
        assert_eq!(held_to(HOP), None);
        assert_eq!([PLAIN, GUARDED, KEPT].map(held_to), [Some(HOP); 3]);
        assert_eq!([UNDESCRIBED, FEW, FASTMCP, GENERATOR].map(held_to), [Some(PLAIN); 4]);
        assert_eq!(held_to(MANY), Some(FEW));
    }

    #[test]
    fn a_list_counts_only_beside_one_of_as_many_tools() {
        let about = "this server, its list beside that of FastMCP";
        let listed = |name, tools, bytes| Figures { listed: Listed { tools, bytes }, ..figures(name) };
        let with = |tools, bytes| passes(&[listed(PLAIN, tools, bytes), listed(FASTMCP, 15, 1000)], about);
        assert_eq!(with(15, 850), Some(true));
        assert_eq!(with(15, 851), Some(false));
        assert_eq!(with(14, 100), Some(false));
    }

    #[test]
    fn times_and_memory_are_bounded_for_few_tools_and_for_many() {
        for (name, mib, ms) in [(PLAIN, 15.0, 50.0), (MANY, 40.0, 150.0)] {
            let about = format!("{name}, at rest");
            let with =
                |idle_mib, start_ms| passes(&[Figures { idle_mib, start_ms, ..figures(name) }], &about);
            assert_eq!(with(mib, ms), Some(true));
            assert_eq!(with(mib + 0.1, ms), Some(false));
            assert_eq!(with(mib, ms + 0.1), Some(false));
        }
        let about = "a call of one among many tools, beside one among few";
        let many = |time| Figures { beside: Some(Beside { calls: 1.0, time }), ..figures(MANY) };
        let with = |time| passes(&[figures(FEW), many(time)], about);
        assert_eq!((with(1.05), with(1.051)), (Some(true), Some(false)));
        let about = "99 of 100 calls at a tenth of the hop's capacity";
        let calm = |name, ms| Figures { calm_p99_ms: Some(ms), ..figures(name) };
        let with = |ms| passes(&[calm(PLAIN, ms), calm(HOP, 1.0)], about);
        assert_eq!((with(1.3), with(1.31)), (Some(true), Some(false)));
    }
}
