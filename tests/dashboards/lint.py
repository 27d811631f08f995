# The rules of Grafana's dashboard-linter that matter here, and our own: both languages alike, only metrics and labels of the contract.
import re
import sys

from panels import dashboards, panels, shapes

board_root, contract_file = sys.argv[1:3]
contract = shapes(open(contract_file, encoding="utf-8").read())
contract["up"] = set()
EVERYWHERE = {"job", "instance", "le"}
# The ledger is compared as it stands: increase() extrapolates, and the balance must be exact.
RAW_COUNTERS = {"millwatch_ledger_in_total", "millwatch_ledger_out_total", "millwatch_ledger_dropped_total"}
faults = 0


def fault(where, what):
    global faults
    faults += 1
    print(f"FAIL {where}: {what}")


def lint_expression(where, expr):
    for name, selector in re.findall(r"\b(millwatch_\w+|up)\b(\{[^}]*\})?", expr):
        if name not in contract:
            fault(where, f"unknown metric {name}")
            continue
        if 'job=~"$job"' not in selector:
            fault(where, f'{name} is not restricted to job=~"$job"')
        for label in re.findall(r'(\w+)\s*(?:=~|!~|!=|=)', re.sub(r'"[^"]*"', '""', selector)):
            if label not in contract[name] | EVERYWHERE:
                fault(where, f"{name} has no label {label}")
    known = set().union(*(contract.get(n, set()) for n in re.findall(r"\b(?:millwatch_\w+|up)\b", expr))) | EVERYWHERE
    for labels in re.findall(r"\b(?:by|on) \(([^)]*)\)", expr):
        for label in labels.split(","):
            if label.strip() not in known:
                fault(where, f"grouped by {label.strip()}, which no metric of the query has")
    for inside in re.findall(r"\b(?:rate|irate)\([^\[\]]*\[([^\]]*)\]", expr):
        if inside != "$__rate_interval":
            fault(where, f"rate over [{inside}], not over [$__rate_interval]")
    for inside in re.findall(r"\bincrease\([^\[\]]*\[([^\]]*)\]", expr):
        if inside not in ("$__rate_interval", "$window"):
            fault(where, f"increase over [{inside}], neither $__rate_interval nor $window")
    for before, name in re.findall(r"(\w*\(?)(millwatch_\w+_(?:total|bucket|sum|count))\b", expr):
        if before not in ("rate(", "increase(") and name not in RAW_COUNTERS:
            fault(where, f"counter {name} without rate or increase")


def lint_panel(where, p):
    for key in ("title", "description"):
        if not p.get(key):
            fault(where, f"no {key}")
    defaults = p["fieldConfig"]["defaults"]
    if not defaults.get("unit"):
        fault(where, "no unit")
    if not defaults.get("thresholds", {}).get("steps"):
        fault(where, "no thresholds")
    if not p.get("targets"):
        fault(where, "no query")
    for source in [p.get("datasource"), *(t.get("datasource") for t in p.get("targets", []))]:
        if source != {"type": "prometheus", "uid": "${datasource}"}:
            fault(where, "data source is not ${datasource}")
    for t in p.get("targets", []):
        lint_expression(where, t["expr"])


def lint_board(name, board):
    variables = {v["name"]: v for v in board["templating"]["list"]}
    if variables.get("datasource", {}).get("query") != "prometheus":
        fault(name, "no variable datasource of type prometheus")
    for needed in ("job", "window"):
        if needed not in variables:
            fault(name, f"no variable {needed}")
    for v in variables.values():
        if not v.get("label"):
            fault(name, f"variable {v['name']} has no label")
        if v["type"] == "query":
            if v["refresh"] != 2 or v["datasource"]["uid"] != "${datasource}":
                fault(name, f"variable {v['name']}: not of ${{datasource}}, or not refreshed with the time range")
    text = str([p.get("targets") for p in panels(board)])
    for unknown in set(re.findall(r"\$\{?(\w+)", text)) - set(variables) - {"__rate_interval", "__range"}:
        fault(name, f"uses ${unknown}, which is no variable")
    if board["editable"] or not board["uid"] or not board["title"] or not board["description"]:
        fault(name, "editable, or without uid, title or description")
    if len(board["links"]) < 3:
        fault(name, "lacks links to the other dashboards and the other language")
    ids = [p["id"] for p in board["panels"]]
    if len(ids) != len(set(ids)):
        fault(name, "two panels share an id")
    for p in panels(board):
        lint_panel(f"{name} / {p.get('title')}", p)


def core(board):
    """What must be the same in both languages."""
    shown = [(p["type"], p["gridPos"], p["fieldConfig"]["defaults"].get("unit"), [t["expr"] for t in p["targets"]]) for p in panels(board)]
    chosen = [(v["name"], v.get("query") if v["type"] == "query" else None) for v in board["templating"]["list"]]
    return shown, chosen


boards = dict(dashboards(board_root))
if len(boards) != 6:
    fault(board_root, f"6 dashboards expected, {len(boards)} found")
uids = {b["uid"] for b in boards.values()}
for name, board in boards.items():
    lint_board(name, board)
    other = boards.get(name.replace("zh/", "en/"))
    if name.startswith("zh/") and (other is None or core(board) != core(other)):
        fault(name, "panels or queries differ from the English ones")
    if name.startswith("en/") and re.search("[\u4e00-\u9fff]", str([(p["title"], p["description"]) for p in panels(board)])):
        fault(name, "Chinese text in an English panel")
    urls = [l["url"] for l in board["links"]] + [l["url"] for p in panels(board) for l in p.get("links", [])]
    for url in urls:
        if re.match(r"/d/([\w-]+)", url)[1] not in uids:
            fault(name, f"link to {url}, which is no dashboard")
shown = set(re.findall(r"\bmillwatch_\w+", str(boards)))
for name in sorted(set(contract) - shown - {"up", "millwatch_operation_latency_seconds_sum", "millwatch_operation_latency_seconds_count"}):
    fault("dashboards", f"no panel shows {name}")
total = sum(len(list(panels(b))) for b in boards.values())
print(f"{'FAIL' if faults else 'ok  '} lint: {len(boards)} dashboards, {total} panels, {faults} faults")
sys.exit(faults > 0)
