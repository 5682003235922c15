#!/usr/bin/env python3
"""Tests of the firmware: every board and profile under QEMU, against the simulator of the service.

tests/board/run.py [--board NAME] [--profile NAME] [-k PART-OF-A-NAME] [--no-build]

Builds the images first. The last line is `N passed, N failed`; the status is not zero if one failed or none ran.
"""

import argparse
import concurrent.futures
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import elf
import machine
import memory
import names
from dhcp_server import DhcpServer
from machine import BOARDS, GATEWAY, HOST, PROFILES, TOKEN, Machine, call, image, run

from simulator import Simulator  # noqa: E402 # machine.py says where it is

# An ECDSA handshake of TLS 1.2 without large windows (89 million with MIGTASK_TLS_FAST).
HANDSHAKE_BUDGET = 145e6
NANOSECONDS_AN_INSTRUCTION = 64    # -icount shift=6

TESTS = []


def test(boards=tuple(BOARDS), profiles=PROFILES, weight=1):
    """Adds a test for each of these boards and profiles; heavier ones are started first."""
    def add(function):
        for board in boards:
            for profile in profiles:
                TESTS.append((weight, f'{function.__name__}[{board}-{profile}]', board, profile, function))
        return function
    return add


def serve(**options):
    """A service with a certificate that every profile can check."""
    return Simulator(machine.PKI, **{'cert': 'ec', **options})


def judge(result, outcome, reason=None, **members):
    """What must hold for a run that has ended so."""
    assert result.code == machine.EXIT[outcome], f'expected {outcome}: {result}'
    assert list(result.json) == machine.MEMBERS, result
    for name, value in {'outcome': outcome, **({'reason': reason} if reason else {}), **members}.items():
        assert result.json[name] == value, f'{name} should be {value!r}: {result}'
    assert re.search(rf'^{outcome}: \S* \S*: .', result.console, re.M), f'no line for people: {result}'
    assert TOKEN[:16] not in result.console, f'the token came out: {result}'
    assert 'fault at' not in result.console, result
    return result


def act(board, profile, service, outcome, reason=None, *, members=None, network='user', **parameters):
    """One action against this service."""
    result = run(board, image(board, profile), call(service.port, **parameters), network=network)
    return judge(result, outcome, reason, **(members or {}))


def executed(service):
    """How many actions the service has carried out."""
    return sum(record['executed'] for record in service.requests)


# ---- What every board and profile does ----

@test()
def accepted(board, profile):
    with serve() as service:
        result = act(board, profile, service, 'accepted', 'ok', members={'http_status': 200, 'attempts': 1},
                     report='memory')
        assert executed(service) == 1
        memory = result.memory
        assert memory['stack'] < memory['stack_size'] * 0.9, result
        assert memory['arena'] < memory['arena_size'] * 0.92, result


@test()
def refused(board, profile):
    with serve() as service:
        result = act(board, profile, service, 'refused', 'http_status', token='denied-' + TOKEN,
                     members={'http_status': 403, 'error_code': 'SMS.9004', 'operation': 'start', 'task_id': 'ready-1'})
        assert result.json['error_msg'] and result.json['request_id'] and result.json['details'], result
        assert 'encoded_authorization_message' in result.json['truncated'], result
        assert executed(service) == 0


@test(weight=5)
def refused_at_length(board, profile):
    """1.4 MB in a few KB: code and message are whole, the rest is cut and said to be."""
    with serve() as service:
        result = act(board, profile, service, 'refused', 'http_status', task='fault-max403', report='memory',
                     timeout=60, members={'http_status': 403})
        assert (len(result.json['error_code']), len(result.json['error_msg'])) == (255, 255), result
        assert {'error_param', 'details'} <= set(result.json['truncated']), result


@test(weight=6)
def unknown_when_silent(board, profile):
    with serve() as service:
        act(board, profile, service, 'unknown', 'timeout', task='fault-silent', timeout=6, retries=5,
            members={'attempts': 1})
        assert executed(service) == 1


