#!/bin/bash
# Runs a small plant of real protocol stacks in network namespaces for about three minutes, first as on any day, then under attack,
# and leaves what the mirror port saw beside what the clients did.
#
#   plant.sh [--out DIR] [--speed FACTOR] [-- CAPTURE COMMAND...]
#
# DIR gets input.pcap, operations.jsonl and expected.json. The capture command runs beside the interface `mirror`; without one it is
# tcpdump. Needs root, the Debian packages in packages.txt and, for the Node stacks, npm.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/network.sh"

out=$PWD/plant.out
speed=1
capture=()
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=$2; shift 2 ;;
    --speed) speed=$2; shift 2 ;;
    --) shift; capture=("$@"); break ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
done
mkdir -p "$out" || exit 1
out=$(cd "$out" && pwd)
[ ${#capture[@]} -gt 0 ] || capture=(tcpdump -i mirror -n -U -Z root -w "$out/input.pcap")

why=$(plant_can) || { echo "plant: $why" >&2; exit 77; }
work=$(mktemp -d)
chmod 755 "$work"  # some servers give up root
trap 'plant_down; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

build() {  # the C and C++ peers; snap7 comes as source inside the npm package node-snap7
  bash "$here/build_peers.sh" "$work/bin" || return 1
  [ -d "$here/node_modules/node-snap7" ] || npm --prefix "$here" ci --ignore-scripts --no-audit --no-fund >"$work/npm.log" 2>&1 ||
    { cat "$work/npm.log" >&2; return 1; }
  bash "$here/build_peers.sh" "$work/bin" "$here/node_modules/node-snap7/deps/snap7/src"
}

serve() {  # serve HOST COMMAND...: starts a server inside a host
  local host=$1
  shift
  in_host "$host" "$@" </dev/null >"$work/$host.$(basename "$1").log" 2>&1 &
}

neighbour() {  # neighbour HOST DESCRIPTION: a host that announces itself by LLDP under its own name
  echo "127.0.1.1 $1" >"$work/$1.hosts"  # in_host has mounts of its own, so this hides /etc/hosts from lldpd alone
  in_host "$1" unshare -u sh -c "hostname $1; mount --bind $work/$1.hosts /etc/hosts; exec lldpd -d -u $work/$1.lldp -I eth0 -S '$2'" \
    </dev/null >"$work/$1.lldpd.log" 2>&1 &
}

servers() {
  serve plc1 "$work/bin/modbus_server" 10.10.0.11 502
  serve plc2 "$work/bin/s7_server" 10.10.0.12
  serve rtu1 "$here/peers/iec104.py" outstation 10.10.0.13
  serve cell1 node "$here/peers/cip_server.js" 10.10.0.14
  serve mixer node "$here/peers/opcua_server.js" 10.10.0.15
  serve ahu1 node "$here/peers/bacnet_server.js" 10.10.0.16 10.10.0.255
  printf 'listener 1883 10.10.0.20\nallow_anonymous true\n' >"$work/mosquitto.conf"
  serve srv mosquitto -c "$work/mosquitto.conf"
  serve srv dnsmasq --no-daemon --conf-file=/dev/null --port=0 --user=root --interface=eth0 --dhcp-leasefile="$work/leases" \
    --dhcp-range=10.10.0.99,10.10.0.99,255.255.255.0,1h --dhcp-option=option:router --dhcp-authoritative
  printf 'rocommunity public\nsysdescr Plant server, Debian GNU/Linux 12\nsysname srv\nsyslocation hall 1\n' >"$work/snmpd.conf"
  serve srv snmpd -f -Lo -C -c "$work/snmpd.conf" -I system_mib,snmp_mib udp:10.10.0.20:161
  neighbour plc2 'Siemens, SIMATIC S7, CPU 315-2 PN/DP, 6ES7 315-2EH14-0AB0, HW: 5, FW: V3.2.10'
  neighbour srv 'Plant server, Debian GNU/Linux 12'
}

listening() {  # listening HOST TCP-PORT: waits until a server is there
  local tries
  for tries in $(seq 100); do
    in_host "$1" ss -Hltn "sport = :$2" | grep -q . && return 0
    sleep 0.3
  done
  echo "plant: nobody listens on port $2 of $1" >&2
  cat "$work/$1".*.log >&2
  return 1
}

build || exit 1
plant_up "$here/hosts.txt"
in_host switch "${capture[@]}" >"$work/capture.log" 2>&1 &
recorder=$!
sleep 1
servers
for server in plc1:502 plc2:102 rtu1:2404 cell1:44818 mixer:4840 srv:1883; do
  listening "${server%:*}" "${server#*:}" || exit 1
done
"$here/play.py" --prefix "$plant_prefix" --bin "$work/bin" --speed "$speed" --work "$work" --out "$out"
status=$?
sleep 2
kill -INT $(ip netns pids "${plant_prefix}switch") 2>/dev/null
wait "$recorder"
tail -3 "$work/capture.log"
cat "$work"/play.*.err >&2
exit $status
