#!/usr/bin/python3
"""attack.py REPORT EXPECTED: the incidents of the recorded plant name the attacker, the stop of the controller, the scan and
the new host; nothing is alerted before the attack begins. Steps in protocols without a dissector are not asked for."""
import json
import sys

report = json.load(open(sys.argv[1], encoding="utf-8"))
steps = json.load(open(sys.argv[2], encoding="utf-8"))
begin = min(s["time"] for s in steps)
attacker = steps[0]["actor"]
failed = []


def want(condition, text):
    print(("ok    " if condition else "FAILED ") + text)
    if not condition:
        failed.append(text)


incidents = report["incidents"]
want(incidents, "there are incidents")
# an incident may reach back to what was only recorded while the site was on trial; it must not end before the attack
early = [i for i in incidents if i["last_seen"] < begin - 1 and i["severity"] in ("critical", "high", "medium")]
want(not early, f"no incident of medium or more before the attack: {[(i['title']['en'], i['first_seen']) for i in early]}")
theirs = [i for i in incidents if attacker in i["actors"]]
want(theirs, f"incidents name {attacker}")
techniques = {t for i in theirs for t in i["techniques"]}
for technique in ("T0858", "T0846", "T0864"):
    want(technique in techniques, f"{technique} is among the attacker's techniques {sorted(techniques)}")
want(any(i["severity"] == "critical" for i in theirs), "the stop of a controller is critical")
want(all(i["title"]["zh"] and i["title"]["en"] and i["evidence"] for i in incidents), "each incident has evidence and both languages")
want(all(s["balanced"] for s in report["ledger"].values() if isinstance(s, dict) and "balanced" in s), "the ledger balances")
sys.exit(1 if failed else 0)
