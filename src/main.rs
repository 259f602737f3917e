//! The program `code-pipeline-mcp`: the generated API, and a simulated CES to try it with.

use std::process::ExitCode;

use code_pipeline_mcp::api;
use program::{Demonstrating, Demonstration, Offers, Program};
use server::policy::OwnRules;
use simulator::Simulator;

/// Tool calls that find something in the simulator's stock.
const CALLS: &[(&str, &str)] = &[
    ("get_assignment_tasks", r#"{"srid": "cw09-47623", "assignmentId": "PLAY000313"}"#),
    ("generate_assignment", r#"{"srid": "cw09-47623", "assignmentId": "PLAY000313", "level": "DEV2"}"#),
    ("get_set", r#"{"srid": "cw09-47623", "setId": "S000015218"}"#),
];

/// Who may do what where no file says it; a test writes the proof once it has checked them.
const RULES: OwnRules =
    OwnRules { text: include_str!("../config/policy.cedar"), proof: include_str!("../config/policy.proof") };

fn main() -> ExitCode {
    program::main(Program {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        api: api::catalog(),
        tools: &[],
        offers: Offers::json(include_str!("../config/openapi.json")),
        policy: Some(RULES),
        demonstration: Some(demonstrate),
    })
}

/// Starts a simulated CES on a free port of the loopback interface.
fn demonstrate() -> Demonstrating {
    Box::pin(async {
        let running = Simulator::builder().start().await?;
        let (base_url, token) = (running.url(), running.token().to_owned());
        Ok(Demonstration { base_url, token, calls: CALLS, running: Box::new(running) })
    })
}
