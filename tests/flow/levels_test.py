#!/usr/bin/env python3
"""Levels keep together: a level that was stopped catches up, and a hop killed at any of its places repeats nothing and
skips nothing. Real programs on loopback, driven through the CLI.

Usage: levels_test.py BUILD_DIR SOURCE_DIR
"""

from flow_support import BUILD, FlowTest, import_directory, main, plan_text, publish
from demo_nodes import DemoError, Level, free_ports, wait_until

DAY = '2024-03-04'
DIRECTORY = '''编号,名称,类别,上级,节点,成员
u-city,测试市政府,政府,,,
u-first,第一区政府,政府,u-city,district,
u-second,第二区政府,政府,u-city,,
,各区政府,集合,,,u-first、u-second
'''
TASKS = 12


class LevelsTest(FlowTest):
    def setUp(self):
        super().setUp()
        self.ports = free_ports(2)
        self.city = Level('city', self.folder, BUILD, 'zh')
        self.district = Level('district', self.folder, BUILD, 'zh')
        self.city.unit, self.district.unit = 'u-city', 'u-first'
        self.start_city()
        import_directory(self.city, DIRECTORY)

    def tearDown(self):
        self.district.stop()
        self.city.stop()

    def start_city(self, **environment):
        self.city.start_node(self.ports[0], DAY, upstream=None, environment=environment)

    def start_district(self, **environment):
        self.district.start_node(self.ports[1], DAY, upstream=f'city=127.0.0.1:{self.ports[0]}',
                                 environment=environment)

    def publish(self, number):
        title = f'测试市2024年第{number}批工作要点分工方案'
        return publish(self.city, '测试市政府', plan_text(title, '各区政府', TASKS))

    def at(self, level):
        """Name and state of every assignment of the first district as a level sees it."""
        # By its id: a level may not have the directory yet.
        listed = level.duban('assignment', 'list', '--unit', 'units/u-first')
        return {a['name']: a['state'] for a in listed['assignments']}

    def alike(self, count, state=None):
        """Both levels see the same `count` assignments (in `state`)."""
        def check():
            above, below = self.at(self.city), self.at(self.district)
            return above == below and len(above) == count and (state is None or set(above.values()) == {state})
        wait_until(check, f'the levels do not agree on {count} assignments', seconds=30)

    def sign_all(self):
        """Pulls and signs until nothing is left; leases that a killed server gave out run out first."""
        def all_signed():
            pulled = self.district.duban('assignment', 'pull', '--unit', 'units/u-first', '--lease', '2s')
            if pulled.get('assignments'):
                self.district.duban('assignment', 'receive', *[a['name'] for a in pulled['assignments']],
                                    '--lease-token', pulled['lease_token'], '--by', '王敏', parse=False)
            return 'ISSUED' not in self.at(self.district).values()
        wait_until(all_signed, 'not everything could be signed for')

    def test_a_level_that_was_stopped_catches_up_by_itself(self):
        self.start_district()
        self.publish(1)
        self.alike(TASKS, 'ISSUED')
        self.district.stop()
        self.publish(2)
        self.publish(3)
        self.start_district()
        self.alike(3 * TASKS, 'ISSUED')
        self.sign_all()
        self.alike(3 * TASKS, 'RECEIVED')

    def test_the_lower_level_works_on_while_the_upper_one_is_stopped(self):
        self.start_district()
        self.publish(1)
        self.alike(TASKS, 'ISSUED')
        self.city.stop()
        self.sign_all()
        self.start_city()
        self.alike(TASKS, 'RECEIVED')

    def test_what_unit_and_issuer_ask_of_each_other_comes_to_the_same_on_both_levels(self):
        self.start_district()
        self.publish(1)
        self.alike(TASKS, 'ISSUED')
        self.sign_all()
        self.alike(TASKS, 'RECEIVED')
        names = sorted(self.at(self.district))

        def seen(name, wanted, what):
            def check():
                above, below = (level.duban('assignment', 'show', name) for level in (self.city, self.district))
                return above == below and wanted(above)
            wait_until(check, f'the levels do not agree that {what}', seconds=30)

        ours, theirs, later, told = names[:4]
        for name in (ours, theirs):
            self.district.duban('assignment', 'decline', name, '--reason', '不属于本单位职责', '--by', '王敏')
            seen(name, lambda a: (a['state'], a['light']) == ('DECLINED', 'GREY'), 'it is declined')
        self.city.duban('assignment', 'bind', ours, '--comment', '属于该单位职责', '--by', '李强')
        seen(ours, lambda a: a['state'] == 'RECEIVED', 'it is binding')
        self.city.duban('assignment', 'readdress', theirs, '--to', '测试市政府', '--by', '李强')
        seen(theirs, lambda a: a['state'] == 'CANCELLED', 'another unit has it')
        listed = self.city.duban('assignment', 'list', '--unit', '测试市政府')['assignments']
        self.assertEqual([a['readdressed_from'] for a in listed], ['units/u-first'])

        self.district.duban('assignment', 'extend', later, '--to', '2024-10-31', '--reason', '招标延后', '--by', '王敏')
        seen(later, lambda a: len(a['execution']['extension_requests']) == 1, 'an extension is asked for')
        self.city.duban('assignment', 'grant', later, '--due', '2024-10-15', '--by', '李强')
        seen(later, lambda a: (a['deadline']['due'], a['issued_due']) == ('2024-10-15', '2024-09-30'),
             'the day that was granted is the due day')

        self.district.duban('assignment', 'report', told, '--text', '误报', '--by', '王敏')
        self.district.duban('assignment', 'retract', told)
        self.district.duban('assignment', 'report', told, '--text', '已完成一半', '--by', '王敏')
        seen(told, lambda a: [r['text'] for r in a['execution']['reports']] == ['', '已完成一半'],
             'one report was taken back')
        self.city.duban('assignment', 'read', told, '--by', '李强')
        self.city.duban('assignment', 'urge', told, '--text', '请本周内办结', '--by', '李强')
        seen(told, lambda a: a['oversight']['readings'][0]['report_ids'] == ['r-2'], 'the other one was read')
        with self.assertRaises(DemoError):
            self.district.duban('assignment', 'retract', told)

        def reminded():
            reminders = self.district.duban('reminder', 'list', '--unit', '第一区政府')['reminders']
            return [r['assignment'] for r in reminders if r['reason'] == 'URGE'] == [told]
        wait_until(reminded, 'the urge is no reminder below', seconds=30)

    def test_a_published_deadline_is_corrected_while_a_level_is_stopped(self):
        self.start_district()
        plan = self.publish(1)['name']
        self.alike(TASKS, 'ISSUED')
        self.sign_all()
        self.alike(TASKS, 'RECEIVED')
        self.district.stop()
        draft = self.city.duban('plan', 'revise', plan)
        self.assertEqual((draft['revises'], draft['base_revision']), (plan, 1))
        self.city.duban('plan', 'update-task', draft['name'], 'body-3', '--deadline', '2024-10-31')
        compared = self.city.duban('plan', 'diff', draft['name'])
        self.assertEqual([d['task_id'] for d in compared['differences']], ['body-3'])
        self.assertEqual(compared['differences'][0]['fields'], ['deadline'])
        self.assertEqual(compared['unchanged'], TASKS - 1)
        published = self.city.duban('plan', 'publish', draft['name'], '--issuer', '测试市政府', '--reason', '时限有误',
                                    '--yes', '--wait')
        self.assertEqual((published['name'], published['revision']), (plan, 2))
        self.start_district()
        changed = plan + '/tasks/body-3/assignments/u-first'

        def heard():
            below = self.at(self.district)
            return below == self.at(self.city) and [n for n, state in below.items() if state == 'ISSUED'] == [changed]
        wait_until(heard, 'the corrected duty, and it alone, is to be signed for again', seconds=30)
        shown = self.district.duban('assignment', 'show', changed)
        self.assertEqual(shown['deadline']['due'], '2024-10-31')
        self.assertEqual(shown['duty_changes'][0]['reason'], '时限有误')
        self.assertEqual(shown['execution']['receipt']['signer'], '王敏')
        self.sign_all()
        self.alike(TASKS, 'RECEIVED')
        again = self.city.duban('assignment', 'show', changed)
        self.assertEqual(len(again['execution']['earlier_receipts']), 1)
        first = self.city.duban('plan', 'show', plan, '--revision', '1')
        self.assertEqual(first['tasks'][2]['deadline']['due'], '2024-09-30')
        for level in (self.city, self.district):
            kinds = sorted(e['kind'] for e in level.duban('assignment', 'timeline', changed)['entries'])
            self.assertEqual(kinds, ['DELIVERED', 'ISSUED', 'RECEIVED', 'RECEIVED', 'REVISED'], level.node)

    def killed_at(self, failpoint, who):
        """Kills the process at its second arrival at the failpoint, starts it again, and looks at the outcome."""
        environment = {'DUBAN_FAILPOINT': f'{failpoint}=kill:2'}
        victim = getattr(self, who)
        try:
            if who == 'district':
                self.start_district(**environment)
            else:
                self.start_district()
                self.city.stop()
                self.start_city(**environment)
            for number in (1, 2):
                self.publish(number)
                self.sign_until_killed(victim)
        except DemoError:  # The victim ended at its start or in the middle of a call: that is the point.
            if victim.running():
                raise
        wait_until(lambda: not victim.running(), f'{who} was not killed at {failpoint}', seconds=15)
        victim.forget_killed()
        self.start_district() if who == 'district' else self.start_city()
        # Whoever comes back after a crash is let in once its former self counts as gone.
        self.district.hops()
        plans = [p for p in self.city.duban('plan', 'list')['plans'] if p['state'] == 'PUBLISHED']
        count = TASKS * len(plans)
        if count == 0:
            count = TASKS
            self.publish(9)
        self.alike(count)
        self.sign_all()
        self.alike(count, 'RECEIVED')
        self.check_nothing_doubled()

    def came_down(self):
        try:
            return len(self.at(self.district)) >= TASKS
        except DemoError:  # The directory has not come down yet, or the district is the victim.
            return False

    def sign_until_killed(self, victim):
        wait_until(lambda: not victim.running() or self.came_down(), 'nothing comes down')
        if victim.running() or victim is self.city:
            self.sign_all()

    def check_nothing_doubled(self):
        for level in (self.city, self.district):
            for name in list(self.at(level))[:4]:
                kinds = [e['kind'] for e in level.duban('assignment', 'timeline', name)['entries']]
                self.assertEqual(sorted(kinds), sorted(set(kinds)), f'{level.node} {name}: {kinds}')

    def test_a_follower_killed_before_its_commit(self):
        self.killed_at('follow.before_commit', 'district')

    def test_a_follower_killed_after_its_commit(self):
        self.killed_at('follow.after_commit', 'district')

    def test_an_offerer_killed_before_it_sends(self):
        self.killed_at('offer.before_send', 'district')

    def test_an_offerer_killed_after_it_sent(self):
        self.killed_at('offer.after_send', 'district')

    def test_an_offerer_killed_after_it_kept_its_position(self):
        self.killed_at('offer.after_position', 'district')

    def test_a_taker_killed_before_its_commit(self):
        self.killed_at('take_in.before_commit', 'city')

    def test_a_taker_killed_after_its_commit(self):
        self.killed_at('take_in.after_commit', 'city')


if __name__ == '__main__':
    main()
