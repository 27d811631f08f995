#!/usr/bin/python3
"""Plays scenario.txt: starts each client once inside its host and gives it its commands in time.

    play.py --prefix NAMESPACE-PREFIX --bin DIR --work DIR --out DIR [--speed FACTOR]

The clients write their own logs; this merges them into operations.jsonl and writes expected.json, the attack's steps with the time
at which they were ordered.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
WARM_UP = 25  # seconds for the slowest client to load its stack


def parse(text):
    """(clients by name, [(second, host, client, words)] in order, [attack])."""
    clients, steps, attacks = {}, [], []
    for line in text.splitlines():
        words = line.split("#")[0].split() if line.startswith("#") else line.split()
        if not words:
            continue
        if words[0] == "client":
            clients[words[1]] = words[2:]
        elif words[0] == "attack":
            attacks.append({"second": float(words[1]), "actor": words[2], "victim": words[3], "technique": words[4],
                            "what": " ".join(words[5:])})
        else:
            span, host, client, *command = words
            if ".." in span:
                first, rest = span.split("..")
                last, every = rest.split("/")
                n = int((float(last) - float(first)) / float(every))
                times = [float(first) + i * float(every) for i in range(n + 1)]
            else:
                times = [float(span)]
            steps += [(t, host, client, " ".join(command)) for t in times]
    return clients, sorted(steps, key=lambda s: s[0]), attacks


def addresses():
    rows = [line.split() for line in (HERE / "hosts.txt").read_text().splitlines() if line and not line.startswith("#")]
    return {row[0]: row[1] for row in rows}


def main():
    arguments = argparse.ArgumentParser()
    for name in ("prefix", "bin", "work", "out"):
        arguments.add_argument(f"--{name}", required=True)
    arguments.add_argument("--speed", type=float, default=1.0)
    options = arguments.parse_args()
    work = pathlib.Path(options.work)
    clients, steps, attacks = parse((HERE / "scenario.txt").read_text())
    address = addresses()
    places = {"bin": options.bin, "peers": str(HERE / "peers"), "here": str(HERE)}

    def inside(host, command, **more):
        errors = open(work / f"play.{host}.err", "ab")
        return subprocess.Popen(["ip", "netns", "exec", options.prefix + host, *command], stdout=subprocess.DEVNULL, stderr=errors, **more)

    running = {}
    for _, host, client, _ in steps:
        if client == "sh" or (host, client) in running:
            continue
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(work), "PLANT_HOST": host,
                       "PLANT_ADDRESS": address[host], "PLANT_LOG": str(work / f"log.{host}.{client}")}
        command = [word.format(**places) for word in clients[client]]
        running[host, client] = inside(host, command, stdin=subprocess.PIPE, text=True, bufsize=1, env=environment)
    time.sleep(WARM_UP)

    began, shells = time.time(), []
    for second, host, client, command in steps:
        time.sleep(max(0.0, began + second / options.speed - time.time()))
        if client == "sh":
            shells.append(inside(host, ["sh", "-c", "exec " + command.format(**places)], stdin=subprocess.DEVNULL))
        else:
            running[host, client].stdin.write(command + "\n")
    for process in running.values():
        process.stdin.close()
    stuck = 0
    for process in (*running.values(), *shells):
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            stuck += 1

    log = [json.loads(line) for path in work.glob("log.*") for line in path.read_text().splitlines()]
    out = pathlib.Path(options.out)
    (out / "operations.jsonl").write_text("".join(json.dumps(o) + "\n" for o in sorted(log, key=lambda o: o["time"])))
    told = [{"time": round(began + a.pop("second") / options.speed, 3), "what": a["what"], "actor": address.get(a["actor"], a["actor"]),
             "victim": a["victim"], "technique": a["technique"]} for a in attacks]
    (out / "expected.json").write_text("[\n" + ",\n".join("  " + json.dumps(step) for step in told) + "\n]\n")
    print(f"{len(log)} operations of {len(running)} clients, {len(told)} steps of the attack")
    if stuck:
        print(f"{stuck} clients did not come to an end: the machine was too busy, and the recording is not whole")
    return stuck != 0


if __name__ == "__main__":
    sys.exit(main())
