//! Bodies of real documents: none of their operations is lost, and forms are written as the vendors read them. The
//! documents stand in a folder beside the project, which `OPENAPI_SPECS` names another; without it there is nothing to do.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use codegen::plan::model::{BodyKind, PartKind, Plan, Shape, Style, Tool, Write};
use openapi::Source;

/// The plan of a document and the identifiers of its operations, if the document is there.
fn planned(name: &str) -> Option<(Plan, BTreeSet<String>)> {
    let folder = match std::env::var_os("OPENAPI_SPECS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/specs"),
    };
    let document = folder.join(name);
    if !document.exists() {
        return None;
    }
    let api = openapi::read(&Source { document, overlay: None }).api.expect("real documents can be read");
    let operations = api.operations.iter().map(|operation| operation.id.clone()).collect();
    Some((codegen::plan::plan(&api).plan, operations))
}

fn tool<'p>(plan: &'p Plan, operation: &str) -> &'p Tool {
    plan.tools
        .iter()
        .find(|tool| tool.operation == operation)
        .unwrap_or_else(|| panic!("no tool for {operation}"))
}

fn body(tool: &Tool) -> Option<&BodyKind> {
    tool.writes.iter().find_map(|write| match write {
        Write::Media(body) => Some(&body.kind),
        _ => None,
    })
}

#[test]
fn every_operation_with_any_body_is_a_tool() {
    for name in [
        "slack-2.0.json",
        "twilio-api-3.0.json",
        "docker-engine-2.0.yaml",
        "swagger-petstore-fake-2.0.yaml",
        "swagger-petstore-fake-3.0.yaml",
        "readme-file-uploads-3.0.yaml",
        "readme-parameter-styles-3.1.yaml",
        "keycloak-3.0.json",
        "box-3.0.json",
        "redocly-cafe-3.2.yaml",
    ] {
        let Some((plan, mut operations)) = planned(name) else { continue };
        operations.retain(|id| plan.tools.iter().all(|tool| tool.operation != *id));
        assert!(operations.is_empty(), "{name}: {operations:?}");
    }
}

#[test]
fn stripe_gets_nested_values_with_brackets_and_no_body_where_it_declares_an_empty_one() {
    let Some((plan, operations)) = planned("stripe-3.0.json") else { return };
    assert_eq!(
        plan.tools.iter().map(|tool| &tool.operation).collect::<BTreeSet<_>>().len(),
        operations.len()
    );
    let Some(BodyKind::Form(members)) = body(tool(&plan, "PostCustomers")) else {
        panic!("customers take a form")
    };
    let style = |name: &str| members.iter().find(|member| member.name == name).map(|member| member.style);
    for nested in ["address", "metadata", "expand", "shipping"] {
        assert_eq!(style(nested), Some(Style::DeepObject), "{nested}");
    }
    assert_eq!(style("email"), None);
    let get = tool(&plan, "GetAccount");
    assert!(body(get).is_none() && get.arguments.fields.iter().all(|field| field.wire != "body"));
}

#[test]
fn uploads_take_files() {
    let Some((plan, _)) = planned("docker-engine-2.0.yaml") else { return };
    let build = tool(&plan, "ImageBuild");
    assert!(matches!(body(build), Some(BodyKind::Bytes)));
    let is_file =
        |tool: &Tool| tool.arguments.fields.iter().any(|field| matches!(field.shape, Shape::File(_)));
    assert!(is_file(build));
    let Some((plan, _)) = planned("swagger-petstore-fake-2.0.yaml") else { return };
    let upload = tool(&plan, "uploadFile");
    let Some(BodyKind::Multipart { named, .. }) = body(upload) else { panic!("an upload has parts") };
    assert!(is_file(upload) && named.iter().any(|part| part.kind == PartKind::File));
}
