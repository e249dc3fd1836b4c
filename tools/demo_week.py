"""A pretended week of one office: from Monday's import to Friday's bulletin, by five people who sign in.

Everything is typed into the CLI `duban` as these people would type it; each line is shown with what came of it, and
what should be there is looked for before the story goes on. The node is stopped every evening and started again with
the next day's date.
"""

import datetime
import json
import os
import pathlib
import signal
import subprocess

from demo_console import Console, new_password, say_console
from demo_nodes import SLOWNESS, DemoError, await_end, free_ports, launch, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = 'deploy/samples/week'
MONDAY = datetime.date(2026, 3, 9)
WEEKDAYS = (('周一', 'Monday'), ('周二', 'Tuesday'), ('周三', 'Wednesday'), ('周四', 'Thursday'), ('周五', 'Friday'))
PLAN = 'laojiu-2026'


class Person:
    """Somebody with a name to sign in with, at a unit whose client's connection they use, and a home of their own."""

    def __init__(self, name, display_name, unit, roles):
        self.name, self.display_name, self.unit, self.roles = name, display_name, unit, roles
        # Whose certificate they connect with: that of their unit's client; an administrator's own is the second factor.
        self.connects_as = f'unit/{unit}' if unit else f'person/{name}'
        self.home = None
        self.password = new_password()


AN = Person('an', '安静', None, ())
LIN = Person('lin', '林晓', 'qinghe-gov', ('planner',))
LI = Person('li', '李强', 'qinghe-gov', ('reviewer', 'leader'))
WANG = Person('wang', '王敏', 'housing', ('clerk',))
ZHOU = Person('zhou', '周涛', 'civil', ('clerk',))
PEOPLE = (LIN, LI, WANG, ZHOU)


