#!/bin/sh
#
# image.sh FOLDER INIT MIGTASK CA_FILE KERNEL_ROOT MODULE... - makes FOLDER/initramfs.cpio and puts
# the kernel beside it.
#
# KERNEL_ROOT has vmlinuz (or boot/vmlinuz-VERSION) and lib/modules/VERSION; those modules, and what
# they depend on, go into the image. The same files make the same bytes.
set -eu

fail() {
    echo "image: $*" >&2
    exit 1
}

PATH=$PATH:/usr/sbin:/sbin
out=$1 init=$2 migtask=$3 ca=$4 kernel=$5
shift 5
image=$out/image
version=
for folder in "$kernel"/lib/modules/*/; do # the newest
    [ -d "$folder" ] && version=$(basename "$folder")
done
[ -n "$version" ] || fail "$kernel has no lib/modules/VERSION"
vmlinuz=$kernel/vmlinuz
[ -e "$vmlinuz" ] || vmlinuz=$kernel/boot/vmlinuz-$version
[ -r "$vmlinuz" ] || fail "there is no $vmlinuz that may be read"
[ -r "$ca" ] || fail "there is no CA file $ca; name one by CA="

rm -rf "$image"
install -D -m 755 "$init" "$image/init"
install -D -m 755 "$migtask" "$image/migtask"
install -D -m 644 "$ca" "$image/etc/ssl/certs/ca-certificates.crt"
mkdir "$image/modules"

# In the order in which they have to be loaded, which their numbers keep.
number=10
for module; do
    modprobe -d "$kernel" -S "$version" --show-depends "$module" >"$out/depends" ||
        fail "$version has no module $module"
    while read -r word file _; do
        [ "$word" = insmod ] || continue # else it is built in
        name=$(basename "$file")
        case $(ls "$image/modules") in *"-${name%.ko*}.ko"*) continue ;; esac
        name=$number-${name%.ko*}.ko
        case $file in
        *.xz) xz -dc "$file" ;;
        *.zst) zstd -dcq "$file" ;;
        *.gz) gzip -dc "$file" ;;
        *) cat "$file" ;;
        esac >"$image/modules/$name"
        number=$((number + 1))
    done <"$out/depends"
done
chmod 644 "$image"/modules/*.ko
find "$image" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
(cd "$image" && find . ! -name . | LC_ALL=C sort |
    cpio --quiet -o -H newc --reproducible -R 0:0) >"$out/initramfs.cpio.new"
install -m 644 "$vmlinuz" "$out/vmlinuz"
rm -rf "$image" "$out/depends"
mv "$out/initramfs.cpio.new" "$out/initramfs.cpio"
