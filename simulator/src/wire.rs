//! The shapes that several operations answer with, each member named and typed as the real API writes it.

use serde_json::{Map, Value, json};

use crate::answer::{list, text, texts};
use crate::state::{Deployment, Set, Shop, Task, operation_word};

/// How numbers are written: the real API uses both forms, depending on the operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// As JSON numbers.
    Plain,
    /// As text.
    Text,
}

impl Numbers {
    fn write(self, number: u64) -> Value {
        match self {
            Self::Plain => Value::from(number),
            Self::Text => Value::from(number.to_string()),
        }
    }
}

/// A task as the task operations show it.
pub(crate) fn task(shop: &Shop, task: &Task, numbers: Numbers) -> Map<String, Value> {
    let version = u64::from(task.version);
    let mut object = texts([
        ("taskId", &task.id),
        ("application", &task.application),
        ("subAppl", &task.sub_application),
        ("stream", &task.stream),
        ("moduleName", &task.name),
        ("moduleType", &task.kind),
        ("extension", extension(&task.kind)),
        ("userId", &task.user),
        ("level", &task.level),
        ("currentLevel", &task.level),
        ("startingLevel", &task.starting_level),
        ("operation", task.operation),
        ("action", &task.action),
        ("dateTime", &task.changed.date_time()),
        ("status", &task.status),
        ("message", &task.message),
        ("set", &task.set),
        ("release", &task.release),
        ("container", &task.assignment),
        ("assignmentId", &task.assignment),
        ("environment", task.environment()),
        ("clazz", ""),
        ("alternateName", ""),
        ("flags", ""),
        ("generateSequence", &task.sequence),
        ("option1", ""),
        ("option2", ""),
        ("option3", ""),
        ("option4", ""),
        ("option5", ""),
        ("url", &shop.url(&format!("assignments/{}/tasks/{}", task.assignment, task.id))),
    ]);
    object.insert("version".to_owned(), numbers.write(version));
    object.insert("baseVersion".to_owned(), numbers.write(version.saturating_sub(1)));
    object.insert("internalVersion".to_owned(), numbers.write(version * 10));
    object.insert("replaceVersion".to_owned(), text(""));
    for (name, flag) in [("sql", task.sql), ("ims", task.ims), ("cics", task.cics), ("program", task.program)]
    {
        object.insert(name.to_owned(), Value::from(flag));
    }
    object
}

fn extension(kind: &str) -> &str {
    match kind {
        "COB" => "cbl",
        "COPY" => "cpy",
        "JCL" => "jcl",
        "CLST" => "clist",
        _ => "",
    }
}

/// The load-module detail of a program, which the set shows on demand.
pub(crate) fn program(task: &Task) -> Value {
    json!({
        "version": "1.0.0",
        "programName": task.name,
        "programLanguage": "COBOL",
        "isImpact": false,
        "application": task.application,
        "subAppl": text(&task.sub_application),
        "stream": task.stream,
        "level": task.level,
        "lifeCycleLoadModules": list(vec![json!({
            "loadModName": task.name,
            "loadLibName": format!("SALESSUP.{}.{}.LOAD", task.application, task.level),
            "componentType": task.kind,
            "componentClass": text(""),
            "loadLibConcatenation": list(vec![json!({
                "level": task.level,
                "loadLib": format!("SALESSUP.{}.{}.LOAD", task.application, task.level),
            })]),
        })]),
        "deployTargetLoadModules": list(Vec::new()),
    })
}

/// A task as the work list shows it.
pub(crate) fn work_item(shop: &Shop, task: &Task) -> Value {
    let reference = shop.assignments.get(&task.assignment).map_or("", |assignment| &assignment.reference);
    let mut object = texts([
        ("action", &task.action),
        ("alternateName", ""),
        ("application", &task.application),
        ("subAppl", &task.sub_application),
        ("assignmentId", &task.assignment),
        ("clazz", ""),
        ("dateTime", &task.changed.date_time()),
        ("environment", task.environment()),
        ("group", ""),
        ("level", &task.level),
        ("message", &task.message),
        ("name", &task.name),
        ("operation", operation_word(task.operation)),
        ("owner", &task.user),
        ("path", &task.starting_level),
        ("refNumber", reference),
        ("relativePath", ""),
        ("releaseId", &task.release),
        ("stream", &task.stream),
        ("taskId", &task.id),
        ("type", &task.kind),
        ("user", &task.user),
    ]);
    object.insert("technology".to_owned(), text(if task.program { "COBOL" } else { "" }));
    object.insert("version".to_owned(), Numbers::Plain.write(u64::from(task.version)));
    Value::Object(object)
}

