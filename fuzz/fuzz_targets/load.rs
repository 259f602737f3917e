//! Any bytes as a document, an overlay or the files of a split document.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_bodies::load(bytes));
