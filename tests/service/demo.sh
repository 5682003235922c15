#!/bin/sh
# Show real actions over verified TLS against the simulator, one for each outcome, and check each exit status.
# Usage: demo.sh PATH/TO/migtask BUILD_DIR
set -eu

if [ $# -ne 2 ]; then
    echo "usage: $0 PATH/TO/migtask BUILD_DIR" >&2
    exit 2
fi
migtask=$1
build=$2
here=$(dirname "$0")
python=${PYTHON:-python3}

if [ ! -x "$migtask" ]; then
    echo "$0: there is no command $migtask: build it first (make)" >&2
    exit 2
fi

work=$build/demo
log=$work/service.log
ca=$build/pki/roots.pem
started=''

end_all() {
    for pid in $started; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    started=''
}
trap end_all EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    echo "demo: $*" >&2
    exit 1
}

# serve OPTION...: start a simulator and set $port and $pid.
serve() {
    rm -f "$work/ready"
    "$python" "$here/simulator.py" --pki "$build/pki" --ready-file "$work/ready" "$@" >/dev/null &
    pid=$!
    started="$started $pid"
    waited=0
    while [ ! -e "$work/ready" ]; do
        kill -0 "$pid" 2>/dev/null || fail 'the simulator did not start'
        [ $waited -lt 300 ] || fail 'the simulator was not ready within 30 s'
        sleep 0.1
        waited=$((waited + 1))
    done
    read -r _ port <"$work/ready"
}

heading() {
    printf '\n== %s\n\n' "$*"
}

# expect STATUS ARGUMENT...: show and run a command line, its output as it comes, and check how it ends.
expect() {
    expected=$1
    shift
    echo "+ $migtask $*"
    status=0
    "$migtask" "$@" 2>&1 || status=$?
    echo "(exit status $status)"
    [ "$status" -eq "$expected" ] || fail "exit status $expected was expected"
}

# service_says: what the service's own log has about the last request.
service_says() {
    [ -s "$log" ] || fail 'the service has not seen the request'
    "$python" -c '
import json, sys
last = json.loads(open(sys.argv[1]).readlines()[-1])
done = "carried it out" if last["executed"] else "did not carry it out"
print("(the log of the service: %s of %s came over %s, and the service %s)" %
      (last["operation"], last["task_id"], last["tls_version"], done))
' "$log"
}

mkdir -p "$work"
rm -f "$log"

# A token of our own, whatever the environment holds: the demo must never send a real one.
MIGTASK_TOKEN=MIIDemoTokenOfNobody
export MIGTASK_TOKEN
unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY # the simulator is on this machine
ready_task=5e0b1a2c-7d34-4f6e-9a01-000000000001
running_task=5e0b1a2c-7d34-4f6e-9a01-000000000002

serve --tls 1.3 --keep-alive 100 --log "$log"
endpoint=https://localhost:$port
echo "A simulator of the service listens on $endpoint; the token comes from MIGTASK_TOKEN in the environment."

heading 'Accepted: a ready task is started'
expect 0 start $ready_task --endpoint "$endpoint" --ca-file "$ca"
service_says

heading 'Accepted, for a program to read: the same task is paused'
expect 0 stop $ready_task --endpoint "$endpoint" --ca-file "$ca" --json

heading 'Refused: a running task cannot be started'
expect 1 start $running_task --endpoint "$endpoint" --ca-file "$ca"
service_says

heading 'Refused: the account may not do this'
expect 1 start fault-denied --endpoint "$endpoint" --ca-file "$ca"

heading 'Unknown: the service takes the request and never answers'
expect 4 start fault-silent --endpoint "$endpoint" --ca-file "$ca" --timeout 1
service_says

heading 'Several tasks in one run; the exit status is the gravest outcome'
expect 1 start ready-1 $running_task ready-2 --endpoint "$endpoint" --ca-file "$ca"

heading 'What an error code means'
expect 0 explain SMS.7713

heading 'Not sent: the certificate comes from an issuer that nobody trusts'
serve --cert unknown
other=https://localhost:$port
expect 3 start $ready_task --endpoint "$other" --ca-file "$ca"

heading 'Not sent: nobody listens there'
kill "$pid"
wait "$pid" || fail 'the simulator did not end well'
started=${started% "$pid"}
expect 3 start $ready_task --endpoint "$other" --ca-file "$ca" --retries 0

printf '\nEvery outcome was the expected one.\n'
