#!/usr/bin/python3
"""Compares what clients did with what the sensor saw.

    compare.py OPERATIONS.jsonl RECORDS.jsonl [--tolerance SECONDS]
    compare.py --self-test OPERATIONS.jsonl

Every operation in the clients' log must be among the sensor's operations: same protocol, client, server and function, at most
--tolerance (0.05 s) apart in time (or as far as the log's own `tolerance` says, where a client tells when it started, not when it
spoke), and equal in unit, action, objects, values and outcome. What is null in the log is not judged: the client's library does not
tell it. Prints each missing and each different operation and exits 1 if there is one, 0 if there is none.
Operations that no client logged (those a library sends by itself) are counted, not judged.

--self-test makes records out of the log, expects all of them to be found, then spoils one thing at a time and expects it to be
noticed.
"""
import argparse
import collections
import copy
import json
import math
import sys

FIELDS = ["unit", "action", "objects", "values", "outcome"]


def operations(path):
    with open(path) as lines:
        read = (json.loads(line) for line in lines if line.strip())
        return [o for o in read if o.get("type", "operation") == "operation"]


def same(wanted, found):
    if wanted is None:
        return True
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(same(v, found.get(k, 1 if k == "count" else None)) for k, v in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and all(map(same, wanted, found))
    if isinstance(wanted, (int, float)) and isinstance(found, (int, float)):
        return math.isclose(wanted, found, rel_tol=1e-6, abs_tol=1e-9)
    if isinstance(wanted, str) or isinstance(found, str):
        return str(wanted).lower() == str(found).lower()
    return wanted == found


def address_of(end):
    """The address alone: a client does not always know which port its library took."""
    return end.rsplit(":", 1)[0] if end.count(":") == 1 else end


def key_of(operation):
    return operation["protocol"], address_of(operation["client"]), operation["server"], str(operation["function"])


def compare(log, records, tolerance):
    """[(operation of the log, best record or None, names of the fields that differ)], and the records that nobody asked for."""
    by_key = collections.defaultdict(list)
    for record in records:
        by_key[key_of(record)].append(record)
    used, verdicts = set(), []
    for wanted in sorted(log, key=lambda o: o["time"]):
        near = [r for r in by_key[key_of(wanted)] if id(r) not in used and abs(r["time"] - wanted["time"]) <= wanted.get("tolerance", tolerance)]
        judged = [([f for f in FIELDS if not same(wanted.get(f), r.get(f))], abs(r["time"] - wanted["time"]), r) for r in near]
        if not judged:
            verdicts.append((wanted, None, []))
            continue
        wrong, _, best = min(judged, key=lambda j: (len(j[0]), j[1]))
        used.add(id(best))
        verdicts.append((wanted, best, wrong))
    return verdicts, [r for r in records if id(r) not in used]


def report(log, records, tolerance, out=sys.stdout):
    verdicts, extra = compare(log, records, tolerance)
    bad, count = 0, collections.Counter()
    for wanted, found, wrong in verdicts:
        count[wanted["protocol"]] += 1
        what = f'{wanted["time"]:.6f} {wanted.get("host", "")} {wanted["protocol"]} {wanted["function"]} to {wanted["server"]}'
        if found is None:
            print(f"missing    {what} {json.dumps(wanted.get('objects'))} {json.dumps(wanted.get('values'))}", file=out)
        for field in wrong:
            print(f"different  {what}: {field}: did {json.dumps(wanted[field])}, seen {json.dumps(found.get(field))}", file=out)
        bad += found is None or bool(wrong)
    late = [abs(f["time"] - w["time"]) for w, f, _ in verdicts if f]
    print(f"{len(verdicts) - bad} of {len(verdicts)} operations found and equal "
          f"({', '.join(f'{k} {v}' for k, v in sorted(count.items()))}); {len(extra)} more seen; "
          f"largest offset {1000 * max(late, default=0):.1f} ms", file=out)
    return bad


def self_test(log):
    """Whether the comparison accepts records made of the log, and rejects each of them spoiled."""
    class nowhere:
        def write(self, text): pass

    def records():
        made = copy.deepcopy(log)
        for i, record in enumerate(made):
            record["time"] += 0.003 + 0.0001 * (i % 7)
            record["client"] += ":40000"
            for field in FIELDS:
                if record.get(field) is None:
                    record[field] = "whatever the sensor says"
        return made

    def change(value):
        if isinstance(value, list):
            return [change(value[0]), *value[1:]] if value else ["something"]
        if isinstance(value, dict):
            return {**value, "address": value.get("address", "") + "1"}
        if isinstance(value, bool):
            return not value
        return value + 1 if isinstance(value, (int, float)) else f"{value}x"

    faults = []
    if report(log, records(), 0.05, nowhere()):
        faults.append("unspoiled records were not accepted")
    alone = [i for i, o in enumerate(log)                        # far from its likes, so nothing can stand in for it
             if all(i == j or key_of(o) != key_of(p) or abs(o["time"] - p["time"]) > 0.2 for j, p in enumerate(log))]
    tried = collections.Counter()
    for i in alone:
        for field in FIELDS:
            if log[i].get(field) is None or tried[log[i]["protocol"], field] >= 3:
                continue
            tried[log[i]["protocol"], field] += 1
            spoiled = records()
            spoiled[i][field] = change(spoiled[i][field])
            if report(log, spoiled, 0.05, nowhere()) != 1:
                faults.append(f"a wrong {field} went unnoticed: {log[i]}")
        if tried["gone"] < 3:
            tried["gone"] += 1
            without, late = records(), records()
            del without[i]
            late[i]["time"] += 0.08
            if report(log, without, 0.05, nowhere()) != 1 or report(log, late, 0.05, nowhere()) != 1:
                faults.append(f"a missing or late record went unnoticed: {log[i]}")
    print("\n".join(faults) or f"noticed all of {sum(tried.values())} spoiled records")
    return bool(faults) or not tried


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("operations")
    arguments.add_argument("records", nargs="?")
    arguments.add_argument("--tolerance", type=float, default=0.05)
    arguments.add_argument("--self-test", action="store_true")
    options = arguments.parse_args()
    log = operations(options.operations)
    if options.self_test:
        return self_test(log)
    if not log:
        print("the clients' log is empty")
        return 1
    return bool(report(log, operations(options.records), options.tolerance))


if __name__ == "__main__":
    sys.exit(main())
