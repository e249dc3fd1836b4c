import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';

import { Deadline_Kind } from '../../gen/duban/v1/deadline_pb';
import { Finding_Settlement, FindingSchema, type Plan, PlanSchema, Responsibility_Role, ResponsibilitySchema, type Task, TaskSchema } from '../../gen/duban/v1/plan_pb';
import { PlanSource_LineSchema, PlanSourceSchema } from '../../gen/duban/v1/plan_source_service_pb';
import { changesBetween } from './changes';
import { added, headingPaths, joinedUp, moved, movedUnder, partsOf } from './edits';
import { alike, canAccept, canBeRemembered, choicesOf, groupsOf, neighbourOf, openInOrder } from './findings';
import { marksOf, segmentsOf } from './sourceMarks';
import { sourceView } from './sourceView';
import { changeOf, formOf } from './taskForm';

function task(taskId: string, init: Partial<Task> = {}): Task {
  return Object.assign(create(TaskSchema, { taskId, name: `plans/p/tasks/${taskId}`, text: `做${taskId}` }), init);
}

function span(line: number, column: number, endColumn: number, endLine = line) {
  return { $typeName: 'duban.v1.SourceSpan' as const, line, column, endLine, endColumn };
}

function planOf(...tasks: Task[]): Plan {
  return create(PlanSchema, { name: 'plans/p', tasks });
}

describe('marks on the original', () => {
  const plan = create(PlanSchema, {
    tasks: [
      { taskId: 'a', text: '甲', span: span(1, 3, 7), responsibilities: [{ unit: '区财政局', span: span(1, 5, 7) }] },
      { taskId: 'b', text: '乙', span: span(1, 7, 3, 2) },
    ],
    findings: [
      { findingId: 'f-1', task: 'a', span: span(1, 5, 7) },
      { findingId: 'f-2', task: 'b', span: span(1, 7, 3, 2) },
      { findingId: 'f-3', task: 'a', span: span(1, 3, 4), settlement: Finding_Settlement.DISMISSED },
    ],
  });

  it('cut a line where they begin and end, by code points', () => {
    const line = create(PlanSource_LineSchema, { line: 1, column: 1, text: '𠮷1.做财政后面' });
    const segments = segmentsOf(line, marksOf(plan).get(1) ?? []);
    expect(segments.map((one) => [one.text, one.tasks.join(), one.isUnit, one.isDoubt])).toEqual([
      ['𠮷1', '', false, false],
      ['.做', 'a', false, false],
      ['财政', 'a', true, true],
      ['后面', 'b', false, false],
    ]);
  });

  it('reach over lines, and count from where a cell begins', () => {
    const second = create(PlanSource_LineSchema, { line: 2, column: 1, text: '四五六' });
    expect(segmentsOf(second, marksOf(plan).get(2) ?? []).map((one) => [one.text, one.tasks.join()])).toEqual([['四五', 'b'], ['六', '']]);
    const cell = create(PlanSource_LineSchema, { line: 1, column: 5, text: '财政' });
    expect(segmentsOf(cell, marksOf(plan).get(1) ?? []).map((one) => one.tasks.join())).toEqual(['a']);
  });

  it('say of a row of a table which tasks it has something of', () => {
    const line = (column: number, text: string) => ({ lines: [{ line: 1, column, text }], rowSpan: 1, columnSpan: 1 });
    const source = create(PlanSourceSchema, { blocks: [{ rows: [{ cells: [line(1, '𠮷1'), line(3, '.做财政'), line(7, '后')] }, { cells: [] }] }] });
    const [block] = sourceView(source, marksOf(plan));
    expect(block?.kind === 'table' && block.rows.map((row) => [...row.tasks])).toEqual([['a', 'b'], []]);
  });
});

describe('edits', () => {
  const plan = planOf(
    task('a', { headings: ['一'] }),
    task('b', { headings: ['一'] }),
    task('c', { headings: ['二'] }),
  );

  it('move a task past its neighbour, under its headings, and no further than the ends', () => {
    expect(moved(plan, 'b', 1)?.edit?.value).toEqual({ taskId: 'b', before: '', headings: ['二'] });
    expect(moved(plan, 'c', -1)?.edit?.value).toEqual({ taskId: 'c', before: 'b', headings: ['一'] });
    expect([moved(plan, 'a', -1), moved(plan, 'c', 1), joinedUp(plan, 'a')]).toEqual([undefined, undefined, undefined]);
  });

  it('put a task behind the last one of a heading', () => {
    expect(movedUnder(plan, 'c', ['一'])?.edit?.value).toMatchObject({ before: '' });
    expect(movedUnder(plan, 'a', ['一'])?.edit?.value).toMatchObject({ before: 'c' });
    expect(movedUnder(plan, 'a', ['三'])?.edit?.value).toMatchObject({ before: '', headings: ['三'] });
    expect(headingPaths(plan)).toEqual([['一'], ['二']]);
  });

  it('join to the one before, and add behind one under its heading', () => {
    expect(joinedUp(plan, 'b')?.edit?.value).toEqual({ taskId: 'a', others: ['b'] });
    expect(added(plan, 'b', { text: '新' }).edit?.value).toEqual({ before: 'c', task: { text: '新', headings: ['一'] } });
  });

  it('cut a text at its lines, else its sentences, else its clauses', () => {
    expect(partsOf('甲。\n乙，丙。')).toEqual(['甲。', '乙，丙。']);
    expect(partsOf('甲，乙；丙。')).toEqual(['甲，乙；', '丙。']);
    expect(partsOf('甲，乙')).toEqual(['甲，', '乙']);
    expect(partsOf('甲')).toEqual(['甲']);
  });
});

