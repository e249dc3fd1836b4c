"""What tools/prove.py reads out of the programs' own words, and what breaks the proof."""

import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(sys.argv[1]).resolve()
sys.path.insert(0, str(ROOT / 'tools'))
import prove  # noqa: E402


def output(name, *arguments):
    command = [str(BUILD / 'bin' / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


class ProveTest(unittest.TestCase):

    def test_the_simulators_words_are_understood(self):
        text = output('duban-sim', '--seed', '1', '--seeds', '2', '--hours', '0.05')
        figures, holds = prove.read_simulator(text)
        self.assertIn('2 worlds of 0.05 h, 0 with a broken invariant', figures)
        self.assertTrue(holds)
        self.assertFalse(prove.read_simulator(text.replace(': 0 with', ': 1 with'))[1])

    def test_the_benchmarks_words_are_understood(self):
        store = output('duban-bench', 'store', '--seconds', '0.05', '--rounds', '1', '--callers', '64')
        self.assertRegex(prove.read_store(store)[0], r'^\d+ commands/s from 64 callers; [\d.]+ of raw RocksDB')
        feed = output('duban-bench', 'feed', '--entities', '1000')
        self.assertRegex(prove.read_feed(feed)[0], r'^\d+ entities/s .* wire bytes a payload byte$')

    def test_the_tortures_words_are_understood(self):
        text = output('duban-torture', '--only', 'kill', '--cycles', '1', '--stops-within', '15')
        figures, holds = prove.read_torture(text)
        self.assertRegex(figures, r'^1 cycles, \d+ faults, \d+ acknowledged: 0 lost, 0 silent$')
        self.assertTrue(holds)
        for column in range(5, 10):
            row = ['1'] + ['0'] * 9
            row[column] = '1'
            self.assertFalse(prove.read_torture('all ' + ' '.join(row))[1], column)

    def test_a_bug_that_is_not_found_breaks_the_proof(self):
        found = prove.read_teeth('52 bugs planted, 52 found, 0 not found\n')
        self.assertEqual(found, ('52 bugs planted, 52 found', True))
        self.assertFalse(prove.read_teeth('52 bugs planted, 51 found, 1 not found\n')[1])

    def test_a_program_that_ends_too_soon_or_with_an_error_breaks_the_proof(self):
        for command, read in ((['true'], prove.read_simulator), (['false'], lambda text: ('all is well', True))):
            proof = prove.Proof('one', command, read)
            proof.run()
            self.assertFalse(proof.holds, command)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
