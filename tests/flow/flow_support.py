"""What the tests of this folder have in common. They are called with BUILD_DIR SOURCE_DIR, and stand in the folder that
Python looks in first; importing this makes what the demo starts nodes with importable too.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD, SOURCE = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
sys.path.insert(0, str(SOURCE / 'tools'))
from demo_nodes import free_ports, launch  # noqa: E402


def plan_text(title, unit, tasks):
    """A document whose tasks are all one unit's, until the end of September."""
    rows = '\n'.join(f'| {i} | 做好第{i}项工作并形成材料。 | {unit} | 9月底前 |' for i in range(1, tasks + 1))
    return f'{title}\n\n| 序号 | 重点任务 | 责任单位 | 完成时限 |\n|---|---|---|---|\n{rows}\n'


def import_directory(level, text):
    path = level.folder / 'directory.csv'
    path.write_text(text, encoding='utf-8')
    level.duban('unit', 'import', path)


def publish(level, issuer, text, **options):
    """Imports a document, lets stand what is asked about it, and publishes it. `options` go with each command."""
    path = level.folder / 'plan.txt'
    path.write_text(text, encoding='utf-8')
    plan = level.duban('plan', 'import', path, **options)
    for finding in plan['findings']:
        if finding['blocking']:
            level.duban('plan', 'settle', plan['name'], '--finding', finding['finding_id'], '--dismiss', '--by', '张立',
                        **options)
    return level.duban('plan', 'publish', plan['name'], '--issuer', issuer, '--yes', **options)


class FlowTest(unittest.TestCase):
    """Has a folder of its own."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='duban-flow-'))
        self.addCleanup(shutil.rmtree, self.folder)


class PlainNode:
    """A process of a node without TLS. Its log is `log` in a folder of its own."""

    def __init__(self, folder, name):
        self.name, self.process = name, None
        self.port, self.admin = free_ports(2)
        self.folder = folder / f'{name}-{self.port}'
        self.folder.mkdir()

    def start(self, *flags):
        self.process = launch(
            [BUILD / 'bin/duban-node', f'--node={self.name}', f'--data-dir={self.folder}/data', '--insecure',
             f'--listen=127.0.0.1:{self.port}', f'--admin-listen=127.0.0.1:{self.admin}',
             f'--port-file={self.folder}/port', *flags],
            self.folder / 'log', self.folder / 'port', self.name)

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=60)
            self.process = None

    def lines(self, event):
        text = (self.folder / 'log').read_text(encoding='utf-8')
        return [line for line in text.splitlines() if f'"event":"{event}"' in line]

    def duban(self, *arguments):
        """Exit code, standard output and standard error."""
        environment = {**os.environ, 'DUBAN_SERVER': f'127.0.0.1:{self.port}', 'DUBAN_INSECURE': 'true',
                       'NO_COLOR': '1'}
        run = subprocess.run([BUILD / 'bin/duban', *arguments], capture_output=True, text=True, timeout=120,
                             env=environment, check=False)
        return run.returncode, run.stdout, run.stderr


class PlainNodesTest(FlowTest):
    """Makes nodes without TLS and stops them."""

    def node(self, name):
        node = PlainNode(self.folder, name)
        self.addCleanup(node.stop)
        return node


def main():
    unittest.main(argv=sys.argv[:1], verbosity=2)
