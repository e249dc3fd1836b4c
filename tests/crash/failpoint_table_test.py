#!/usr/bin/env python3
"""The table of failpoints is the code's: every place that is marked is in it once, every name in it is marked, and each
is met by a test: the torture meets those of stores and servers by their place in the table, the others are named.

Usage: failpoint_table_test.py SOURCE_DIR
"""

import pathlib
import re
import sys
import unittest

SOURCE = pathlib.Path(sys.argv[1]).resolve()

# Tests that name the failpoints they meet, by what it takes to come to the place.
NAMED_IN = {'kLevels': 'tests/flow/levels_test.py', 'kChannel': 'tests/unit/digest_test.cc',
            'kFiles': 'tests/flow/evidence_flow_test.py',
            'kBackup': 'tests/flow/backup_flow_test.py', 'kRebuild': 'tests/flow/rebuild_flow_test.py'}


class FailpointTableTest(unittest.TestCase):
    def setUp(self):
        header = (SOURCE / 'common/base/failpoint.h').read_text(encoding='utf-8')
        table = header[header.index('kFailpoints[] ='):]
        self.table = re.findall(r'\{"([a-z_.]+)", FailpointPlace::(\w+),', table)

    def test_names_are_the_codes(self):
        marked = []
        for folder in ('common', 'services'):
            for path in sorted((SOURCE / folder).rglob('*.cc')):
                marked += re.findall(r'DUBAN_FAILPOINT\("([^"]+)"\)', path.read_text(encoding='utf-8'))
        self.assertEqual(sorted(marked), sorted(name for name, _ in self.table))
        self.assertGreater(len(marked), 20)

    def test_each_is_met_by_a_test(self):
        swept = {'kStore', 'kTornEnd', 'kServer'}
        for name, place in self.table:
            with self.subTest(name):
                if place in NAMED_IN:
                    test = SOURCE / NAMED_IN[place]
                    if not test.exists():
                        self.skipTest(f'{test} is not there yet')
                    self.assertIn(name, test.read_text(encoding='utf-8'))
                else:
                    self.assertIn(place, swept)
        torture = (SOURCE / 'tests/crash/torture_cycles.cc').read_text(encoding='utf-8')
        for place in swept:
            self.assertIn(f'FailpointPlace::{place}', torture)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
