#!/usr/bin/env python3
"""Holds what devices say of themselves in the captures against the golden files, one for each protocol.

    identities.py SENSOR CAPTURES            every identity fact of tests/golden/identities/PROTOCOL.json is found, and no other
    identities.py SENSOR CAPTURES --write    writes the files: look at each difference before you commit it

Where CAPTURES is absent the test is skipped, and says so.
"""
import collections
import json
import pathlib
import subprocess
import sys

golden = pathlib.Path(__file__).resolve().parent / "identities"
kinds = {"vendor", "model", "order_number", "product_code", "product_name", "device_type", "firmware", "hardware", "software", "serial",
         "module", "submodule", "revision", "station_name", "device_id", "vin", "ssh_host_key"}
most = 64  # different facts of one protocol in one capture: a scan of invented devices is no identity


def facts(sensor, capture):
    """protocol -> subject -> kind -> values"""
    run = subprocess.run([sensor, "--read", str(capture), "--records", "-"], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"{capture}: the sensor failed\n{run.stderr}")
    out = collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(set)))
    for line in run.stdout.splitlines():
        if not line.startswith('{"type":"fact"'):
            continue
        f = json.loads(line)
        if f["kind"] in kinds:
            subject = f.get("address") or f.get("mac") or "?"
            out[f["protocol"]][subject + (" unit " + f["unit"] if f.get("unit") else "")][f["kind"]].add(f["value"])
    return out


def main():
    sensor, captures, write = sys.argv[1], pathlib.Path(sys.argv[2]), "--write" in sys.argv
    if not captures.is_dir():
        print(f"skipped: no captures at {captures}")
        return 77
    expected = {p.stem: json.loads(p.read_text()) for p in sorted(golden.glob("*.json"))}
    if write:
        files = sorted(p for p in captures.rglob("*") if p.suffix in (".pcap", ".pcapng", ".cap"))
    else:
        files = sorted({captures / name for of in expected.values() for name in of})
    found = collections.defaultdict(dict)
    for path in files:
        name = str(path.relative_to(captures))
        for protocol, subjects in facts(sensor, path).items():
            kept = {s: {k: sorted(v) for k, v in sorted(of.items())} for s, of in sorted(subjects.items())[:most]}
            found[protocol][name] = kept
    if write:
        golden.mkdir(exist_ok=True)
        for protocol, of in found.items():
            (golden / f"{protocol}.json").write_text(json.dumps(of, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
        print(f"{len(found)} protocols, {sum(len(of) for of in found.values())} files of captures")
        return 0
    wrong = 0
    for protocol in sorted(expected.keys() | found.keys()):
        for name in sorted(expected.get(protocol, {}).keys() | found.get(protocol, {}).keys()):
            want, have = expected.get(protocol, {}).get(name, {}), found.get(protocol, {}).get(name, {})
            if want != have:
                wrong += 1
                print(f"{protocol}, {name}:\n  expected {json.dumps(want, ensure_ascii=False)}\n  found    {json.dumps(have, ensure_ascii=False)}")
    print(f"{len(files)} captures, {len(expected)} protocols, {wrong} differences")
    return 1 if wrong or not expected else 0


sys.exit(main())