describe('the form of a task', () => {
  const base = task('a', {
    text: '做事',
    responsibilities: [
      create(ResponsibilitySchema, { unit: '区财政局', printed: '财政局', role: Responsibility_Role.RESPONSIBLE }),
    ],
  });

  it('sends what was changed and nothing else', () => {
    expect(changeOf(base, formOf(base)).paths).toEqual([]);
    const { task: sent, paths } = changeOf(base, { ...formOf(base), text: '做好事', kind: Deadline_Kind.BY_DATE, due: '2026-09-30' });
    expect(paths).toEqual(['text', 'deadline']);
    expect(sent).toMatchObject({ name: base.name, text: '做好事', deadline: { kind: Deadline_Kind.BY_DATE, due: '2026-09-30', frequency: 0 } });
    expect(sent.responsibilities).toBeUndefined();
  });

  it('keeps what was printed of a unit that gets another part', () => {
    const { task: sent } = changeOf(base, { ...formOf(base), lead: ['区财政局'], responsible: [], cooperate: ['区教育局'] });
    expect(sent.responsibilities).toMatchObject([
      { unit: '区财政局', printed: '财政局', role: Responsibility_Role.LEAD },
      { unit: '区教育局', role: Responsibility_Role.COOPERATE },
    ]);
  });
});

describe('what somebody else changed', () => {
  it('is told task by task and question by question', () => {
    const before = planOf(task('a'), task('b'));
    before.findings = [create(FindingSchema, { findingId: 'f-1', message: '问' })];
    const after = planOf(task('a', { text: '改' }), task('c'));
    after.findings = [create(FindingSchema, { findingId: 'f-1', settlement: Finding_Settlement.ACCEPTED })];
    const { tasks, findings } = changesBetween(before, after);
    expect(tasks.map((one) => [one.before?.taskId, one.after?.taskId, one.fields.join()])).toEqual([
      ['a', 'a', 'text'],
      [undefined, 'c', ''],
      ['b', undefined, ''],
    ]);
    expect(findings).toHaveLength(1);
  });
});

describe('open questions', () => {
  const plan = planOf(task('a'), task('b'));
  const finding = (findingId: string, on: string, code: string, subject = '', proposal = '') =>
    create(FindingSchema, { findingId, task: on, code, subject, proposal, blocking: code !== 'NOT_A_TASK' });
  const name = finding('f-1', 'b', 'UNKNOWN_UNIT', '区民证局', '区民政局');
  const deadline = finding('f-2', 'a', 'DEADLINE_IN_TEXT', '9月底前', '9月底前');
  plan.findings = [
    name,
    deadline,
    finding('f-3', '', 'NOT_A_TASK'),
    finding('f-4', 'a', 'UNKNOWN_UNIT', '区民证局', '区民政局'),
    finding('f-5', 'b', 'DEADLINE_IN_TEXT', '10月底前', '10月底前'),
  ];

  it('are asked in the order of the document, around its end', () => {
    const open = openInOrder(plan);
    expect(open.map((one) => one.findingId)).toEqual(['f-3', 'f-2', 'f-4', 'f-1', 'f-5']);
    expect(neighbourOf(open, 'f-5', 1)?.findingId).toBe('f-3');
    expect(neighbourOf(open, 'f-3', -1)?.findingId).toBe('f-5');
    expect(neighbourOf(open, 'gone', 1)?.findingId).toBe('f-3');
    expect(neighbourOf([], '', 1)).toBeUndefined();
  });

  it('are put together by name, and by kind where each has words of its own', () => {
    expect(groupsOf(plan).map((one) => [one.code, one.subject, one.findings.length, one.proposal])).toEqual([
      ['DEADLINE_IN_TEXT', '', 2, ''],
      ['UNKNOWN_UNIT', '区民证局', 2, '区民政局'],
      ['NOT_A_TASK', '', 1, ''],
    ]);
    expect(alike(plan, name).map((one) => one.findingId)).toEqual(['f-1', 'f-4']);
  });

  it('offer one of several near names, and never all of them', () => {
    const several = finding('f-9', 'a', 'UNKNOWN_UNIT', '区民证局', '区民政局、区教育局');
    expect([choicesOf(several), canAccept(several)]).toEqual([['区民政局', '区教育局'], false]);
    expect([choicesOf(name), canAccept(name)]).toEqual([[], true]);
    const list = finding('f-9', 'a', 'NO_UNIT', '', '区民政局、区教育局');
    expect([choicesOf(list), canAccept(list)]).toEqual([[], true]);
  });

  it('are remembered where one name means one thing', () => {
    expect(canBeRemembered(name, '区民政局')).toBe(true);
    expect(canBeRemembered(name, '区民政局、区财政局')).toBe(false);
    expect(canBeRemembered(deadline, '9月底前')).toBe(false);
  });
});
