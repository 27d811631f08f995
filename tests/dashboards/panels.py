# Reads the dashboards and the exposition text: what the linter and the live test both look at.
import json
import pathlib
import re

LANGUAGES = ("zh", "en")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')


def dashboards(root):
    """Yields (name such as "zh/overview", document) of each dashboard."""
    for language in LANGUAGES:
        for path in sorted(pathlib.Path(root, language).glob("*.json")):
            yield f"{language}/{path.stem}", json.loads(path.read_text(encoding="utf-8"))


def panels(board):
    """Panels that show something, rows opened."""
    for p in board["panels"]:
        if p["type"] == "row":
            yield from panels({"panels": p.get("panels") or []})
        else:
            yield p


def samples(text):
    """Exposition text -> [(name, {label: value}, number)]."""
    out = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            found = SAMPLE.match(line.strip())
            if not found:
                raise SystemExit(f"FAIL not exposition text: {line!r}")
            out.append((found[1], dict(LABEL.findall(found[2] or "")), found[3]))
    return out


def shapes(text):
    """Metric name -> the set of its label names."""
    out = {}
    for name, labels, _ in samples(text):
        out.setdefault(name, set()).update(labels)
    return out
