//! What the golden programs do with arguments and answers, case by case.

use crate::programs::{
    bodies, clients, code_pipeline, names, parameters, read, refused, replies, request, surface, tool, unions,
};
use serde_json::{Value, json};
use server::catalog::{Carrier, Effect};

#[test]
fn path_parameters_are_written_in_their_style() {
    let api = parameters::catalog();
    let written =
        request(api, "simple", json!({"plain": "a b", "list": ["x", "y,z"], "object": {"x": 1, "y": 2}}));
    assert_eq!(written, json!({"path": ["a%20b", "x,y%2Cz", "x=1,y=2"]}));
    let written = request(api, "label_and_matrix", json!({"number": 7, "on": true, "values": [1, 2]}));
    assert_eq!(written, json!({"path": [".7", ";on=true", ";values=1;values=2"]}));
}

#[test]
fn query_parameters_are_written_in_their_style_and_optional_ones_left_out() {
    let api = parameters::catalog();
    assert_eq!(request(api, "query", json!({"limit": 5})), json!({"query": ["limit=5"]}));
    let written = request(
        api,
        "query",
        json!({
            "form": ["a", "b&c"], "joined": ["a", "b"], "piped": ["a", "b"], "deep": {"x": 1, "label": "l"},
            "filter": {"x": 3}, "reserved": "a/b", "limit": 1
        }),
    );
    assert_eq!(
        written,
        json!({"query": [
            "form=a", "form=b%26c", "joined=a,b", "piped=a%7Cb", "deep%5Bx%5D=1", "deep%5Blabel%5D=l",
            "reserved=a/b", "filter=%7B%22x%22%3A3%7D", "limit=1"
        ]})
    );
}

#[test]
fn arguments_of_one_name_are_told_apart_by_their_place() {
    let api = parameters::catalog();
    let id = "0b6b8f9e-8a6b-4c50-9d2f-0d8a3f8a9b11";
    let written = request(
        api,
        "elsewhere",
        json!({"id": id, "id_query": "q", "X-Trace": "t", "session": "s", "self": "1", "type": "2", "at": "3", "$odd[name]": "4"}),
    );
    assert_eq!(
        written,
        json!({
            "path": [id], "query": ["id=q", "self=1", "type=2", "at=3", "%24odd%5Bname%5D=4"],
            "headers": ["X-Trace: t"], "cookies": ["session=s"]
        })
    );
    assert_eq!(
        refused(api, "elsewhere", json!({"id": "7", "Accept": "x"})),
        ["id: format", "Accept: additionalProperties"]
    );
}

#[test]
fn every_problem_of_the_arguments_is_told_at_once() {
    let api = bodies::catalog();
    let problems = refused(
        api,
        "flat",
        json!({"id": "", "count": 3, "ratio": 0.6, "colour": "blue", "due": "31.12.", "owner": {"id": 5, "roles": ["", "", "", ""]}, "nam": 1}),
    );
    let expected = [
        "id: path",
        "name: required",
        "count: multipleOf",
        "ratio: maximum",
        "colour: enum",
        "due: format",
        "owner.roles: maxItems",
        "owner.id: type",
        "nam: additionalProperties",
    ];
    let mut problems = problems;
    problems.sort();
    let mut expected = expected.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!(problems, expected);
}

#[test]
fn a_flat_body_holds_what_was_given_and_null_where_that_means_something() {
    let api = bodies::catalog();
    let written = request(
        api,
        "flat",
        json!({"id": "1", "name": "n", "note": null, "count": 4.0, "colour": "dark-red", "owner": {"id": "o"}}),
    );
    let body = json!({"name": "n", "note": null, "count": 4, "colour": "dark-red", "owner": {"id": "o"}});
    assert_eq!(written, json!({"path": ["1"], "body": body}));
    assert_eq!(
        refused(api, "flat", json!({"id": "1", "name": null, "created": "x"})),
        ["name: type", "created: additionalProperties"]
    );
}

