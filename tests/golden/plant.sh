#!/usr/bin/env bash
# plant.sh SENSOR MILLWATCH: the recorded plant. Every operation that its clients issued is found with object and
# value; the attack is found; two runs give the same report, byte for byte.
set -eu
sensor=$1 millwatch=$2
here=$(cd "$(dirname "$0")" && pwd)
case=$here/cases/plant
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$sensor" --read "$case/input.pcap" --condense off --records "$work/records" --stats "$work/stats"
"$here/../plant/compare.py" "$case/operations.jsonl" "$work/records" | tail -3
for n in 1 2; do
  "$millwatch" approve --data "$work/data$n" --from "$here/../plant/approved.json"  # the engineering station, as an operator would
  "$millwatch" run --read "$case/input.pcap" --data "$work/data$n" --learn-for 96s --report "$work/report$n" --lang en > "$work/tables$n"
done
cmp "$work/report1" "$work/report2"
cmp "$work/tables1" "$work/tables2"
for n in 1 2; do  # what was learned, found and stored
  "$millwatch" baseline --data "$work/data$n" --export >"$work/kept$n"
  for what in assets detections incidents sensors ledger 'operations --limit 100000' 'flows --limit 100000' 'operations --by minute' 'flows --by hour'; do
    "$millwatch" $what --data "$work/data$n" --json >>"$work/kept$n"
  done
done
cmp "$work/kept1" "$work/kept2"
python3 "$here/kept.py" "$millwatch" "$work/data1" "$work/report1"
"$here/attack.py" "$work/report1" "$here/../plant/expected.json"
