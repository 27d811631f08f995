#!/bin/bash
# Builds the C and C++ peers: build_peers.sh BIN-DIRECTORY [SNAP7-SOURCES]. Without the sources of snap7, the Modbus peers alone.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=$1
mkdir -p "$bin"
if [ $# -eq 1 ]; then
  for peer in modbus_client modbus_server; do
    cc -O1 -Wall -Wextra "$here/peers/$peer.c" -o "$bin/$peer" $(pkg-config --cflags --libs libmodbus)
  done
  exit
fi
snap7=$2
include="-isystem $snap7/sys -isystem $snap7/core -isystem $snap7/lib"
mkdir -p "$bin/snap7"
for part in "$snap7"/sys/*.cpp "$snap7"/core/*.cpp "$snap7"/lib/*.cpp; do
  c++ -std=c++14 -O1 -w $include -c "$part" -o "$bin/snap7/$(basename "$part" .cpp).o"
done
for peer in s7_client s7_server; do
  c++ -std=c++14 -O1 -Wall -Wextra -I"$here/peers" $include "$here/peers/$peer.cpp" "$bin"/snap7/*.o -lpthread -o "$bin/$peer"
done
