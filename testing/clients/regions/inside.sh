#!/bin/sh
# Runs a command where Cairn is the whole network: called by `cargo xtask test --only regions` inside a network and a
# mount namespace (`unshare --mount --net`), so the machine's own loopback and /etc/resolv.conf stay as they are.
set -eu
ip link set lo up
printf 'nameserver 127.0.0.1\noptions timeout:2 attempts:2\n' >"$CAIRN_TEST_SCRATCH/resolv.conf"
mount --bind "$CAIRN_TEST_SCRATCH/resolv.conf" /etc/resolv.conf
exec "$@"
