//! A document, mutated as a tree, to a whole program.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| fuzz_bodies::generate(bytes));

fuzz_mutator!(|bytes: &mut [u8], size: usize, most: usize, seed: u32| {
    fuzz_bodies::mutate::in_place(fuzz_bodies::mutate::Words::Documents, bytes, size, most, seed)
});