@test()
def unknown_when_cut(board, profile):
    with serve() as service:
        act(board, profile, service, 'unknown', 'connection_lost', task='fault-cut-60', members={'attempts': 1})
        assert executed(service) == 1


@test()
def not_sent_to_the_wrong(board, profile):
    for cert, words in (('unknown', 'not among the trusted'), ('expired', 'has expired'),
                        ('wrong-name', 'other.example.test'), ('forged', 'not the key that signed')):
        with serve(cert=cert) as service:
            result = act(board, profile, service, 'not_sent', 'certificate_rejected', retries=3,
                         members={'attempts': 1})
            assert words in result.console, result
            assert not service.requests


@test()
def not_sent_to_an_impostor(board, profile):
    """Who has a right certificate and not its key."""
    with serve(cert='stolen') as service:
        act(board, profile, service, 'not_sent', 'tls_failed')
        assert not service.requests


@test()
def not_sent_to_a_closed_port(board, profile):
    with socket.socket() as closed:
        closed.bind(('127.0.0.1', 0))
        judge(run(board, image(board, profile), call(closed.getsockname()[1])), 'not_sent', 'connect_failed')


@test(weight=3)
def not_sent_without_an_address(board, profile):
    result = run(board, image(board, profile), call(443, timeout=3), network='hubport,hubid=9')
    judge(result, 'not_sent', 'timeout', attempts=0)
    assert 'DHCP' in result.console, result


@test()
def not_sent_without_the_time(board, profile):
    result = run(board, image(board, profile), call(443, timeout=2, time=None))
    judge(result, 'not_sent', 'clock_unset', attempts=0)


@test()
def longest_token(board, profile):
    token = (TOKEN * 60)[:16384]
    with serve() as service, tempfile.NamedTemporaryFile('w') as file:
        file.write(token + '\n')
        file.flush()
        act(board, profile, service, 'accepted', 'ok', token='@' + file.name)
        assert service.requests[0]['token'] == token


@test()
def invalid(board, profile):
    for name, value in (('operation', 'explode'), ('task', '-'), ('endpoint', 'http://localhost'), ('token', None),
                        ('timeout', 'x'), ('address', '1.2.3')):
        parameters = {**call(443), name: value}
        result = run(board, image(board, profile),
                     {key: given for key, given in parameters.items() if given is not None})
        judge(result, 'invalid', 'invalid_argument')
        assert name in result.console, result


@test(weight=2)
def again_without_a_reset(board, profile):
    """Several actions of one start, and attempts that are repeated."""
    with serve(accept_then_close=1) as service:
        result = act(board, profile, service, 'accepted', 'ok', calls=3, retries=3, task='fault-retry-1-1',
                     timeout=30)
        assert [report['attempts'] for report in result.reports] == [3, 1, 1], result
        assert executed(service) == 3
    with serve() as service:
        act(board, profile, service, 'unknown', 'connection_lost', task='fault-reset', retries=3)
        assert len(service.requests) == 1, 'an action of unknown outcome was repeated'


@test()
def fixed_address(board, profile):
    with serve() as service:
        act(board, profile, service, 'accepted', address=machine.ADDRESS, netmask='255.255.255.0', gateway=GATEWAY)


@test()
def echoed_token(board, profile):
    with serve() as service:
        act(board, profile, service, 'refused', task='fault-echo')


# ---- Certificates and versions ----

@test(weight=2)
def versions_and_curves(board, profile):
    """What a profile is made for works, and what it leaves out ends before anything is sent."""
    full = profile == 'full'
    for version in ('1.2', '1.3'):
        for cert in ('ec', 'ec-inter', 'p384', 'rsa', 'rsa-inter', 'rsa4096'):
            if not full and (version, cert) not in (('1.2', 'ec'), ('1.3', 'ec'), ('1.2', 'rsa'), ('1.2', 'p384')):
                continue
            good = full or (version, cert) == ('1.2', 'ec')
            with serve(cert=cert, tls=version) as service:
                act(board, profile, service, 'accepted' if good else 'not_sent', timeout=60, connect_timeout=50)
                if good:
                    assert service.requests[0]['tls_version'] == f'TLSv{version}'


