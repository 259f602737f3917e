//! A parameter rule and a JSON value to the parts of a request and its verified target.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| fuzz_bodies::request(bytes));

fuzz_mutator!(|bytes: &mut [u8], size: usize, most: usize, seed: u32| {
    fuzz_bodies::mutate::in_place(fuzz_bodies::mutate::Words::Requests, bytes, size, most, seed)
});
