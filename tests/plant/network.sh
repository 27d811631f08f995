# Namespaces, one per host, on one bridge in a namespace of its own; sourced by plant.sh and live.sh.
#
# The bridge keeps no addresses (ageing 0), so it sends every frame out of every other port, once: the port of `mirror` is then what
# a mirror port is on a switch, and needs no traffic control in the kernel. Hosts drop what is not for them, as on any hub.

plant_prefix=mwplant-$$-

in_host() {  # in_host NAME COMMAND...: runs a command inside a host
  local name=$1
  shift
  ip netns exec "$plant_prefix$name" "$@"
}

plant_can() {  # says why and fails when namespaces cannot be made here
  local why
  command -v ip >/dev/null || { echo "no ip command (iproute2)"; return 1; }
  command -v ethtool >/dev/null || { echo "no ethtool"; return 1; }
  why=$(ip netns add "${plant_prefix}probe" 2>&1) || { echo "network namespaces cannot be made: $why"; return 1; }
  why=$(in_host probe ip link add probe type bridge 2>&1) || { ip netns del "${plant_prefix}probe"; echo "no bridge: $why"; return 1; }
  ip netns del "${plant_prefix}probe"
}

remove_namespaces() {  # remove_namespaces PREFIX: ends what runs inside, then takes them away
  local name
  for name in $(ip netns list 2>/dev/null | awk '{print $1}' | grep "^$1"); do
    ip netns pids "$name" | xargs -r kill 2>/dev/null
  done
  sleep 0.3
  for name in $(ip netns list 2>/dev/null | awk '{print $1}' | grep "^$1"); do
    ip netns pids "$name" | xargs -r kill -9 2>/dev/null
    ip netns del "$name"
  done
}

plant_down() {
  remove_namespaces "$plant_prefix"
}

forget_the_dead() {  # namespaces of a run that was killed before it could tidy up
  local pid
  for pid in $(ip netns list 2>/dev/null | sed -n 's/^mwplant-\([0-9]*\)-.*/\1/p' | sort -u); do
    kill -0 "$pid" 2>/dev/null || remove_namespaces "mwplant-$pid-"
  done
}

no_offload() {  # no_offload NAMESPACE INTERFACE: real checksums and segment sizes in the recording
  in_host "$1" ethtool -K "$2" tx off rx off tso off gso off gro off >/dev/null 2>&1
}

plant_up() {  # plant_up HOSTS-FILE: makes the switch with its mirror, and every host
  forget_the_dead
  ip netns add "${plant_prefix}switch"
  in_host switch sh -ec '
    sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip link add hub type bridge ageing_time 0 mcast_snooping 0 stp_state 0 group_fwd_mask 0x4000  # 0x4000: LLDP too
    ip link set hub up
    ip link add mirror type veth peer name mirror-port
    ip link set mirror-port master hub up
    ip link set mirror arp off up'
  no_offload switch mirror
  no_offload switch mirror-port
  local name address mac _
  while read -r name address mac _; do
    case $name in ''|'#'*) continue ;; esac
    ip netns add "$plant_prefix$name"
    ip -n "${plant_prefix}switch" link add "$name" type veth peer name eth0 address "$mac" netns "$plant_prefix$name"
    ip -n "${plant_prefix}switch" link set "$name" master hub up
    no_offload "$name" eth0
    no_offload switch "$name"
    in_host "$name" ip link set lo up
    in_host "$name" ip link set eth0 up
    [ "$name" = attacker ] || in_host "$name" ip address add "$address/24" broadcast + dev eth0  # the new host asks DHCP
  done <"$1"
}