#[test]
fn an_optional_body_is_sent_only_when_something_is_in_it() {
    let api = bodies::catalog();
    assert_eq!(request(api, "optional_flat", json!({})), json!({}));
    assert_eq!(request(api, "optional_flat", json!({"b": true})), json!({"body": {"b": true}}));
    assert_eq!(request(api, "optional_nested", json!({})), json!({}));
    assert_eq!(request(api, "optional_nested", json!({"body": {"a": "x"}})), json!({"body": {"a": "x"}}));
    assert_eq!(refused(api, "optional_nested", json!({"body": {"b": true}})), ["body.a: required"]);
}

#[test]
fn bodies_that_are_no_plain_objects_are_one_argument() {
    let api = bodies::catalog();
    let written = request(api, "collision", json!({"name": "p", "body": "q", "requestBody": {"name": "b"}}));
    assert_eq!(written, json!({"query": ["name=p", "body=q"], "body": {"name": "b"}}));
    let tree = json!([{"name": "a", "parent": {"name": "b"}, "children": [{"name": "c"}], "rest": "r"}]);
    assert_eq!(request(api, "list_body", json!({"body": tree})), json!({"body": tree}));
    assert_eq!(request(api, "map_body", json!({"body": {"a": 1}})), json!({"body": {"a": 1}}));
    assert_eq!(refused(api, "map_body", json!({"body": {"a": "1"}})), ["body.a: type"]);
    assert_eq!(
        request(api, "open_body", json!({"body": {"known": "k", "else": [1]}})),
        json!({"body": {"known": "k", "else": [1]}})
    );
    assert_eq!(
        request(api, "typed_extras", json!({"body": {"first": "f", "second": 2.5}})),
        json!({"body": {"first": "f", "second": 2.5}})
    );
    assert_eq!(
        refused(api, "typed_extras", json!({"body": {"first": "f", "second": "2"}})),
        ["body.second: type"]
    );
    assert_eq!(request(api, "any_body", json!({"body": [null]})), json!({"body": [null]}));
}

#[test]
fn what_has_no_type_is_judged_by_its_schema() {
    let api = unions::catalog();
    let pet = json!({"kind": "cat", "friends": [{"kind": "dog", "size": 1}]});
    let given =
        json!({"pet": pet, "either": "abc", "mixed": "two", "level": 2, "inline": {"b": 1}, "refused": 5});
    assert_eq!(request(api, "union", given.clone()), json!({"body": given}));
    for (name, value) in [
        ("pet", json!({"kind": "cat", "size": 1})),
        ("pet", json!({"kind": "cat", "friends": [{"kind": "cow"}]})),
        ("either", json!("abcd")),
        ("mixed", json!(2)),
        ("level", json!(4)),
        ("inline", json!({"a": "x", "b": 1})),
        ("refused", json!("text")),
    ] {
        let problems = refused(api, "union", json!({name: value}));
        assert!(problems.iter().all(|problem| problem.starts_with(name)), "{problems:?}");
    }
    assert_eq!(tool(api, "union").secrets, ["/inline"]);
}

#[test]
fn quirks_of_answers_are_made_regular() {
    let api = replies::catalog();
    let answer = json!({
        "id": 1, "owner": " ", "items": {"id": 5, "colour": "red"}, "note": null, "status": 9, "more": {"kept": true}
    });
    let regular = json!({
        "id": 1, "items": [{"id": "5", "colour": "red"}], "note": null, "status": 9, "more": {"kept": true}
    });
    assert_eq!(read(api, "quirks", 200, answer), Some(regular));
    assert_eq!(read(api, "quirks", 200, json!({"owner": "o"})), None, "a required member is missing");
}

#[test]
fn answers_that_are_no_objects_are_wrapped() {
    let api = replies::catalog();
    assert_eq!(read(api, "one_or_many", 200, json!({"id": "a"})), Some(json!({"items": [{"id": "a"}]})));
    assert_eq!(
        read(api, "one_or_many", 200, json!([{"id": 1, "next": {"id": 2, "next": null}}])),
        Some(json!({"items": [{"id": "1", "next": {"id": "2", "next": null}}]}))
    );
    assert_eq!(read(api, "scalar", 200, json!(3)), Some(json!({"value": 3})));
    assert_eq!(read(api, "colour", 200, json!("red")), Some(json!({"value": "red"})));
}

