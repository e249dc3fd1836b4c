#!/usr/bin/env python3
"""The main job, told as a story: city, district and department, on loopback, with the programs that run for real.

Everything is done through the CLI `duban`, as a person or a job would do it. Each statement of the story is checked
before it is printed: a step whose effect is not there ends the story with what is missing and where the logs are.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from demo_console import Console, missing, new_password, say_console  # noqa: E402
from demo_directory import directory_from_plan  # noqa: E402
from demo_nodes import SLOWNESS, DemoError, Level, free_ports, wait_until  # noqa: E402
from demo_week import Week  # noqa: E402

SAMPLES = pathlib.Path(__file__).resolve().parent.parent / 'deploy' / 'samples'
LEVELS = ('city', 'district', 'department')
LEVEL_NAMES = {'city': ('市级', 'city'), 'district': ('区级', 'district'), 'department': ('部门', 'department')}


class Story:
    """Prints in one language, counts the chapters."""

    def __init__(self, language):
        self.language = language
        self.chapter_number = 0

    def pick(self, zh, en):
        return zh if self.language == 'zh' else en

    def chapter(self, zh, en):
        self.chapter_number += 1
        print(f'\n{self.chapter_number}. {self.pick(zh, en)}', flush=True)

    def say(self, zh, en):
        print(f'   {self.pick(zh, en)}', flush=True)

    def quote(self, text, limit=60):
        for line in text.rstrip('\n').splitlines()[:limit]:
            print(f'     {line}', flush=True)


def choose_documents(folder):
    """The document of each level: named city.*, district.*, department.*, else told by the office that issued it."""
    by_name = {level: next(iter(sorted(folder.glob(f'{level}.*'))), None) for level in LEVELS}
    if all(by_name.values()):
        return by_name
    return None


def guess_levels(documents):
    """Files of other names: a department's (局, 委, 厅), a district's or county's (区, 县), a city's (市)."""
    chosen = {}
    for path, plan in documents:
        office = plan.get('issuing_unit') or plan.get('title', '')
        head = office if office.endswith(('局', '委', '厅', '政府', '办公室')) else plan.get('title', '')
        if '局' in head[:14] or '委员会' in head[:16]:
            level = 'department'
        elif '区' in head[:10] or '县' in head[:8]:
            level = 'district'
        else:
            level = 'city'
        chosen.setdefault(level, path)
    return chosen


class Demo:
    """The three levels and what is known of them."""

    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.folder = folder
        self.build = pathlib.Path(arguments.build_dir).resolve()
        self.story = Story(arguments.lang)
        self.levels = {}
        self.plans = {}
        self.units = {}
        self.console = None
        self.visitors = []

    # -- Before the story: which document is whose, and what day it is.

    def parse(self, path):
        run = subprocess.run([str(self.build / 'bin' / 'duban'), 'plan', 'parse', str(path), '--format=json'],
                             capture_output=True, text=True, timeout=60 * SLOWNESS)
        if run.returncode != 0:
            raise DemoError(f'{path}: {run.stderr.strip() or run.stdout.strip()}')
        return json.loads(run.stdout)

    def load_documents(self):
        source = pathlib.Path(self.arguments.plans).resolve() if self.arguments.plans else SAMPLES
        if not source.is_dir():
            raise DemoError(self.story.pick(f'文件夹“{source}”不存在', f'folder {source} does not exist'))
        paths = choose_documents(source)
        if paths is None:
            endings = ('.txt', '.html', '.htm', '.docx', '.xlsx', '.csv')
            files = [p for p in sorted(source.iterdir()) if p.suffix.lower() in endings]
            paths = guess_levels([(path, self.parse(path)) for path in files])
        missing = [level for level in LEVELS if level not in paths]
        if missing:
            raise DemoError(self.story.pick(
                f'“{source}”中缺少这些级别的工作要点：{"、".join(LEVEL_NAMES[m][0] for m in missing)}；'
                '请把文件命名为 city.*、district.*、department.*',
                f'{source} has no plan for: {", ".join(missing)}; name the files city.*, district.*, department.*'))
        self.paths = paths
        self.parsed = {level: self.parse(paths[level]) for level in LEVELS}
        self.make_directories(source)
        self.choose_days()

    def make_directories(self, source):
        """The directory files: the folder's own, or made from the units that the documents name."""
        self.directories = {}
        self.made_up = False
        root = None
        for level, below in zip(LEVELS, (*LEVELS[1:], None)):
            own = source / f'directory-{level}.csv'
            made = directory_from_plan(self.parsed[level], level, below, root)
            if own.exists():
                self.directories[level] = own
                made = made.read_back(own, below)
            else:
                self.made_up = True
                self.directories[level] = self.folder / f'directory-{level}.csv'
                self.directories[level].write_text(made.csv, encoding='utf-8')
            self.units[level] = made.root if root is None else root
            root = made.hosted_below

    def choose_days(self):
        """Work begins soon after the city's plan was signed; reminders are looked at when its first deadline nears."""
        import datetime
        plan = self.parsed['city']
        signed = plan.get('issue_date') or plan.get('post_date') or f'{plan.get("year") or 2024}-03-01'
        begin = datetime.date.fromisoformat(signed) + datetime.timedelta(days=3)
        dues = sorted(t['deadline']['due'] for t in plan['tasks'] if t.get('deadline', {}).get('due', ''))
        later = [datetime.date.fromisoformat(d) for d in dues if datetime.date.fromisoformat(d) > begin]
        self.begin = begin
        # The working day before it: the reminder of the last working day has just gone out.
        self.nearly_due = (later[0] if later else begin + datetime.timedelta(days=30)) + datetime.timedelta(days=3)

    # -- The nodes.

    def start(self, day):
        ports = self.ports
        city_services = f'plan:127.0.0.1:{ports["plan"]},assignment:127.0.0.1:{ports["assignment"]}'
        self.levels['city'].start_services(ports, day)
        self.levels['district'].start_node(ports['district'], day, upstream=f'city={city_services}')
        self.levels['department'].start_node(ports['department'], day,
                                             upstream=f'district=127.0.0.1:{ports["district"]}')

    def stop(self):
        if self.console is not None:
            self.console.close()
        for level in reversed(LEVELS):
            if level in self.levels:
                self.levels[level].stop()

    # -- Chapters.

    def open_chapter(self):
        story = self.story
        story.chapter('启动三级节点', 'Three nodes start')
        self.ports = dict(zip(('plan', 'assignment', 'notification', 'district', 'department'), free_ports(5)))
        for level in LEVELS:
            self.levels[level] = Level(level, self.folder, self.build, self.arguments.lang)
        district = self.levels['district']
        self.first_password = district.keys.first_officer('district', 'an', story.pick('安心', 'An Xin'),
                                                          district.keys_of(), self.nearly_due)
        self.start(self.begin)
        story.say('市级：duban-plan、duban-assignment、duban-notification 三个服务进程；区级、部门：各一个 duban-node 进程。',
                  'City: the processes duban-plan, duban-assignment and duban-notification; district and department: '
                  'one duban-node each.')
        story.say(f'数据在 {self.folder}；演示假定今天是 {self.begin}（开发模式，日志中有说明）。',
                  f'Data in {self.folder}; the demo pretends that today is {self.begin} (development mode, said in the '
                  'log).')
        for level in LEVELS:
            self.levels[level].say_pretended(story)
        if self.made_up:
            story.say('单位名录由文件中出现的单位自动生成，仅供演示。',
                      'The directories are made from the units that the documents name, for the demo only.')

    def import_directory(self, level):
        node = self.levels[level]
        # A name from above may be the superior of one of ours, so the directory waits for it.
        if level != 'city':
            wait_until(lambda: node.duban('unit', 'resolve', self.units[level]).get('match'),
                       f'{level}: unit {self.units[level]} has not come down')
        answer = node.duban('unit', 'import', self.directories[level])
        node.unit = node.duban('unit', 'resolve', self.units[level])['match'].removeprefix('units/')
        self.story.say(f'导入单位名录：{answer["units_created"]} 个单位、{answer["groups_created"]} 个集合。',
                       f'Directory imported: {answer["units_created"]} units, {answer["groups_created"]} groups.')

    def import_plan(self, level):
        story, node = self.story, self.levels[level]
        plan = node.duban('plan', 'import', self.paths[level])
        story.say(f'导入《{plan["title"]}》：{len(plan["tasks"])} 项任务，'
                  f'{len(plan["findings"])} 项待核实，其中 {sum(f["blocking"] for f in plan["findings"])} 项须先处理。',
                  f'Imported "{plan["title"]}": {len(plan["tasks"])} tasks, {len(plan["findings"])} findings, '
                  f'{sum(f["blocking"] for f in plan["findings"])} of them block publishing.')
        for finding in plan['findings'][:8]:
            story.quote(f'[{finding["code"]}] {finding["message"]}')
        if len(plan['findings']) > 8:
            story.quote(story.pick(f'……另有 {len(plan["findings"]) - 8} 处', f'... and {len(plan["findings"]) - 8} more'))
        return self.settle(level, plan)

    def settle(self, level, plan):
        """Answers what blocks: the proposal where there is one, a unit where none is printed, else as printed."""
        story, node = self.story, self.levels[level]
        accepted = answered = dismissed = 0
        # An answer can settle others, and raise a question of its own: who does it now?
        while finding := self.first_blocking(plan):
            command = ['plan', 'settle', plan['name'], '--finding', finding['finding_id'],
                       '--by', story.pick('张立', 'Zhang Li')]
            if finding.get('proposal'):
                plan = node.duban(*command, '--accept')
                accepted += 1
            elif finding['code'] == 'NO_UNIT' and answered < 3:
                answer = self.most_named_unit(plan)
                plan = node.duban(*command, '--answer', answer)
                answered += 1
                story.say(f'  第 {finding["line"]} 行的空白单位，由人工填为“{answer}”。',
                          f'  The blank unit cell in line {finding["line"]} is answered by a person: {answer}.')
            else:
                plan = node.duban(*command, '--dismiss')
                dismissed += 1
        story.say(f'待核实事项：采纳建议 {accepted} 项，人工填写 {answered} 项，按原文保留 {dismissed} 项。',
                  f'Settled: {accepted} proposals accepted, {answered} answered, {dismissed} left as printed.')
        self.plans[level] = plan
        return plan

    @staticmethod
    def first_blocking(plan):
        return next((f for f in plan['findings'] if f['blocking'] and f['settlement'].endswith('UNSPECIFIED')), None)

    @staticmethod
    def most_named_unit(plan):
        counts = {}
        for task in plan['tasks']:
            for responsibility in task['responsibilities']:
                if not responsibility['collective'] and not responsibility['open']:
                    counts[responsibility['unit']] = counts.get(responsibility['unit'], 0) + 1
        return max(sorted(counts), key=counts.get)

    def publish(self, level):
        story, node = self.story, self.levels[level]
        if level == 'city':
            story.say('发布前先看会交办什么：', 'What publishing would issue:')
            story.quote(node.duban('plan', 'preview', self.plans[level]['name'], table=True))
        plan = node.duban('plan', 'publish', self.plans[level]['name'], '--issuer', self.units[level], '--yes',
                          '--wait')
        if plan['state'] != 'PUBLISHED':
            raise DemoError(f'{level}: the plan is {plan["state"]} after publishing')
        self.plans[level] = plan
        issued = plan['issuance']
        story.say(f'{self.units[level]}发布《{plan["title"]}》，第 {plan["revision"]} 版：交办 {issued["assignments"]} 项，'
                  f'涉及 {issued["units"]} 个单位。',
                  f'{self.units[level]} publishes "{plan["title"]}", revision {plan["revision"]}: '
                  f'{issued["assignments"]} assignments to {issued["units"]} units.')

    def pull_and_receive(self, level):
        """The unit of `level` pulls what is addressed to it and signs."""
        story, node, unit = self.story, self.levels[level], self.units[level]
        def pull():
            answer = node.duban('assignment', 'pull', '--unit', unit, '--max', '500', '--lease', '10m')
            return answer if answer['assignments'] else None
        pulled = wait_until(pull, f'{level}: nothing to pull for {unit}')
        names = [a['name'] for a in pulled['assignments']]
        story.say(f'{unit}领取 {len(names)} 项交办事项并签收。', f'{unit} pulls {len(names)} assignments and signs.')
        for assignment in pulled['assignments'][:3]:
            due = assignment['deadline']['printed'] or '—'
            story.quote(f'{assignment["number"]}. {assignment["text"][:32]}… [{due}]')
        node.duban('assignment', 'receive', *names, '--lease-token', pulled['lease_token'],
                   '--by', story.pick('王敏', 'Wang Min'), parse=False)
        signed = [node.duban('assignment', 'show', name)['state'] for name in names[:3]]
        if any(state != 'RECEIVED' for state in signed):
            raise DemoError(f'{level}: signed assignments are {signed}')
        return names

    def align(self, level):
        """The plan of `level` takes on tasks of the level above: proposed by likeness, confirmed by a person."""
        story, node, plan = self.story, self.levels[level], self.plans[level]
        proposed = node.duban('plan', 'propose', plan['name'])
        best = {}
        for alignment in proposed['alignments']:
            if alignment['task'] not in best:
                best[alignment['task']] = alignment
        chosen = sorted(best.values(), key=lambda a: -a['score'])[:8]
        if not chosen:
            raise DemoError(f'{level}: no upstream task looks like one of this plan')
        for alignment in chosen:
            plan = node.duban('plan', 'align', plan['name'], '--task', alignment['task'],
                              '--upstream', alignment['upstream_task'])
        story.say(f'承接：系统按文字相近程度提出 {len(best)} 对，人工确认 {len(chosen)} 对。例如：',
                  f'Alignment: {len(best)} pairs proposed by likeness of text, {len(chosen)} confirmed. For example:')
        story.quote(f'{chosen[0]["task_text"][:28]}…  ←  {chosen[0]["upstream_text"][:28]}…')
        self.plans[level] = plan
        self.aligned = {a['task'] for a in chosen}

    def city_chapter(self):
        self.story.chapter('市级：导入、处理待核实事项、发布', 'City: import, settle, publish')
        self.import_directory('city')
        self.import_plan('city')
        self.publish('city')

    def district_chapter(self):
        self.story.chapter('区级：领取、签收、承接、发布本级分工', 'District: pull, sign, align, publish its own plan')
        self.import_directory('district')
        self.district_assignments = self.pull_and_receive('district')
        self.import_plan('district')
        self.align('district')
        self.publish('district')

    def department_chapter(self):
        story = self.story
        story.chapter('部门：领取、签收、报送进展、申请办结', 'Department: pull, sign, report, submit')
        node = self.levels['department']
        self.import_directory('department')
        names = self.pull_and_receive('department')
        self.import_plan('department')
        self.align('department')
        self.publish('department')
        # What carries a city task comes first, so that the city sees it come up.
        shown = [node.duban('assignment', 'show', name) for name in names]
        shown.sort(key=lambda a: not a['aligned_tasks'])
        self.submitted = shown[:2]
        if len(self.submitted) < 2:
            raise DemoError('department: fewer than two assignments to work on')
        for assignment in self.submitted:
            node.duban('assignment', 'report', assignment['name'], '--percent', '60', '--by',
                       story.pick('李强', 'Li Qiang'), '--text', story.pick('已完成摸底，正在补充材料。', 'Survey done.'))
            period = ['--period', str(self.begin.year)] if assignment['deadline']['kind'] in (
                'STANDING', 'PERIODIC', 'WHOLE_PERIOD') else []
            done = node.duban('assignment', 'submit', assignment['name'], '--by', story.pick('李强', 'Li Qiang'), *period,
                              '--text', story.pick('已按要求完成，附完成情况说明。', 'Done, statement attached.'),
                              '--evidence', story.pick('完成情况说明=档案-01', 'statement=archive-01'))['results'][0]
            if done['state'] != 'UNDER_REVIEW':
                raise DemoError(f'department: {assignment["name"]} is {done["state"]} after submitting')
        story.say('对两项任务报送进展（60%）并申请办结。', 'Reports progress (60%) on two tasks and submits both.')

    def review_chapter(self):
        story = self.story
        story.chapter('区级：审核，一项退回，一项办结', 'District: reviews, returns one, accepts one')
        district, department = self.levels['district'], self.levels['department']
        for assignment in self.submitted:
            wait_until(lambda: district.duban('assignment', 'show', assignment['name'])['state'] == 'UNDER_REVIEW',
                       'district: the submission has not come up')
        returned, accepted = self.submitted
        by = ['--by', story.pick('赵敏', 'Zhao Min')]
        district.duban('assignment', 'review', returned['name'], '--return', *by,
                       '--comment', story.pick('缺少佐证材料，请补充后再报。', 'Evidence is missing; add it.'))
        district.duban('assignment', 'review', accepted['name'], '--accept', *by)
        wait_until(lambda: department.duban('assignment', 'show', returned['name'])['state'] == 'IN_PROGRESS',
                   'department: the returned submission has not come down')
        wait_until(lambda: any(r['verdict'] == 'ACCEPTED' for r in
                               department.duban('assignment', 'show', accepted['name'])['oversight']['reviews']),
                   'department: the accepted submission has not come down')
        story.say(f'退回：第 {returned["number"]} 项，部门已自动收到，状态恢复为“进行中”。',
                  f'Returned: task {returned["number"]}; the department has it back in progress by itself.')
        story.say(f'办结：第 {accepted["number"]} 项。这一项的全过程：', f'Accepted: task {accepted["number"]}. All of it:')
        story.quote(district.duban('assignment', 'timeline', accepted['name'], table=True))

    def reminder_chapter(self):
        story = self.story
        story.chapter('时间推进，提醒到期', 'Time passes, reminders fall due')
        self.stop()
        self.start(self.nearly_due)
        story.say(f'三级节点停止后重新启动（数据都在），演示假定今天是 {self.nearly_due}。',
                  'The nodes stop and start again, nothing is lost; the demo pretends that today is '
                  f'{self.nearly_due}.')
        total = 0
        for level in LEVELS:
            node = self.levels[level]
            leased = node.duban('reminder', 'lease', '--max', '500')
            reminders = leased.get('reminders', [])
            if not reminders:
                continue
            total += len(reminders)
            story.say(f'{LEVEL_NAMES[level][0]}提醒任务领取 {len(reminders)} 条提醒，例如：',
                      f'The reminder job of the {level} leases {len(reminders)} reminders, for example:')
            for reminder in reminders[:3]:
                story.quote(story.pick(reminder['text_zh'], reminder['text_en']))
            node.duban('reminder', 'confirm', *[r['name'] for r in reminders], '--lease-token', leased['lease_token'],
                       parse=False)
            state = node.duban('reminder', 'list', '--state', 'CONFIRMED')['reminders']
            if len(state) < len(reminders):
                raise DemoError(f'{level}: only {len(state)} of {len(reminders)} reminders are confirmed')
        if total == 0:
            raise DemoError('no reminder fell due')
        story.say(f'共送达并确认 {total} 条。', f'{total} delivered and confirmed.')

    def refusal_chapter(self):
        story, node = self.story, self.levels['district']
        story.chapter('谁能办什么：每种拒绝各一例', 'Who may do what: one refusal of each kind')
        lost = node.keys_of('/unit/lost')
        node.keys.run('revoke', os.readlink(lost / 'current'), f'--authority={node.keys.authority}',
                      f'--into={node.keys_of()}')
        pull = ('assignment', 'pull', '--unit', f'units/{node.unit}')
        for zh, en, keys, command in (
                ('没有证书', 'without a certificate', None, pull),
                ('证书已吊销', 'with one that is revoked', lost, pull),
                ('别的节点的客户端', 'a client of another node', self.levels['department'].keys_of('/unit/x'), pull),
                ('别的单位', 'another unit', node.keys_of('/unit/x'), pull),
                ('单位看节点状态', 'a unit looks at the node', node.keys_of(f'/unit/{node.unit}'), ('node', 'status')),
                ('提醒作业看计划', 'a reminder job looks at plans', node.keys_of('/job/reminders'), ('plan', 'list'))):
            story.say(f'{zh}：', f'{en}:')
            story.quote(node.refused(keys, *command))

    def people_chapter(self):
        story, node = self.story, self.levels['district']
        story.chapter('人员登录：两种方式、角色、收回', 'People sign in: two factors, roles, and taking them back')
        own, certificate, client = 'Correct-Horse-7', '/person/an', f'/unit/{node.unit}'

        def sign_in(who, keys, password, *more, **how):
            return node.person(who, keys, 'sign-in', who, f'--password-file={node.secret(password)}', *more, **how)

        story.say('首任安全管理员用一次性密码登录并改密；只有密码，什么也不能办：',
                  'The first security officer signs in with a password for one time, and changes it; with a password '
                  'alone they may do nothing:')
        sign_in('an', '', self.first_password, f'--new-password-file={node.secret(own)}')
        story.quote(node.person('an', '', 'people', 'list', refused=True))
        story.say('换用本人证书（UKey）登录，即可录入人员、授予角色：',
                  'Over their own certificate they take in a clerk and grant the role:')
        sign_in('an', certificate, own)
        once = node.person('an', certificate, 'people', 'create', 'wang',
                           f'--name={story.pick("王敏", "Wang Min")}')['one_time_password']
        grant = node.person('an', certificate, 'access', 'grant', 'wang', 'clerk', f'--unit={node.unit}')['name']
        sign_in('wang', client, once, f'--new-password-file={node.secret(own)}')
        story.quote(node.person('wang', client, 'whoami', table=True))
        listed = ('assignment', 'list', f'--unit={node.unit}')
        node.person('wang', client, *listed)
        story.say('密码不对、所授角色之外的事、角色被收回之后，都不行：',
                  'A wrong password, what the role does not cover, and what was taken back are refused:')
        story.quote(sign_in('wang', client, 'Wrong-Horse-999', refused=True))
        story.quote(node.person('wang', client, 'people', 'list', refused=True))
        node.person('an', certificate, 'access', 'revoke', grant)
        # The other services of the node hear of it within a second.
        story.quote(wait_until(lambda: self.refused_soon('wang', client, *listed), 'what was taken back still counts'))

    def refused_soon(self, who, keys, *arguments):
        """What the district tells somebody whom it refuses; None while it does not."""
        try:
            return self.levels['district'].person(who, keys, *arguments, refused=True)
        except DemoError:
            return None

    def audit_chapter(self):
        story, node = self.story, self.levels['district']
        story.chapter('审计：谁办了什么，拒绝了谁', 'The audit: who did what, and who was refused')

        def told():
            refused = node.duban('audit', 'list', '--refused').get('entries', [])
            return len(refused) >= 3 and refused
        wait_until(told, 'district: what was refused is not in its audit')
        story.quote(node.duban('audit', 'list', '--refused', '--most=3', table=True), limit=150)
        export, witnesses = self.folder / 'audit.jsonl', []
        node.duban('audit', 'export', export, parse=False)
        for neighbour in ('city', 'department'):
            seen = self.folder / f'seen-by-{neighbour}.json'
            seen.write_text(json.dumps(self.levels[neighbour].duban('node', 'status')), encoding='utf-8')
            witnesses.append(f'--witness={seen}')
        story.say('导出后离线核验，并与市级、部门所见比对：',
                  'Exported, and checked without any server against what city and department have seen:')
        story.quote(node.duban('audit', 'verify', export, *witnesses, table=True), limit=150)

    def board_chapter(self):
        story = self.story
        story.chapter('市级看板：区级、部门的情况自动汇总上来', 'The city\'s board: district and department came up by themselves')
        city, plan = self.levels['city'], self.plans['city']['name']
        def below():
            rows = city.duban('assignment', 'board', '--group-by', 'unit', '--plan', plan)['rows']
            depths = {r['depth'] for row in rows for r in row.get('below', [])}
            counts = [row for row in rows if row['display_name'] == self.units['district']]
            return rows if depths and counts and int(counts[0]['counts']['received']) > 0 else None
        wait_until(below, 'city: the district\'s and department\'s status has not come up')
        story.quote(city.duban('assignment', 'board', '--group-by', 'unit', '--plan', plan, table=True), limit=200)
        for level in LEVELS:
            hops = self.levels[level].hops()
            late = [h['name'] for h in hops if not h.get('at_head') or not h.get('connected')]
            story.say(f'{LEVEL_NAMES[level][0]}：{len(hops)} 条同步通道，{"全部到位" if not late else "未到位：" + "、".join(late)}。',
                      f'{level}: {len(hops)} hops, {"all caught up" if not late else "behind: " + ", ".join(late)}.')

    # -- The console, for whoever goes on in a browser.

    def busiest_unit(self):
        """Who owes most of the district's plan and works at the district's node."""
        rows = self.levels['district'].duban('assignment', 'board', '--group-by', 'unit', '--plan',
                                             self.plans['district']['name'])['rows']
        here = [row for row in rows if row['display_name'] != self.units['department']]
        return max(here, key=lambda row: int(row['counts']['received']))['key'].removeprefix('units/')

    def take_in(self, who, name, unit, *roles):
        """Somebody who signs in at the district, with a password that is made now."""
        node, officer = self.levels['district'], '/person/an'
        once = node.person('an', officer, 'people', 'create', who, f'--name={name}')['one_time_password']
        for role in roles:
            node.person('an', officer, 'access', 'grant', who, role, f'--unit={unit}')
        password = new_password()
        node.person(who, f'/unit/{unit}', 'sign-in', who, f'--password-file={node.secret(once)}',
                    f'--new-password-file={node.secret(password)}')
        self.visitors.append((who, password))

    def open_console(self, pages):
        story, node = self.story, self.levels['district']
        self.take_in('lin', story.pick('林晓', 'Lin Xiao'), node.unit, 'planner')
        self.take_in('li', story.pick('李强', 'Li Qiang'), node.unit, 'reviewer', 'leader')
        self.take_in('zhao', story.pick('赵敏', 'Zhao Min'), self.busiest_unit(), 'clerk')
        self.console = Console(self.folder, self.build, pages)
        self.console.open(node.servers, node.keys_of('/service/console'))

    def run(self):
        self.load_documents()
        self.open_chapter()
        self.city_chapter()
        self.district_chapter()
        self.department_chapter()
        self.review_chapter()
        self.reminder_chapter()
        self.board_chapter()
        self.refusal_chapter()
        self.people_chapter()
        self.audit_chapter()

    def say_next(self):
        story = self.story
        say_console(story, self.console, self.visitors)
        print('\n' + story.pick('节点仍在运行，可以继续尝试：', 'The nodes are still running. Try:'))
        program = self.build / 'bin' / 'duban'
        def at(level, command):
            node = self.levels[level]
            return f'{" ".join(node.servers)} --keys={node.caller(command, None)}'
        city, district = self.plans['city']['name'], self.units['district']
        print(f'  {program} assignment board --group-by unit --plan {city} {at("city", "assignment")}')
        print(f'  {program} assignment list --unit {district} {at("city", "assignment")}')
        print(f'  {program} assignment list --unit {district} {at("district", "assignment")}')
        print(f'  {program} reminder list {at("department", "reminder")}')
        print(f'  {program} node status {at("district", "node")}')
        print(f'  {program} node status {at("district", "assignment")}   # '
              + story.pick('单位客户端无权查看', "a unit's client may not"))
        pids = ' '.join(str(pid) for level in LEVELS for pid in self.levels[level].pids())
        if self.console is not None:
            pids += f' {self.console.process.pid}'
        print(story.pick(f'停止：kill {pids}；数据在 {self.folder}', f'To stop: kill {pids}; data in {self.folder}'))


