#!/usr/bin/env python3
"""Nodes introduce themselves: what does not fit is refused or shown on both sides, naming both, and the status ends
with another code than 0. Real programs on loopback, without TLS: with it, a certificate says so before.

Usage: introductions_test.py BUILD_DIR SOURCE_DIR
"""

import json

from flow_support import PlainNodesTest, main
from demo_nodes import wait_until

DAY = '2024-03-04'
NOT_REACHED = 3


def start(node, upstream=None, day=DAY):
    flags = ['--development', f'--pretend-date={day}']
    node.start(*flags, *([f'--upstream=city=127.0.0.1:{upstream.port}'] if upstream else []))


def status_of(node):
    code, out, _ = node.duban('node', 'status', '--format=json')
    return code, json.loads(out)


def reasons(status, part):
    return {notice['reason'] for each in status[part] for notice in each.get('notices', [])}


class IntroductionsTest(PlainNodesTest):
    def test_a_node_of_another_name_than_configured_gives_nothing_and_both_say_so(self):
        above, below = self.node('haojiang'), self.node('edu')
        start(above)
        above.duban('unit', 'create', '--name=濠江区政府', '--kind=government')
        start(below, above)
        wait_until(lambda: status_of(below)[0] == NOT_REACHED, 'the status below does not fail')
        wait_until(lambda: 'WRONG_NODE' in reasons(status_of(above)[1], 'followers'), 'nothing is shown above')
        self.assertEqual(status_of(above)[0], NOT_REACHED)
        for text in (below.duban('node', 'status')[1], above.duban('node', 'status')[1]):
            for name in ('haojiang', 'city', 'edu'):
                self.assertIn(name, text.replace('\n', ''))
        units = json.loads(below.duban('unit', 'list', '--format=json')[1])['units']
        self.assertEqual(units, [], 'nothing of the directory was taken over')

    def test_clocks_that_are_days_apart_are_shown_on_both_sides(self):
        above, below = self.node('city'), self.node('edu')
        start(above)
        start(below, above, day='2024-03-01')
        wait_until(lambda: 'CLOCK_OFF' in reasons(status_of(below)[1], 'hops'), 'nothing is shown below')
        wait_until(lambda: 'CLOCK_OFF' in reasons(status_of(above)[1], 'followers'), 'nothing is shown above')
        for node in (above, below):
            code, status = status_of(node)
            self.assertEqual(code, NOT_REACHED)
        follower = next(each for each in status_of(above)[1]['followers'] if each['downstream'])
        self.assertAlmostEqual(int(follower['clock_ahead'].rstrip('s')), -3 * 86400, delta=300)
        self.assertIn('天', above.duban('node', 'status')[1])
        self.assertEqual(above.duban('doctor')[0], 4)

    def test_a_follower_that_stopped_is_lost_and_stays_so_over_a_restart(self):
        above, below = self.node('city'), self.node('edu')
        start(above)
        start(below, above)

        def followed():
            code, status = status_of(above)
            here = [each for each in status['followers'] if each['downstream'] and each['connected']]
            return code == 0 and {each['feed'] for each in here} == {'plan', 'assignment'}
        wait_until(followed, 'the follower is not listed')
        below.stop()

        def lost():
            code, status = status_of(above)
            return code == NOT_REACHED and any(each['name'] == 'edu' for each in status['followers'])
        wait_until(lost, 'the follower is not shown as lost', seconds=100)
        self.assertIn('失去联系', above.duban('node', 'status')[1])

    def test_a_unit_of_the_node_above_is_not_made_again_without_a_word(self):
        above, below = self.node('city'), self.node('edu')
        start(above)
        self.assertEqual(above.duban('unit', 'create', '--name=区财政局', '--kind=department')[0], 0)
        start(below, above)
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
    main()
