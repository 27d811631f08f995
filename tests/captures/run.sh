#!/usr/bin/env bash
# run.sh SENSOR: reads every third-party capture that lies beside the checkout; no crash, no sanitizer report, ledger balanced.
set -u
sensor=$1
folder=${MILLWATCH_CAPTURES:-$(dirname "$0")/../../../shared/captures}
if ! [ -d "$folder" ]; then echo "skipped: no captures at MILLWATCH_CAPTURES or beside the checkout"; exit 77; fi
failed=0 seen=0
while IFS= read -r file; do
  seen=$((seen + 1))
  if ! out=$("$sensor" --read "$file" --stats - 2>/tmp/captures.err.$$); then
    echo "failed on $file:"; head -5 /tmp/captures.err.$$; failed=$((failed + 1)); continue
  fi
  case $out in *'"balanced":false'*) echo "ledger does not balance on $file"; failed=$((failed + 1));; esac
done < <(find "$folder" -name '*.pcap' -o -name '*.pcapng' -o -name '*.cap' | sort)
rm -f /tmp/captures.err.$$
echo "$seen captures, $failed failed"
[ "$seen" -gt 0 ] && [ "$failed" -eq 0 ]
