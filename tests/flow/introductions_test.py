#!/usr/bin/env python3
"""Nodes introduce themselves: what does not fit is refused or shown on both sides, naming both, and the status ends
with another code than 0. Real programs on loopback, without TLS: with it, a certificate says so before.

Usage: introductions_test.py BUILD_DIR SOURCE_DIR
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

BUILD, SOURCE = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
sys.path.insert(0, str(SOURCE / 'tools'))
from demo_nodes import free_ports, wait_until  # noqa: E402

DAY = '2024-03-04'
NOT_REACHED = 3


class Node:
    """A process of a node without TLS."""

    def __init__(self, folder, name, port):
        self.name, self.port, self.folder, self.process = name, port, folder / f'{name}-{port}', None
        self.folder.mkdir(exist_ok=True)

    def start(self, upstream=None, day=DAY):
        port_file = self.folder / 'port'
        port_file.unlink(missing_ok=True)
        command = [BUILD / 'bin/duban-node', f'--node={self.name}', f'--data-dir={self.folder}/data', '--insecure',
                   f'--listen=127.0.0.1:{self.port}', '--admin-listen=none', f'--port-file={port_file}',
                   '--development', f'--pretend-date={day}']
        command += [f'--upstream={upstream}'] if upstream else []
        with open(self.folder / 'log', 'ab') as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(port_file.exists, f'{self.name} does not start; see {self.folder}/log')

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)
            self.process = None

    def duban(self, *arguments):
        """Exit code, standard output and standard error."""
        environment = {**os.environ, 'DUBAN_SERVER': f'127.0.0.1:{self.port}', 'DUBAN_INSECURE': 'true',
                       'NO_COLOR': '1'}
        run = subprocess.run([BUILD / 'bin/duban', *arguments], capture_output=True, text=True, timeout=60,
                             env=environment, check=False)
        return run.returncode, run.stdout, run.stderr

    def status(self):
        code, out, _ = self.duban('node', 'status', '--format=json')
        return code, json.loads(out)


def reasons(status, part):
    return {notice['reason'] for each in status[part] for notice in each.get('notices', [])}


class IntroductionsTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='duban-introductions-'))
        self.nodes = []

    def tearDown(self):
        for node in reversed(self.nodes):
            node.stop()
        shutil.rmtree(self.folder)

    def node(self, name):
        node = Node(self.folder, name, free_ports(1)[0])
        self.nodes.append(node)
        return node

    def test_a_node_of_another_name_than_configured_gives_nothing_and_both_say_so(self):
        above, below = self.node('haojiang'), self.node('edu')
        above.start()
        above.duban('unit', 'create', '--name=濠江区政府', '--kind=government')
        below.start(upstream=f'city=127.0.0.1:{above.port}')
        wait_until(lambda: below.status()[0] == NOT_REACHED, 'the status below does not fail')
        wait_until(lambda: 'WRONG_NODE' in reasons(above.status()[1], 'followers'), 'nothing is shown above')
        self.assertEqual(above.status()[0], NOT_REACHED)
        for text in (below.duban('node', 'status')[1], above.duban('node', 'status')[1]):
            for name in ('haojiang', 'city', 'edu'):
                self.assertIn(name, text.replace('\n', ''))
        units = json.loads(below.duban('unit', 'list', '--format=json')[1])['units']
        self.assertEqual(units, [], 'nothing of the directory was taken over')

    def test_clocks_that_are_days_apart_are_shown_on_both_sides(self):
        above, below = self.node('city'), self.node('edu')
        above.start()
        below.start(upstream=f'city=127.0.0.1:{above.port}', day='2024-03-01')
        wait_until(lambda: 'CLOCK_OFF' in reasons(below.status()[1], 'hops'), 'nothing is shown below')
        wait_until(lambda: 'CLOCK_OFF' in reasons(above.status()[1], 'followers'), 'nothing is shown above')
        for node in (above, below):
            code, status = node.status()
            self.assertEqual(code, NOT_REACHED)
        follower = next(each for each in above.status()[1]['followers'] if each['downstream'])
        self.assertAlmostEqual(int(follower['clock_ahead'].rstrip('s')), -3 * 86400, delta=300)
        self.assertIn('天', above.duban('node', 'status')[1])
        self.assertEqual(above.duban('doctor')[0], 4)

    def test_a_follower_that_stopped_is_lost_and_stays_so_over_a_restart(self):
        above, below = self.node('city'), self.node('edu')
        above.start()
        below.start(upstream=f'city=127.0.0.1:{above.port}')

        def followed():
            code, status = above.status()
            here = [each for each in status['followers'] if each['downstream'] and each['connected']]
            return code == 0 and {each['feed'] for each in here} == {'plan', 'assignment'}
        wait_until(followed, 'the follower is not listed')
        below.stop()

        def lost():
            code, status = above.status()
            return code == NOT_REACHED and any(each['name'] == 'edu' for each in status['followers'])
        wait_until(lost, 'the follower is not shown as lost', seconds=100)
        self.assertIn('失去联系', above.duban('node', 'status')[1])

    def test_a_unit_of_the_node_above_is_not_made_again_without_a_word(self):
        above, below = self.node('city'), self.node('edu')
        above.start()
        self.assertEqual(above.duban('unit', 'create', '--name=区财政局', '--kind=department')[0], 0)
        below.start(upstream=f'city=127.0.0.1:{above.port}')
        wait_until(lambda: '区财政局' in below.duban('unit', 'list')[1], 'the directory does not come down')
        code, _, error = below.duban('unit', 'create', '--name=区财政局', '--kind=department')
        self.assertEqual(code, 1)
        self.assertIn('city', error)
        self.assertIn('--beside-upper', error)
        code, _, error = below.duban('unit', 'create', '--name=区财政局', '--kind=department', '--beside-upper')
        self.assertEqual(code, 0, error)
        doctor = json.loads(below.duban('doctor', '--format=json')[1])
        self.assertIn('NOTICE', {check['verdict'] for check in doctor['checks'] if check['check'] == 'directory'})


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
