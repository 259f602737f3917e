//! Releases: create, read, cancel, close.

use serde_json::Value;

use super::Operation;
use crate::answer::{Content, Refusal, texts};
use crate::inquiry::Inquiry;
use crate::state::{Container, Release, Shop, TOKEN_USER};

/// The longest name that a release may have.
const LONGEST_ID: usize = 10;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::create("createRelease", "/ispw/{srid}/releases", create),
    Operation::get("getRelease", "/ispw/{srid}/releases/{releaseId}", get),
    Operation::post("cancelRelease", "/ispw/{srid}/releases/{releaseId}/cancel", cancel),
    Operation::post("closeRelease", "/ispw/{srid}/releases/{releaseId}/close", close),
];

fn create(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let stream = inquiry.required_text("stream")?;
    let application = inquiry.required_text("application")?;
    let description = inquiry.required_text("description")?;
    shop.expect_application(&stream, &application)?;
    let prefix = inquiry.text("releasePrefix")?;
    let id = new_id(shop, inquiry.text("releaseId")?, &prefix)?;
    let owner = inquiry.text("owner")?;
    let release = Release {
        id: id.clone(),
        stream,
        application,
        sub_application: inquiry.text("subAppl")?,
        description,
        owner: if owner.is_empty() { TOKEN_USER.to_owned() } else { owner },
        prefix,
        reference: inquiry.text("referenceNumber")?,
        tag: inquiry.text("userTag")?,
        closed: false,
    };
    shop.releases.insert(id.clone(), release);
    Ok(reference(shop, &id, &format!("Release {id}   was created.")))
}

/// The wanted name, or one numbered from the prefix; exactly one of the two must be given.
fn new_id(shop: &mut Shop, wanted: String, prefix: &str) -> Result<String, Refusal> {
    let id = match (wanted.is_empty(), prefix.is_empty()) {
        (false, true) => wanted,
        (true, false) => format!("{prefix}{:06}", shop.next_number()),
        _ => return Err(Refusal::impossible("Give either   releaseId or releasePrefix.")),
    };
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@#$_-".contains(&byte));
    if id.len() > LONGEST_ID || !plain {
        return Err(Refusal::unknown("Release", &id));
    }
    if shop.releases.contains_key(&id) {
        return Err(Refusal::impossible(format!("Release {id}   already exists.")));
    }
    Ok(id)
}

fn get(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let release = shop.release(inquiry.path("releaseId"))?;
    let object = texts([
        ("releaseId", &release.id),
        ("application", &release.application),
        ("subAppl", &release.sub_application),
        ("stream", &release.stream),
        ("description", &release.description),
        ("owner", &release.owner),
        ("releasePrefix", &release.prefix),
        ("referenceNumber", &release.reference),
        ("userTag", &release.tag),
    ]);
    Ok(Value::Object(object).into())
}

fn cancel(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let id = inquiry.path("releaseId");
    let container = Container::Release(id.to_owned());
    shop.expect_idle(&container)?;
    shop.abandon_sets(&container);
    for task in shop.tasks.values_mut().filter(|task| task.release == id) {
        task.release.clear();
    }
    for assignment in shop.assignments.values_mut().filter(|assignment| assignment.release == id) {
        assignment.release.clear();
    }
    shop.releases.remove(id);
    Ok(reference(shop, id, &format!("Cancel of release {id}   was submitted.")))
}

fn close(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let id = inquiry.path("releaseId");
    let container = Container::Release(id.to_owned());
    shop.expect_idle(&container)?;
    shop.abandon_sets(&container);
    if let Some(release) = shop.releases.get_mut(id) {
        release.closed = true;
    }
    Ok(reference(shop, id, &format!("Close of release {id}   was submitted.")))
}

fn reference(shop: &Shop, id: &str, message: &str) -> Content {
    let url = shop.url(&format!("releases/{id}"));
    Value::Object(texts([("releaseId", id), ("url", &url), ("message", message)])).into()
}
