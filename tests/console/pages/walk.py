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
from demo_console import SKIPPED, Quiet, missing  # noqa: E402
from demo_nodes import SLOWNESS, DemoError, Level, free_ports, wait_until  # noqa: E402
from demo_week import AN, LI, LIN, MONDAY, PLAN, SAMPLES, WANG, Person, Week  # noqa: E402

# Sign in for the first time, in the browser.
ZHAO = Person('zhao', '赵敏', 'civil', ('clerk',))
MENG = Person('meng', '孟瑶', None, ('registrar',))
LU = Person('lu', '卢军', None, ('operator',))
SHEN = Person('shen', '沈静', None, ('auditor',))
# An administrator's role takes effect once it is approved: here by the node itself, as there is one officer.
APPROVED = ('operator', 'auditor')
# What the city above asks of the office.
CITY_PLAN = 'city-2026'
CITY_DIRECTORY = '''编号,名称,类别,上级,节点
city-gov,澄江市政府,政府,,
qinghe,青禾区,政府,澄江市政府,qinghe
'''
CITY_TASKS = '''澄江市2026年老旧小区改造工作要点
序号,任务,责任单位,时限
1,更换老旧小区老化燃气立管，消除安全隐患,青禾区,2026年9月30日前
2,为老旧小区加装电梯不少于300部,青禾区,2026年11月30日前
3,整治老旧小区飞线充电，增设充电设施,青禾区,2026年10月31日前
'''


class Office(Week):
    """The office, one more person, and the city above it."""

    def __init__(self, folder, build):
        super().__init__(Quiet(), folder, build)
        self.city = None

    def open_city(self):
        """The city above, which the office follows; under the office's own authority, so that one set of keys does."""
        port = free_ports(1)[0]
        self.city = Level('city', self.folder, self.program.parent.parent, 'zh')
        self.city.unit = 'city-gov'
        self.city.keys.authority = self.office / 'authority'
        self.city.start_node(port, MONDAY)
        directory, tasks = self.folder / 'city-directory.csv', self.folder / 'city.csv'
        directory.write_text(CITY_DIRECTORY, encoding='utf-8')
        tasks.write_text(CITY_TASKS, encoding='utf-8')
        self.city.duban('unit', 'import', directory)
        self.city.duban('plan', 'import', tasks, f'--plan-id={CITY_PLAN}')
        self.city.duban('plan', 'publish', CITY_PLAN, '--issuer=澄江市政府', '--yes')
        self.node_flags = [f'--upstream=city=127.0.0.1:{port}']

    def make(self):
        once = super().make()
        self.open_city()
        return once

    def await_city(self):
        wait_until(lambda: CITY_PLAN in self.type(LIN, 'plan', 'list', shown=False), "the city's plan does not arrive")

    def stop(self):
        super().stop()
        if self.city is not None:
            self.city.stop()

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
        print(f'SKIPPED: {lacks[1]}')
        return SKIPPED
    shutil.rmtree(arguments.scratch, ignore_errors=True)
    arguments.scratch.mkdir(parents=True)
    office = Office(arguments.scratch.resolve(), arguments.build_dir.resolve())
    # Whoever is told to stop stops what it started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        office.monday()
        office.await_city()
        once = {person.name: office.take_in(person) for person in (ZHAO, MENG, LU, SHEN)}
        office.open_console(pages)
        scene = {'address': office.console.address, 'plan': PLAN, 'once': once, 'password': ZHAO.password,
                 'passwords': {one.name: one.password for one in (AN, LIN, LI, WANG)}, 'planner': LIN.name,
                 'reviewer': LI.name, 'clerk': WANG.name, 'newcomer': ZHAO.name, 'officer': AN.name,
                 'registrar': MENG.name, 'operator': LU.name, 'auditor': SHEN.name,
                 'secondsAhead': office.seconds_ahead(), 'document': str(ROOT / SAMPLES / 'plan.txt'),
                 'people': [one.name for one in (LI, LIN, WANG, AN, MENG, LU, SHEN)],
                 'pictures': str(arguments.pictures.resolve()) if arguments.pictures else ''}
        if arguments.keep:
            print(json.dumps(scene, ensure_ascii=False), flush=True)
            sys.stdin.readline()
            return 0
        walk = subprocess.run(['node', pathlib.Path(__file__).with_name('walk.mjs'), json.dumps(scene)], check=False,
                              timeout=600 * SLOWNESS, env={**os.environ})
        return walk.returncode
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        office.stop()


if __name__ == '__main__':
    sys.exit(main())
