#!/usr/bin/env bash
# one.sh BUILD PROTOCOL SECONDS: fuzzes one dissector; prints what was done in one line, or its last words. Status 1: a finding.
set -u
build=$1 name=$2 seconds=$3
mkdir -p "$build/corpus/each/$name" "$build/crashes"
log=$build/each-$name.log
if MILLWATCH_FUZZ_ONLY=$name "$build/bin/protocol_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
  -artifact_prefix="$build/crashes/$name-" "$build/corpus/each/$name" "$build/seeds/protocol_fuzz" >"$log" 2>&1; then
  echo "$name: $(grep -E '^Done ' "$log")"
  rm -f "$log"
else
  echo "$name failed (all of it: $log):"
  grep -E 'broken:|ERROR:|runtime error:|Test unit written' "$log" || tail -5 "$log"
  echo "again: MILLWATCH_FUZZ_ONLY=$name $build/bin/protocol_fuzz $build/crashes/$name-..."
  exit 1
fi