def finish(demo, arguments):
    """What was asked for besides the story: the console, pictures of its pages. Whether the nodes stay."""
    story = demo.story
    pages = demo.build / 'console' / 'pages'
    lacks = missing(demo.build, pages, browser=arguments.pictures is not None)
    if lacks:
        zh, en = lacks
        print('\n' + story.pick(f'没有控制台：{zh}', f'There is no console: {en}'), file=sys.stderr)
        if arguments.pictures is not None:
            raise DemoError(story.pick(zh, en))
    else:
        demo.open_console(pages)
    if arguments.pictures is not None:
        count = demo.console.take_pictures(pathlib.Path(arguments.pictures), demo.visitors)
        print(story.pick(f'控制台各页面的 {count} 张截图在 {arguments.pictures}',
                         f'{count} pictures of the pages of the console are in {arguments.pictures}'))
    if arguments.keep:
        demo.say_next()
    return arguments.keep


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog='tools/demo', description='Runs the main job on three nodes and tells it as a story. '
        '演示：三级节点把工作要点从文件落实到部门，再把结果带回来。')
    parser.add_argument('--plans', metavar='DIR', help='your own documents: city.*, district.*, department.* '
                        '(txt, html, docx, xlsx, csv); other names are told apart by their issuing office. '
                        'directory-city.csv '
                        'and so on are used where they are there, else the directory is made from the documents')
    parser.add_argument('--lang', choices=('zh', 'en'), default='zh', help='language of the story')
    parser.add_argument('--keep', action='store_true', help='leave the nodes running, with a console, '
                        'and print its address, three people to sign in as, and what to try next')
    parser.add_argument('--pictures', metavar='DIR', help='leave a picture of each page of the console there')
    parser.add_argument('--story', choices=('levels', 'week'), default='levels',
                        help='levels: a plan on three levels; week: five people of one office, from Monday to Friday')
    parser.add_argument('--build-dir', default='build', help='where the programs are built')
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    folder = pathlib.Path(tempfile.mkdtemp(prefix='duban-demo-'))
    if arguments.story == 'week':
        demo = Week(Story(arguments.lang), folder, pathlib.Path(arguments.build_dir).resolve())
    else:
        demo = Demo(arguments, folder)
    kept = False
    try:
        demo.run()
        if arguments.keep or arguments.pictures:
            kept = finish(demo, arguments)
        if not kept:
            demo.stop()
            print('\n' + demo.story.pick('演示结束，全部节点已停止。', 'The end; all nodes are stopped.'))
        return 0
    except (DemoError, subprocess.TimeoutExpired, KeyError) as error:
        kept = True
        print('\n' + demo.story.pick(f'演示中断：{error}\n日志和数据在 {folder}', f'The story broke off: {error}\n'
                                     f'Logs and data are in {folder}'), file=sys.stderr)
        demo.stop()
        return 1
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