class Week:
    """The office, its people, and what is known of the week so far."""

    def __init__(self, story, folder, build):
        self.story, self.folder, self.build = story, folder, build
        self.console = None
        self.visitors = []
        self.program = build / 'bin' / 'duban'
        self.office = folder / 'office'
        self.node = build / 'bin' / 'duban-node'
        self.process = None
        self.port = free_ports(1)[0]
        # More flags of the node, such as its upstream.
        self.node_flags = []

    # -- Who types what.

    def keys_of(self, name):
        """The key folder of a name at this node, such as `unit/housing`; of the office itself without one."""
        if name is None:
            return self.office / 'keys'
        keys = self.folder / name.replace('/', '-')
        if not keys.exists():
            self.type(None, 'keys', 'issue', f'node/qinghe/{name}', f'--authority={self.office / "authority"}',
                      f'--out={keys}', shown=False)
        return keys

    def type(self, person, *arguments, shown=True, as_json=False, lines=40):
        """Types a command as a person, or as whoever sits at the machine; returns what it prints."""
        arguments = [str(argument) for argument in arguments]
        home = person.home if person else self.folder / 'machine'
        home.mkdir(exist_ok=True)
        environment = {'PATH': os.environ['PATH'], 'HOME': str(home), 'COLUMNS': '110', 'NO_COLOR': '1',
                       'DUBAN_SERVER': f'127.0.0.1:{self.port}'}
        if 'keys' not in arguments[:1] and 'init' not in arguments[:2]:
            environment['DUBAN_KEYS'] = str(self.keys_of(person.connects_as if person else None))
        shape = ['--format=json'] if as_json else [f'--lang={self.story.language}']
        run = subprocess.run([str(self.program), *arguments, *shape], capture_output=True, text=True, check=False,
                             timeout=60 * SLOWNESS, env=environment, cwd=ROOT)
        if run.returncode != 0:
            raise DemoError(f'duban {" ".join(arguments)}: {run.stderr.strip() or run.stdout.strip()}')
        if shown:
            who = person.display_name if person else self.story.pick('机房', 'machine')
            self.story.say(f'{who} $ duban {" ".join(arguments)}', f'{who} $ duban {" ".join(arguments)}')
            self.story.quote(run.stdout, limit=lines)
        return json.loads(run.stdout) if as_json else run.stdout

    def ask(self, person, *arguments):
        """What a person would see, for the story's own checks."""
        return self.type(person, *arguments, shown=False, as_json=True)

    def expect(self, holds, what):
        if not holds:
            raise DemoError(what)

    # -- Mornings and evenings.

    def morning(self, day):
        date = MONDAY + datetime.timedelta(days=day)
        zh, en = WEEKDAYS[day]
        self.story.chapter(f'{zh}（{date}）', f'{en} ({date})')
        port_file = self.folder / 'node.port'
        command = [self.node, f'--config={self.office / "node.conf"}', f'--listen=127.0.0.1:{self.port}',
                   '--admin-listen=127.0.0.1:0', f'--port-file={port_file}', '--development', f'--pretend-date={date}',
                   f'--log-channel-file={self.folder / "reminders.jsonl"}', *self.node_flags]
        self.process = launch(command, self.folder / 'node.log', port_file, 'duban-node')

    def stop(self):
        """In the evening: ends the node, if it runs, and its console."""
        if self.console is not None:
            self.console.close()
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        await_end(process, f'duban-node (its log is in {self.folder})')

    def sign_in(self, *people):
        for person in people:
            file = person.home / 'password'
            file.write_text(person.password, encoding='utf-8')
            self.type(person, 'sign-in', person.name, f'--password-file={file}', shown=False)

    def first_sign_in(self, person, once):
        person.home = self.folder / person.name
        person.home.mkdir()
        old, new = person.home / 'once', person.home / 'password'
        old.write_text(once, encoding='utf-8')
        new.write_text(person.password, encoding='utf-8')
        self.type(person, 'sign-in', person.name, f'--password-file={old}', f'--new-password-file={new}', shown=False)

    # -- The week.

    def make(self):
        """The office itself, before its node starts; returns the officer's password for one time."""
        made = self.type(None, 'node', 'init', self.office, '--node=qinghe', f'--officer={AN.name}',
                         f'--name={AN.display_name}', shown=False, as_json=True)
        return made['one_time_password']

    def monday(self):
        story = self.story
        once = self.make()
        self.morning(0)
        self.first_sign_in(AN, once)
        for person in PEOPLE:
            once = self.type(AN, 'people', 'create', person.name, f'--name={person.display_name}', shown=False,
                            as_json=True)['one_time_password']
            person.once = once
        self.type(None, 'unit', 'import', f'{SAMPLES}/directory.csv')
        for person in PEOPLE:
            for role in person.roles:
                self.type(AN, 'access', 'grant', person.name, role, f'--unit={person.unit}', shown=False)
            self.first_sign_in(person, person.once)
        story.say('安全管理员安静已为四人开户、授权；每人首次登录都改了一次性密码。',
                  'The security officer took four people in; each changed the password for one time.')
        self.type(LIN, 'plan', 'import', f'{SAMPLES}/plan.txt', f'--plan-id={PLAN}')
        self.settle()
        self.type(LIN, 'plan', 'publish', PLAN, '--issuer=青禾区政府', '--yes', '--wait')
        self.type(LIN, 'assignment', 'unsigned', f'--plan={PLAN}', '--unit=青禾区政府')

    def settle(self):
        """Takes what the reader proposes, and answers the rest."""
        self.type(LIN, 'plan', 'settle', PLAN, '--code=UNKNOWN_UNIT', '--answer=区民政局', lines=1)
        self.type(LIN, 'plan', 'settle', PLAN, '--code=NO_UNIT', '--answer=区财政局', lines=1)
        self.type(LIN, 'plan', 'settle', PLAN, '--code=DEADLINE_IN_TEXT', '--code=NO_DEADLINES', '--accept', lines=1)
        plan = self.ask(LIN, 'plan', 'show', PLAN)
        left = [f for f in plan['findings'] if f['blocking'] and f['settlement'].endswith('UNSPECIFIED')]
        self.expect(not left, f'open findings: {[f["code"] for f in left]}')

    def tuesday(self):
        self.morning(1)
        self.sign_in(WANG, ZHOU, LIN)
        self.type(WANG, 'todo')
        self.type(WANG, 'sign', '--all', '--unit=区住房城乡建设局')
        self.type(ZHOU, 'todo')
        self.type(ZHOU, 'sign', '1')
        self.type(LIN, 'assignment', 'unsigned', f'--plan={PLAN}', '--unit=青禾区政府')

    def wednesday(self):
        self.morning(2)
        self.sign_in(WANG, ZHOU)
        self.reminders()
        self.type(WANG, 'todo')
        self.type(WANG, 'report', '1', '--percent=70', '--text=已核对31个小区，其余周四完成。')
        self.type(ZHOU, 'todo')
        self.type(ZHOU, 'extend', '1', '--to=2026-11-20', '--reason=两处站点须先腾退场地。')

    def reminders(self):
        """What went out this morning, by the file of the log channel."""
        log = self.folder / 'reminders.jsonl'
        lines = wait_until(lambda: log.exists() and log.read_text(encoding='utf-8').splitlines(),
                           'no reminder went out')
        digests = [json.loads(line) for line in lines]
        count = sum(len(digest['reminders']) for digest in digests)
        self.story.say(f'今早已发出提醒 {count} 条，合并为 {len(digests)} 份，每个单位一份，例如：',
                       f'{count} reminders went out this morning in {len(digests)} messages, one for each unit, for '
                       'example:')
        for reminder in max(digests, key=lambda digest: len(digest['reminders']))['reminders']:
            self.story.quote(reminder[self.story.pick('text_zh', 'text_en')])

    def thursday(self):
        self.morning(3)
        self.sign_in(WANG, LI)
        self.type(WANG, 'todo')
        self.type(WANG, 'submit', '1', '--text=46个小区核对完毕，核对表已报送。')
        self.type(LI, 'assignment', 'waiting', '--unit=青禾区政府')
        listed = self.ask(LI, 'assignment', 'waiting', '--unit=青禾区政府')['assignments']
        waiting = [assignment for assignment in listed if assignment['state'] == 'UNDER_REVIEW']
        self.expect(len(waiting) == 1, f'{len(waiting)} results wait for review')
        self.first = waiting[0]['name'].removeprefix('plans/').replace('/tasks/', '/').replace('/assignments/', '/')
        self.type(LI, 'assignment', 'review', self.first, '--return', '--comment=缺管线部分，请补充。')
        self.type(LI, 'assignment', 'grant', f'{PLAN}/body-5/civil', '--due=2026-11-15', '--comment=抓紧腾退。')
        self.type(LI, 'assignment', 'urge', f'{PLAN}/body-1/xihe', f'{PLAN}/body-1/nanmen', '--text=请今天签收。')

    def friday(self):
        self.morning(4)
        self.sign_in(WANG, LI, LIN, AN)
        self.type(WANG, 'todo')
        self.type(WANG, 'submit', '1', '--text=管线部分已补充，核对表重新报送。')
        self.type(LI, 'assignment', 'review', self.first, '--accept', '--comment=同意办结。')
        self.type(LI, 'assignment', 'timeline', self.first)
        self.revise()
        self.bulletin()
        self.type(None, 'audit', 'list', f'--about=plans/{PLAN}', '--most=30')

    def revise(self):
        """A deadline that was too early: corrected for everybody, without anything else beginning anew."""
        draft = self.type(LIN, 'plan', 'revise', PLAN, shown=False, as_json=True)['name'].removeprefix('plans/')
        self.type(LIN, 'plan', 'update-task', draft, 'body-2', '--deadline=2026-03-27', lines=1)
        self.type(LIN, 'plan', 'diff', draft)
        self.type(LIN, 'plan', 'publish', draft, '--issuer=青禾区政府', '--reason=给街道留足公示时间', '--yes', '--wait')

    def bulletin(self):
        story = self.story
        story.say('本周通报：', 'The bulletin of the week:')
        self.type(LI, 'assignment', 'board', '--group-by=unit', f'--plan={PLAN}')
        self.type(LI, 'assignment', 'unsigned', f'--plan={PLAN}', '--unit=青禾区政府')

    def run(self):
        """All of it."""
        for day in (self.monday, self.tuesday, self.wednesday, self.thursday, self.friday):
            self.stop()
            day()

    def open_console(self, pages):
        """For whoever goes on in a browser: the people of the week have their passwords."""
        self.console = Console(self.folder, self.build, pages)
        self.console.open([f'--server=127.0.0.1:{self.port}'], self.keys_of('service/console'))
        self.visitors = [(person.name, person.password) for person in (LI, LIN, WANG)]

    def say_next(self):
        """What to try while the node still runs."""
        say_console(self.story, self.console, self.visitors)
        print('\n' + self.story.pick('节点仍在运行，各人都已登录，可以继续尝试：',
                                     'The node is still running, and everybody is signed in. Try:'))
        for person, command in ((WANG, 'todo'), (LI, 'assignment board'),
                                (AN, 'access explain wang PlanService/PublishPlan')):
            keys = self.keys_of(person.connects_as)
            print(f'  HOME={person.home} DUBAN_SERVER=127.0.0.1:{self.port} DUBAN_KEYS={keys} {self.program} {command}')
        pids = ' '.join(str(one.pid) for one in (self.process, self.console and self.console.process) if one)
        print(self.story.pick(f'停止：kill {pids}；数据在 {self.folder}', f'To stop: kill {pids}; data in {self.folder}'))
