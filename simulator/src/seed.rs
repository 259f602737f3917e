//! The demo shop: stream PLAY and its neighbours, with assignments, releases, tasks, sets and deployments.
//!
//! Its ids are those that the vendor's own clients use in their examples, so that such a call finds something.

use crate::clock::Moment;
use crate::state::{
    Approval, Assignment, Container, Deployment, Item, Options, Release, Set, Shop, State, Status, Task, Work,
};

/// Stream, application, default level, release, description of an assignment.
type Unit = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const ASSIGNMENTS: &[Unit] = &[
    ("PLAY000313", "PLAY", "PLAY", "DEV2", "", "JkGen"),
    ("PLAY000099", "PLAY", "PLAY", "DEV1", "", "Copybook for rates"),
    ("PLAY001386", "PLAY", "PLAY", "DEV1", "TESTREL", "Monthly statements"),
    ("PLAY001387", "PLAY", "PLAY", "DEV1", "", "Statement archive"),
    ("PLAY001437", "PLAY", "PLAY", "DEV1", "", "Spike, to be cancelled"),
    ("PLAY002631", "PLAY", "PLAY", "DEV1", "", "Regression programs"),
    ("PLAY004788", "PLAY", "PLAY", "DEV1", "RLS123", "Rates service"),
    ("PLAY004799", "PLAY", "PLAY", "FIX", "", "Emergency fix of KEEPRG2"),
    ("RXN3000022", "FTSDEMO", "RXN3", "DEV1", "", "Reaction demo"),
    ("ENGR000007", "ENGR", "TEST", "DEV2", "ENGR80", "Engineering test"),
];

const RELEASES: &[(&str, &str, &str, &str, &str)] = &[
    ("JKGENRELID", "PLAY", "PLAY", "Release of the pipeline", " "),
    ("TESTREL", "PLAY", "PLAY", "Statements release", "JIRA1234"),
    ("R1", "PLAY", "PLAY", "First release", " "),
    ("RLS123", "PLAY", "PLAY", "Rates release", "1234"),
    ("RXN3REL02", "FTSDEMO", "RXN3", "Reaction release", " "),
    ("ENGR80", "ENGR", "TEST", "Test Release", "1234"),
];

