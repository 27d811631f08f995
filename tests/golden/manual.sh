#!/usr/bin/env bash
# The shipped configuration files are what the programs print (UPDATE=1 rewrites them), are free of mistakes, and a mistake ends with status 2.
set -u
sensor=$1 front=$2
cd "$(dirname "$0")/../.." || exit 2
wrong=0
same() {  # same FILE COMMAND...
  local file=$1; shift
  if [ "${UPDATE:-}" = 1 ]; then mkdir -p config && "$@" >"$file"; fi
  "$@" | diff -u "$file" - || { echo "$file is not what '$*' prints: UPDATE=1 $0 ..."; wrong=1; }
}
same config/sensor.yaml "$sensor" --manual
same config/millwatch.yaml "$front" run --manual
"$sensor" --check config/sensor.yaml || wrong=1
"$front" run --check config/millwatch.yaml || wrong=1
bad=$(mktemp); trap 'rm -f "$bad"' EXIT
printf 'sensor:\n  snaplen: 1\n  typo: 2\npolicy:\n  disabled: [MW-9999]\n' >"$bad"
said=$("$front" run --check "$bad" 2>&1); status=$?
[ $status -eq 2 ] && [ "$(grep -c . <<<"$said")" -eq 2 ] || { echo "two mistakes were said as (status $status): $said"; wrong=1; }
printf 'policy:\n  disabled: [MW-9999]\n  engineering: [nowhere]\nzones: [{name: a, cidrs: [10.0.0.1/8]}]\n' >"$bad"
said=$("$front" run --check "$bad" 2>&1); status=$?
[ $status -eq 2 ] && [ "$(grep -c . <<<"$said")" -eq 3 ] || { echo "three mistakes were said as (status $status): $said"; wrong=1; }
exit $wrong
