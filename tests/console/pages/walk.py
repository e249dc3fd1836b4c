"""The pages of the console in a real browser, before a real node: an office's Monday is typed into the CLI, then people
walk through the pages (walk.mjs).

Exit status 77: there is no browser or there are no pages here, which is said and no failure.
"""

import argparse
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / 'tools'))
# pylint: disable=wrong-import-position
from demo_nodes import SLOWNESS, DemoError, await_end, free_ports, launch  # noqa: E402
from demo_week import AN, LI, LIN, PLAN, WANG, Person, Week  # noqa: E402

SKIPPED = 77
# Sign in for the first time, in the browser.
ZHAO = Person('zhao', '赵敏', 'civil', ('clerk',))
MENG = Person('meng', '孟瑶', None, ('registrar',))
LU = Person('lu', '卢军', None, ('operator',))
SHEN = Person('shen', '沈静', None, ('auditor',))
# An administrator's role takes effect once it is approved: here by the node itself, as there is one officer.
APPROVED = ('operator', 'auditor')


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


class Office(Week):
    """The office with its console."""

    def __init__(self, folder, build):
        super().__init__(Quiet(), folder, build)
        self.console = None
        self.console_port = free_ports(1)[0]

    def open_console(self, pages):
        port_file = self.folder / 'console.port'
        self.console = launch(
            [self.program.parent / 'duban-console', f'--listen=127.0.0.1:{self.console_port}',
             f'--server=127.0.0.1:{self.port}', f'--keys={self.keys_of("service/console")}', f'--pages={pages}',
             '--admin-listen=none', f'--port-file={port_file}'],
            self.folder / 'console.log', port_file, 'duban-console')

    def take_in(self, person):
        """A person with a password for one time, who has not signed in."""
        once = self.type(AN, 'people', 'create', person.name, f'--name={person.display_name}', shown=False,
                         as_json=True)['one_time_password']
        for role in person.roles:
            unit = [f'--unit={person.unit}'] if person.unit else []
            grant = self.type(AN, 'access', 'grant', person.name, role, *unit, shown=False, as_json=True)
            if role in APPROVED:
                name = grant['name'].removeprefix('people/').replace('/grants', '')
                self.type(None, 'access', 'approve', name, shown=False)
        return once

    def seconds_ahead(self):
        """How far the node's pretended clock is ahead of the machine's: one-time codes are of its time."""
        status = self.type(None, 'node', 'status', shown=False, as_json=True)
        told = datetime.datetime.fromisoformat(status['server_time'][:19] + '+00:00')
        return round(told.timestamp() - time.time())

    def close(self):
        if self.console is not None and self.console.poll() is None:
            self.console.terminate()
            await_end(self.console, 'duban-console', (0, -15))
        self.stop()


def newest(*folders):
    """When the latest of the files in these folders was changed."""
    return max(file.stat().st_mtime for folder in folders for file in folder.rglob('*') if file.is_file())


def build_pages(pages):
    """Builds the pages where they are missing or older than what they are made of. What is missing for it, in words."""
    index = pages / 'index.html'
    web = ROOT / 'services/console/web'
    if index.exists() and index.stat().st_mtime > newest(web / 'src', ROOT / 'proto/duban/v1'):
        return ''
    built = subprocess.run([web / 'pages', 'build', pages], capture_output=True, text=True, check=False)
    if built.returncode not in (0, SKIPPED):
        raise DemoError(f'the pages do not build: {built.stdout}{built.stderr}')
    return built.stderr.strip() if built.returncode == SKIPPED else ''


def missing(build, pages):
    """What there is not, in words; empty where all is there."""
    if shutil.which('chromium') is None:
        return 'there is no chromium (apt-get install chromium)'
    if not (build / 'bin' / 'duban-console').exists():
        return 'duban-console is not built'
    return build_pages(pages)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build-dir', type=pathlib.Path, required=True)
    parser.add_argument('--pages', type=pathlib.Path, help='as built; BUILD_DIR/console/pages, built now, without')
    parser.add_argument('--scratch', type=pathlib.Path, required=True)
    parser.add_argument('--pictures', type=pathlib.Path, help='where screenshots go; none without')
    parser.add_argument('--keep', action='store_true', help='leaves the office open until a line is read')
    arguments = parser.parse_args()
    pages = (arguments.pages or arguments.build_dir / 'console' / 'pages').resolve()
    lacks = missing(arguments.build_dir, pages)
    if lacks:
        print(f'SKIPPED: {lacks}')
        return SKIPPED
    shutil.rmtree(arguments.scratch, ignore_errors=True)
    arguments.scratch.mkdir(parents=True)
    office = Office(arguments.scratch.resolve(), arguments.build_dir.resolve())
    # Whoever is told to stop stops what it started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        office.monday()
        once = {person.name: office.take_in(person) for person in (ZHAO, MENG, LU, SHEN)}
        office.open_console(pages)
        scene = {'address': f'http://127.0.0.1:{office.console_port}', 'plan': PLAN, 'once': once,
                 'password': WANG.password, 'planner': LIN.name, 'reviewer': LI.name, 'clerk': WANG.name,
                 'newcomer': ZHAO.name, 'officer': AN.name,
                 'registrar': MENG.name, 'operator': LU.name, 'auditor': SHEN.name,
                 'secondsAhead': office.seconds_ahead(),
                 'pictures': str(arguments.pictures.resolve()) if arguments.pictures else ''}
        if arguments.keep:
            print(json.dumps(scene, ensure_ascii=False), flush=True)
            sys.stdin.readline()
            return 0
        walk = subprocess.run(['node', pathlib.Path(__file__).with_name('walk.mjs'), json.dumps(scene)], check=False,
                              timeout=340 * SLOWNESS, env={**os.environ})
        return walk.returncode
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        office.close()


if __name__ == '__main__':
    sys.exit(main())
