#!/usr/bin/env python3
"""A district loses its disk. What the city and the bureau hold of it comes back with `duban node rebuild`, also after
the command was killed in the middle and with a neighbour that is down at first; then work goes on. Real programs on
loopback, driven through the CLI.

Usage: rebuild_flow_test.py BUILD_DIR SOURCE_DIR
"""

import json
import os
import shutil
import subprocess

from flow_support import BUILD, FlowTest, import_directory, main, plan_text, publish
from demo_nodes import SLOWNESS, DemoError, Level, free_ports, wait_until

DAY = '2024-03-04'
CITY = '编号,名称,类别,上级,节点\nu-city,测试市政府,政府,,\nu-east,东区政府,政府,u-city,district\n'
DISTRICT = '编号,名称,类别,上级,节点\nd-office,区政府办,部门,,\nd-health,区卫生局,部门,d-office,bureau\n'
# Who looks after what of whom at which node.
CLIENTS = {('city', '东区政府'): 'u-city', ('city', '测试市政府'): 'u-city', ('district', '东区政府'): 'u-east',
           ('district', '区卫生局'): 'd-office', ('district', '区政府办'): 'd-office', ('bureau', '区卫生局'): 'd-health'}
TASKS = 3
UNREACHABLE, NOT_NOW = 3, 4


class RebuildFlowTest(FlowTest):
    def setUp(self):
        super().setUp()
        self.ports = dict(zip(('city', 'district', 'bureau'), free_ports(3)))
        self.levels = {node: Level(node, self.folder, BUILD, 'zh') for node in self.ports}
        self.city, self.district, self.bureau = (self.levels[node] for node in self.ports)
        for node in self.ports:
            self.start(node)
        import_directory(self.city, CITY)
        import_directory(self.district, DISTRICT)

    def tearDown(self):
        for node in ('bureau', 'district', 'city'):
            self.levels[node].stop()

    def start(self, node):
        above = {'district': 'city', 'bureau': 'district'}.get(node)
        upstream = f'{above}=127.0.0.1:{self.ports[above]}' if above else None
        self.levels[node].start_node(self.ports[node], DAY, upstream=upstream)

    def publish(self, level, issuer, unit, number):
        text = plan_text(f'{issuer}2024年第{number}批工作要点', unit, TASKS)
        return publish(level, issuer, text, unit=CLIENTS[level.node, issuer])

    def at(self, level, unit):
        """Name and state of every assignment of a unit as a level sees it."""
        try:
            listed = level.duban('assignment', 'list', '--unit', unit, unit=CLIENTS[level.node, unit])
        except DemoError:  # The directory has not come down yet.
            return {}
        return {a['name']: a['state'] for a in listed['assignments']}

    def alike(self, above, below, unit, count, state):
        def check():
            seen = self.at(above, unit)
            return seen == self.at(below, unit) and len(seen) == count and set(seen.values()) == {state}
        wait_until(check, f'{above.node} and {below.node} do not agree on {count} of {unit} in {state}', seconds=60)

    def sign_all(self, level, unit):
        level.duban('assignment', 'receive', '--all', '--unit', unit, '--by', '王敏', unit=CLIENTS[level.node, unit])

    def rebuild(self, *extra, failpoint=None, language=None):
        command = [str(BUILD / 'bin' / 'duban'), *(['--lang', language] if language else ['--format=json']), 'node',
                   'rebuild', f'--keys={self.district.keys_of()}', f'--data-dir={self.district.folder / "data"}',
                   '--node=district',
                   f'--upstream=city=127.0.0.1:{self.ports["city"]}',
                   f'--downstream=bureau=127.0.0.1:{self.ports["bureau"]}', *extra]
        environment = {**os.environ, **({'DUBAN_FAILPOINT': failpoint} if failpoint else {})}
        return subprocess.run(command, capture_output=True, text=True, timeout=120 * SLOWNESS, env=environment)

    def work(self):
        """What the district has to lose: a plan of the city signed and reported, one of its own issued and reviewed."""
        self.publish(self.city, '测试市政府', '东区政府', 1)
        self.alike(self.city, self.district, '东区政府', TASKS, 'ISSUED')
        self.sign_all(self.district, '东区政府')
        self.publish(self.district, '区政府办', '区卫生局', 1)
        self.alike(self.district, self.bureau, '区卫生局', TASKS, 'ISSUED')
        self.sign_all(self.bureau, '区卫生局')
        self.bureau.duban('assignment', 'submit', *self.at(self.bureau, '区卫生局'), '--text', '已完成', '--by', '王敏',
                          unit='d-health')
        self.alike(self.district, self.bureau, '区卫生局', TASKS, 'UNDER_REVIEW')
        self.district.duban('assignment', 'review', *self.at(self.district, '区卫生局'), '--accept', '--by', '李二',
                            unit='d-office')
        self.alike(self.district, self.bureau, '区卫生局', TASKS, 'DONE')
        self.alike(self.city, self.district, '东区政府', TASKS, 'RECEIVED')

    def lose_disk(self):
        self.district.stop()
        shutil.rmtree(self.district.folder / 'data')

    def test_a_lost_district_comes_back_and_works_on(self):
        self.work()
        refused = self.rebuild()
        self.assertEqual(refused.returncode, NOT_NOW, refused.stderr)  # The server holds the stores.
        self.lose_disk()

        for place in ('rebuild.before_commit=kill:1', 'rebuild.after_commit=kill:2'):
            killed = self.rebuild(failpoint=place)
            self.assertEqual(killed.returncode, -9, killed.stderr)
        with self.assertRaises(DemoError) as not_started:
            self.start('district')
        self.assertIn('duban node rebuild', str(not_started.exception))
        self.district.forget_killed()

        self.bureau.stop()
        missing = self.rebuild()
        self.assertEqual(missing.returncode, UNREACHABLE, missing.stderr)
        self.assertIn('bureau', json.loads(missing.stderr)['error']['message'])
        self.start('bureau')
        killed = self.rebuild(failpoint='rebuild.before_finish=kill:2')
        self.assertEqual(killed.returncode, -9, killed.stderr)
        table = self.rebuild(language='zh')
        self.assertEqual(table.returncode, 0, table.stderr)
        for words in ('本级的交办单', '草稿', '提醒规则', '可以启动'):
            self.assertIn(words, table.stdout + table.stderr)
        self.assertEqual(self.rebuild().returncode, NOT_NOW)

        self.start('district')
        self.alike(self.city, self.district, '东区政府', TASKS, 'RECEIVED')
        self.alike(self.district, self.bureau, '区卫生局', TASKS, 'DONE')
        self.district.duban('assignment', 'submit', *self.at(self.district, '东区政府'), '--text', '已完成', '--by',
                            '王敏', unit='u-east')
        self.alike(self.city, self.district, '东区政府', TASKS, 'UNDER_REVIEW')
        self.publish(self.district, '区政府办', '区卫生局', 2)
        wait_until(lambda: len(self.at(self.bureau, '区卫生局')) == 2 * TASKS, 'the second plan does not come down')
        for level in (self.city, self.district):
            for name in self.at(level, '东区政府'):
                timeline = level.duban('assignment', 'timeline', name, unit=CLIENTS[level.node, '东区政府'])
                kinds = [e['kind'] for e in timeline['entries']]
                self.assertEqual(sorted(kinds), sorted(set(kinds)), f'{level.node} {name}: {kinds}')


if __name__ == '__main__':
    main()
