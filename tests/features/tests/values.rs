//! Every feature's tools take what their schemas promise, and give it.

use features::FEATURES;
use server::catalog::Api;

fn apis() -> Vec<&'static Api> {
    FEATURES.iter().filter_map(|feature| (feature.api)()).collect()
}

#[test]
fn schemas_and_decoders_take_the_same_arguments() {
    values::of_arguments(&apis(), 6000);
}

#[test]
fn what_is_made_of_any_answer_conforms() {
    values::of_answers(&apis(), 3000);
}
