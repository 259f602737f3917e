//! Deployments: list, cancel, those of a set, and those of a release restarted or terminated.

use serde_json::{Value, json};

use super::Operation;
use crate::answer::{Content, Refusal, list};
use crate::inquiry::{Inquiry, matches};
use crate::state::{Container, Deployment, Shop, Status};
use crate::wire::{self, Numbers};

/// The most deploy requests that one list shows.
const MOST_LISTED: usize = 5000;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("listDeployments", "/ispw/{srid}/deployments", list_all),
    Operation::post("cancelDeployment", "/ispw/{srid}/deployments/{requestId}/cancel", cancel),
    Operation::get("getSetDeployment", "/ispw/{srid}/sets/{setId}/deployment", of_set),
    Operation::post(
        "restartReleaseDeployments",
        "/ispw/{srid}/releases/{releaseId}/deployments/restart",
        restart,
    ),
    Operation::post(
        "terminateReleaseDeployments",
        "/ispw/{srid}/releases/{releaseId}/deployments/terminate",
        terminate,
    ),
];

fn list_all(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let (start, end) = (inquiry.query_date("startDate")?, inquiry.query_date("endDate")?);
    let today = shop.clock.now();
    let todays = inquiry.query_flag("todaysDate")?.unwrap_or(false);
    let week = inquiry.query_flag("priorWeek")?.unwrap_or(false);
    let earliest = match (week, todays) {
        (true, _) => Some(today.days_before(7).date()),
        (false, true) => Some(today.date()),
        (false, false) => None,
    };
    let status = inquiry.query("status").map(str::to_uppercase);
    let found = shop.deployments.values().filter(|deployment| {
        let date = deployment.created.date();
        inquiry.query("requestId").is_none_or(|request| request == deployment.request.to_string())
            && matches(inquiry.query("setId"), &deployment.set)
            && matches(inquiry.query("environment"), &deployment.environment)
            && matches(status.as_deref(), &deployment.status.word().to_uppercase())
            && start.is_none_or(|start| date.as_str() >= start)
            && end.is_none_or(|end| date.as_str() <= end)
            && earliest.as_ref().is_none_or(|earliest| date >= *earliest)
    });
    let found = found.take(MOST_LISTED).map(|deployment| wire::listed_deployment(shop, deployment));
    Ok(json!({ "deployments": list(found.collect()) }).into())
}

fn cancel(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let id = inquiry.path("requestId");
    let request = id.parse::<u64>().ok();
    let deployment = request.and_then(|request| shop.deployments.get_mut(&request));
    let deployment = deployment.ok_or_else(|| Refusal::unknown("Deployment request", id))?;
    if !deployment.status.is_open() {
        let status = deployment.status.word();
        let message = format!("Deployment request {id}   cannot be cancelled:   it is {status}.");
        return Err(Refusal::impossible(message));
    }
    deployment.status = Status::Terminated;
    let request = deployment.request;
    let url = shop.url(&format!("deployments/{request}"));
    Ok(json!({ "requestId": request, "message": "Cancel   was submitted.", "url": url }).into())
}

/// One request comes bare, several come wrapped.
fn of_set(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let set = shop.set(inquiry.path("setId"))?;
    let of_set: Vec<&Deployment> =
        shop.deployments.values().filter(|deployment| deployment.set == set.id).collect();
    let content = match of_set[..] {
        [only] => wire::full_deployment(shop, only, Numbers::Plain),
        _ => {
            let all = of_set.iter().map(|deployment| wire::full_deployment(shop, deployment, Numbers::Text));
            json!({ "deployments": list(all.collect()) })
        }
    };
    Ok(content.into())
}

fn restart(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let touched = of_release(shop, inquiry, |status| matches!(status, Status::Failed | Status::Terminated))?;
    for request in &touched {
        shop.restart_deployment(*request);
    }
    Ok(by_set(shop, &touched))
}

fn terminate(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let touched = of_release(shop, inquiry, Status::is_open)?;
    for request in &touched {
        if let Some(deployment) = shop.deployments.get_mut(request) {
            deployment.status = Status::Terminated;
        }
    }
    Ok(by_set(shop, &touched))
}

fn of_release(shop: &Shop, inquiry: &Inquiry, wanted: fn(Status) -> bool) -> Result<Vec<u64>, Refusal> {
    let id = inquiry.path("releaseId");
    shop.release(id)?;
    let container = Container::Release(id.to_owned());
    let found = shop.deployments.values().filter(|deployment| {
        wanted(deployment.status)
            && shop.sets.get(&deployment.set).is_some_and(|set| set.container == container)
    });
    let found: Vec<u64> = found.map(|deployment| deployment.request).collect();
    if found.is_empty() {
        return Err(Refusal::nothing_done(format!("Release {id}   has no deployments   for this action.")));
    }
    Ok(found)
}

fn by_set(shop: &Shop, requests: &[u64]) -> Content {
    let touched: Vec<&Deployment> = requests.iter().filter_map(|id| shop.deployments.get(id)).collect();
    let mut ids: Vec<&str> = touched.iter().map(|deployment| deployment.set.as_str()).collect();
    ids.dedup();
    let sets = ids.iter().map(|id| {
        let of_set = touched.iter().filter(|deployment| deployment.set == *id);
        let of_set = of_set.map(|deployment| wire::full_deployment(shop, deployment, Numbers::Text));
        json!({ "id": id, "deployments": list(of_set.collect()) })
    });
    Value::from_iter([("sets", list(sets.collect()))]).into()
}