@test(profiles=('full',))
def key_exchange(board, profile):
    for curve in (None, 'prime256v1', 'secp384r1'):    # none: X25519, which is offered first
        with serve(curve=curve) as service:
            act(board, profile, service, 'accepted')


# ---- Names and time ----

SERVICES = threading.Lock()     # there is one port 53, and one 123


@test(profiles=('full', 'smallest'))
def name_looked_up(board, profile):
    if not NAMES:
        raise Skipped('no port 53')
    with serve() as service:
        act(board, profile, service, 'accepted', connect_to=None, **NAMES)
        act(board, profile, service, 'accepted', connect_to=None, dns=GATEWAY, task='ready-2')
        act(board, profile, service, 'not_sent', 'resolve_failed', connect_to=f'nowhere.example.test:{service.port}',
            **NAMES)


@test(profiles=('full', 'smallest'))
def time_by_sntp(board, profile):
    if not NAMES:
        raise Skipped('no port 123')
    with SERVICES, serve() as service:
        with names.TimeServer():
            act(board, profile, service, 'accepted', time=None, sntp=GATEWAY)
        with names.TimeServer():
            act(board, profile, service, 'accepted', time=None, sntp='time.example.test', task='ready-2', **NAMES)
        with names.TimeServer(-40 * 365 * 86400) as liar:
            act(board, profile, service, 'not_sent', 'clock_unset', time=None, sntp=GATEWAY, timeout=3)
            assert liar.asked


@test(boards=('mps2-an385',), profiles=('smallest',), weight=6)
def address_renewed(board, profile):
    """Half of a lease later it is renewed; when nobody answers it ends, and the next server's address is taken.

    In an image whose DHCP counts seconds where lwIP counts minutes.
    """
    out = machine.OUT / 'quick-leases'
    assert machine.build(board, profile, f'OUT={out}', 'CFLAGS=-DDHCP_COARSE_TIMER_SECS=1') is not None
    with DhcpServer(lease=4, offered='192.0.2.10') as server:
        with Machine(board, out / 'migtask.elf', call(443, time=None, timeout=60), network=server.netdev) as guest:
            guest.wait_console('network: address 192.0.2.10')
            guest.wait_until(lambda: ('request', '192.0.2.10') in server.asked)
            time.sleep(4)
            assert 'lost' not in guest.console(), 'it was renewed and yet given up'
            server.silent = True
            guest.wait_console('network: the address is lost')
            server.offered, server.silent = '192.0.2.20', False
            guest.wait_console('network: address 192.0.2.20')


# ---- The cable ----

@test(boards=('mps2-an385',), profiles=('full', 'smallest'), weight=3)
def cable_plugged_late(board, profile):
    with serve() as service:
        with Machine(board, image(board, profile), call(service.port, timeout=60)) as guest:
            guest.plug(False)
            guest.wait_console('migtask')
            time.sleep(1)
            guest.plug(True)
            judge(guest.finish(), 'accepted', attempts=1)


@test(weight=4)
def cable_pulled(board, profile):
    """While the answer is awaited, and put back: the connection lives on, and the address is asked for anew.

    QEMU's lm3s6965evb does not show the state of its cable.
    """
    with serve() as service:
        parameters = call(service.port, task='fault-slow-2500', timeout=60)
        with Machine(board, image(board, profile), parameters, capture=True) as guest:
            service.wait_log(1, 20)
            guest.plug(False)
            time.sleep(1)
            guest.plug(True)
            result = judge(guest.finish(), 'accepted', attempts=1)
            if board == 'mps2-an385':
                assert 'cable pulled' in result.console and result.console.count('cable plugged') == 2, result
                assert guest.dhcp_messages() == ['discover', 'request', 'request'], guest.dhcp_messages()


