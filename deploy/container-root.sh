#!/bin/sh
# container-root.sh BINARY DIRECTORY: makes of DIRECTORY the whole file system of an image that runs BINARY: the binary,
# the shared libraries that it names, the certificates that the system trusts, and a place for the data.
set -eu
binary=$1
root=$2

mkdir -p "$root/etc/ssl/certs" "$root/tmp"
install -m 755 "$binary" "$root/roomcast"
# `name => /path (address)`, or `/path (address)` for the loader; what the kernel brings has no path.
ldd "$binary" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
# uid 65532 is nobody in particular; the data is its own, and nothing else is.
install -d -m 700 -o 65532 -g 65532 "$root/data"
