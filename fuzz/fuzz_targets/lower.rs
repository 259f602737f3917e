//! A document of sound structure, mutated as a tree, to the description of an API.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| fuzz_bodies::lower(bytes));

fuzz_mutator!(|bytes: &mut [u8], size: usize, most: usize, seed: u32| {
    fuzz_bodies::mutate::in_place(fuzz_bodies::mutate::Words::Documents, bytes, size, most, seed)
});
