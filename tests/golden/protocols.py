#!/usr/bin/env python3
"""Holds docs/protocols.md against the programs, or writes it.

    protocols.py SENSOR                   every protocol that the sensor registers has its row, with these ports
    protocols.py SENSOR --write DIR...    writes the file; what was seen in the captures of DIR stands in its columns

Ports come from the registry, the source document from the first sentence of the dissector's file, actions, facts and functions
from what the sensor says of the captures.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[2]
page = root / "docs" / "protocols.md"
registry = re.compile(r"^const protocol \w+\{\{.*?\.name = \"([a-z0-9_]+)\"|^const protocol \w+\{\{\s*\"([a-z0-9_]+)\"", re.S | re.M)


def sources():
    """name -> first sentence of the file that registers it"""
    out = {}
    for path in sorted((root / "sensor" / "dissect").glob("*.cpp")):
        text = path.read_text()
        names = [a or b for a, b in registry.findall(text)]
        if not names:
            continue
        lines = []
        for line in text.splitlines():
            if not line.startswith("//"):
                break
            lines.append(line[2:].strip())
        for name in names:
            out[name] = re.split(r"(?<=[.)])\s(?=[A-Z])", " ".join(lines))[0]
    return out


def ports(about):
    parts = []
    for name in ("tcp", "udp"):
        if about[name]:
            parts.append(name.upper() + " " + " ".join(map(str, about[name])) + ("" if about[f"any_{name}_port"] else " only"))
        elif about[f"any_{name}_port"]:
            parts.append(name.upper() + " any")
    if about["ethertypes"]:
        parts.append("EtherType " + " ".join(f"0x{e:04x}" for e in about["ethertypes"]) if any(about["ethertypes"]) else "802.3 LLC")
    return ", ".join(parts)


def observed(sensor, folders, registered):
    seen = {name: {"actions": set(), "facts": set(), "functions": set(), "folders": set()} for name in registered}
    captures = sorted(p for d in folders for p in pathlib.Path(d).rglob("*") if p.suffix in (".pcap", ".pcapng", ".cap"))
    for capture in captures:
        run = subprocess.run([sensor, "--read", str(capture), "--records", "-"], capture_output=True, text=True, check=True)
        application = {}
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        for r in lines:
            if r["type"] == "flow":
                application[r["flow"]] = r["application"]
        for r in lines:
            name = application.get(r.get("flow"), r.get("protocol")) if r["type"] == "operation" else r.get("protocol")
            if name not in seen:
                name = r.get("protocol")
            if name not in seen:
                continue
            s = seen[name]
            if r["type"] == "operation":
                s["actions"].add(r["action"]), s["functions"].add((r["protocol"], r["function"]))
                s["folders"].add(capture.parent.name)
            if r["type"] == "fact":
                s["facts"].add(r["kind"])
    return seen


def main():
    sensor, rest = sys.argv[1], sys.argv[2:]
    registered = {p["name"]: p for p in json.loads(subprocess.run([sensor, "--protocols"], capture_output=True, check=True).stdout)}
    named = sources()
    wrong = [f"{n}: no file in sensor/dissect opens with its sentence and registers it by this name" for n in registered if n not in named]
    if rest[:1] == ["--write"]:
        seen = observed(sensor, rest[1:], registered)
        out = ["# Protocols", "",
               "Written by `tests/golden/protocols.py`; ports are hints, never verdicts (`only`: not looked for elsewhere). Actions, facts and the",
               "number of functions are those that the captures at hand exercise; a protocol without any is tested by hand-made messages alone.", "",
               "| name | looked for on | what it is, by which document | actions seen | facts seen | functions seen | captures of |",
               "| --- | --- | --- | --- | --- | --- | --- |"]
        for name, about in registered.items():
            s = seen[name]
            out.append("| " + " | ".join([name, ports(about), named.get(name, ""), " ".join(sorted(s["actions"])), " ".join(sorted(s["facts"])),
                                          str(len(s["functions"])) if s["functions"] else "", " ".join(sorted(s["folders"]))]) + " |")
        page.write_text("\n".join(out) + "\n")
    rows = {c[1].strip(): c for line in page.read_text().splitlines() if (c := line.split("|")) and len(c) == 9}
    for name, about in registered.items():
        if name not in rows:
            wrong.append(f"{name}: docs/protocols.md has no row for it; run protocols.py SENSOR --write FOLDER-OF-CAPTURES")
        elif rows[name][2].strip() != ports(about) or rows[name][3].strip() != named.get(name):
            wrong.append(f"{name}: its row in docs/protocols.md is not what the sensor registers; run protocols.py SENSOR --write")
    wrong += [f"{n}: docs/protocols.md has a row, but nobody registers it" for n in rows if n not in registered and n not in ("name", "---")]
    for line in wrong:
        print(line)
    print(f"{len(registered)} protocols, {len(wrong)} wrong")
    return 1 if wrong or not registered else 0


sys.exit(main())
