#!/usr/bin/env python3
"""Proves the base in a quarter of an hour, and prints one table of figures.

    tools/prove.py                           builds, then everything once in a short form
    tools/prove.py --seeds 500 --minutes 60  more worlds to simulate, more time to torture
    tools/prove.py --only simulator,teeth

Each row names the command behind it, which by itself tells more and goes on for as long as it is told to. Exits 1 where
something that has to hold does not. DUBAN_BUILD_DIR names another build folder than `build`.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = os.environ.get('DUBAN_BUILD_DIR', 'build')


def program(name):
    return f'{BUILD}/bin/{name}'


def find(pattern, text):
    """The groups of a line that a program is known to print; without it, it ended too soon."""
    found = re.search(pattern, text, re.MULTILINE)
    return found.groups() if found else None


class Proof:
    """A command, and what its output says: (figures, holds) or None where it says nothing."""

    def __init__(self, name, command, read):
        self.name = name
        self.command = command
        self.read = read
        self.figures = 'ended without its figures'
        self.holds = False
        self.seconds = 0.0

    def run(self):
        print(f'{self.name}: {" ".join(self.command)}', flush=True)
        begin = time.monotonic()
        done = subprocess.run(self.command, cwd=ROOT, capture_output=True, text=True, check=False)
        self.seconds = time.monotonic() - begin
        said = self.read(done.stdout)
        if said:
            self.figures, self.holds = said[0], said[1] and done.returncode == 0
        if not self.holds:
            print(done.stdout + done.stderr, flush=True)


def read_simulator(text):
    found = find(r'^(\d+) seeds of (\S+) virtual hours: (\d+) with broken invariants; .* (\S+) virtual years', text)
    if not found:
        return None
    seeds, hours, broken, years = found
    figures = f'{seeds} worlds of {hours} h, {broken} with a broken invariant; {years} virtual years a core-hour'
    return figures, broken == '0'


def read_teeth(text):
    found = find(r'^(\d+) bugs planted, (\d+) found', text)
    return found and (f'{found[0]} bugs planted, {found[1]} found', found[0] == found[1])


def read_torture(text):
    found = find(r'^all' + r'\s+(\d+)' * 10, text)
    if not found:
        return None
    cycles, faults, acknowledged, _, _, lost, silent, stuck, unclear, late = (int(number) for number in found)
    figures = f'{cycles} cycles, {faults} faults, {acknowledged} acknowledged: {lost} lost, {silent} silent'
    return figures, lost + silent + stuck + unclear + late == 0


def read_store(text):
    found = find(r'^\s*64\s+\S+\s+(\d+)\s+\d+\s+\d+\s+(\S+)\s+(\S+)', text)
    if not found:
        return None
    return f'{found[0]} commands/s from 64 callers; {found[1]} of raw RocksDB, {found[2]} with its mark', True


def read_feed(text):
    found = find(r'^followed and durable\s+(\d+)', text)
    wire = find(r'(\S+) wire bytes a payload byte', text)
    raw = find(r'^of raw RocksDB: (\S+); of raw gRPC: (\S+);', text)
    if not (found and wire and raw):
        return None
    return f'{found[0]} entities/s followed and durable; {raw[0]} of raw RocksDB, {raw[1]} of raw gRPC; ' \
           f'{float(wire[0]):.2f} wire bytes a payload byte', True


def proofs(options):
    jobs = str(os.cpu_count() or 2)
    return [
        Proof('simulator', [program('duban-sim'), '--seed', '1', '--seeds', str(options.seeds), '--jobs', jobs],
              read_simulator),
        Proof('teeth', [program('duban-teeth')], read_teeth),
        Proof('torture', [program('duban-torture'), '--minutes', str(options.minutes), '--jobs', jobs], read_torture),
        Proof('store', [program('duban-bench'), 'store'], read_store),
        Proof('feed', [program('duban-bench'), 'feed', '--entities', str(options.entities)], read_feed),
    ]


def main():
    names = ', '.join(proof.name for proof in proofs(argparse.Namespace(seeds=0, minutes=0, entities=0)))
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--seeds', type=int, default=100, help='worlds of one virtual hour (default: %(default)s)')
    parser.add_argument('--minutes', type=float, default=3, help='of torture (default: %(default)s)')
    parser.add_argument('--entities', type=int, default=200_000, help='to follow (default: %(default)s)')
    parser.add_argument('--only', default='', help=f'some of: {names}')
    options = parser.parse_args()
    wanted = [name for name in options.only.split(',') if name]
    chosen = [proof for proof in proofs(options) if not wanted or proof.name in wanted]
    if len(chosen) < len(wanted):
        parser.error(f'--only takes {names}, with commas between; got `{options.only}`')
    built = subprocess.run(['tools/build', 'duban-sim', 'duban-teeth', 'duban-torture', 'duban-plan', 'duban-node',
                            'duban-bench'], cwd=ROOT, stdout=sys.stderr, check=False)
    if built.returncode != 0:
        return built.returncode
    for proof in chosen:
        proof.run()
    print()
    for proof in chosen:
        print(f'{proof.name:<10} {"holds" if proof.holds else "BROKEN":<7} {proof.seconds:6.0f} s  {proof.figures}')
    print('\nPlant a bug and watch it being found: tools/teeth --list-bugs, then tools/teeth --plant NAME')
    return 0 if all(proof.holds for proof in chosen) else 1


if __name__ == '__main__':
    sys.exit(main())