/// Task, assignment, release, name, type, level, starting level.
type Piece =
    (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const TASKS: &[Piece] = &[
    ("7E12E3B57A02", "PLAY000313", "JKGENRELID", "TPROG01", "COB", "DEV2", "DEV2"),
    ("7E12E3B59441", "PLAY000313", "JKGENRELID", "TREXX23", "CLST", "DEV2", "DEV2"),
    ("7E1AC3D3DE25", "PLAY000313", "JKGENRELID", "TPROG02", "COB", "DEV2", "DEV2"),
    ("7E4A2CAC7418", "PLAY000313", "", "TPROG08", "COB", "STG2", "DEV2"),
    ("7E489457622C", "PLAY000313", "", "TPROG05", "COB", "QA", "DEV2"),
    ("7E4A2CAC742C", "PLAY000313", "", "TSUBR05", "COB", "QA", "DEV2"),
    ("7E38639716C2", "PLAY000099", "", "TREXX04", "COPY", "DEV1", "DEV1"),
    ("7E3A5B90B9A0", "PLAY000099", "", "TPROG04", "COB", "DEV1", "DEV1"),
    ("7E2B00000001", "PLAY001386", "TESTREL", "TSTMT01", "COB", "DEV1", "DEV1"),
    ("7E2B00000002", "PLAY001386", "TESTREL", "TSTMT02", "JCL", "DEV1", "DEV1"),
    ("7E2B00000003", "PLAY001386", "TESTREL", "TSTMT03", "COB", "STG1", "DEV1"),
    ("7E2B00000004", "PLAY001387", "", "TSTMT02", "JCL", "DEV1", "DEV1"),
    ("7E2B00000005", "PLAY001387", "", "#ARC@$1", "COB", "DEV1", "DEV1"),
    ("7E2B00000006", "PLAY001437", "", "TSPIKE", "JCL", "DEV1", "DEV1"),
    ("7E0000000021", "PLAY002631", "", "TPROG21", "COB", "DEV1", "DEV1"),
    ("7E0000000025", "PLAY002631", "", "TPROG25", "COB", "DEV1", "DEV1"),
    ("7E53CC8FB3D6", "PLAY004788", "RLS123", "TRATE01", "COB", "DEV1", "DEV1"),
    ("7E53CC8FB3D7", "PLAY004788", "RLS123", "TRATE02", "COB", "DEV1", "DEV1"),
    ("7E2BACADE42C", "PLAY004788", "RLS123", "TPROG01", "COB", "DEV1", "DEV1"),
    ("7E53CC8FB3E0", "PLAY004788", "RLS123", "TRATE03", "COB", "PRD", "DEV1"),
    ("7E0000000099", "PLAY004799", "", "KEEPRG2", "COB", "FIX", "FIX"),
    ("7E0000000100", "PLAY004799", "", "KEEPRG3", "COB", "PRD", "FIX"),
    ("7E0000000200", "RXN3000022", "", "RXNMAIN", "COB", "DEV1", "DEV1"),
    ("7E0000000300", "ENGR000007", "ENGR80", "ENGPGM1", "COB", "QA", "DEV2"),
];

/// Set, container, operation, level, tasks, state, approval.
type Run = (&'static str, (char, &'static str), Work, &'static str, &'static [&'static str], State, Approval);

const SETS: &[Run] = &[
    (
        "S000015218",
        ('A', "PLAY000313"),
        Work::Promote,
        "STG2",
        &["7E489457622C", "7E4A2CAC742C"],
        State::Complete,
        Approval::NotRequired,
    ),
    (
        "S000143423",
        ('R', "ENGR80"),
        Work::Promote,
        "QA",
        &["7E0000000300"],
        State::WaitingApproval,
        Approval::Pending,
    ),
    ("S000143424", ('R', "ENGR80"), Work::Promote, "QA", &["7E0000000300"], State::Held, Approval::Denied),
    (
        "S000238588",
        ('A', "PLAY002631"),
        Work::Generate,
        "DEV1",
        &["7E0000000021", "7E0000000025"],
        State::Failed,
        Approval::NotRequired,
    ),
    (
        "S000241246",
        ('A', "RXN3000022"),
        Work::Generate,
        "DEV1",
        &["7E0000000200"],
        State::Held,
        Approval::NotRequired,
    ),
    (
        "S000385216",
        ('R', "RLS123"),
        Work::Deploy,
        "PRD",
        &["7E53CC8FB3E0"],
        State::Complete,
        Approval::Approved,
    ),
    (
        "S000385217",
        ('R', "RLS123"),
        Work::Deploy,
        "PRD",
        &["7E53CC8FB3E0"],
        State::DeployFailed,
        Approval::Approved,
    ),
    (
        "S0000009884",
        ('A', "PLAY000313"),
        Work::Deploy,
        "QA",
        &["7E4A2CAC742C"],
        State::Complete,
        Approval::NotRequired,
    ),
];

/// Request, set, environment, status, days ago.
const DEPLOYMENTS: &[(u64, &str, &str, Status, u64)] = &[
    (3193, "S0000009884", "FOOENV", Status::Completed, 9),
    (46158, "S000385217", "CW01PRD", Status::Planned, 2),
    (245_274, "S000385216", "PLAY", Status::Completed, 1),
    (245_275, "S000385217", "CW02PRD", Status::Failed, 1),
];

/// Fills an empty shop.
pub(crate) fn stock(shop: &mut Shop) {
    let now = shop.clock.now();
    shop.applications = vec![("PLAY", "PLAY"), ("FTSDEMO", "RXN3"), ("ENGR", "TEST"), ("BAR", "FOO")];
    for unit in ASSIGNMENTS {
        shop.assignments.insert(unit.0.to_owned(), assignment(unit));
    }
    for (id, stream, application, description, reference) in RELEASES {
        let release = Release {
            id: (*id).to_owned(),
            stream: (*stream).to_owned(),
            application: (*application).to_owned(),
            sub_application: (*application).to_owned(),
            description: (*description).to_owned(),
            owner: "FOOUSER".to_owned(),
            reference: reference.trim().to_owned(),
            ..Release::default()
        };
        shop.releases.insert(release.id.clone(), release);
    }
    for piece in TASKS {
        let task = task(shop, piece, now.days_before(3));
        shop.tasks.insert(task.id.clone(), task);
    }
    for run in SETS {
        let set = set(run, now.days_before(1));
        for task in run.4 {
            if let Some(task) = shop.tasks.get_mut(*task) {
                task.set.clone_from(&set.id);
            }
        }
        shop.sets.insert(set.id.clone(), set);
    }
    for (request, set, environment, status, days) in DEPLOYMENTS {
        let deployment = deployment(shop, *request, set, environment, *status, now.days_before(*days));
        shop.deployments.insert(*request, deployment);
    }
}

fn assignment((id, stream, application, level, release, description): &Unit) -> Assignment {
    Assignment {
        id: (*id).to_owned(),
        stream: (*stream).to_owned(),
        application: (*application).to_owned(),
        sub_application: (*application).to_owned(),
        default_path: (*level).to_owned(),
        description: (*description).to_owned(),
        owner: "PMISVZ0".to_owned(),
        prefix: id[..4].to_owned(),
        release: (*release).to_owned(),
        ..Assignment::default()
    }
}

fn task(shop: &Shop, piece: &Piece, at: Moment) -> Task {
    let (id, assignment, release, name, kind, level, starting_level) = piece;
    let owner = shop.assignments.get(*assignment);
    Task {
        id: (*id).to_owned(),
        stream: owner.map_or_else(String::new, |owner| owner.stream.clone()),
        application: owner.map_or_else(String::new, |owner| owner.application.clone()),
        sub_application: owner.map_or_else(String::new, |owner| owner.sub_application.clone()),
        name: (*name).to_owned(),
        kind: (*kind).to_owned(),
        user: "FOOUSER".to_owned(),
        level: (*level).to_owned(),
        starting_level: (*starting_level).to_owned(),
        operation: if level == starting_level { "C" } else { "P" },
        action: String::new(),
        changed: at,
        status: if level == starting_level { "Checked out" } else { "Promoted" }.to_owned(),
        message: String::new(),
        set: String::new(),
        release: (*release).to_owned(),
        assignment: (*assignment).to_owned(),
        version: 1,
        sequence: String::new(),
        sql: false,
        ims: false,
        cics: *kind == "COB" && name.starts_with("TRATE"),
        program: *kind == "COB",
        listing: (*kind == "COB").then(|| format!("{name}: no statements flagged.\nReturn code 0\n")),
    }
}

fn set((id, container, work, level, tasks, state, approval): &Run, at: Moment) -> Set {
    Set {
        id: (*id).to_owned(),
        container: match container {
            ('A', id) => Container::Assignment((*id).to_owned()),
            (_, id) => Container::Release((*id).to_owned()),
        },
        work: *work,
        level: (*level).to_owned(),
        tasks: tasks.iter().map(|task| (*task).to_owned()).collect(),
        new_task: None,
        options: Options::default(),
        state: *state,
        created: at,
        due: None,
        locked: *id == "S000241246",
        approval: *approval,
        approver: String::new(),
        message: String::new(),
        owner: "XEBIA".to_owned(),
    }
}

fn deployment(
    shop: &Shop,
    request: u64,
    set: &str,
    environment: &str,
    status: Status,
    created: Moment,
) -> Deployment {
    let tasks = shop.sets.get(set).map(|set| set.tasks.as_slice()).unwrap_or_default();
    let tasks: Vec<&Task> = tasks.iter().filter_map(|task| shop.tasks.get(task)).collect();
    Deployment {
        request,
        set: set.to_owned(),
        environment: environment.to_owned(),
        system: "MP3000".to_owned(),
        status,
        description: "MyGen".to_owned(),
        created,
        application: tasks.first().map_or_else(String::new, |task| task.application.clone()),
        items: tasks.iter().map(|task| Item { name: task.name.clone(), kind: task.kind.clone() }).collect(),
        due: None,
    }
}
