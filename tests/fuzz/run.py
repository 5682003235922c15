#!/usr/bin/env python3
"""Runs the fuzz targets: `make -f tests/fuzz.mk check`, `soak` or `corpus`.

run.py check OUT                    the committed corpus with its floors, a number of runs, the comparison with Python
run.py soak OUT [--seconds N]       each target for that long, and the comparison with other seeds
run.py once OUT TARGET...           their corpus once, for tests/coverage.mk
run.py corpus OUT                   minimises the corpus and what soak found, and packs it
The last line of check and soak is `N passed, N failed`.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import compare
import packed

HERE = pathlib.Path(__file__).resolve().parent
KEPT_LENGTH = 1500      # Longer inputs are not worth their place in the corpus, but for files: see corpus().

# Runs in check; longest input; edges of the product that the corpus must reach, counted by clang 14 (another counts
# otherwise). The floors are a little below what is reached, so that they hold when the code becomes smaller.
TARGETS = {
    'answer-mcu': (3000, 4096, 660),
    'answer-host': (2000, 4096, 670),
    'body-mcu': (3000, 4096, 550),
    'body-host': (2000, 4096, 560),
    'call-mcu': (2000, 2048, 600),
    'arguments-host': (20000, 512, 605),
    'files-host': (6000, 20000, 208),
    'roots-mcu': (4000, 4096, 590),
    'roots-host': (2000, 4096, 582),
    'chain-mcu': (6000, 1024, 1720),
    'handshake-mcu': (1500, 1024, 2120),
    'handshake-host': (1500, 1024, 2130),
}
# What they begin with besides the corpus: made by material.py.
SEEDS = ('chain', 'handshake')
OF_TLS = ('roots', 'chain', 'handshake')


def kind_of(target):
    return target.partition('-')[0]


def fuzz(out, target, *options, timeout):
    """One run of libFuzzer. What it adds goes to a folder of its own, a failing input to found/."""
    found = out / 'found' / kind_of(target)
    found.mkdir(parents=True, exist_ok=True)
    words = HERE / ('tls.dict' if kind_of(target) in OF_TLS else 'words.dict')
    command = [out / target, f'-max_len={TARGETS[target][1]}', '-timeout=20', f'-dict={words}',
               f'-artifact_prefix={found}/', '-verbosity=1', *options]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=timeout, check=False, text=True, errors='replace')
    except subprocess.TimeoutExpired as ended:
        return 1, f'{ended}\n'
    return done.returncode, done.stdout


def unpack(out, target):
    """A folder with the corpus of a target's kind, and with what is made for it."""
    kind = kind_of(target)
    folder = out / 'corpus' / target
    shutil.rmtree(folder, ignore_errors=True)
    packed.unpack(kind, folder)
    if kind in SEEDS:
        shutil.copytree(out / 'seeds' / kind, folder, dirs_exist_ok=True)
    return folder


def clang_is_the_floors(out):
    return b'clang version 14.' in (out / 'compiler').read_bytes()


def check_target(out, target):
    """The corpus with its floor, then runs that are the same every time. Whether all was well."""
    runs, _, floor = TARGETS[target]
    corpus = unpack(out, target)
    new = out / 'new' / target
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    start = time.monotonic()
    count = len(list(corpus.iterdir()))
    status, log = fuzz(out, target, '-seed=1', f'-runs={runs + count}', new, corpus, timeout=300)
    counters = re.search(r'\((\d+) inline 8-bit counters\)', log)
    edges = re.search(r'INITED cov: (\d+)', log)
    good = status == 0 and edges is not None
    text = 'the corpus fails'
    if edges:
        text = f'{count} inputs reach {edges[1]} of {counters[1]} edges (floor {floor})'
        if int(edges[1]) < floor and clang_is_the_floors(out):
            good = False
    print(f'{"ok" if good else "FAIL":4}  {target:15} {text}, {runs} runs, {time.monotonic() - start:.1f} s', flush=True)
    if not good:
        print(log[-6000:], flush=True)
    return good


def longest(target):
    """For an order in which what takes long comes first."""
    return target.partition('-')[0] not in OF_TLS


def check(out):
    passed = failed = 0
    if not clang_is_the_floors(out):
        print('note: the floors of edges are for clang 14; with this compiler they are not compared')
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for good in pool.map(lambda target: check_target(out, target), sorted(TARGETS, key=longest)):
            passed += good
            failed += not good
    good, bad = compare.run(out, 2500)
    return passed + good, failed + bad


def soak(out, seconds):
    passed = failed = 0
    for target in TARGETS:
        corpus = unpack(out, target)
        found = out / 'found' / kind_of(target)
        status, log = fuzz(out, target, f'-max_total_time={seconds}', found, corpus, timeout=seconds + 300)
        runs = re.search(r'^Done (\d+) runs', log, re.M)
        print(f'{"FAIL" if status else "ok":4}  {target:15} {runs[1] if runs else "?"} runs', flush=True)
        if status:
            print(log[-6000:])
        passed += status == 0
        failed += status != 0
    start = time.monotonic()
    seed = int(time.time())
    while failed == 0 and time.monotonic() - start < seconds:
        print(f'seed {seed}')
        good, bad = compare.run(out, 10000, seed)
        passed += good
        failed += bad
        seed += 1
    return passed, failed


def once(out, targets):
    passed = failed = 0
    for target in targets:
        status, log = fuzz(out, target, *unpack(out, target).iterdir(), timeout=300)
        passed += status == 0
        failed += status != 0
        if status:
            print(log[-6000:])
    return passed, failed


def corpus(out):
    for kind in dict.fromkeys(map(kind_of, TARGETS)):
        kept = set()
        for target in TARGETS:
            if kind_of(target) != kind:
                continue
            known = unpack(out, target)
            merged = out / 'merged' / target
            shutil.rmtree(merged, ignore_errors=True)
            merged.mkdir(parents=True)
            # By edges alone, not by how often each is taken: a tenth of the inputs.
            found = out / 'found' / kind
            found.mkdir(parents=True, exist_ok=True)
            status, log = fuzz(out, target, '-merge=1', '-use_counters=0', '-use_value_profile=0',
                               f'-max_len={TARGETS[target][1] if kind == "files" else KEPT_LENGTH}',
                               merged, known, found, timeout=1200)
            if status:
                print(log[-3000:])
                return 0, 1
            kept |= {path.read_bytes() for path in merged.iterdir()}
        packed.store(kind, kept)
        print(f'{kind}: {len(kept)} inputs, {sum(map(len, kept))} bytes')
    return 1, 0


def main():
    parser = argparse.ArgumentParser(description='Runs the fuzz targets.')
    parser.add_argument('what', choices=('check', 'soak', 'once', 'corpus'))
    parser.add_argument('out', type=pathlib.Path)
    parser.add_argument('targets', nargs='*')
    parser.add_argument('--seconds', type=int, default=3600)
    arguments = parser.parse_args()
    start = time.monotonic()
    if arguments.what == 'check':
        passed, failed = check(arguments.out)
    elif arguments.what == 'soak':
        passed, failed = soak(arguments.out, arguments.seconds)
    elif arguments.what == 'once':
        passed, failed = once(arguments.out, arguments.targets)
    else:
        passed, failed = corpus(arguments.out)
    print(f'note: {time.monotonic() - start:.0f} s')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