#[test]
fn what_may_be_chosen_of_an_answer_is_an_argument_that_is_not_sent() {
    let chosen = tool(replies::catalog(), "one_or_many");
    let fields = chosen.fields.expect("the overlay offers it");
    assert_eq!(fields.kept, ["items", "items.id"]);
    let schema: Value = serde_json::from_str(chosen.input_schema).expect("JSON");
    assert_eq!(schema["properties"]["fields"]["items"]["enum"], json!(fields.offered));
    let given = json!({"fields": ["items.colour"]});
    let prepared =
        chosen.prepare(given.as_object().expect("an object").clone(), &server::decode::Deployment::default());
    let prepared = prepared.expect("it is accepted");
    assert_eq!((prepared.arguments, prepared.aside.fields), (json!({}), vec!["items.colour".to_owned()]));
}

#[test]
fn several_answers_share_one_schema() {
    let api = replies::catalog();
    assert_eq!(
        read(api, "several", 200, json!({"id": "1", "name": "n"})),
        Some(json!({"id": "1", "name": "n"}))
    );
    assert_eq!(
        read(api, "several", 201, json!({"id": "1", "extra": true})),
        Some(json!({"id": "1", "extra": true}))
    );
}

#[test]
fn an_overlay_asks_for_headers_and_for_a_media_type() {
    let created = tool(replies::catalog(), "created");
    assert_eq!(created.answer_headers, ["Location", "X-Rate-Limit"]);
    let schema: Value =
        serde_json::from_str(created.output_schema.expect("headers are structure")).expect("JSON");
    assert!(schema["properties"]["responseHeaders"]["properties"]["Location"].is_object(), "{schema}");
    let picture = tool(replies::catalog(), "picture");
    assert_eq!(picture.answers[0].media_type, "image/png");
    assert!(matches!(picture.answers[0].content, server::catalog::Content::Binary));
}

#[test]
fn write_only_members_never_come_back_and_read_only_ones_are_never_sent() {
    let api = bodies::catalog();
    let schema = tool(api, "flat").output_schema.expect("the answer is typed");
    assert!(!schema.contains("secret"), "{schema}");
    assert!(!tool(api, "flat").input_schema.contains("created"));
}

#[test]
fn pins_are_sent_and_not_offered() {
    let api = surface::catalog();
    let pinned = ["version=2", "flags=a", "flags=b"];
    assert_eq!(
        request(api, "list_things", json!({"kind": "dogs"})),
        json!({"path": ["dogs"], "query": pinned})
    );
    assert_eq!(request(api, "list_cats", json!({})), json!({"path": ["cats"], "query": pinned}));
    assert_eq!(refused(api, "list_cats", json!({"kind": "dogs"})), ["kind: additionalProperties"]);
    assert_eq!(
        refused(api, "list_things", json!({"kind": "dogs", "trace": "t"})),
        ["trace: additionalProperties"]
    );
    let written = request(api, "make", json!({"kind": "k", "name": "n", "owner": {"name": "o"}}));
    let body = json!({"name": "n", "mode": "fast", "owner": {"name": "o", "realm": "main"}});
    assert_eq!(written, json!({"path": ["k"], "body": body}));
}

#[test]
fn callbacks_pass_only_an_open_gate() {
    let api = surface::catalog();
    let with = |url: &str| json!({"kind": "k", "name": "n", "events": [{"url": url}]});
    let good = "https://hooks.example.com/done";
    assert_eq!(refused(api, "make", with(good)), ["events: gate"]);
    let open = |arguments: Value| {
        let arguments = arguments.as_object().expect("arguments are an object").clone();
        tool(api, "make").prepare(arguments, &crate::programs::open_gate()).is_ok()
    };
    assert!(open(with(good)));
    assert!(!open(with("https://169.254.169.254/")));
    let pointers: Vec<&str> = tool(api, "make").gated.iter().map(|gated| gated.pointer).collect();
    assert_eq!(pointers, ["/properties/events"]);
    let schema: Value = serde_json::from_str(tool(api, "make").input_schema).expect("is JSON");
    assert!(schema.pointer(pointers[0]).is_some());
}

