#!/usr/bin/env python3
"""kept.py MILLWATCH DATA REPORT: what the query commands give of a data folder is what the report of the run says."""
import collections
import json
import subprocess
import sys

millwatch, data, report = sys.argv[1:]
report = json.load(open(report))
wrong = []


def ask(*what):
    return json.loads(subprocess.run([millwatch, *what, "--data", data, "--json"], check=True, capture_output=True).stdout)


def same(name, found, expected):
    if found != expected:
        wrong.append(f"{name}: the store gives {str(found)[:300]}, the report says {str(expected)[:300]}")


for name, key in (("assets", "id"), ("detections", "id"), ("incidents", "id")):
    same(name, {x[key]: x for x in ask(name, "--limit", "100000")}, {x[key]: x for x in report[name]})
same("ledger", ask("ledger"), report["ledger"])
operations, flows = ask("operations", "--limit", "1000000"), ask("flows", "--limit", "1000000")
same("operations", len(operations), report["stats"]["operations"])
same("flows", sum(not f["interim"] for f in flows), report["stats"]["flows"])
same("the newest stands first", [o["time"] for o in operations], sorted((o["time"] for o in operations), reverse=True))


def sums(records):  # as the rollups should say
    out = collections.Counter()
    for r in records:
        if r["type"] == "operation":
            out[r["protocol"], r["action"]] += r.get("repeat", {}).get("count", 1)
        else:
            out[r["application"], None, "packets"] += r["client_packets"] + r["server_packets"]
            out[r["application"], None, "flows"] += not r["interim"]
    return +out


def rolled(by):
    out = collections.Counter()
    for r in ask("operations", "--by", by, "--limit", "1000000"):
        out[r["protocol"], r["action"]] += r["operations"]
    for r in ask("flows", "--by", by, "--limit", "1000000"):
        for what in ("packets", "flows"):
            out[r["protocol"], None, what] += r[what]
    return +out


for by in ("minute", "hour"):
    same(f"sums by {by}", rolled(by), sums(operations + flows))
host = "10.10.0.99"
same("--host", ask("operations", "--host", host, "--limit", "1000000"), [o for o in operations if host in (o["client"].split(":")[0], o["server"].split(":")[0])])
same("--action", ask("operations", "--action", "write", "--limit", "1000000"), [o for o in operations if o["action"] == "write"])
same("--severity", {i["id"] for i in ask("incidents", "--severity", "high")}, {i["id"] for i in report["incidents"] if i["severity"] in ("high", "critical")})
same("--rule", {d["id"] for d in ask("detections", "--rule", "MW-0201", "--limit", "100000")}, {d["id"] for d in report["detections"] if d["rule"] == "MW-0201"})
print("\n".join(wrong) or f"store: {len(operations)} operations, {len(flows)} flows, {len(report['assets'])} assets, {len(report['incidents'])} incidents as in the report")
sys.exit(bool(wrong))
