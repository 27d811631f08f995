#!/bin/sh
# What the DHCP client does with its lease: the address, and nothing else of the machine.
case $1 in
  bound|renew) ip address replace "$ip/${mask:-24}" broadcast + dev "$interface" ;;
esac
