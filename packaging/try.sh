#!/bin/sh
# Tries what dist.sh made where nothing else is: as root, on Debian. First the archive in an empty root, where a scripted administrator
# gets from `init` to the first catalogue of a platform of another make (tests/it/admin.rs); then the .deb in a bare Debian 12, if
# debootstrap is there (it wants the network and some minutes).
set -eu
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; "$@"; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mkdir "$scratch/empty"
tar -xzf target/dist/gbaudit-*-linux-*.tar.gz -C "$scratch/empty" --strip-components=1
# What every kernel gives: a static program asks the device for random numbers.
mkdir "$scratch/empty/dev"
mknod -m 666 "$scratch/empty/dev/random" c 1 8
mknod -m 666 "$scratch/empty/dev/urandom" c 1 9
step env GBAUDIT_FRESH="$scratch/empty" cargo test --locked --test it -- --nocapture admin::from_the_program

command -v debootstrap >/dev/null || exit 0
step debootstrap --variant=minbase bookworm "$scratch/debian" >/dev/null
cp target/dist/*.deb "$scratch/debian/gbaudit.deb"
step chroot "$scratch/debian" dpkg -i /gbaudit.deb
step chroot "$scratch/debian" gbaudit demo --out /tmp/demo
step chroot "$scratch/debian" id gbaudit
step chroot "$scratch/debian" ls -l /etc/gbaudit /usr/lib/systemd/system/gbaudit.service /usr/share/doc/gbaudit
step chroot "$scratch/debian" dpkg -r gbaudit
