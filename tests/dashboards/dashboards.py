# Runs every query of every dashboard, and every rule, in a real Prometheus that scrapes exposition text which grows.
# dashboards.py CONFIG CONTRACT METRICS WORK. An error, an empty answer or an unbalanced ledger fails, with dashboard and panel.
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from exporter import exporter
from panels import dashboards, panels, shapes

config, contract_file, metrics_file, work = sys.argv[1:5]
text = open(metrics_file, encoding="utf-8").read()
contract, present = shapes(open(contract_file, encoding="utf-8").read()), shapes(text)
whole = contract == present  # every metric is there: then no query may lean on its `or vector(0)`
SCRAPES = 6
faults = asked = 0


def fault(where, what):
    global faults
    faults += 1
    print(f"FAIL {where}: {what}")


def check_contract():
    for name in sorted(set(contract) - set(present)):
        print(f"note the input has no {name}: its panels are only asked whether they stay at 0")
    for name in sorted(set(contract) & set(present)):
        if contract[name] != present[name]:
            fault(name, f"labels {sorted(present[name])}, the dashboards expect {sorted(contract[name])}")


class prometheus:
    def __init__(self, target):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        shutil.copy(f"{config}/prometheus/rules.yml", f"{work}/rules.yml")
        with open(f"{work}/prometheus.yml", "w", encoding="utf-8") as f:
            f.write("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [rules.yml]\nscrape_configs:\n"
                    f"  - job_name: millwatch\n    static_configs: [{{targets: ['127.0.0.1:{target}']}}]\n")
        self.url = f"http://127.0.0.1:{port}"
        self.log = open(f"{work}/prometheus.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={work}/prometheus.yml", f"--storage.tsdb.path={work}/tsdb",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdout=self.log, stderr=self.log)

    def get(self, path, **parameters):
        url = f"{self.url}{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
        try:
            return json.load(urllib.request.urlopen(url, timeout=30))["data"]
        except urllib.error.HTTPError as e:
            raise ValueError(json.loads(e.read()).get("error", str(e))) from e

    def wait(self, ready):
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                if ready():
                    return
            except (OSError, ValueError):
                pass
            time.sleep(0.1)
        raise SystemExit("FAIL Prometheus does not answer:\n" + open(self.log.name, encoding="utf-8").read()[-2000:])

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def expand(ask, values):
    for name, value in {"__rate_interval": "5s", "__range": "60s", "datasource": "millwatch-prometheus", **values}.items():
        ask = re.sub(rf"\$(?:{name}\b|\{{{name}(?::\w+)?\}})", lambda _: value, ask)
    if "$" in ask:
        raise ValueError(f"a variable stays unexpanded in {ask}")
    return ask


def variable(p, ask):
    """The answer of label_values(selector, label)."""
    found = re.fullmatch(r"label_values\((.*), (\w+)\)", ask)
    if not found:
        raise ValueError(f"not label_values(selector, label): {ask}")
    return p.get(f"/api/v1/label/{found[2]}/values", **{"match[]": found[1]})


def settings(p, name, board):
    """Asks the variable queries; yields what a person can choose: all with each window, then each single value."""
    choices = {}
    everything = {}
    for v in board["templating"]["list"]:
        if v["type"] == "query":
            everything[v["name"]] = v["allValue"]
    for v in board["templating"]["list"]:
        if v["type"] == "query":
            choices[v["name"]] = variable(p, expand(v["query"]["query"], everything))
            if not choices[v["name"]]:
                fault(f"{name} / variable {v['name']}", "empty")
        elif v["type"] == "custom":
            choices["window"] = [w.split(" : ")[1] for w in v["query"].split(", ")]
    for window in choices["window"]:
        yield {**everything, "window": window}
    for one, values in choices.items():
        if one != "window":
            for value in values:
                yield {**everything, "window": "24h", one: value}


def ask(p, where, target, expr):
    """The series that a panel gets: of now, or of the last seconds where the panel draws a line."""
    global asked
    asked += 1
    now = time.time()
    try:
        if target.get("instant"):
            return [float(s["value"][1]) for s in p.get("/api/v1/query", query=expr, time=now)["result"]]
        return [float(s["values"][-1][1]) for s in p.get("/api/v1/query_range", query=expr, start=now - 3, end=now, step=1)["result"]]
    except ValueError as e:
        fault(where, f"{e} in {expr}")
        return None


def check_board(p, name, board):
    for values in settings(p, name, board):
        everything = all(v == ".*" for k, v in values.items() if k != "window")
        for panel in panels(board):
            where = f"{name} / {panel['title']}"
            for target in panel["targets"]:
                expr = expand(target["expr"], values)
                answer = ask(p, where, target, expr)
                if answer == []:
                    chosen = {k: v for k, v in values.items() if v != ".*"}
                    fault(where, f"empty answer to {expr} with {chosen}")
                if answer and any(answer) and any(word in panel["title"] + panel["description"] for word in ("must be 0", "必须为 0")):
                    fault(where, f"the ledger does not balance: {answer}")
                bare = expr.replace(" or vector(0)", "")
                if whole and everything and bare != expr and ask(p, where, target, bare) == [] and "offset" not in expr:
                    fault(where, f"only `or vector(0)` answers {expr}")


def check_rules(p):
    groups = p.get("/api/v1/rules")["groups"]
    rules = [r for g in groups for r in g["rules"]]
    for r in rules:
        if r["health"] != "ok":
            fault(f"rule {r['name']}", r.get("lastError") or r["health"])
    firing = {r["name"] for r in rules if r.get("alerts")}
    if whole and "MillwatchSensorSilent" not in firing:
        fault("rule MillwatchSensorSilent", "the sample has a silent sensor, and no alert says so")
    return len(rules)


check_contract()
source = exporter(text)
p = prometheus(source.port)
try:
    p.wait(lambda: source.scrapes > SCRAPES and all(r["health"] == "ok" for g in p.get("/api/v1/rules")["groups"] for r in g["rules"]))
    rules = check_rules(p)
    for name, board in dashboards(f"{config}/grafana/dashboards"):
        check_board(p, name, board)
finally:
    p.stop()
    source.stop()
print(f"{'FAIL' if faults else 'ok  '} live: {asked} queries, {rules} rules, {source.scrapes} scrapes, {faults} faults")
sys.exit(faults > 0)
