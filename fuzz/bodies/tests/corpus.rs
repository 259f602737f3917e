//! Every file of the corpus and every input that was once a finding, through the body of its target.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fuzz_bodies::mutate::{self, Words};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs the files of `fuzz/corpus/TARGET` and `fuzz/regressions/TARGET`.
fn run(target: &str, body: fn(&[u8])) {
    let corpus = files(&fuzz().join("corpus").join(target));
    assert!(!corpus.is_empty(), "the corpus of {target} is committed");
    let regressions = files(&fuzz().join("regressions").join(target));
    for file in corpus.iter().chain(&regressions) {
        let bytes = fs::read(file).expect("files of the corpus can be read");
        let started = Instant::now();
        if std::panic::catch_unwind(|| body(&bytes)).is_err() {
            panic!("{} is a finding again", file.display());
        }
        // The fuzzer itself gives an input 20 seconds, in a release build.
        assert!(started.elapsed() < Duration::from_secs(60), "{} takes too long", file.display());
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("folders can be listed").path()).collect();
    files.sort();
    files
}

#[test]
fn load() {
    run("load", fuzz_bodies::load);
}

#[test]
fn lower() {
    run("lower", fuzz_bodies::lower);
}

#[test]
fn generate() {
    run("generate", fuzz_bodies::generate);
}

#[test]
fn request() {
    run("request", fuzz_bodies::request);
}

#[test]
fn lane() {
    run("lane", fuzz_bodies::lane);
}

#[test]
fn arguments() {
    run("arguments", fuzz_bodies::arguments);
}

#[test]
fn the_corpus_stays_small() {
    let folders = ["load", "lower", "generate", "request", "arguments", "lane"]
        .map(|target| fuzz().join("corpus").join(target));
    let sizes: Vec<u64> = folders
        .iter()
        .flat_map(|folder| files(folder))
        .map(|file| fs::metadata(file).expect("files of the corpus can be read").len())
        .collect();
    assert!(
        sizes.iter().all(|size| *size <= 20_000) && sizes.iter().sum::<u64>() < 1_000_000,
        "cmin and prune the corpus"
    );
}

/// A few changed copies of the corpus, so that each run tries something that no file holds.
#[test]
fn a_few_mutants_of_the_corpus_keep_every_promise() {
    type Target = (&'static str, Words, fn(&[u8]));
    let targets: [Target; 5] = [
        ("lower", Words::Documents, fuzz_bodies::lower),
        ("generate", Words::Documents, fuzz_bodies::generate),
        ("request", Words::Requests, fuzz_bodies::request),
        ("arguments", Words::Arguments, fuzz_bodies::arguments),
        ("lane", Words::Messages, fuzz_bodies::lane),
    ];
    let wanted = std::env::var("FUZZ_MUTANTS").ok().and_then(|number| number.parse().ok());
    for seed in 0..wanted.unwrap_or(200_u32) {
        for (target, words, body) in targets {
            let corpus = files(&fuzz().join("corpus").join(target));
            let mut bytes =
                fs::read(&corpus[seed as usize * 7 % corpus.len()]).expect("files of the corpus can be read");
            let mut size = bytes.len();
            bytes.resize(20_000, 0);
            for round in 0..3 {
                size = mutate::in_place(words, &mut bytes, size, 20_000, seed * 3 + round);
            }
            bytes.truncate(size);
            if std::panic::catch_unwind(|| body(&bytes)).is_err() {
                panic!("a finding of {target}: {}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}
