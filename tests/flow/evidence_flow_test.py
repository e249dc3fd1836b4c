#!/usr/bin/env python3
"""Files of evidence over two levels: put in by a clerk, named in a report, fetched from the unit's node when the issuer
reads them, found by `verify` where they are damaged, and in backups. Real programs on loopback, driven through the CLI.

Usage: evidence_flow_test.py BUILD_DIR SOURCE_DIR
"""

import hashlib
import json
import shutil
import signal
import subprocess

from flow_support import BUILD, FlowTest, import_directory, main, plan_text, publish
from demo_nodes import DemoError, Level, free_ports, wait_until

DAY = '2024-03-04'
DIRECTORY = '''编号,名称,类别,上级,节点,成员
u-city,测试市政府,政府,,,
u-first,第一区政府,政府,u-city,district,
u-second,第二区政府,政府,u-city,district,
'''
# Three pieces, no two alike.
CONTENT = b''.join(b'%08d\n' % i for i in range(250_000))
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class EvidenceFlowTest(FlowTest):
    def setUp(self):
        super().setUp()
        self.ports = free_ports(2)
        self.city = Level('city', self.folder, BUILD, 'zh')
        self.district = Level('district', self.folder, BUILD, 'zh')
        self.city.unit, self.district.unit = 'u-city', 'u-first'
        self.addCleanup(self.city.stop)
        self.addCleanup(self.district.stop)
        self.start(self.city)
        self.start(self.district)
        import_directory(self.city, DIRECTORY)
        plan = publish(self.city, '测试市政府', plan_text('测试市2024年工作要点分工方案', '第一区政府', 1))
        self.name = plan['name'] + '/tasks/body-1/assignments/u-first'
        self.file = self.folder / '情况说明.pdf'
        self.file.write_bytes(CONTENT)
        self.sign()

    def start(self, level, day=DAY, failpoint=''):
        city = level is self.city
        level.start_node(self.ports[0 if city else 1], day,
                         upstream=None if city else f'city=127.0.0.1:{self.ports[0]}',
                         environment={'DUBAN_BACKUP_DIR': str(self.folder / f'backups-{level.node}'),
                                      'DUBAN_BACKUP_INTERVAL_MINUTES': '0',
                                      'DUBAN_FAILPOINT': failpoint and f'{failpoint}=kill:1'})

    def sign(self):
        def pulled():
            try:
                lease = self.district.duban('assignment', 'pull', '--unit', 'units/u-first')
            except DemoError:  # the directory has not come down yet
                return None
            return lease if lease.get('assignments') else None
        lease = wait_until(pulled, 'the assignment does not come down', seconds=60)
        self.district.duban('assignment', 'receive', self.name, '--lease-token', lease['lease_token'], '--by', '王敏',
                            parse=False)

    def report(self):
        self.district.duban('assignment', 'report', self.name, '--text', '已完成', '--percent', '90', '--by', '王敏',
                            '--evidence', f'情况说明={self.file}', '--evidence', '会议纪要=档案-01')

        def came_up():
            reports = self.city.duban('assignment', 'show', self.name)['execution']['reports']
            return reports and [e['sha256'] for e in reports[0]['evidence']] == [SHA256, '']
        wait_until(came_up, 'the report does not come up', seconds=60)

    def state(self, level):
        return level.duban('evidence', 'list', self.name)['files'][0]['state']

    def saved(self, level, name, **options):
        path = self.folder / name
        level.duban('evidence', 'get', self.name, path, **options)
        return path.read_bytes()

    def stored(self, level):
        return level.folder / 'data/assignment/evidence' / SHA256[:2] / SHA256

    def run_cli(self, level, *arguments, keys=None):
        return subprocess.run([BUILD / 'bin/duban', '--lang=zh', *level.servers, f'--keys={keys or level.keys_of()}',
                               *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)

    def file_checks(self, level):
        run = self.run_cli(level, '--format=json', 'node', 'verify')
        return [(c['result'], c['count']) for c in json.loads(run.stdout)['checks'] if c['what'] == 'FILES']

    def test_is_fetched_from_the_units_node_when_the_issuer_reads_it(self):
        self.report()
        self.assertEqual(self.state(self.district), 'HERE')
        self.assertEqual(self.saved(self.district, 'below'), CONTENT)
        self.assertEqual(self.state(self.city), 'ELSEWHERE')
        shown = self.city.duban('assignment', 'show', self.name, table=True)
        self.assertIn('在“district”节点，读取时调取', shown)
        self.district.stop()
        run = self.run_cli(self.city, 'evidence', 'get', self.name, self.folder / 'early', '--wait=1s',
                           keys=self.city.keys_of('/unit/u-city'))
        self.assertEqual(run.returncode, 4, run.stderr)
        self.assertIn('已请求调取', run.stderr)
        self.assertEqual(self.state(self.city), 'COMING')
        # What was asked for is remembered on both sides: it comes by itself.
        self.city.stop()
        self.start(self.city)
        self.start(self.district)
        wait_until(lambda: self.state(self.city) == 'HERE', 'the file does not come up', seconds=60)
        self.assertEqual(self.saved(self.city, 'above'), CONTENT)
        self.assertEqual(self.stored(self.city).read_bytes(), CONTENT)
        shown = self.city.duban('assignment', 'show', self.name, table=True)
        self.assertIn('已在本级 2.1 MiB', shown)

    def test_a_stranger_learns_nothing_and_the_clerk_alone_puts_in(self):
        self.report()
        stranger = self.district.keys_of('/unit/u-second')
        run = self.run_cli(self.district, 'evidence', 'get', self.name, self.folder / 'stolen', keys=stranger)
        self.assertEqual(run.returncode, 1, run.stderr)
        run = self.run_cli(self.district, 'evidence', 'put', self.file, '--unit=units/u-first', keys=stranger)
        self.assertEqual(run.returncode, 1, run.stderr)
        # Whoever puts it in for themselves has it for themselves, and the disk has it once.
        put = self.district.duban('evidence', 'put', self.file, unit='u-second')
        self.assertEqual((put['sha256'], put['unit']), (SHA256, 'units/u-second'))
        files = [path for path in (self.district.folder / 'data/assignment/evidence').rglob('*') if path.is_file()]
        self.assertEqual(files, [self.stored(self.district)])

    def test_what_is_too_large_is_refused_before_it_is_sent(self):
        self.file.write_bytes(b'x' * (25 * 1024 * 1024 + 1))
        run = self.run_cli(self.district, 'evidence', 'put', self.file, keys=self.district.keys_of('/unit/u-first'))
        self.assertEqual(run.returncode, 2, run.stderr)
        self.file.write_bytes(b'x' * (25 * 1024 * 1024))
        put = self.district.duban('evidence', 'put', self.file)
        self.assertEqual(int(put['size_bytes']), 25 * 1024 * 1024)

    def restart_after_kill(self, level):
        wait_until(lambda: not level.running(), f'{level.node} lives on', seconds=60)
        level.forget_killed()
        self.start(level)

    def test_a_node_that_is_killed_while_it_keeps_a_file_has_it_whole_or_not_at_all(self):
        for failpoint in ('files.before_name', 'files.after_name'):
            with self.subTest(failpoint):
                self.file.write_bytes(CONTENT + failpoint.encode())
                sha256 = hashlib.sha256(self.file.read_bytes()).hexdigest()
                self.district.stop()
                self.start(self.district, failpoint=failpoint)
                clerk = self.district.keys_of('/unit/u-first')
                cut = self.run_cli(self.district, 'evidence', 'put', self.file, '--timeout=3s', keys=clerk)
                self.assertEqual(cut.returncode, 3, cut.stderr)
                self.restart_after_kill(self.district)
                # No row without its file, whatever lies on the disk.
                self.assertLessEqual({result for result, _ in self.file_checks(self.district)}, {'GOOD'})
                put = self.district.duban('evidence', 'put', self.file)
                self.assertEqual((put['sha256'], put['state']), (sha256, 'HERE'))
        self.assertEqual(self.file_checks(self.district), [('GOOD', '2')])

    def test_an_issuer_that_is_killed_while_a_file_comes_up_has_it_in_the_end(self):
        self.report()
        self.city.stop()
        self.start(self.city, failpoint='files.after_name')
        self.run_cli(self.city, 'evidence', 'get', self.name, self.folder / 'early', '--wait=1s',
                     keys=self.city.keys_of('/unit/u-city'))
        self.restart_after_kill(self.city)
        wait_until(lambda: self.state(self.city) == 'HERE', 'the file does not come up', seconds=60)
        self.assertEqual(self.saved(self.city, 'above'), CONTENT)
        self.assertEqual(self.file_checks(self.city), [('GOOD', '1')])

    def test_a_node_that_is_killed_while_it_removes_a_file_goes_on_without_it(self):
        self.district.duban('evidence', 'put', self.file)
        self.district.stop()
        # A week later nothing names it.
        later = '2024-03-20'
        # The chore runs as soon as the node does, and can end it before its start was seen.
        try:
            self.start(self.district, day=later, failpoint='files.after_forget')
        except DemoError as error:
            self.assertIn(f'ended with {-signal.SIGKILL}', str(error))
        wait_until(lambda: not self.district.running(), 'the file is not removed', seconds=60)
        self.assertTrue(self.stored(self.district).exists())
        self.district.forget_killed()
        self.start(self.district, day=later)
        self.assertEqual(self.file_checks(self.district), [], 'there are none to look at')
        self.assertEqual(self.district.duban('evidence', 'put', self.file)['state'], 'HERE')

    def test_a_backup_has_it_and_verification_misses_it(self):
        self.report()
        self.assertEqual(self.file_checks(self.district), [('GOOD', '1')])
        made = self.district.duban('node', 'backup')['backups'][0]
        backup = self.folder / 'backups-district' / made['folder']
        self.assertEqual((backup / 'assignment/evidence' / SHA256).read_bytes(), CONTENT)
        self.stored(self.district).unlink()
        self.assertEqual(self.file_checks(self.district), [('BAD', '0')])
        run = self.run_cli(self.district, 'evidence', 'get', self.name, self.folder / 'lost',
                           keys=self.district.keys_of('/unit/u-first'))
        self.assertEqual(run.returncode, 7, run.stderr)
        self.assertIn('重新上传', run.stderr)
        self.district.stop()
        shutil.rmtree(self.district.folder / 'data')
        restored = self.run_cli(self.district, 'node', 'restore', '--backup', backup, '--data-dir',
                                self.district.folder / 'data')
        self.assertEqual(restored.returncode, 0, restored.stderr)
        self.assertEqual(self.stored(self.district).read_bytes(), CONTENT)
        # Whatever happens to the restored file, the backup keeps its own.
        self.assertFalse(self.stored(self.district).samefile(backup / 'assignment/evidence' / SHA256))
        self.start(self.district)
        self.assertEqual(self.file_checks(self.district), [('GOOD', '1')])
        self.assertEqual(self.saved(self.district, 'again'), CONTENT)
        (backup / 'assignment/evidence' / SHA256).write_bytes(CONTENT[:-1] + b'x')
        damaged = self.run_cli(self.district, 'node', 'restore', '--backup', backup, '--data-dir', self.folder / 'new')
        self.assertEqual(damaged.returncode, 1, damaged.stderr)
        self.assertIn(f'assignment/evidence/{SHA256}', damaged.stderr)


if __name__ == '__main__':
    main()
