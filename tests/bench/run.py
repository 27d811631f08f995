#!/usr/bin/env python3
"""run.py BIN WORK: times the sensor on a corpus against a null loop and the peers at hand, in turns; prints ratios, writes WORK/bench.json.

A ratio is a program's processor time over that of the null loop in the same turn; the median of the turns is shown. What a peer does is
not what the sensor does: the peers are there for scale."""
import json
import os
import shutil
import statistics
import subprocess
import sys

binaries, work = sys.argv[1:]
turns = int(os.environ.get("TURNS", "5"))
here = os.path.dirname(os.path.abspath(__file__))
plant = os.path.join(here, "../golden/cases/plant/input.pcap")
corpora = {"industrial": (plant, 64)}
os.makedirs(work, exist_ok=True)
results = {}
for corpus, (source, copies) in corpora.items():
    path = os.path.join(work, corpus + ".pcap")
    if not os.path.exists(path):
        subprocess.run([os.path.join(here, "corpus.py"), source, str(copies), path], check=True)
    size = os.path.getsize(path)
    sensor = os.path.join(binaries, "millwatch-sensor")
    programs = {
        "null loop": [os.path.join(binaries, "null_loop"), path],
        "sensor": [sensor, "--read", path, "--spool", os.path.join(work, "spool")],
        "sensor, every operation as JSON": [sensor, "--read", path, "--condense", "off", "--records", "/dev/null"],
        "whole box": [os.path.join(binaries, "millwatch"), "run", "--read", path, "--report", "/dev/null"],
    }
    for peer, command in {"tcpdump -w": ["tcpdump", "-r", path, "-w", "/dev/null"], "ndpiReader": ["ndpiReader", "-i", path, "-q"], "tshark": ["tshark", "-r", path, "-q", "-z", "io,phs"],
                          "argus": ["argus", "-r", path, "-w", "/dev/null"], "suricata": ["suricata", "-r", path, "-l", work, "-k", "none"]}.items():
        if shutil.which(command[0]):
            programs[peer] = command
    taken = {name: [] for name in programs}
    memory = dict.fromkeys(programs, 0)
    for turn in range(turns):
        for name, command in programs.items():
            if sys.stderr.isatty():
                print(f"\r{corpus}: turn {turn + 1} of {turns}: {name:40}", end="", file=sys.stderr)
            shutil.rmtree(os.path.join(work, "spool"), ignore_errors=True)
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            said = process.stderr.read()
            _, status, used = os.wait4(process.pid, 0)
            if status != 0:
                sys.exit(f"{name}: exit {os.waitstatus_to_exitcode(status)}: {said.decode()[-300:]}")
            taken[name].append(used.ru_utime + used.ru_stime)
            memory[name] = max(memory[name], used.ru_maxrss)
    if sys.stderr.isatty():
        print("\r" + " " * 70 + "\r", end="", file=sys.stderr)
    packets = int(subprocess.run(programs["null loop"], check=True, capture_output=True, text=True).stdout.split()[0])
    print(f"{corpus}: {packets} packets, {size / 1e6:.1f} MB, {turns} turns")
    print(f"  {'':34}{'ratio':>8}{'s':>9}{'Mpackets/s':>12}{'MB resident':>13}")
    results[corpus] = {"packets": packets, "octets": size, "turns": turns, "programs": {}}
    for name in programs:
        ratio = statistics.median(t / n for t, n in zip(taken[name], taken["null loop"]))
        seconds = statistics.median(taken[name])
        results[corpus]["programs"][name] = {"ratio": round(ratio, 3), "seconds": round(seconds, 4), "resident_mb": round(memory[name] / 1024, 1)}
        print(f"  {name:34}{ratio:8.2f}{seconds:9.3f}{packets / seconds / 1e6:12.3f}{memory[name] / 1024:13.1f}")
with open(os.path.join(work, "bench.json"), "w") as to:
    json.dump(results, to, indent=1)
