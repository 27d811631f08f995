#!/usr/bin/env python3
"""attacks.py MILLWATCH: each labelled attack capture in a protocol that is dissected yields the findings that its label lists.

The labels (attacks.json beside the captures) say what was asked of a device: protocol, class, function code, count. A class is
found when a detection of one of its rules holds that function as evidence, between hosts of the capture. Exit status 77 where
the captures are not at hand."""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

millwatch = sys.argv[1]
folder = pathlib.Path(os.environ.get("MILLWATCH_CAPTURES", pathlib.Path(__file__).parents[3] / "shared/captures"))
if not (folder / "attacks.json").exists():
    print("skipped: no attacks.json at MILLWATCH_CAPTURES or beside the checkout")
    sys.exit(77)

# (protocol, class) -> rules of which one must speak; the sub-function of "diagnostic" classes stands in the function of our operation
RULES = {
    ("dnp3", "cold restart"): ["MW-0503"],
    ("dnp3", "warm restart"): ["MW-0503"],
    ("dnp3", "start/stop application"): ["MW-0501", "MW-0502"],
    ("dnp3", "write"): ["MW-0403"],
    ("dnp3", "save config/unsolicited/assign class"): ["MW-0604", "MW-0605", "MW-0509"],
    ("dnp3", "control (select/operate/direct operate)"): ["MW-0404"],
    ("dnp3", "file/config"): ["MW-0801", "MW-0802", "MW-0803"],
    ("cip", "CIP Reset"): ["MW-0503"],
    ("cip", "CIP Start/Stop"): ["MW-0501", "MW-0502"],
    ("cip", "CIP Set attribute(s)"): ["MW-0403", "MW-0701", "MW-0509"],
    ("enip", "ListIdentity scan"): ["MW-1301"],
    ("iec104", "control command"): ["MW-0404"],
    ("iec104", "clock sync"): ["MW-0701"],
    ("iec104", "file transfer"): ["MW-0801", "MW-0803"],
    ("modbus", "write"): ["MW-0403"],
    ("modbus", "restart communications"): ["MW-0602"],
    ("modbus", "force listen only"): ["MW-0601"],
    ("modbus", "clear counters"): ["MW-0603"],
    ("modbus", "diagnostic/identification/vendor"): ["MW-1301", "MW-0601", "MW-0602", "MW-0603"],
    ("s7comm", "PLC stop"): ["MW-0501"],
    ("s7comm", "PI service (start/insert/delete/copy)"): ["MW-0502", "MW-0505", "MW-0509"],
    ("s7comm", "block/program upload"): ["MW-0506"],
    ("s7comm", "block/program download"): ["MW-0505"],
    ("s7comm", "write variable"): ["MW-0403"],
    ("s7comm", "set clock"): ["MW-0701"],
    ("s7comm", "block list/info"): ["MW-1301"],
    # 0x33 to 0x35 copy from the controller: what their names call a download is an upload in our words
    ("umas", "program download"): ["MW-0506"],
    ("umas", "PLC reservation"): ["MW-0606"],
}
# classes that are no finding by themselves, with the reason
NONE = {
    ("cip", "CIP vendor/object service"): "the label does not say which object, so not what was asked",
    ("cip", "CIP error status"): "a refusal alone is no attack; a storm of them is (MW-1001)",
    ("modbus", "exception response"): "as above",
    ("modbus", "UMAS function code 90"): "labelled as umas below",
    ("iec104", "interrogation"): "reads, as any control centre does",
    ("iec104", "negative confirmation"): "a refusal alone is no attack",
    ("s7comm", "download ack"): "the answer to a download, which is listed itself",
    ("s7comm", "PI service name"): "listed as PI service or stop",
    ("s7comm", "S7 error"): "a refusal alone is no attack",
    ("s7comm", "programmer command (force/vartab/diag)"): "diagnosis; forcing has a class of its own here (MW-0508)",
}
PROTOCOLS = {p for p, _ in RULES}


def code_of(finding):
    """The function as our operations write it; None where rules look at several."""
    text = finding["operation"]
    if finding["class"] in ("restart communications", "force listen only", "clear counters"):
        return "8/" + re.search(r"request: (\d+)", text)[1]
    sub = re.search(r"userdata: Request: (\w+) functions / subfunction (\d+)", text)
    if sub:
        return {"Time": "userdata/7/", "Block": "userdata/3/"}[sub[1]] + sub[2]
    number = re.search(r": (0x[0-9a-f]+|\d+)\b", text)
    return str(int(number[1], 0)) if number else None


captures = judged = 0
wrong, skipped = [], collections.Counter()
for entry in json.loads((folder / "attacks.json").read_text()):
    if entry["protocol"] not in PROTOCOLS:
        continue
    path = folder / entry["file"].removeprefix("dev/")
    run = subprocess.run([millwatch, "run", "--read", path, "--report", "-"], capture_output=True, text=True)
    if run.returncode != 0:
        wrong.append(f"{path.name}: exit {run.returncode}: {run.stderr[-300:]}")
        continue
    captures += 1
    detections = json.loads(run.stdout)["detections"]
    name = path.name
    if entry["malformed_frames"] > 10 and not any(d["rule"] == "MW-1501" for d in detections):
        wrong.append(f"{name}: malformed messages are not reported")
    for f in entry["findings"]:
        key = f["protocol"], f["class"]
        if key in NONE:
            skipped[key] += 1
            continue
        if key not in RULES:
            if f["protocol"] in PROTOCOLS:
                wrong.append(f"{name}: nobody said which rule finds {key}")
            continue
        judged += 1
        code = code_of(f)
        if key == ("modbus", "diagnostic/identification/vendor"):
            same = lambda d: d["evidence"]["function"].split("/")[0] == code
        else:
            same = lambda d: code is None or d["evidence"]["function"] == code
        found = [d for d in detections if d["rule"] in RULES[key] and same(d)]
        if not found:
            wrong.append(f"{name}: {f['class']} ({f['operation']}) is not found: {sorted({(d['rule'], d['evidence']['function']) for d in detections})}")
        for d in found:
            if d["actor"] not in entry["hosts"] or d["victim"] not in entry["hosts"]:
                wrong.append(f"{name}: {d['rule']} names {d['actor']} and {d['victim']}, which are not of the capture")
for key, n in skipped.items():
    print(f"not asked for: {' '.join(key)} ({n}): {NONE[key]}")
print("\n".join(wrong + [f"{captures} captures, {judged} labelled findings judged, {len(wrong)} wrong"]))
sys.exit(bool(wrong) or judged == 0)
