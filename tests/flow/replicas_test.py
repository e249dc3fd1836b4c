#!/usr/bin/env python3
"""Three replicas of a node over one etcd, real programs on loopback: whoever leads dies with SIGKILL, another one goes
on, and every publication that was acknowledged is there.

Without etcd (Debian package etcd-server) the test says Skipped.

Usage: replicas_test.py BUILD_DIR SOURCE_DIR
"""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
import unittest
import urllib.request

from flow_support import PlainNode, PlainNodesTest, import_directory, main, plan_text, publish
from demo_nodes import DemoError, free_ports, wait_until

ETCD = shutil.which('etcd')
REPLICAS = ('a', 'b', 'c')
DIRECTORY = '''编号,名称,类别,上级,节点,成员
u-city,测试市政府,政府,,,
u-edu,市教育局,部门,u-city,,
'''


def page_of(port, path):
    try:
        with urllib.request.urlopen(f'http://127.0.0.1:{port}{path}', timeout=5) as page:
            return page.read().decode()
    except OSError:
        return ''


class Replica(PlainNode):
    """One of the node's replicas, with a folder of its own."""

    def __init__(self, folder, replica):
        super().__init__(folder, replica)
        self.replica, self.name, self.paused = replica, 'city', False

    def start_replica(self, etcd_port):
        self.start(f'--replicated-by=etcd://127.0.0.1:{etcd_port}', f'--replica-id={self.replica}',
                   f'--advertise=127.0.0.1:{self.port}')

    def pause(self):
        self.paused = True
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)
        self.paused = False

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def leads(self):
        return (self.process is not None and not self.paused and
                f'duban_replica_leads{{replica="{self.replica}"}} 1' in page_of(self.admin, '/metrics'))

    def sequence(self, service):
        for line in page_of(self.admin, '/metrics').splitlines():
            if line.startswith(f'duban_replica_sequence{{service="{service}"}} '):
                return int(float(line.split()[-1]))
        return None


class Cluster:
    """The replicas as a client sees them: whoever answers."""

    def __init__(self, folder, replicas):
        self.folder, self.replicas = folder, replicas

    def duban(self, *arguments):
        words = ''
        for replica in self.replicas:
            if replica.process is None or getattr(replica, 'paused', False):
                continue
            code, out, err = replica.duban('--format=json', *[str(a) for a in arguments])
            if code == 0:
                return json.loads(out)
            # Another one may lead; anything else is an answer.
            words = err
            if 'NOT_SERVING' not in err and 'UNAVAILABLE' not in err.upper() and '主副本' not in err:
                break
        raise DemoError(f'{" ".join(str(a) for a in arguments[:2])}: {words}')

    def leader(self):
        leading = [replica for replica in self.replicas if replica.leads()]
        return leading[0] if len(leading) == 1 else None


