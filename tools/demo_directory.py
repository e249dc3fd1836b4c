"""A directory for documents that come without one: the units they name, under the office that issued them."""

import csv
import io
import re


class MadeDirectory:
    """A directory file, the office at its top, and the unit that works at the node below."""

    def __init__(self, text, root, hosted_below):
        self.csv = text
        self.root = root
        self.hosted_below = hosted_below

    def read_back(self, path, below):
        """The same of a file that is there."""
        with open(path, encoding='utf-8-sig', newline='') as file:
            rows = [row for row in csv.DictReader(file) if row.get('名称')]
        names = {row['编号']: row['名称'] for row in rows if row.get('编号')}
        hosted = [row['名称'] for row in rows if below and (row.get('节点') or '').strip() == below]
        tops = [row for row in rows if not (row.get('上级') or '').strip() and row.get('类别') != '集合']
        root = tops[0]['名称'] if tops else names.get(rows[0].get('上级', ''), rows[0]['名称'])
        return MadeDirectory('', root, hosted[0] if hosted else None)


def kind_of(name):
    if re.search(r'(政府|管委会)$', name):
        return '政府'
    if re.search(r'(街道|街道办事处|镇|乡)$', name):
        return '街道'
    if re.search(r'(科|处|股|科室)$', name):
        return '科室'
    if re.search(r'(局|委|办|部|办公室|分局|院|党办)$', name):
        return '部门'
    if re.search(r'(中心|公司|社|台)$', name):
        return '机构'
    return '其他'


def members_of(group, units):
    """Units that a collective such as 各街道 or 区直各单位 may mean, by the words it is made of."""
    if re.search(r'街道|镇|乡', group):
        return [u for u in units if kind_of(u) == '街道']
    if re.search(r'区县|各县|各区', group):
        return [u for u in units if kind_of(u) == '政府']
    if '科室' in group or '科' in group:
        return [u for u in units if kind_of(u) == '科室']
    return [u for u in units if kind_of(u) in ('部门', '机构')]


def issuing_office(plan):
    """The government or department whose plan it is."""
    office = plan.get('issuing_unit', '')
    office = re.sub(r'(人民政府)?办公(室|厅)$', lambda m: m.group(1) or '', office)
    if office:
        return office
    head = re.match(r'.*?(市|区|县|局|委)', plan.get('title', ''))
    return (head.group(0) if head else '本级') + '政府'


def directory_from_plan(plan, level, below, root):
    """`root` is the name of the office where the level above has it already, else None."""
    top = root or issuing_office(plan)
    units, groups, counts = [], [], {}
    for task in plan['tasks']:
        for responsibility in task['responsibilities']:
            name = responsibility['unit']
            if responsibility['open'] or name == top:
                continue
            target = groups if responsibility['collective'] else units
            if name not in target:
                target.append(name)
            counts[name] = counts.get(name, 0) + 1
    for group in groups:
        if not members_of(group, units):
            place = re.sub(r'(各|所有|县直|市直|区直|有关|单位|部门)', '', group) or '单位'
            units += [f'（演示）{mark}{place}' for mark in ('甲', '乙') if f'（演示）{mark}{place}' not in units]
    hosted = None
    if below:
        lower = [u for u in units if kind_of(u) == ('政府' if below == 'district' else '部门')]
        hosted = max(lower or units, key=lambda name: counts.get(name, 0))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator='\n')
    writer.writerow(['名称', '类别', '上级', '节点', '成员'])
    if root is None:
        writer.writerow([top, '政府' if level != 'department' else '部门', '', '', ''])
    for name in units:
        writer.writerow([name, kind_of(name), top, below if name == hosted else '', ''])
    for name in groups:
        writer.writerow([name, '集合', '', '', '、'.join(members_of(name, units)) or hosted or units[0]])
    return MadeDirectory(out.getvalue(), top, hosted)
