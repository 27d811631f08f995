#!/usr/bin/env bash
# kill.sh MILLWATCH: a run is killed (SIGKILL) at different points, and the next one makes good what was left undone: no committed
# record is lost or doubled, the sums by minute and hour are those of the records, no incident stays open, and the assets are
# those that all records give from the beginning.
set -eu
millwatch=$1
here=$(cd "$(dirname "$0")" && pwd)
capture=$here/../golden/cases/plant/input.pcap
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf 'store:\n  save_every: 1s\nconsole:\n  port: 0\n' >"$work/config.yaml"
head -c 24 "$capture" >"$work/empty.pcap"  # a capture without packets
stored() { "$millwatch" operations --data "$1" --limit 1000000 --json 2>/dev/null | grep -c '"type": "operation"' || true; }
for after in 5 60 140; do  # operations that are stored when it is killed
  data=$work/data-$after
  "$millwatch" run --config "$work/config.yaml" --read "$capture" --speed 30 --learn-for 96s --data "$data" >"$work/out" 2>&1 &
  running=$!
  for _ in $(seq 600); do
    [ "$(stored "$data")" -lt "$after" ] || break
    sleep 0.05
  done
  kill -KILL "$running" 2>/dev/null || { cat "$work/out"; echo "the run ended before it was killed"; exit 1; }
  wait "$running" 2>/dev/null || true
  cp -a "$data" "$data-whole"
  rm "$data-whole"/state.db*  # here everything is read again from the first record
  "$millwatch" operations --data "$data" --limit 1000000 --json >"$work/before"
  for folder in "$data" "$data-whole"; do
    "$millwatch" run --config "$work/config.yaml" --read "$work/empty.pcap" --learn-for 96s --data "$folder" >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
  done
  python3 "$here/mended.py" "$millwatch" "$data" "$work/before" "$data-whole"
done
