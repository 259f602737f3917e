//! Work that goes on after an answer, as commands name it: `sets watch ID` where the API has sets at `/sets/{setId}`. Everything
//! comes from the tools: which starts such work, which tells its state, and by which path.

use std::collections::BTreeMap;

use server::catalog::{Api, Long, Source, Tool};
use server::follow::Outcome;
use server::request::Part;

/// One kind of work.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// What commands call it.
    pub(crate) name: String,
    /// The tool that tells its state.
    pub(crate) read: &'static Tool,
    /// The argument of that tool that names the work.
    pub(crate) id: &'static str,
    /// What its states mean, by each kind of change that starts it.
    longs: Vec<Long>,
}

impl Work {
    /// How far work is that is in this state.
    pub(crate) fn outcome(&self, state: &str) -> Outcome {
        let mut known = self.longs.iter().map(|long| Outcome::of(long, state));
        known.find(|outcome| *outcome != Outcome::Running).unwrap_or(Outcome::Running)
    }

    /// Where the state stands in the answer of the tool that tells it.
    pub(crate) fn long(&self) -> &Long {
        &self.longs[0]
    }
}

/// Every kind, by name. Names that other commands have already are not taken.
pub(crate) fn kinds(api: &Api, is_taken: impl Fn(&str) -> bool) -> Vec<Work> {
    let mut found: BTreeMap<(&'static str, &'static str), Work> = BTreeMap::new();
    for long in api.tools.iter().filter_map(|tool| tool.long) {
        let Some((read, id)) = api.find(long.tool).zip(id(&long)) else { continue };
        let new = || Work { name: String::new(), read, id, longs: Vec::new() };
        found.entry((read.name, id)).or_insert_with(new).longs.push(long);
    }
    let mut kinds: Vec<Work> = Vec::new();
    for mut work in found.into_values() {
        let by_tool = work.read.name.replace('_', "-");
        let names =
            place(work.read, work.id).into_iter().chain([by_tool.clone(), format!("watch-{by_tool}")]);
        let is_free = |name: &String| !is_taken(name) && kinds.iter().all(|other| other.name != *name);
        if let Some(name) = names.into_iter().find(is_free) {
            work.name = name;
            kinds.push(work);
        }
    }
    kinds
}

/// The argument that gets what names the work.
fn id(long: &Long) -> Option<&'static str> {
    let named =
        |(_, source): &&(&str, Source)| matches!(source, Source::Answer(pointer) if *pointer == long.id);
    long.with.iter().find(named).map(|(name, _)| *name)
}

/// The word before this argument in the path of the tool, if it can be a command.
fn place(read: &Tool, id: &str) -> Option<String> {
    let is_it = |segment: &[Part]| matches!(segment, [Part::Parameter(name)] if *name == id);
    let place = read.segments.iter().position(|segment| is_it(segment))?;
    let [Part::Literal(word)] = read.segments[..place].last()? else { return None };
    let word = word.to_ascii_lowercase().replace(['_', '.'], "-");
    let is_word = word.starts_with(|first: char| first.is_ascii_lowercase())
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    is_word.then_some(word)
}

#[cfg(test)]
mod tests {
    use server::catalog::{Effect, EffectScopes, Work as Way};

    use super::*;

    const fn long(tool: &'static str, with: &'static [(&'static str, Source)]) -> Long {
        Long {
            id: "/jobId",
            tool,
            with,
            state: "/state",
            done: &["Done"],
            failed: &["Failed"],
            waiting: &["Held"],
        }
    }

    const JOB: &[(&str, Source)] = &[("jobId", Source::Answer("/jobId")), ("host", Source::Argument("host"))];

    static GET_JOB: Tool = Tool {
        name: "get_job",
        segments: &[&[Part::Parameter("host")], &[Part::Literal("Batch_Jobs")], &[Part::Parameter("jobId")]],
        ..Tool::bare(Effect::Read, Way::Rest)
    };
    static GET_RUN: Tool = Tool {
        name: "get_run",
        segments: &[&[Part::Literal("runs"), Part::Parameter("jobId")]],
        ..Tool::bare(Effect::Read, Way::Rest)
    };
    static START: Tool =
        Tool { name: "start_job", long: Some(long("get_job", JOB)), ..Tool::bare(Effect::Write, Way::Rest) };
    static STOP: Tool = Tool {
        name: "stop_job",
        long: Some(Long { done: &["Stopped"], ..long("get_job", JOB) }),
        ..Tool::bare(Effect::Write, Way::Rest)
    };
    static UNNAMED: Tool = Tool {
        name: "toss",
        long: Some(long("get_run", &[("host", Source::Argument("host"))])),
        ..Tool::bare(Effect::Write, Way::Rest)
    };
    static RUN: Tool = Tool {
        name: "zap",
        long: Some(long("get_run", &[("jobId", Source::Answer("/jobId"))])),
        ..Tool::bare(Effect::Write, Way::Rest)
    };
    static API: Api = Api {
        title: "",
        version: "",
        description: "",
        digest: "",
        contract: "",
        tools: &[&GET_JOB, &GET_RUN, &START, &STOP, &UNNAMED, &RUN],
        security_schemes: &[],
        effect_scopes: EffectScopes::BY_WORD,
        prompts: &[],
    };

    #[test]
    fn work_is_named_by_its_place_or_by_the_tool_that_tells_its_state() {
        let names = |taken: &[&str]| -> Vec<String> {
            kinds(&API, |name| taken.contains(&name)).into_iter().map(|work| work.name).collect()
        };
        assert_eq!(names(&[]), ["batch-jobs", "get-run"]);
        assert_eq!(names(&["batch-jobs"]), ["get-job", "get-run"]);
        assert_eq!(names(&["batch-jobs", "get-job", "get-run"]), ["watch-get-job", "watch-get-run"]);
    }

    #[test]
    fn states_mean_what_any_change_says_that_starts_the_work() {
        let kinds = kinds(&API, |_| false);
        let [job, ..] = &kinds[..] else { panic!("there are jobs") };
        assert_eq!((job.read.name, job.id), ("get_job", "jobId"));
        for (state, outcome) in [
            ("DONE", Outcome::Done),
            ("Stopped", Outcome::Done),
            ("Failed", Outcome::Failed),
            ("Held", Outcome::Waiting),
            ("Queued", Outcome::Running),
        ] {
            assert_eq!(job.outcome(state), outcome, "{state}");
        }
    }
}
