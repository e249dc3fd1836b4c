#!/usr/bin/env python3
"""Backups and restores in a real flow: a node made from an old backup, its neighbours, and what `verify` says of them.
Real programs on loopback, driven through the CLI.

Usage: backup_flow_test.py BUILD_DIR SOURCE_DIR
"""

import json
import os
import shutil
import subprocess

from flow_support import BUILD, FlowTest, import_directory, main, plan_text, publish
from demo_nodes import SLOWNESS, DemoError, Level, free_ports, wait_until

DAY = '2024-03-04'
DIRECTORY = '''编号,名称,类别,上级,节点,成员
u-city,测试市政府,政府,,,
u-first,第一区政府,政府,u-city,district,
'''
TASKS = 4


class BackupFlowTest(FlowTest):
    def setUp(self):
        super().setUp()
        self.ports = free_ports(2)
        self.city = Level('city', self.folder, BUILD, 'zh')
        self.district = Level('district', self.folder, BUILD, 'zh')
        self.city.unit, self.district.unit = 'u-city', 'u-first'
        self.start(self.city)
        self.start(self.district)
        import_directory(self.city, DIRECTORY)

    def tearDown(self):
        self.district.stop()
        self.city.stop()

    def backups(self, level):
        return self.folder / f'backups-{level.node}'

    def start(self, level, **environment):
        city = level is self.city
        level.start_node(self.ports[0 if city else 1], DAY,
                         upstream=None if city else f'city=127.0.0.1:{self.ports[0]}',
                         environment={'DUBAN_BACKUP_DIR': str(self.backups(level)),
                                      'DUBAN_BACKUP_INTERVAL_MINUTES': '0', **environment})

    def publish(self, number):
        title = f'测试市2024年第{number}批工作要点分工方案'
        return publish(self.city, '测试市政府', plan_text(title, '第一区政府', TASKS))['name']

    def at(self, level):
        # By its id: a level may not have the directory yet.
        listed = level.duban('assignment', 'list', '--unit', 'units/u-first')
        return {a['name']: a['state'] for a in listed['assignments']}

    def alike(self, **states):
        """Both levels agree, with so many assignments in each state."""
        def check():
            above, below = self.at(self.city), self.at(self.district)
            counts = {state: list(above.values()).count(state) for state in set(above.values())}
            return above == below and counts == states
        try:
            wait_until(check, '', seconds=60)
        except DemoError:
            self.fail(f'expected {states}, the city has {self.at(self.city)}, the district {self.at(self.district)}')

    def sign_all(self):
        def all_signed():
            pulled = self.district.duban('assignment', 'pull', '--unit', '第一区政府', '--lease', '2s')
            if pulled.get('assignments'):
                self.district.duban('assignment', 'receive', *[a['name'] for a in pulled['assignments']],
                                    '--lease-token', pulled['lease_token'], '--by', '王敏', parse=False)
            return 'ISSUED' not in self.at(self.district).values()
        wait_until(all_signed, 'not everything could be signed for')

    def backup(self, level):
        made = level.duban('node', 'backup')['backups']
        self.assertEqual([s['service'] for s in made[0]['stores']], ['notification', 'assignment', 'plan'])
        return self.backups(level) / made[0]['folder']

    def lose(self, level):
        level.stop()
        shutil.rmtree(level.folder / 'data')

    def offline(self, level, *arguments, environment=None):
        """Runs the CLI without a server; returns the finished process."""
        return subprocess.run([str(BUILD / 'bin' / 'duban'), '--lang=zh', *[str(a) for a in arguments]],
                              capture_output=True, text=True, timeout=60 * SLOWNESS,
                              env={**os.environ, **(environment or {})})

    def restore(self, level, backup):
        run = self.offline(level, 'node', 'restore', '--backup', backup, '--data-dir', level.folder / 'data')
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn(f'已恢复节点“{level.node}”', run.stdout)
        self.assertIn('duban node rebuild', run.stderr)

    def verify(self, level):
        """What `duban node verify` finds that is not good; its exit code says so too."""
        run = self.offline(level, *level.servers, f'--keys={level.keys_of()}', '--format=json', 'node', 'verify')
        checks = json.loads(run.stdout)['checks']
        self.assertEqual({c['service'] for c in checks if c['what'] == 'INDEXES' and c['result'] == 'GOOD'},
                         {'plan', 'assignment', 'notification'})
        bad = [check for check in checks if check['result'] != 'GOOD']
        self.assertEqual(run.returncode, 7 if bad else 0, run.stderr)
        return bad

    def verified(self, level):
        try:
            wait_until(lambda: not self.verify(level), '', seconds=60)
        except DemoError:
            self.fail(f'{level.node}: {self.verify(level)}')

    def check_nothing_doubled(self):
        for level in (self.city, self.district):
            for name in self.at(level):
                kinds = [e['kind'] for e in level.duban('assignment', 'timeline', name)['entries']]
                self.assertEqual(sorted(kinds), sorted(set(kinds)), f'{level.node} {name}: {kinds}')

    def test_a_city_from_an_old_backup_takes_back_what_it_issued_since_and_hears_again_what_was_signed(self):
        self.publish(1)
        self.alike(ISSUED=TASKS)
        backup = self.backup(self.city)
        self.sign_all()
        self.publish(2)
        self.alike(RECEIVED=TASKS, ISSUED=TASKS)
        self.lose(self.city)
        self.restore(self.city, backup)
        self.start(self.city)
        # What was signed comes up again. The second plan is not known above any more: its assignments are taken back
        # below, where they stay on record.
        def converged():
            above, below = self.at(self.city), self.at(self.district)
            gone = {name for name in below if name not in above}
            return (list(above.values()) == ['RECEIVED'] * TASKS and len(gone) == TASKS and
                    all(below[name] == ('CANCELLED' if name in gone else 'RECEIVED') for name in below))
        try:
            wait_until(converged, '', seconds=60)
        except DemoError:
            self.fail(f'the city has {self.at(self.city)}, the district {self.at(self.district)}')
        self.publish(3)
        self.sign_all()
        wait_until(lambda: list(self.at(self.city).values()) == ['RECEIVED'] * 2 * TASKS, 'the third is not signed')
        self.verified(self.city)
        self.verified(self.district)

    def test_a_district_from_an_old_backup_gets_its_orders_again_and_goes_on_from_what_it_has(self):
        self.publish(1)
        self.alike(ISSUED=TASKS)
        backup = self.backup(self.district)
        self.sign_all()
        self.publish(2)
        self.alike(RECEIVED=TASKS, ISSUED=TASKS)
        self.lose(self.district)
        self.restore(self.district, backup)
        self.start(self.district)
        # Without `rebuild` it does not get back what it had signed, and the city takes its word: it is signed anew.
        self.alike(ISSUED=2 * TASKS)
        self.sign_all()
        self.alike(RECEIVED=2 * TASKS)
        self.check_nothing_doubled()
        self.verified(self.district)
        self.verified(self.city)

    def test_backups_are_listed_and_the_oldest_go(self):
        first, second = self.backup(self.city), self.backup(self.city)
        listed = self.city.duban('node', 'backups')['backups']
        self.assertEqual([b['folder'] for b in listed], [second.name, first.name])
        table = self.city.duban('node', 'backups', table=True)
        self.assertIn(first.name, table)

    def test_a_backup_goes_on_by_itself_and_is_found_again(self):
        job = self.city.duban('node', 'backup', '--detach', '--request-id', 'nightly')
        followed = self.city.duban('node', 'follow', job['name'])['backups'][0]
        self.assertEqual([j['state'] for j in self.city.duban('node', 'jobs')['jobs']], ['DONE'])
        self.city.stop()
        self.start(self.city)
        # Jobs of before are not known any more; the backup is, by its folder and by its request.
        self.assertEqual(self.city.duban('node', 'jobs')['jobs'], [])
        gone = self.offline(self.city, *self.city.servers, f'--keys={self.city.keys_of()}', 'node', 'follow',
                            job['name'])
        self.assertEqual(gone.returncode, 5, gone.stderr)
        self.assertIn('备份', gone.stderr)
        again = self.city.duban('node', 'backup', '--request-id', 'nightly')['backups'][0]
        self.assertEqual(again['folder'], followed['folder'])

    def test_a_restore_that_is_killed_leaves_nothing_that_is_served(self):
        self.publish(1)
        backup = self.backup(self.city)
        self.lose(self.city)
        data = self.city.folder / 'data'
        for failpoint in ('restore.after_mark', 'copy.before_last', 'copy.after_last', 'restore.before_moves',
                          'restore.after_move'):
            killed = self.offline(self.city, 'node', 'restore', '--backup', backup, '--data-dir', data,
                                  environment={'DUBAN_FAILPOINT': f'{failpoint}=kill:1'})
            self.assertEqual(killed.returncode, -9, failpoint)
            with self.assertRaisesRegex(DemoError, 'ended with 3'):
                self.start(self.city)
            self.city.forget_killed()
            again = self.offline(self.city, 'node', 'restore', '--backup', backup, '--data-dir', data)
            self.assertEqual(again.returncode, 4, failpoint)
            self.assertIn('清空', again.stderr)
            shutil.rmtree(data)
        self.restore(self.city, backup)
        self.start(self.city)
        self.assertEqual(list(self.at(self.city).values()), ['ISSUED'] * TASKS)

    def test_a_server_killed_while_it_makes_a_backup_leaves_none(self):
        self.publish(1)
        for failpoint in ('backup.after_copy', 'copy.before_last', 'copy.after_last', 'backup.before_name'):
            self.city.stop()
            self.start(self.city, DUBAN_FAILPOINT=f'{failpoint}=kill:1')
            with self.assertRaises(DemoError):
                self.city.duban('node', 'backup', '--timeout=2s')
            wait_until(lambda: not self.city.running(), f'not killed at {failpoint}')
            self.city.forget_killed()
            self.start(self.city)
            self.assertEqual(self.city.duban('node', 'backups')['backups'], [], failpoint)
        backup = self.backup(self.city)
        self.assertEqual([path.name for path in self.backups(self.city).iterdir()], [backup.name])
        self.assertEqual(list(self.at(self.city).values()), ['ISSUED'] * TASKS)

    def test_refusals_name_what_is_wrong(self):
        backup = self.backup(self.city)
        data = self.city.folder / 'data'
        running = self.offline(self.city, 'node', 'restore', '--backup', backup, '--data-dir', data)
        self.assertEqual(running.returncode, 4)
        self.assertIn('有服务正在使用', running.stderr)
        self.assertEqual(self.offline(self.city, 'node', 'verify', '--data-dir', data).returncode, 4)
        victim = next((backup / 'plan').glob('*.log'))
        damaged = bytearray(victim.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        victim.write_bytes(damaged)
        refused = self.offline(self.city, 'node', 'restore', '--backup', backup, '--data-dir', self.folder / 'new')
        self.assertEqual(refused.returncode, 1)
        self.assertIn(f'plan/{victim.name}', refused.stderr)
        self.assertFalse((self.folder / 'new').exists())
        nothing = self.offline(self.city, 'node', 'restore', '--backup', self.folder, '--data-dir', self.folder / 'new')
        self.assertEqual(nothing.returncode, 5)

    def test_verify_at_rest_finds_a_flipped_bit(self):
        self.publish(1)
        self.city.duban('node', 'verify', '--skip-neighbours')
        self.city.stop()
        data = self.city.folder / 'data'
        self.assertEqual(self.offline(self.city, 'node', 'verify', '--data-dir', data).returncode, 0)
        victim = max((data / 'plan' / 'db').glob('*.log'), key=lambda path: path.stat().st_size)
        damaged = bytearray(victim.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        victim.write_bytes(damaged)
        found = self.offline(self.city, 'node', 'verify', '--data-dir', data)
        self.assertEqual(found.returncode, 7, found.stdout)
        self.assertIn('不一致', found.stdout)
        self.assertIn('plan', found.stdout)


if __name__ == '__main__':
    main()
