#!/bin/sh
#
# run.sh OPERATION TASK_ID [options of migtask] - boots the rescue image under QEMU and lets it send
# the action. Shows its console; the exit status is migtask's. A machine that ends without a result
# is 3 (not_sent) if it had not started the command yet, else 4 (unknown). On a terminal Ctrl-C
# cancels the call, as it does without a machine in between.
#
#   ARCH=x86_64          or aarch64
#   TOKEN_FILE=FILE      goes into the image as a second archive, never onto a command line
#   ARCHIVE=FILE         another archive (cpio, newc); its files replace those of the image
#   KERNEL_WORDS=        more for the kernel's command line, such as ip=...
#   QEMU_OPTIONS=        more for QEMU
#   CARD=virtio-net-pci  the network card, by QEMU's name
#   MEMORY=128           megabytes
#   LIMIT=120            seconds until the machine is taken for dead
#   OUT=build/rescue     where the image is
#
# The machine sees the servers on this machine's loopback interface as 10.0.2.2.
set -eu

fail() {
    echo "run: $*" >&2
    exit 2
}

top=$(cd "$(dirname "$0")/../.." && pwd)
ARCH=${ARCH:-x86_64}
case $ARCH in
x86_64)
    out=$top/build/rescue
    machine='-M q35 -cpu max'
    console=ttyS0
    ;;
aarch64)
    out=$top/build/rescue-aarch64
    machine='-M virt -cpu cortex-a57'
    console='ttyAMA0 cma=0'
    ;;
*) fail "no ARCH $ARCH" ;;
esac
OUT=${OUT:-$out}
[ -e "$OUT/initramfs.cpio" ] || fail "no image in $OUT: make BOARD=rescue ARCH=$ARCH"

# A word with blanks is one word for the kernel too, in quotation marks.
words="console=$console quiet panic=-1 ${KERNEL_WORDS:-} --"
for word; do
    case $word in
    *\"*) fail "the kernel's command line cannot hold a quotation mark: $word" ;;
    *[[:space:]]* | '') words="$words \"$word\"" ;;
    *) words="$words $word" ;;
    esac
done
[ ${#words} -lt 2048 ] || fail "too long for a kernel's command line"
[ $# -le 30 ] || fail "too many words for a kernel's command line"

umask 077
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
trap 'exit 4' HUP INT TERM
cat "$OUT/initramfs.cpio" ${ARCHIVE:+"$ARCHIVE"} >"$temp/initrd" || fail "no archive"
if [ -n "${TOKEN_FILE:-}" ]; then
    cat "$TOKEN_FILE" >"$temp/token" || fail "no token file"
    (cd "$temp" && echo token | cpio --quiet -o -H newc -R 0:0) >>"$temp/initrd"
    rm "$temp/token"
fi

# -no-reboot: a kernel that panics ends the run. sed: of a line that was erased (the progress) only
# what came after it stays.
# shellcheck disable=SC2086 # lists
timeout --foreground --kill-after=5 "${LIMIT:-120}" "qemu-system-$ARCH" $machine \
    -m "${MEMORY:-128}" -nodefaults -no-user-config -no-reboot -display none -monitor none \
    -chardev stdio,id=console,signal=off -serial chardev:console \
    -netdev user,id=net -device "${CARD:-virtio-net-pci},netdev=net,romfile=" ${QEMU_OPTIONS:-} \
    -kernel "$OUT/vmlinuz" -initrd "$temp/initrd" -append "$words" |
    sed -u 's/\r*$//; s/.*\r[ \x08]*//' | tee "$temp/console"

status=$(sed -n 's/^rescue: exit status \([0-9]*\)$/\1/p' "$temp/console" | tail -n 1)
if [ -n "$status" ]; then
    exit "$status"
fi
if grep -q '^rescue: the command starts$' "$temp/console"; then
    echo "run: the machine ended without a result: the action may have been carried out" >&2
    exit 4
fi
echo "run: the machine did not get as far as the command: the action was not carried out" >&2
exit 3