@test(boards=('mps2-an385',), profiles=('full', 'small'), weight=4)
def cable_pulled_for_good(board, profile):
    """Before the request is out: repeated when the cable is back, by the same start of the program."""
    with serve(silent_handshake=1) as service:
        parameters = call(service.port, timeout=60, connect_timeout=3, retries=3)
        with Machine(board, image(board, profile), parameters) as guest:
            guest.wait_console('network: address')
            time.sleep(1)
            guest.plug(False)
            guest.wait_console('trying again')
            time.sleep(1)
            guest.plug(True)
            judge(guest.finish(), 'accepted', attempts=2)
        assert executed(service) == 1


# ---- The images themselves ----

@test()
def image_has_no_heap(board, profile):
    elf.check_no_heap(image(board, profile))


@test()
def image_has_no_data(board, profile):
    elf.check_no_data(image(board, profile))


@test(profiles=('small', 'smallest'))
def multiplication_takes_one_time(board, profile):
    """On a Cortex-M3 the time of a 32-bit multiplication depends on the numbers, so p256-m makes none."""
    mbedtls = machine.ROOT / os.environ.get('MBEDTLS_DIR', 'build/deps/mbedtls')
    source = (mbedtls / '3rdparty/p256-m/p256-m/p256-m.c').read_text(encoding='utf-8')
    assert not elf.long_multiplications(image(board, profile), source)


