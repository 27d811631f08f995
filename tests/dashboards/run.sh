#!/usr/bin/env bash
# Proves the dashboards, the rules and the routing against real programs: promtool, amtool, and a Prometheus that scrapes.
#
#   run.sh                    on tests/dashboards/sample.prom
#   run.sh FILE               on exposition text in FILE
#   run.sh http://HOST/PATH   on what an exporter says now
#   run.sh PROGRAM ARGUMENT...  on what PROGRAM prints
#
# Exit 0: whole; 1: broken, each fault is printed; 77: a program is missing, named.
set -u
here=$(cd "$(dirname "$0")" && pwd)
config=$here/../../config
for program in python3 prometheus promtool amtool; do
  command -v "$program" > /dev/null || {
    echo "skipped: $program is not installed (Debian packages python3, prometheus, prometheus-alertmanager)"
    exit 77
  }
done

export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
metrics=$here/sample.prom
case ${1-} in
  '') ;;
  http://*) metrics=$work/metrics.prom
    python3 -c 'import sys, urllib.request as u; sys.stdout.buffer.write(u.urlopen(sys.argv[1], timeout=10).read())' "$1" \
      > "$metrics" || exit 1 ;;
  *) if [ $# -gt 1 ] || [ -x "$1" ]; then
      metrics=$work/metrics.prom
      "$@" > "$metrics" || { echo "FAIL $1 ended with an error"; exit 1; }
    else
      metrics=$1
    fi ;;
esac
[ -s "$metrics" ] || { echo "FAIL no metrics in $metrics"; exit 1; }

broken=0
check() {  # check NAME COMMAND...: runs it quietly, prints its output where it fails
  local name=$1; shift
  if "$@" > "$work/log" 2>&1; then echo "ok   $name"; else echo "FAIL $name"; cat "$work/log"; broken=1; fi
}
check 'promtool check rules' promtool check rules "$config/prometheus/rules.yml"
check 'promtool check config' promtool check config "$config/prometheus/prometheus.yml"
check 'promtool test rules' promtool test rules "$config"/prometheus/rules*_test.yml
check 'promtool check metrics (contract)' promtool check metrics < "$here/sample.prom"
check 'promtool check metrics (input)' promtool check metrics < "$metrics"
check 'amtool check-config' amtool check-config "$config/alertmanager/alertmanager.yml"
source=$config/grafana/source
if [ -d "$source/node_modules" ] && command -v node > /dev/null; then
  check 'dashboards generated anew' node "$source/build.mjs" "$work/generated"
  check 'dashboards equal the committed ones' diff -r "$work/generated" "$config/grafana/dashboards"
else
  echo "skip dashboards equal the committed ones: needs node and 'npm ci' in config/grafana/source"
fi
python3 "$here/lint.py" "$config/grafana/dashboards" "$here/sample.prom" || broken=1
python3 "$here/dashboards.py" "$config" "$here/sample.prom" "$metrics" "$work" || broken=1
exit $broken
