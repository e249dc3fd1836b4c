"""A list that is as long as it has to be: a plan whose every task is every street's, and its list scrolled to the end
in a real browser (long_list.mjs).

    long_list.py --build-dir build --scratch DIR [--streets N --tasks N]

Without, 1,200 assignments, as the suite has it; `--streets 200 --tasks 500` makes 100,000. Exit status 77: there is no
browser or there are no pages here, which is said and no failure.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / 'tools'))
# pylint: disable=wrong-import-position
from demo_console import SKIPPED, Quiet, missing  # noqa: E402
from demo_nodes import SLOWNESS, DemoError  # noqa: E402
from demo_week import AN, LIN, Week  # noqa: E402

PLAN = 'long'
GOVERNMENT = '青禾区政府'


class LongOffice(Week):
    """One who publishes, and many who are addressed."""

    def __init__(self, folder, build, streets, tasks):
        super().__init__(Quiet(), folder, build)
        self.streets, self.tasks = streets, tasks

    def write_files(self):
        """The directory and the plan; their paths."""
        rows = ['编号,名称,类别,别名,上级,成员,按类别', f'qinghe-gov,{GOVERNMENT},政府,,,,']
        rows += [f'street-{i},第{i}街道,街道,,{GOVERNMENT},,' for i in range(self.streets)]
        rows += [f'jiedao,各街道,集合,,,,{GOVERNMENT}:街道']
        lines = ['青禾区2026年街道工作任务分工方案', '', '2026年3月6日', '', '一、街道工作', '']
        for i in range(self.tasks):
            lines += [f'{i + 1}．走访第{i + 1}片区的住户，登记需要办理的事项，9月底前完成。', '（各街道负责）', '']
        directory, plan = self.folder / 'directory.csv', self.folder / 'plan.txt'
        directory.write_text('\n'.join(rows) + '\n', encoding='utf-8')
        plan.write_text('\n'.join(lines), encoding='utf-8')
        return directory, plan

    def publish(self):
        """How many assignments there are then."""
        made = self.type(None, 'node', 'init', self.office, '--node=qinghe', f'--officer={AN.name}',
                         f'--name={AN.display_name}', as_json=True)
        self.morning(0)
        self.first_sign_in(AN, made['one_time_password'])
        once = self.type(AN, 'people', 'create', LIN.name, f'--name={LIN.display_name}', as_json=True)
        directory, plan = self.write_files()
        self.type(None, 'unit', 'import', directory)
        self.type(AN, 'access', 'grant', LIN.name, 'planner', f'--unit={LIN.unit}')
        self.first_sign_in(LIN, once['one_time_password'])
        self.type(LIN, 'plan', 'import', plan, f'--plan-id={PLAN}')
        codes = {f['code'] for f in self.ask(LIN, 'plan', 'show', PLAN)['findings'] if f['blocking']}
        for code in sorted(codes):
            self.type(LIN, 'plan', 'settle', PLAN, f'--code={code}', '--accept')
        self.type(LIN, 'plan', 'publish', PLAN, f'--issuer={GOVERNMENT}', '--yes', '--wait')
        return int(self.ask(LIN, 'plan', 'show', PLAN)['issuance']['assignments'])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build-dir', type=pathlib.Path, required=True)
    parser.add_argument('--scratch', type=pathlib.Path, required=True)
    parser.add_argument('--streets', type=int, default=20)
    parser.add_argument('--tasks', type=int, default=60)
    arguments = parser.parse_args()
    build = arguments.build_dir.resolve()
    pages = build / 'console' / 'pages'
    lacks = missing(build, pages)
    if lacks:
        print(f'SKIPPED: {lacks[1]}')
        return SKIPPED
    shutil.rmtree(arguments.scratch, ignore_errors=True)
    arguments.scratch.mkdir(parents=True)
    office = LongOffice(arguments.scratch.resolve(), build, arguments.streets, arguments.tasks)
    try:
        count = office.publish()
        office.expect(count == arguments.streets * arguments.tasks, f'{count} assignments were issued')
        office.open_console(pages)
        scene = {'address': office.console.address, 'plan': PLAN, 'planner': LIN.name, 'password': LIN.password,
                 'count': count, 'pictures': ''}
        walk = subprocess.run(['node', pathlib.Path(__file__).with_name('long_list.mjs'), json.dumps(scene)],
                              check=False, timeout=(120 + count / 50) * SLOWNESS)
        return walk.returncode
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        office.stop()


if __name__ == '__main__':
    sys.exit(main())
