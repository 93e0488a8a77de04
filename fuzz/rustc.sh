#!/bin/sh
# Compiles the workspace's own crates so that libFuzzer sees which branches an input takes. Cargo calls it in place of rustc
# (RUSTC_WORKSPACE_WRAPPER), for these crates only: the dependencies are those of any debug build.
exec "$@" -C opt-level=2 -C debug-assertions=on -C overflow-checks=on -C passes=sancov-module \
  -C llvm-args=-sanitizer-coverage-level=4 -C llvm-args=-sanitizer-coverage-inline-8bit-counters \
  -C llvm-args=-sanitizer-coverage-pc-table -C llvm-args=-sanitizer-coverage-trace-compares
