//! A message to a server with the direct lane and to one without, which answer alike.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| fuzz_bodies::lane(bytes));

fuzz_mutator!(|bytes: &mut [u8], size: usize, most: usize, seed: u32| {
    fuzz_bodies::mutate::in_place(fuzz_bodies::mutate::Words::Messages, bytes, size, most, seed)
});
