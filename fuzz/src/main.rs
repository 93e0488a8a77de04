//! libFuzzer on one of the targets: the one that `FUZZ_TARGET` names. `cargo xtask fuzz` builds and starts it.

#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let target = fuzz::TARGETS.iter().find(|(of, _)| *of == name);
    target.expect("FUZZ_TARGET names a target of fuzz/src/lib.rs").1
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET(data));
