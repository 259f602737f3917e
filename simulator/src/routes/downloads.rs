//! Source downloads: the tasks of a container, or an application at a level, as a ZIP file of made-up source.

use super::{Operation, zip};
use crate::answer::{Content, Refusal};
use crate::inquiry::Inquiry;
use crate::state::{Container, Shop, Task, level};

/// The operation that is also served under a path with a sub-application.
pub(super) const REPOSITORY: &str = "downloadRepositorySource";

/// That path.
pub(super) const WITH_SUB_APPLICATION: &str =
    "/ispw/{runtimeConfig}/downloads/repository/{stream}/{application}/{subAppl}/{level}";

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::post(
        "downloadContainerSource",
        "/ispw/{runtimeConfig}/downloads/{containerType}/{containerId}",
        of_container,
    ),
    Operation::post(
        REPOSITORY,
        "/ispw/{runtimeConfig}/downloads/repository/{stream}/{application}/{level}",
        of_repository,
    ),
];

fn of_container(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let id = inquiry.path("containerId");
    let tasks: Vec<&Task> = match inquiry.path("containerType").to_ascii_lowercase().as_str() {
        "assignment" => in_container(shop, Container::Assignment(id.to_owned()))?,
        "release" => in_container(shop, Container::Release(id.to_owned()))?,
        "set" => shop.set(id)?.tasks.iter().filter_map(|task| shop.tasks.get(task)).collect(),
        other => return Err(Refusal::unknown("Container type", other)),
    };
    let (level, kind) = (inquiry.text("level")?, inquiry.text("componentType")?);
    let tasks = tasks
        .into_iter()
        .filter(|task| (level.is_empty() || task.level == level) && (kind.is_empty() || task.kind == kind));
    archive(id, tasks)
}

fn in_container(shop: &Shop, container: Container) -> Result<Vec<&Task>, Refusal> {
    shop.expect_container(&container)?;
    Ok(shop.tasks.values().filter(|task| task.is_in(&container)).collect())
}

fn of_repository(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let (stream, application) = (inquiry.path("stream"), inquiry.path("application"));
    let at = inquiry.path("level");
    shop.expect_application(stream, application)?;
    if !level::exists(at) {
        return Err(Refusal::unknown("Level", at));
    }
    let kinds = inquiry.text("componentTypes")?;
    inquiry.choice("levelOption", &["0", "1"])?;
    let tasks = shop.tasks.values().filter(|task| {
        (task.stream.as_str(), task.application.as_str(), task.level.as_str()) == (stream, application, at)
            && (kinds.is_empty() || kinds.split([',', ' ']).any(|kind| kind == task.kind))
    });
    archive(&format!("{stream}_{application}_{at}"), tasks)
}

fn archive<'a>(name: &str, tasks: impl Iterator<Item = &'a Task>) -> Result<Content, Refusal> {
    let files: Vec<(String, String)> = tasks
        .map(|task| {
            let path = format!("{}/{}/{}.{}", task.application, task.level, task.name, task.kind);
            let (name, version) = (&task.name, task.version);
            let source = format!(
                "       IDENTIFICATION DIVISION.\n       PROGRAM-ID. {name}.\n      * Version {version}\n"
            );
            (path, source)
        })
        .collect();
    if files.is_empty() {
        return Err(Refusal::nothing_done(format!("{name}   has no source   to download.")));
    }
    Ok(Content::Zip { name: format!("{name}.zip"), bytes: zip::archive(&files) })
}
