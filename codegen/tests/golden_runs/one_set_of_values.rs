//! The golden programs take what their schemas promise, and give it.

use crate::programs;

#[test]
fn schema_and_decoder_accept_the_same_arguments() {
    values::of_arguments(&programs::all(), 3000);
}

#[test]
fn what_is_made_of_any_answer_conforms_to_the_output_schema() {
    values::of_answers(&programs::all(), 2000);
}