/// A set as the read of one set shows it; its id is `setid` here and nowhere else.
pub(crate) fn set(set: &Set, application: &str, stream: &str) -> Map<String, Value> {
    let options = &set.options;
    let (id, verb) = (set.container.id(), set.work.verb());
    texts([
        ("setid", &set.id),
        ("applicationId", application),
        ("subAppl", application),
        ("streamName", stream),
        ("description", &format!("{verb} of {id}")),
        ("owner", &set.owner),
        ("startDate", &set.created.date()),
        ("startTime", &set.created.time()),
        ("deployImplementationDate", &options.implementation_date),
        ("deployImplementationTime", &options.implementation_time),
        ("deployActiveDate", &options.active_date),
        ("deployActiveTime", &options.active_time),
        ("state", set.state.word()),
        ("message", &set.message),
    ])
}

/// The answer that names a set that was made or moved.
pub(crate) fn set_reference(shop: &Shop, id: &str, message: &str) -> Map<String, Value> {
    let url = shop.url(&format!("sets/{id}"));
    texts([("setId", id), ("message", message), ("url", &url)])
}

/// A deploy request the way the list of them shows it: a plain number, and its status in upper case.
pub(crate) fn listed_deployment(shop: &Shop, deployment: &Deployment) -> Value {
    let mut object = deployment_texts(shop, deployment, &deployment.status.word().to_uppercase());
    object.insert("requestId".to_owned(), Numbers::Plain.write(deployment.request));
    object.insert("createDateTime".to_owned(), text(&deployment.created.date_time()));
    Value::Object(object)
}

/// A deploy request in full: a capitalised status, and its packages.
pub(crate) fn full_deployment(shop: &Shop, deployment: &Deployment, numbers: Numbers) -> Value {
    let mut object = deployment_texts(shop, deployment, deployment.status.word());
    object.insert("requestId".to_owned(), numbers.write(deployment.request));
    object.insert("createDate".to_owned(), text(&deployment.created.date()));
    object.insert("message".to_owned(), text(""));
    let items = deployment.items.iter().zip(1..).map(|(item, number)| {
        let mut object = texts([
            ("name", &item.name),
            ("deploymentType", "Full"),
            ("application", &deployment.application),
            ("subAppl", &deployment.application),
            ("type", &item.kind),
            ("clazz", ""),
            ("action", ""),
            ("system", &deployment.system),
            ("status", deployment.status.word()),
            ("storage", ""),
        ]);
        object.insert("item".to_owned(), numbers.write(number));
        object.insert("part".to_owned(), numbers.write(5160 + number));
        Value::Object(object)
    });
    let mut package = texts([
        ("subEnvironment", "DEVL"),
        ("system", &deployment.system),
        ("category", ""),
        ("status", deployment.status.word()),
        ("startDate", &deployment.created.date()),
        ("endDate", ""),
        ("implementationDate", ""),
        ("activeDate", ""),
    ]);
    package.insert("packageId".to_owned(), numbers.write(1));
    package.insert("deploymentItems".to_owned(), list(items.collect()));
    object.insert("packages".to_owned(), list(vec![Value::Object(package)]));
    Value::Object(object)
}

fn deployment_texts(shop: &Shop, deployment: &Deployment, status: &str) -> Map<String, Value> {
    texts([
        ("setId", &deployment.set),
        ("environment", &deployment.environment),
        ("status", status),
        ("description", &deployment.description),
        ("url", &shop.url(&format!("deployments/{}", deployment.request))),
    ])
}
