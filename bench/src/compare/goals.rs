//! What the server promises beside others, held to the figures of one run. What was not measured is not judged, and is said.

use super::figures::Figures;
use super::ours::{GUARDED, HOP, KEPT, MANY, PLAIN, UNDESCRIBED};
use super::rivals::names::{FASTMCP, FASTMCP_TUNED, GENERATOR, RMCP_OPENAPI, RMCP_OPENAPI_BEST};
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

/// A subject makes so many times as many calls as another, with what each spends on one.
fn times(ours: &Figures, other: &Figures, bound: f64) -> Verdict {
    Verdict::default()
        .at_least("times as many calls", ours.calls() / other.calls(), bound)
        .note(format!("{:.0} and {:.0} us of processor time a call", ours.micros, other.micros))
}

fn beside_the_hop(find: Find<'_, '_>) -> Vec<Goal> {
    let calls = |name: &'static str, bound: f64| {
        goal(format!("{name}, beside the bare hop"), || Some(times(find(name)?, find(HOP)?, bound)))
    };
    vec![
        calls(PLAIN, 0.90),
        calls(GUARDED, 0.75),
        calls(KEPT, 2.5),
        goal("99 of 100 calls at a tenth of the hop's capacity", || {
            let (ours, hop) = (find(PLAIN)?.calm_p99_ms?, find(HOP)?.calm_p99_ms?);
            let verdict = Verdict::default().at_most("times the hop's time", ours / hop, 1.3);
            Some(verdict.note(format!("{ours:.2} and {hop:.2} ms")))
        }),
    ]
}

fn beside_rivals(all: &[Figures], find: Find<'_, '_>) -> Vec<Goal> {
    let named = [(FASTMCP, 50.0), (FASTMCP_TUNED, 25.0), (RMCP_OPENAPI, 15.0), (GENERATOR, 20.0)];
    let mut goals: Vec<Goal> = named
        .into_iter()
        .map(|(name, bound)| {
            goal(format!("{PLAIN}, beside {name}"), || Some(times(find(PLAIN)?, find(name)?, bound)))
        })
        .collect();
    goals.push(goal(format!("{PLAIN}, beside the best of {}", RMCP_OPENAPI_BEST.join("; ")), || {
        let forced = RMCP_OPENAPI_BEST.iter().filter_map(|name| find(name));
        let best = forced.max_by(|one, other| one.calls().total_cmp(&other.calls()))?;
        Some(times(find(PLAIN)?, best, 2.5))
    }));
    let is_ours = |name: &str| [HOP, PLAIN, GUARDED, KEPT, UNDESCRIBED, MANY].contains(&name);
    let others: Vec<&Figures> = all.iter().filter(|figures| !is_ours(figures.name)).collect();
    goals.push(goal(format!("{PLAIN}, beside every rival"), || {
        let ours = find(PLAIN)?;
        let best = others.into_iter().max_by(|one, other| one.calls().total_cmp(&other.calls()))?;
        Some(times(ours, best, 1.0).note(format!("the best is {}", best.name)))
    }));
    goals
}

fn of_its_own(find: Find<'_, '_>) -> Vec<Goal> {
    let (few, many) = (find(PLAIN), find(MANY));
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
            let verdict =
                Verdict::default().at_most("times the processor time", many.micros / few.micros, 1.05);
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

    fn figures(name: &'static str, calls: f64) -> Figures {
        Figures { name, rate: [calls; 3], micros: 100.0, ..Figures::default() }
    }

    fn passes(all: &[Figures], about: &str) -> Option<bool> {
        let goals = goals(all);
        let goal = goals.iter().find(|goal| goal.about == about).expect("there is such a goal");
        goal.verdict.as_ref().map(Verdict::passes)
    }

    #[test]
    fn each_bound_itself_is_kept_and_a_little_less_is_not() {
        for (ours, other, factor, about) in [
            (PLAIN, HOP, 0.90, "this server, beside the bare hop"),
            (GUARDED, HOP, 0.75, "this server, guarded, beside the bare hop"),
            (KEPT, HOP, 2.5, "this server, kept answers, beside the bare hop"),
            (PLAIN, FASTMCP, 50.0, "this server, beside FastMCP"),
            (PLAIN, FASTMCP_TUNED, 25.0, "this server, beside FastMCP, tuned"),
            (PLAIN, RMCP_OPENAPI, 15.0, "this server, beside rmcp-openapi"),
            (PLAIN, GENERATOR, 20.0, "this server, beside openapi-mcp-generator"),
        ] {
            let with = |calls: f64| passes(&[figures(ours, calls), figures(other, 1000.0)], about);
            assert_eq!(with(1000.0 * factor), Some(true), "{about}");
            assert_eq!(with(1000.0 * factor - 1.0), Some(false), "{about}");
            assert_eq!(passes(&[figures(ours, 1.0)], about), None, "{about}");
        }
    }

    #[test]
    fn the_best_of_several_is_what_counts() {
        let [one, two] = RMCP_OPENAPI_BEST;
        let about = format!("this server, beside the best of {one}; {two}");
        let with = |calls| [figures(PLAIN, calls), figures(one, 100.0), figures(two, 1000.0)];
        assert_eq!(passes(&with(2500.0), &about), Some(true));
        assert_eq!(passes(&with(2499.0), &about), Some(false));
        let all = "this server, beside every rival";
        assert_eq!(passes(&with(1000.0), all), Some(true));
        assert_eq!(passes(&with(999.0), all), Some(false));
        assert_eq!(passes(&[figures(PLAIN, 9.0), figures(HOP, 99.0)], all), None, "the hop is no rival");
    }

    #[test]
    fn a_list_counts_only_beside_one_of_as_many_tools() {
        let about = "this server, its list beside that of FastMCP";
        let listed = |name, tools, bytes| Figures { listed: Listed { tools, bytes }, ..figures(name, 1.0) };
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
                |idle_mib, start_ms| passes(&[Figures { idle_mib, start_ms, ..figures(name, 1.0) }], &about);
            assert_eq!(with(mib, ms), Some(true));
            assert_eq!(with(mib + 0.1, ms), Some(false));
            assert_eq!(with(mib, ms + 0.1), Some(false));
        }
        let about = "a call of one among many tools, beside one among few";
        let with = |micros| passes(&[figures(PLAIN, 1.0), Figures { micros, ..figures(MANY, 1.0) }], about);
        assert_eq!((with(105.0), with(105.1)), (Some(true), Some(false)));
        let about = "99 of 100 calls at a tenth of the hop's capacity";
        let calm = |name, ms| Figures { calm_p99_ms: Some(ms), ..figures(name, 1.0) };
        let with = |ms| passes(&[calm(PLAIN, ms), calm(HOP, 1.0)], about);
        assert_eq!((with(1.3), with(1.31)), (Some(true), Some(false)));
    }
}
