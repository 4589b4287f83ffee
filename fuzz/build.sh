#!/usr/bin/env bash
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite ask for it: sources in $SRC/netcore, binaries, seeds,
# dictionaries and options into $OUT, with the sanitizer that $SANITIZER names.
set -euo pipefail
cd "$SRC/netcore"

build=(-O)
case "${SANITIZER:-address}" in
    # The simulator's threads are coroutines: the sanitizer is to be told when the stack changes.
    address) build+=(--features sanitizer) ;;
    none) build+=(--sanitizer none) ;;
    # For coverage the image's own cargo knows what to do.
    *) ;;
esac
cargo fuzz build "${build[@]}"

for target in $(cargo fuzz list); do
    # It compares with the kernel that it runs on: what it finds on an unknown one is a difference of versions.
    if [ "$target" = conform ]; then continue; fi
    cp "${CARGO_TARGET_DIR:-fuzz/target}/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
    zip --quiet --junk-paths --filesync "$OUT/${target}_seed_corpus.zip" "fuzz/corpus/$target/"*.seed
    {
        printf '[libfuzzer]\nmax_len = 4096\ntimeout = 60\n'
        if [ -e "fuzz/dictionaries/$target.dict" ]; then
            cp "fuzz/dictionaries/$target.dict" "$OUT/"
            printf 'dict = %s.dict\n' "$target"
        fi
        # Every simulated thread would have a second, heap-allocated stack, and there are many of them.
        printf '[asan]\ndetect_stack_use_after_return = 0\n'
    } >"$OUT/$target.options"
done