@unittest.skipIf(ETCD is None, 'etcd is not installed (Debian package etcd-server)')
class ReplicasTest(PlainNodesTest):
    def setUp(self):
        super().setUp()
        self.etcd_port, peer = free_ports(2)
        client, peers = f'http://127.0.0.1:{self.etcd_port}', f'http://127.0.0.1:{peer}'
        with open(self.folder / 'etcd.log', 'wb') as log:
            self.etcd = subprocess.Popen(
                [ETCD, f'--data-dir={self.folder}/etcd', f'--listen-client-urls={client}',
                 f'--advertise-client-urls={client}', f'--listen-peer-urls={peers}',
                 f'--initial-advertise-peer-urls={peers}', f'--initial-cluster=default={peers}'],
                stdout=log, stderr=log, env={**os.environ, 'ETCD_UNSUPPORTED_ARCH': os.uname().machine})
        self.addCleanup(self.end_etcd)
        wait_until(lambda: '"true"' in page_of(self.etcd_port, '/health'), 'etcd does not answer', seconds=60)

    def end_etcd(self):
        self.etcd.kill()
        self.etcd.wait()

    def begin(self):
        """A node that has data before, and a copy of it for each replica."""
        alone = self.node('city')
        alone.start()
        import_directory(Cluster(self.folder, [alone]), DIRECTORY)
        alone.stop()
        replicas = []
        for name in REPLICAS:
            replica = Replica(self.folder, name)
            self.addCleanup(replica.stop)
            shutil.copytree(alone.folder / 'data', replica.folder / 'data')
            replica.start_replica(self.etcd_port)
            replicas.append(replica)
        return Cluster(self.folder, replicas)

    def test_every_acknowledged_publication_is_at_the_next_leader(self):
        cluster = self.begin()
        acknowledged, stop = [], threading.Event()

        def publish_all_the_time():
            number = 0
            while not stop.is_set():
                number += 1
                text = plan_text(f'测试市2024年第{number}批工作要点分工方案', '市教育局', 2)
                try:
                    acknowledged.append(publish(cluster, '测试市政府', text)['name'])
                except DemoError:
                    stop.wait(0.2)

        def some_more():
            before = len(acknowledged)
            wait_until(lambda: len(acknowledged) >= before + 3, 'nothing is published', seconds=90)

        wait_until(cluster.leader, 'nobody leads', seconds=60)
        writer = threading.Thread(target=publish_all_the_time)
        writer.start()
        try:
            some_more()
            for _ in range(2):
                first = wait_until(cluster.leader, 'nobody leads', seconds=60)
                first.kill()
                some_more()
                second = wait_until(cluster.leader, 'nobody leads', seconds=60)
                self.assertIsNot(second, first)
                # The one that died comes back as one who follows.
                first.start_replica(self.etcd_port)
        finally:
            stop.set()
            writer.join()
        states = {plan['name']: plan['state'] for plan in cluster.duban('plan', 'list')['plans']}
        for name in acknowledged:
            self.assertEqual(states.get(name), 'PUBLISHED', name)
        self.assertEqual(len(acknowledged), len(set(acknowledged)))

        # All copies come to the same end.
        def alike():
            return all(len({replica.sequence(service) for replica in cluster.replicas}) == 1
                       for service in ('plan', 'assignment', 'notification'))
        wait_until(alike, 'the copies do not come to the same end', seconds=60)

    def test_a_leader_that_was_stopped_tells_nothing_old(self):
        cluster = self.begin()
        first = wait_until(cluster.leader, 'nobody leads', seconds=60)
        first.pause()
        self.addCleanup(lambda: first.process is not None and first.go_on())
        second = wait_until(cluster.leader, 'nobody leads while the leader is stopped', seconds=60)
        self.assertIsNot(second, first)
        import_directory(cluster, DIRECTORY + 'u-new,市新设局,部门,u-city,,\n')
        # The call is there when the old leader goes on, before anybody could tell it that another one leads.
        answers = []
        caller = threading.Thread(target=lambda: answers.append(first.duban('unit', 'list')))
        caller.start()
        time.sleep(2)
        first.go_on()
        caller.join()
        code, out, _ = answers[0]
        self.assertTrue(code != 0 or '市新设局' in out, out)

        def follows():
            return not first.leads() and first.sequence('plan') == second.sequence('plan')
        wait_until(follows, 'the former leader does not follow', seconds=60)

    def test_who_does_not_lead_says_who_does_and_is_not_opened_alone(self):
        cluster = self.begin()
        leader = wait_until(cluster.leader, 'nobody leads', seconds=60)
        other = next(replica for replica in cluster.replicas if replica is not leader)

        def told():
            code, _, words = other.duban('plan', 'list')
            self.assertNotEqual(code, 0)
            return f'127.0.0.1:{leader.port}' in words
        wait_until(told, 'a replica that follows does not say who leads', seconds=30)
        # Handing over takes no lease's time, and what was written is there.
        import_directory(cluster, DIRECTORY + 'u-new,市新设局,部门,u-city,,\n')
        leader.stop()
        wait_until(cluster.leader, 'nobody leads after a hand-over', seconds=30)
        units = [unit['display_name'] for unit in cluster.duban('unit', 'list')['units']]
        self.assertIn('市新设局', units)
        for replica in cluster.replicas:
            replica.stop()
        with self.assertRaisesRegex(DemoError, 'ended with 6'):
            leader.start()


if __name__ == '__main__':
    main()
