#!/bin/bash
# A sensor on a mirror port, live: a Modbus server and client on libmodbus talk to each other in network namespaces, and what the sensor
# recorded is compared with what the client did; beside it, the one box analyses the same port and serves its metrics. About ten seconds.
#
#   live.sh SENSOR FRONT      exit status 0: all found; 1: not; 77: namespaces or packages are not to be had here
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/network.sh"

[ $# -eq 2 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2; }
sensor=$(realpath "$1")
front=$(realpath "$2")
why=$(plant_can) || { echo "skipped: $why"; exit 77; }
pkg-config --exists libmodbus 2>/dev/null || { echo "skipped: no libmodbus-dev"; exit 77; }

work=$(mktemp -d)
trap 'plant_down; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
bash "$here/build_peers.sh" "$work/bin" || exit 1
grep -E '^(plc1|hmi) ' "$here/hosts.txt" >"$work/hosts"
plant_up "$work/hosts"

in_host plc1 "$work/bin/modbus_server" 10.10.0.11 502 &
disown
in_host switch "$sensor" --interface mirror --records "$work/records.jsonl" --condense off >"$work/sensor.log" 2>&1 &
running=$!
in_host switch ip link set lo up
in_host switch "$front" run --interface mirror --data "$work/data" --report "$work/report.json" --lang en >"$work/front.log" 2>&1 &
front_running=$!
for _ in $(seq 50); do
  in_host plc1 ss -Hltn 'sport = :502' | grep -q . && break
  sleep 0.1
done
sleep 1.5  # the sensor opens its interface

commands() {
  local turn
  for turn in 1 2 3 4; do
    printf '%s\nsleep 0.2\n' 'read holding 0 10' 'read coil 0 8' 'read input 0 6' 'read discrete 3 5' \
      "write holding 100 $((1500 + turn))"
  done
  printf '%s\nsleep 0.15\n' 'write coil 5 1' 'write coil 5 0' 'write_many holding 110 300 310 320' 'write_many coil 20 1 0 1 1' \
    'mask 120 242 37' 'exchange 0 4 130 17 18' identify server_id 'diagnose 0 7' 'read holding 999 4' 'diagnose 99' 'read holding 110 3'
}
export PLANT_HOST=hmi PLANT_ADDRESS=10.10.0.50 PLANT_LOG=$work/operations.jsonl
# the worker is killed while nothing is said: another one takes its place, and nothing of what follows is missed
worker=$(pgrep -P "$(pgrep -f "^$sensor --interface mirror --records" | head -1)")
grep -q '^CapEff:[[:space:]]*0*$' "/proc/$worker/status" && grep -q '^Seccomp:[[:space:]]*2$' "/proc/$worker/status" ||
  { echo "the worker has rights:"; grep -E '^(Uid|CapEff|Seccomp)' "/proc/$worker/status"; exit 1; }
kill -KILL "$worker"
sleep 2.5
commands | in_host hmi "$work/bin/modbus_client" 10.10.0.11 502 1
sleep 6  # the metrics are made anew every five seconds
in_host switch python3 -c 'import sys, urllib.request as u; sys.stdout.write(u.urlopen("http://127.0.0.1:9464/metrics", timeout=5).read().decode())' >"$work/metrics"
kill -TERM $(ip netns pids "${plant_prefix}switch") 2>/dev/null
wait "$running" || { echo "the sensor ended with status $?:"; cat "$work/sensor.log"; exit 1; }
grep -q 'the worker crashed (Killed)' "$work/sensor.log" || { echo "nobody says that the worker was killed:"; cat "$work/sensor.log"; exit 1; }
if ! [ -s "$work/records.jsonl" ]; then
  echo "the sensor recorded nothing:"
  cat "$work/sensor.log"
  exit 1
fi
wait "$front_running" || { echo "the one box ended with status $?:"; cat "$work/front.log"; exit 1; }
grep -qE '^millwatch_operations_total\{.*protocol="modbus".*\} [1-9]' "$work/metrics" || { echo "no Modbus operation in the live metrics:"; cat "$work/front.log"; exit 1; }
[ "$("$front" operations --data "$work/data" --protocol modbus --json | grep -c '"type": "operation"')" -ge 10 ] || { echo "the one box stored too few operations"; exit 1; }
python3 - "$work/report.json" <<'CHECK' || exit 1
import json, sys
report = json.load(open(sys.argv[1]))
hosts = json.dumps(report["assets"])
wrong = [f"no asset {a}" for a in ("10.10.0.11", "10.10.0.50") if a not in hosts]
for name, s in report["ledger"].items():
    if not s["balanced"]: wrong.append(f"stage {name} does not balance: {s}")
if report["ledger"]["analyzer"]["in"] < 20: wrong.append(f"the analyzer took too few records: {report['ledger']['analyzer']}")
print("\n".join(wrong) or f"one box: {len(report['assets'])} assets, {report['ledger']['analyzer']['in']} records, {len(report['ledger'])} stages balanced")
sys.exit(bool(wrong))
CHECK
"$here/compare.py" "$work/operations.jsonl" "$work/records.jsonl"
