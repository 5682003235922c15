#!/bin/sh
#
# deb.sh FOLDER - builds the Debian packages migtask and libmigtask-dev into FOLDER, from this tree
# and the sources of mbedTLS and jsmn that are here, without a network. The same tree gives the same
# bytes: the times in the packages are SOURCE_DATE_EPOCH, else the date in debian/changelog.
set -eu

cd "$(dirname "$0")/../.."
out=$1
version=$(dpkg-parsechangelog -l boards/packages/debian/changelog -S Version)
folder=$out/migtask-$version

rm -rf "$folder"
mkdir -p "$folder/deps/mbedtls" "$folder/deps/jsmn"
cp -R core port boards Makefile Kconfig README.md LICENSE "$folder"
mv "$folder/boards/packages/debian" "$folder"
for part in 3rdparty include library LICENSE; do
    cp -R "${MBEDTLS_DIR:-build/deps/mbedtls}/$part" "$folder/deps/mbedtls"
done
cp "${JSMN_DIR:-build/deps/jsmn}/jsmn.h" "${JSMN_DIR:-build/deps/jsmn}/LICENSE" "$folder/deps/jsmn"

# Nothing of the caller's make and of its variables.
(
    cd "$folder"
    env -i PATH="$PATH" HOME="$PWD" LC_ALL=C.UTF-8 \
        ${SOURCE_DATE_EPOCH:+SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH"} \
        DEB_BUILD_OPTIONS="noautodbgsym parallel=$(nproc)" dpkg-buildpackage -b -us -uc
) >"$out/log" 2>&1 || {
    tail -n 40 "$out/log" >&2
    echo "deb: failed; all of it: $out/log" >&2
    exit 1
}
for package in "$out"/*_"${version}"_*.deb; do
    printf '  %-7s %s\n' DEB "$package"
done
