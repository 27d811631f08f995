# A loopback exporter: serves exposition text whose counters grow at each scrape and whose heartbeats are young.
import http.server
import re
import threading
import time

from panels import samples

LEDGER = re.compile(r"millwatch_ledger_(in|out|dropped)_total$")
LAST_SEEN = "millwatch_sensor_last_seen_timestamp_seconds"


def counters(text):
    """Names of families of type counter, and of histograms."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    return {n for n, k in kinds.items() if k == "counter"}, {n for n, k in kinds.items() if k == "histogram"}


def grown(text, scrape):
    """The text after `scrape` scrapes. Counters grow by 3 a scrape, histograms stay cumulative, the ledger stays balanced."""
    plain, histograms = counters(text)
    series = samples(text)
    newest = max((float(v) for n, _, v in series if n == LAST_SEEN), default=0.0)
    flow = {}  # (sensor, stage) -> growth of out and dropped: that of in
    buckets = {}
    for name, labels, _ in series:
        ledger = LEDGER.match(name)
        if ledger and ledger[1] != "in":
            key = labels.get("sensor"), labels.get("stage")
            flow[key] = flow.get(key, 0) + 3 * scrape
        if name.endswith("_bucket") and name[:-7] in histograms:
            key = name[:-7], tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
            buckets[key] = buckets.get(key, 0) + 1
    seen, out = {}, []
    for line, (name, labels, value) in zip((l for l in text.splitlines() if l and not l.startswith("#")), series):
        number = float(value)
        base, _, part = name.rpartition("_")
        same = base, tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
        if name == LAST_SEEN:
            number = time.time() - (newest - number)
        elif name == "millwatch_ledger_in_total":
            number += flow.get((labels.get("sensor"), labels.get("stage")), 0)
        elif base in histograms and part == "bucket":
            seen[same] = seen.get(same, 0) + 1
            number += 3 * scrape * seen[same]
        elif base in histograms:
            number += 3 * scrape * buckets.get(same, 0) * (0.01 if part == "sum" else 1)
        elif name in plain:
            number += 3 * scrape
        out.append(f"{line.rsplit(' ', 1)[0]} {number!r}")
    kinds = [l for l in text.splitlines() if l.startswith("# TYPE")]
    # families may be interleaved in the input; the types go first and the parser does not mind
    return "\n".join(kinds + out) + "\n"


class exporter:
    """Serves on a free port of loopback; `.port`, `.scrapes`, `.stop()`."""

    def __init__(self, text):
        self.scrapes = 0
        outer = self

        class handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = grown(text, outer.scrapes).encode()
                outer.scrapes += 1
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
