#!/usr/bin/env python3
"""What an operator has: metrics, alerts and a dashboard that name nothing that is not there, a doctor, log levels that
change while the node works, and messages that say what is wrong.

promtool checks the rules; without tools/install, which brings it, the test says Skipped.

Usage: operator_test.py BUILD_DIR SOURCE_DIR
"""

import json
import re
import shutil
import subprocess
import urllib.request

from flow_support import BUILD, SOURCE, PlainNodesTest, main
from demo_nodes import wait_until

RULES = SOURCE / 'deploy/prometheus/duban.rules.yml'
DASHBOARD = SOURCE / 'deploy/grafana/duban.json'
# Words of the query language, and what Prometheus itself makes.
NO_METRICS = {'abs', 'and', 'by', 'hop', 'on', 'or', 'rate', 'sum', 'time', 'up', 'job', 'direction', 'grpc_code',
              'grpc_method', 'take_in'}


def metrics_of(node):
    with urllib.request.urlopen(f'http://127.0.0.1:{node.admin}/metrics', timeout=30) as page:
        return page.read().decode()


def names_in(expression):
    bare = re.sub(r'"[^"]*"', '', expression)
    return {name for name in re.findall(r'[a-z_][a-z0-9_]+', bare) if not name.isdigit()} - NO_METRICS


def expressions():
    """Where a metric is named, and the expression."""
    for line in RULES.read_text(encoding='utf-8').splitlines():
        if line.strip().startswith('expr:'):
            yield f'{RULES.name}', line.split('expr:', 1)[1]
    for panel in json.loads(DASHBOARD.read_text(encoding='utf-8'))['panels']:
        for target in panel['targets']:
            yield panel['title'], target['expr']


class OperatorTest(PlainNodesTest):
    def start(self, name, *flags):
        node = self.node(name)
        node.start(*flags)
        return node

    def test_every_metric_that_alerts_and_dashboard_name_is_there(self):
        city = self.start('city', f'--log-channel-file={self.folder}/reminders.jsonl', f'--backup-dir={self.folder}/b')
        below = self.start('edu', f'--upstream=city=127.0.0.1:{city.port}')

        def followed():
            text = metrics_of(city) + metrics_of(below)
            return 'duban_follower_clock_ahead_seconds' in text and 'duban_hop_peer_clock_ahead_seconds' in text
        wait_until(followed, 'the nodes do not follow each other', seconds=30)
        there = set(re.findall(r'^([a-z_][a-z0-9_]*)(?:\{| )', metrics_of(city) + metrics_of(below), re.MULTILINE))
        # A certificate is what a node with TLS has; handshake_test looks at that one.
        there.add('duban_certificate_expire_timestamp_seconds')
        for where, expression in expressions():
            with self.subTest(where):
                self.assertLessEqual(names_in(expression), there, expression)
        self.assertEqual(len(list(expressions())), RULES.read_text().count('alert:') + sum(
            len(panel['targets']) for panel in json.loads(DASHBOARD.read_text())['panels']))

    def test_promtool_takes_the_rules(self):
        promtool = shutil.which('promtool') or shutil.which('promtool', path=SOURCE / 'tools/promtool')
        if promtool is None:
            self.skipTest('promtool is not there: run tools/install')
        for arguments in (['check', 'rules', RULES], ['test', 'rules', RULES.parent / 'duban.rules.test.yml']):
            run = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False, cwd=RULES.parent)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_the_doctor_says_of_each_thing_how_it_is_and_what_to_do(self):
        node = self.start('city')
        code, out, _ = node.duban('doctor', '--format=json')
        checks = json.loads(out)['checks']
        self.assertEqual(code, 0, 'a node that was just set up has nothing to lose')
        backup = [check for check in checks if check['check'] == 'backup']
        self.assertEqual([check['verdict'] for check in backup], ['NOTICE'])
        self.assertIn('--backup-dir', backup[0]['advice_zh'])
        self.assertLessEqual({'stores', 'clock', 'disk', 'certificate', 'hops', 'directory'},
                             {check['check'] for check in checks})
        self.assertIn('注意', node.duban('doctor')[1])
        good = self.start('town', f'--backup-dir={self.folder}/backups')
        self.assertEqual(good.duban('node', 'backup')[0], 0)
        code, out, _ = good.duban('doctor', '--format=json')
        self.assertEqual(code, 0, out)
        self.assertNotIn('WRONG', {check['verdict'] for check in json.loads(out)['checks']})

    def test_the_log_level_changes_at_run_time_and_back(self):
        node = self.start('city')
        node.duban('unit', 'list')
        self.assertEqual(node.lines('rpc.handled'), [])
        code, out, error = node.duban('node', 'log-level', 'debug', '--for', '3s')
        self.assertEqual(code, 0, error)
        self.assertIn('调试', out)
        node.duban('unit', 'list')
        wait_until(lambda: node.lines('rpc.handled'), 'calls are not logged')
        self.assertEqual(json.loads(node.duban('node', 'status', '--format=json')[1])['machine']['log_level'],
                         'LOG_LEVEL_DEBUG')

        def back():
            status = json.loads(node.duban('node', 'status', '--format=json')[1])
            return status['machine']['log_level'] == 'LOG_LEVEL_INFO'
        wait_until(back, 'the level does not go back', seconds=20)
        audit = json.loads(node.duban('audit', 'list', '--format=json')[1])
        self.assertTrue(any('SetLogLevel' in json.dumps(entry) for entry in audit['entries']), audit)

    def test_what_a_clerk_does_wrong_is_no_warning_and_a_restart_is_quiet(self):
        node = self.start('city')
        for wrong in (['plan', 'show', 'nothere'], ['unit', 'create', '--name='], ['assignment', 'show', 'p/t/u']):
            self.assertNotEqual(node.duban(*wrong)[0], 0)
        node.stop()
        (node.folder / 'log').unlink()
        node.start()
        loud = [json.loads(line) for line in (node.folder / 'log').read_text(encoding='utf-8').splitlines()
                if '"level":"warning"' in line or '"level":"error"' in line]
        self.assertEqual({line['event'] for line in loud}, {'server.insecure'})
        node.stop()
        code, out, error = node.duban('node', 'verify', f'--data-dir={node.folder}/data')
        self.assertEqual((code, error), (0, ''), out)

    def test_a_folder_that_cannot_be_made_says_so(self):
        (self.folder / 'file').write_text('not a folder')
        run = subprocess.run([BUILD / 'bin/duban-node', '--node=city', f'--data-dir={self.folder}/file/data',
                              '--insecure', '--listen=127.0.0.1:0'],
                             capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(run.returncode, 5, run.stderr)
        self.assertIn('cannot be made', run.stderr)
        self.assertNotIn('damaged', run.stderr)

    def test_help_speaks_both_languages(self):
        run = subprocess.run([BUILD / 'bin/duban-node', '--help'], capture_output=True, text=True, timeout=60,
                             check=True)
        for words in ('本节点编号', 'Id of this node', '退出码', 'Exit codes'):
            self.assertIn(words, run.stdout)


if __name__ == '__main__':
    main()
