"""The console of a demo: its pages built, `duban-console` beside a node, and pictures of every page in a browser."""

import json
import pathlib
import secrets
import shutil
import subprocess

from demo_nodes import SLOWNESS, DemoError, await_end, free_ports, launch

ROOT = pathlib.Path(__file__).resolve().parent.parent
WEB = ROOT / 'services/console/web'
WALKS = ROOT / 'tests/console/pages'
# What programs and tests end with where something is missing here that they need.
SKIPPED = 77


def new_password():
    """One that nobody knows, as the node wants them: long enough, of three kinds, without anybody's name in it."""
    return f'Q7-{secrets.token_hex(3)}-{secrets.token_hex(3)}'


def newest(*folders):
    """When the latest of the files in these folders was changed."""
    return max(file.stat().st_mtime for folder in folders for file in folder.rglob('*') if file.is_file())


def build_pages(pages):
    """Builds the pages where they are missing or older than what they are made of. What is missing for it, as below."""
    index = pages / 'index.html'
    if index.exists() and index.stat().st_mtime > newest(WEB / 'src', ROOT / 'proto/duban/v1'):
        return None
    built = subprocess.run([WEB / 'pages', 'build', pages], capture_output=True, text=True, check=False)
    if built.returncode not in (0, SKIPPED):
        raise DemoError(f'the pages do not build: {built.stdout}{built.stderr}')
    if built.returncode != SKIPPED:
        return None
    return ('页面没有构建：缺少 node、npm 或 protoc，或 npm 连不上软件源（用 npm ping 检查）；其余程序不受影响',
            built.stderr.strip())


def missing(build, pages, browser=True):
    """What there is not, in Chinese and in English; None where all is there."""
    if browser and shutil.which('chromium') is None:
        return '没有 chromium，请安装：apt-get install chromium', 'there is no chromium (apt-get install chromium)'
    if not (build / 'bin' / 'duban-console').exists():
        return ('duban-console 还没有构建，请运行 tools/build duban-console',
                'duban-console is not built (tools/build duban-console)')
    return build_pages(pages)


class Quiet:
    """A story that nobody reads."""

    language = 'zh'

    def chapter(self, *_):
        """Nothing."""

    def quote(self, *_, **__):
        """Nothing."""

    say = chapter

    @staticmethod
    def pick(zh, _):
        return zh


class Console:
    """A console on loopback, before one node."""

    def __init__(self, folder, build, pages):
        self.folder, self.build, self.pages = folder, build, pages
        self.port = free_ports(1)[0]
        self.address = f'http://127.0.0.1:{self.port}'
        self.process = None

    def open(self, servers, keys, *more):
        """`servers`: the node's, as flags; `more`: other flags."""
        port_file = self.folder / 'console.port'
        self.process = launch(
            [self.build / 'bin' / 'duban-console', f'--listen=127.0.0.1:{self.port}', *servers, f'--keys={keys}',
             f'--pages={self.pages}', '--admin-listen=none', f'--port-file={port_file}', *more],
            self.folder / 'console.log', port_file, 'duban-console')

    def take_pictures(self, into, people):
        """Of each page that any of `people`, (name, password), is offered, into a folder; returns how many."""
        scene = {'address': self.address, 'pictures': str(into.resolve()), 'people': [name for name, _ in people],
                 'passwords': dict(people)}
        taken = subprocess.run(['node', WALKS / 'pictures.mjs', json.dumps(scene)], check=False, capture_output=True,
                               text=True, timeout=300 * SLOWNESS)
        if taken.returncode != 0:
            raise DemoError(f'no pictures: {taken.stderr.strip()}')
        return len(list(into.glob('*.png')))

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            await_end(self.process, 'duban-console', (0, -15))


def say_console(story, console, visitors):
    """Where the console is, and who may sign in. Passwords are shown here and nowhere else."""
    if console is None:
        return
    print('\n' + story.pick(f'控制台：{console.address}   用以下任一人登录（密码只显示这一次）：',
                            f'The console: {console.address}   Sign in as one of these (passwords are shown once):'))
    for name, password in visitors:
        print(f'  {name:6} {password}')
