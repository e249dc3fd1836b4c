import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';

import { type Task, TaskSchema } from '../../gen/duban/v1/plan_pb';
import { type Branch, countOf, matches, treeOf } from './taskTree';

function task(taskId: string, headings: string[], table = 'body'): Task {
  return create(TaskSchema, { taskId, headings, table, text: `做${taskId}`, number: 7 });
}

function shape(branch: Branch): unknown {
  return [branch.title, branch.tasks.map((one) => one.taskId), branch.branches.map(shape)];
}

describe('the tree of a plan', () => {
  it('has the headings of the document with their tasks', () => {
    const tree = treeOf([
      task('a', []),
      task('b', ['一']),
      task('c', ['一', '（一）']),
      task('d', ['一', '（二）']),
      task('e', ['二']),
      task('f', [], '附件1'),
    ]);
    expect(shape(tree)).toEqual([
      '', ['a'], [
        ['一', ['b'], [['（一）', ['c'], []], ['（二）', ['d'], []]]],
        ['二', ['e'], []],
        ['附件1', ['f'], []],
      ],
    ]);
    expect(countOf(tree)).toBe(6);
  });

  it('keeps a heading that comes again apart, each with a key of its own', () => {
    const { branches } = treeOf([task('a', ['一']), task('b', ['二']), task('c', ['一'])]);
    expect(branches.map((one) => one.title)).toEqual(['一', '二', '一']);
    expect(new Set(branches.map((one) => one.key)).size).toBe(3);
  });

  it('is searched by words, numbers and units', () => {
    const one = create(TaskSchema, { text: '更换燃气立管', number: 3, responsibilities: [{ unit: '区城管局' }] });
    expect(['燃气', '3', '区城管', ' ', ''].map((wanted) => matches(one, wanted))).toEqual([true, true, true, true, true]);
    expect(matches(one, '电梯')).toBe(false);
  });
});