#[test]
fn the_catalog_says_what_the_overlay_decided() {
    let api = surface::catalog();
    let names: Vec<&str> = api.tools.iter().map(|tool| tool.name).collect();
    assert_eq!(names, ["list_cats", "list_things", "make"]);
    let list = tool(api, "list_things");
    assert_eq!(
        (list.title, list.description, list.effect),
        ("Things", "Lists things of a kind.", Effect::Read)
    );
    assert_eq!(list.cache.map(|time| time.as_secs()), Some(30));
    assert_eq!(list.timeout.map(|time| time.as_secs()), Some(90));
    let make = tool(api, "make");
    assert_eq!((make.effect, make.idempotent, make.deprecated), (Effect::Destroy, true, true));
    assert_eq!((make.proof, make.secrets), (Some("thingId"), ["/password", "/owner/token"].as_slice()));
    let alternatives: Vec<usize> = make.security.iter().map(|needs| needs.len()).collect();
    assert_eq!(alternatives, [1, 2, 0]);
    let carriers: Vec<Carrier> = api.security_schemes.iter().map(|scheme| scheme.carrier).collect();
    assert_eq!(
        carriers,
        [Carrier::Authorization("Basic"), Carrier::Query("key"), Carrier::Header("Authorization")]
    );
}

#[test]
fn odd_names_reach_the_wire_unchanged() {
    let api = names::catalog();
    let body = json!({
        "type": "1", "Type": "2", "self": "3", "members": "4", "value": "5", "at": "6", "+1": 7, "-1": 8, "": "9",
        "🎉": "10", "a/b~c": {"x\"y": "\\"}
    });
    assert_eq!(request(api, "tool_2fa_enable", body.clone()), json!({"body": body}));
    assert_eq!(api.title, "\"; } evil");
}

#[test]
fn a_name_that_clients_take_stands_for_the_name_on_the_wire() {
    let api = clients::catalog();
    let name = api.tools[0].name;
    assert!(name.len() <= 24 && name.starts_with("orders_"), "{name} leaves room for the client's prefix");
    let written = request(
        api,
        name,
        json!({"order_id": "a", "filter_state": "open", "filter_state_2": 7, "X_Trace_Id": "t",
               "from": {"town": "Ulm", "zip code": "89073"}, "tree": {"children": [{}]}}),
    );
    let expected = json!({
        "path": ["a"],
        "query": ["filter%5Bstate%5D=open", "filter%5Bstate=7"],
        "headers": ["X-Trace-Id: t"],
        "body": {"@from": {"town": "Ulm", "zip code": "89073"}, "tree": {"children": [{}]}}
    });
    assert_eq!(written, expected);
    assert_eq!(refused(api, name, json!({"order.id": "a", "from": {"town": "Ulm"}})).len(), 2);
}

#[test]
fn only_what_is_recursive_stays_a_reference_where_none_is_followed() {
    let schema: Value = serde_json::from_str(clients::catalog().tools[0].input_schema).expect("is JSON");
    let definitions: Vec<&String> = schema["$defs"].as_object().expect("some").keys().collect();
    assert_eq!(definitions, ["Tree"]);
    assert_eq!(schema["properties"]["to"]["properties"]["town"]["maxLength"], 40);
}

#[test]
fn the_code_pipeline_program_has_every_operation() {
    let api = code_pipeline::catalog();
    let mut operations: Vec<&str> = api.tools.iter().map(|tool| tool.operation).collect();
    operations.sort_unstable();
    operations.dedup();
    assert_eq!(operations.len(), 61);
    let written =
        request(api, "get_assignment_details", json!({"srid": "cw09-47623", "assignmentId": "PLAY000313"}));
    assert_eq!(written, json!({"path": ["cw09-47623", "PLAY000313"]}));
}

#[test]
fn arguments_tell_their_schema_themselves() {
    use server::generated::schemars::{JsonSchema, SchemaGenerator};
    let told = surface::tools::make::Arguments::json_schema(&mut SchemaGenerator::default());
    let advertised: Value =
        serde_json::from_str(tool(surface::catalog(), "make").input_schema).expect("is JSON");
    assert_eq!(told.to_value(), advertised);
}
