#!/bin/bash
# A sensor on a mirror port, live: a Modbus server and client on libmodbus talk to each other in network namespaces, and what the sensor
# recorded is compared with what the client did. Takes about ten seconds.
#
#   live.sh SENSOR      exit status 0: all found; 1: not; 77: namespaces or packages are not to be had here
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/network.sh"

[ $# -eq 1 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2; }
sensor=$(realpath "$1")
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
commands | in_host hmi "$work/bin/modbus_client" 10.10.0.11 502 1
sleep 1
kill -TERM $(ip netns pids "${plant_prefix}switch") 2>/dev/null
wait "$running" || { echo "the sensor ended with status $?:"; cat "$work/sensor.log"; exit 1; }
if ! [ -s "$work/records.jsonl" ]; then
  echo "the sensor recorded nothing:"
  cat "$work/sensor.log"
  exit 1
fi
"$here/compare.py" "$work/operations.jsonl" "$work/records.jsonl"
