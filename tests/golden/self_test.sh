#!/usr/bin/env bash
# self_test.sh SENSOR: the self-test passes on the recorded plant, and fails on what a wrong mirror port gives: one direction, or nothing.
set -u
sensor=$(realpath "$1")
cd "$(dirname "$0")" || exit 2
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 - cases/plant/input.pcap "$work/one.pcap" "$work/none.pcap" <<'CUT'
import struct, sys
data = open(sys.argv[1], "rb").read()
at, kept, order = 24, [], "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
while at + 16 <= len(data):
    end = at + 16 + struct.unpack(order + "I", data[at + 8:at + 12])[0]
    frame = data[at + 16:end]
    tcp = frame[12:14] == b"\x08\x00" and frame[23] == 6
    if not tcp or frame[26:30] < frame[30:34]:  # of a TCP connection only the lower address's frames
        kept.append(data[at:end])
    at = end
open(sys.argv[2], "wb").write(data[:24] + b"".join(kept))
open(sys.argv[3], "wb").write(data[:24])
CUT
wrong=0
judged() {  # judged STATUS ID VERDICT CAPTURE
  local said status
  said=$("$sensor" --self-test --read "$4" --spool "$work" --json); status=$?
  [ $status -eq "$1" ] || { echo "$4: status $status, not $1"; wrong=1; }
  python3 -c 'import json,sys; c={x["id"]: x for x in json.load(sys.stdin)["checks"]}[sys.argv[1]]; sys.exit(c["verdict"] != sys.argv[2] or (c["verdict"] == "failed") != ("remedy" in c))' \
    "$2" "$3" <<<"$said" || { echo "$4: '$2' is not '$3': $said"; wrong=1; }
}
for id in traffic directions protocols loss; do judged 0 $id passed cases/plant/input.pcap; done
judged 1 directions failed "$work/one.pcap"
judged 1 traffic failed "$work/none.pcap"
"$sensor" --self-test --read cases/plant/input.pcap --lang en | grep -q '^The sensor is fit for use' || { echo "no conclusion in English"; wrong=1; }
"$sensor" --self-test --read cases/plant/input.pcap | grep -q '探针可以投入使用' || { echo "no conclusion in Chinese"; wrong=1; }
"$sensor" --read cases/plant/input.pcap --json >/dev/null 2>&1; [ $? -eq 2 ] || { echo "--json without --self-test is no mistake"; wrong=1; }
exit $wrong