@test(profiles=('full',))
def production_refuses_test_entropy(board, _):
    """Without the switch for tests such a board does not compile."""
    out = f'build/tests/board/production-{board}'
    done = subprocess.run(['make', f'BOARD={board}', f'OUT={out}', f'{out}/boards/firmware/entropy_TEST_ONLY.o'],
                          cwd=machine.ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and 'cannot be a product' in done.stderr, done


@test(boards=('mps2-an385',), profiles=('full',))
def runtime_functions(board, _):
    """The few functions of a C library that the firmware has itself, and that a fault does not go unnoticed."""
    image_file = machine.OUT / 'runtime_check.elf'
    image_file.parent.mkdir(parents=True, exist_ok=True)
    sources = ['tests/board/runtime_check.c', 'boards/firmware/cortex_m.c', 'boards/firmware/semihosting.c']
    includes = [f'-I{folder}' for folder in ('core', 'boards', 'boards/drivers', 'boards/firmware', 'port/lwip', 'port/mbedtls')]
    lwip = os.environ.get('LWIP_DIR', 'build/deps/lwip')
    flags = ['-mcpu=cortex-m3', '-mthumb', '-std=c11', '-Os', '-fno-builtin', *includes, '-isystem', f'{lwip}/src/include']
    apart = ['-ffreestanding', '-fno-tree-loop-distribute-patterns']
    for command in (['gcc', *flags, *apart, '-c', 'boards/firmware/runtime.c', '-o', f'{image_file}.o'],
                    ['gcc', *flags, *sources, f'{image_file}.o', '-nostdlib', '-T', f'boards/{board}/{board}.ld',
                     '-o', image_file]):
        subprocess.run([elf.CROSS + command[0], *map(str, command[1:])], cwd=machine.ROOT, check=True, timeout=60)
    result = run(board, image_file, {'do': 'check'})
    assert result.code == 0, f'line {result.code} of runtime_check.c, {result}'
    for fault in ('trap', 'overflow'):
        assert run(board, image_file, {'do': fault}).code == machine.BOARD_FAULT, fault


# ---- Running them ----

class Skipped(Exception):
    """A test that cannot be done here, and why."""


SKIPPED = []    # names of tests; they count neither as passed nor as failed

# Parameters that name the name server; empty: there is none here.
NAMES = {}


def instructions():
    """Handshakes counted, beside the budget and what boards/README.md says, which must be true."""
    lines = ['note: instructions, in millions (-icount shift=6):',
             'note: TLS  certificate  profile  handshake   budget  longest without board_busy()']
    documented = re.findall(r'^\| TLS 1\.[23], .* \| (\d+) million \| (\d+) million \|$',
                            (machine.ROOT / 'boards/README.md').read_text(encoding='utf-8'), re.M)
    measured = []
    for profile, version, cert, budget in (('small', '1.2', 'ec', HANDSHAKE_BUDGET), ('full', '1.3', 'ec', None),
                                           ('full', '1.2', 'rsa', None), ('full', '1.3', 'rsa4096', None)):
        with serve(cert=cert, tls=version) as service:
            result = run('lm3s6965evb', image('lm3s6965evb', profile),
                         call(service.port, report='memory', timeout=600, connect_timeout=500), icount=True, limit=120)
            judge(result, 'accepted')
        handshake, longest = (result.memory[name] * 1e6 / NANOSECONDS_AN_INSTRUCTION / 1e6
                              for name in ('handshake_ms', 'longest_ms'))
        measured.append((str(round(handshake)), str(round(longest))))
        lines.append(f'note: {version}  {cert:<11}  {profile:<7}  {handshake:>9.1f}  '
                     f'{budget / 1e6 if budget else "":>7}  {longest:>9.1f}')
        assert budget is None or handshake <= budget / 1e6, lines[-1]
    print('\n'.join(lines))
    if memory.versions() not in (machine.ROOT / 'README.md').read_text(encoding='utf-8'):
        print(f'note: boards/README.md: not compared, its figures are of other versions than {memory.versions()}')
        return
    assert all(abs(int(said) - int(found)) <= max(1, 0.03 * int(found)) for row in zip(documented, measured, strict=True)
               for said, found in zip(*row)), f'boards/README.md says {documented}, measured {measured}'


def perform(name, board, profile, function):
    """Runs one test; what went wrong, None if nothing."""
    try:
        function(board, profile)
    except Skipped as why:
        SKIPPED.append(name)
        print(f'skipped: {name}: {why}', flush=True)
    except Exception:  # pylint: disable=broad-except # a test may fail in any way
        return f'{name}: FAILED\n{traceback.format_exc()}'
    return None


def build_all(tests):
    """All images that these tests need; whether that went well."""
    wanted = sorted({(board, profile) for _, _, board, profile, _ in tests})
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return all(output is not None for output in pool.map(lambda job: machine.build(*job), wanted))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--board', choices=BOARDS)
    parser.add_argument('--profile', choices=PROFILES)
    parser.add_argument('-k', default='', help='only tests whose name holds this')
    parser.add_argument('--no-build', action='store_true')
    options = parser.parse_args()
    tests = [entry for entry in sorted(TESTS, key=lambda entry: -entry[0])
             if options.board in (None, entry[2]) and options.profile in (None, entry[3]) and options.k in entry[1]]
    if os.environ.get(names.INSIDE) is None and not options.no_build and not build_all(tests):
        print('0 passed, 1 failed')
        return 1
    started = time.monotonic()
    alone = names.enter_namespace()
    failures = []
    server = names.NameServer({HOST: GATEWAY, 'time.example.test': GATEWAY})
    try:
        server.__enter__()
        NAMES.update({} if alone else {'dns': GATEWAY}, retries=0)
    except OSError as error:
        print(f'note: no name server here ({error}), and no network of our own')
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        for failure in pool.map(lambda entry: perform(*entry[1:]), tests):
            if failure:
                failures.append(failure)
                print(failure, flush=True)
    if not options.k and not failures and options.board is None and options.profile is None:
        tests.append(None)
        failures += filter(None, [perform('instructions', None, None, lambda *_: instructions())])
        print(*failures, sep='\n', end='', flush=True)
    print(f'{time.monotonic() - started:.0f} s')
    print(f'{len(tests) - len(failures) - len(SKIPPED)} passed, {len(failures)} failed')
    return 1 if failures or not tests else 0


if __name__ == '__main__':
    sys.exit(main())
