"""The pages of the console in a real browser, before a real node: an office's Monday is typed into the CLI, then people
walk through the pages (walk.mjs).

Exit status 77: there is no browser or there are no pages here, which is said and no failure.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / 'tools'))
# pylint: disable=wrong-import-position
from demo_console import SKIPPED, Quiet, missing  # noqa: E402
from demo_nodes import SLOWNESS, DemoError  # noqa: E402
from demo_week import AN, LI, LIN, PLAN, WANG, Person, Week  # noqa: E402

# Signs in for the first time, in the browser.
ZHAO = Person('zhao', '赵敏', 'civil', ('clerk',))


class Office(Week):
    """The office, and one more person."""

    def take_in(self, person):
        """A person with a password for one time, who has not signed in."""
        once = self.type(AN, 'people', 'create', person.name, f'--name={person.display_name}', shown=False,
                         as_json=True)['one_time_password']
        for role in person.roles:
            self.type(AN, 'access', 'grant', person.name, role, f'--unit={person.unit}', shown=False)
        return once


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
    office = Office(Quiet(), arguments.scratch.resolve(), arguments.build_dir.resolve())
    # Whoever is told to stop stops what it started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        office.monday()
        once = office.take_in(ZHAO)
        office.open_console(pages)
        scene = {'address': office.console.address, 'plan': PLAN, 'once': once, 'password': ZHAO.password,
                 'passwords': {one.name: one.password for one in (AN, LIN, LI, WANG)}, 'planner': LIN.name,
                 'reviewer': LI.name, 'clerk': WANG.name, 'newcomer': ZHAO.name, 'officer': AN.name,
                 'people': [LI.name, LIN.name, WANG.name, AN.name],
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
