#!/bin/sh
# Makes what is installed: a fully static x86_64 Linux program in an archive with its papers, a .deb, an .rpm, sums and a bill of
# materials, in target/dist. Wants a C compiler, openssl for SM3, and from the registry cargo-deb, cargo-generate-rpm, cargo-cyclonedx
# where they are not there yet. Nothing in the archive depends on the hour or the machine but what the compiler itself does.
set -eu
cd "$(dirname "$0")/.."

target=x86_64-unknown-linux-gnu
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
name=gbaudit-$version-x86_64-linux
out=target/dist
tree=$out/$name

step() { printf '\n== %s\n' "$*"; "$@"; }
# Tools run here: they are built as this machine builds.
have() { command -v "$1" >/dev/null || step env -u RUSTFLAGS cargo install --locked "$1"; }

# Paths of the machine that builds are nobody's business, and would differ.
here=$(pwd)
RUSTFLAGS="-C target-feature=+crt-static --remap-path-prefix=$here=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
export RUSTFLAGS
step cargo build --release --locked --target "$target"

rm -rf "$out"
mkdir -p "$tree/systemd" "$tree/docs" "$tree/completions" "$tree/man"
strip -o "$tree/gbaudit" "target/$target/release/gbaudit"
# Anything dynamic would fail on a machine with an older libc: refused here, not there.
if ! ldd "$tree/gbaudit" 2>&1 | grep -q -e 'statically linked' -e 'not a dynamic executable'; then
    echo "the program is not static" >&2
    exit 1
fi
install -m 0644 packaging/gbaudit.service packaging/gbaudit.timer "$tree/systemd/"
install -m 0644 packaging/安装说明.txt README.md README.zh-CN.md CHANGELOG.md LICENSE LICENSE-APACHE LICENSE-MIT NOTICE "$tree/"
install -m 0644 src/report/document/data/OFL.txt "$tree/OFL.txt"
# A package puts the program where packages do.
mkdir -p "$out/package"
sed 's,/usr/local/bin/,/usr/bin/,' packaging/gbaudit.service >"$out/package/gbaudit.service"
cp -R docs/. "$tree/docs/"
# The manual as one page; it is drawn by a program of this machine.
step env -u RUSTFLAGS cargo run --locked --example manual -- "$out/package/手册.html"
install -m 0644 "$out/package/手册.html" "$tree/"
for shell in bash zsh fish; do "$tree/gbaudit" completions "$shell" >"$tree/completions/gbaudit.$shell"; done
"$tree/gbaudit" man >"$tree/man/gbaudit.1"
# Settings to begin from, without a password: init makes one where it is used.
scratch=$(mktemp -d)
"$tree/gbaudit" init --yes --no-listen --county 371723 --interface 127.0.0.1 --platform-type other --out "$scratch" >/dev/null
install -m 0644 "$scratch/gbaudit.toml" "$tree/gbaudit.sample.toml"
rm -rf "$scratch"

have cargo-cyclonedx
step cargo cyclonedx --format json --spec-version 1.5 --override-filename gbaudit.cdx
# Neither where it was made nor a number of chance: the same commit gives the same list.
sed -e "s,path+file://$here,path+file:///gbaudit,g" -e '/"serialNumber"/d' gbaudit.cdx.json >"$tree/sbom.cdx.json"
rm gbaudit.cdx.json

(cd "$tree" && find . -type f ! -name '*SUMS' | LC_ALL=C sort | while read -r file; do sha256sum "${file#./}"; done >SHA256SUMS)
(cd "$tree" && find . -type f ! -name '*SUMS' | LC_ALL=C sort | while read -r file; do openssl dgst -sm3 -r "${file#./}"; done >SM3SUMS)
step tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$out" -cf "$out/$name.tar" "$name"
gzip -n -9 "$out/$name.tar"

have cargo-deb
# What is packed is what was built and looked at.
step cargo deb --no-build --target "$target" --output "$out/"
have cargo-generate-rpm
step cargo generate-rpm --target "$target" --output "$out/"
(cd "$out" && sha256sum ./*.tar.gz ./*.deb ./*.rpm >SHA256SUMS)
(cd "$out" && openssl dgst -sm3 -r ./*.tar.gz ./*.deb ./*.rpm >SM3SUMS)
ls -l "$out"
