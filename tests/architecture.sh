#!/usr/bin/env bash
# Holds the plan of the house: who may include whom. Prints each broken rule; silent when whole.
set -u
cd "$(dirname "$0")/.." || exit 2
broken=0
never() {  # never ROOM FORBIDDEN...
  local room=$1; shift
  [ -d "$room" ] || return 0
  for other in "$@"; do grep -rnE "#include \"$other/" "$room" --include='*.[ch]pp' && broken=1; done
}
never common    sensor collector analyzer cli tests
never sensor    collector analyzer cli tests
never collector sensor analyzer cli tests
never analyzer  sensor collector cli tests
never sensor/dissect sensor/capture sensor/decode sensor/flow sensor/stream sensor/identify sensor/condense sensor/spool
# dissect/ and detect/ are pure: no clock, socket, thread, log
grep -rnE '#include <(thread|mutex|iostream|fstream|sys/|unistd|spdlog)|system_clock::now|steady_clock::now' sensor/dissect analyzer/detect --include='*.[ch]pp' && broken=1
exit $broken
