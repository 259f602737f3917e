//! The golden programs compile without a warning and do what their documents say: arguments are decoded, requests
//! written, answers made regular; and what a schema promises is what a decoder takes.

pub mod programs;

mod bodies;
mod one_set_of_values;
mod runs;
