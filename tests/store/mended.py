#!/usr/bin/env python3
"""mended.py MILLWATCH DATA BEFORE WHOLE: a data folder after a crash and the next start. BEFORE: its operations at the crash;
WHOLE: a copy in which everything was read again."""
import collections
import json
import subprocess
import sys

millwatch, data, before, whole = sys.argv[1:]
wrong = []


def ask(*what, of=data):
    return json.loads(subprocess.run([millwatch, *what, "--limit", "1000000", "--data", of, "--json"], check=True, capture_output=True).stdout)


operations, flows = ask("operations"), ask("flows")
if operations != json.load(open(before)):
    wrong.append("operations changed over the restart")
if not operations:
    wrong.append("nothing was stored before the crash")
if len({json.dumps(o) for o in operations}) != len(operations):
    wrong.append("an operation stands twice")
expected = collections.Counter()
for o in operations:
    expected["operations", o["protocol"], o["action"]] += o.get("repeat", {}).get("count", 1)
for f in flows:
    expected["packets", f["application"]] += f["client_packets"] + f["server_packets"]
for by in ("minute", "hour"):
    found = collections.Counter()
    for r in ask("operations", "--by", by):
        found["operations", r["protocol"], r["action"]] += r["operations"]
    for r in ask("flows", "--by", by):
        found["packets", r["protocol"]] += r["packets"]
    if +found != +expected:
        wrong.append(f"sums by {by} are {dict(found)}, the records say {dict(expected)}")
if ask("incidents", "--open"):
    wrong.append("an incident is open, and nobody goes on with it")
actors, all_actors = (collections.Counter(a for i in ask("incidents", of=d) for a in i["actors"]) for d in (data, whole))
if actors != all_actors:
    wrong.append(f"incidents by actor are {dict(actors)}, those of all records {dict(all_actors)}: an attack that goes on over a crash is one")
known, all_known = ({a["id"]: (a["addresses"], a["role"], a["first_seen"], a["last_seen"]) for a in ask("assets", of=d)} for d in (data, whole))
if known != all_known:
    wrong.append(f"assets {known} are not those of all records {all_known}")
print("\n".join(wrong) or f"mended: {len(operations)} operations, {len(flows)} flows, {len(known)} assets")
sys.exit(bool(wrong))
