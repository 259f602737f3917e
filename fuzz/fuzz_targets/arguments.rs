//! A JSON value through the decoder of a generated tool, judged by the schema that the tool advertises.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| fuzz_bodies::arguments(bytes));

fuzz_mutator!(|bytes: &mut [u8], size: usize, most: usize, seed: u32| {
    fuzz_bodies::mutate::in_place(fuzz_bodies::mutate::Words::Arguments, bytes, size, most, seed)
});
