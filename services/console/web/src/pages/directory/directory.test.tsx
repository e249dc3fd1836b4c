import { create } from '@bufbuild/protobuf';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Role } from '../../gen/duban/v1/access_pb';
import type { ImportDirectoryRequest } from '../../gen/duban/v1/directory_service_pb';
import { Unit_Kind, UnitGroupSchema, type Unit, UnitSchema } from '../../gen/duban/v1/unit_pb';
import { open, signedIn } from '../../test/world';
import { decoded, parseCsv, splitList } from './import/csv';
import { differenceOf, Known } from './import/difference';
import { lifeOf } from './units/lifeLine';
import { type Branch, changesOf, holdsOn, treeOn } from './unitsOnDay';

const GOV = create(UnitSchema, { name: 'units/gov', displayName: '青禾区政府', kind: Unit_Kind.GOVERNMENT, aliases: ['区政府'], ownerNode: 'qinghe' });
const HEALTH = create(UnitSchema, {
  name: 'units/health', displayName: '区卫生健康局', kind: Unit_Kind.DEPARTMENT, validTo: '2025-01-01', superiors: [{ unit: 'units/gov' }],
});
const STATION = create(UnitSchema, {
  name: 'units/station',
  displayName: '疾控站',
  kind: Unit_Kind.INSTITUTION,
  validFrom: '2024-01-01',
  superiors: [{ unit: 'units/health', validTo: '2024-07-01' }, { unit: 'units/gov', validFrom: '2024-07-01' }],
});
const UNITS: Unit[] = [GOV, HEALTH, STATION];

function shape(branches: Branch[]): unknown[] {
  return branches.map((one) => [one.unit.displayName, ...shape(one.below)]);
}

describe('the directory on a day', () => {
  it('counts the first day and not the last', () => {
    const period = { validFrom: '2024-01-01', validTo: '2025-01-01' };
    expect(['2023-12-31', '2024-01-01', '2024-12-31', '2025-01-01'].map((day) => holdsOn(period, day))).toEqual([false, true, true, false]);
    expect(holdsOn({ validFrom: '', validTo: '' }, '1990-01-01')).toBe(true);
  });

  it('is a tree of who was under whom', () => {
    expect(shape(treeOn(UNITS, '2023-06-01'))).toEqual([['青禾区政府', ['区卫生健康局']]]);
    expect(shape(treeOn(UNITS, '2024-06-01'))).toEqual([['青禾区政府', ['区卫生健康局', ['疾控站']]]]);
    expect(shape(treeOn(UNITS, '2024-07-01'))).toEqual([['青禾区政府', ['疾控站'], ['区卫生健康局']]]);
    expect(shape(treeOn(UNITS, '2025-01-01'))).toEqual([['青禾区政府', ['疾控站']]]);
  });

  it('shows a unit under both of its superiors, and at the top where its superior is gone', () => {
    const both = create(UnitSchema, { name: 'units/tax', displayName: '税务所', superiors: [{ unit: 'units/gov' }, { unit: 'units/health' }] });
    const tree = treeOn([GOV, HEALTH, both], '2024-01-01');
    expect(shape(tree)).toEqual([['青禾区政府', ['区卫生健康局', ['税务所']], ['税务所']]]);
    const orphan = create(UnitSchema, { name: 'units/x', displayName: '办事处', superiors: [{ unit: 'units/health' }] });
    expect(shape(treeOn([HEALTH, orphan], '2025-06-01'))).toEqual([['办事处']]);
  });

  it('knows the days on which something changed, the latest first', () => {
    expect(changesOf(UNITS).map((one) => [one.day, one.kind, one.unit.name, one.superior])).toEqual([
      ['2025-01-01', 'ended', 'units/health', ''],
      ['2024-07-01', 'left', 'units/station', 'units/health'],
      ['2024-07-01', 'joined', 'units/station', 'units/gov'],
      ['2024-01-01', 'began', 'units/station', ''],
    ]);
  });

  it('is drawn with what is open at the ends of the line', () => {
    const { spans, at } = lifeOf(STATION, '2024-07-01');
    expect(spans.map((one) => one.superior)).toEqual(['', 'units/health', 'units/gov']);
    expect(spans[0]?.end).toBe(1);
    expect(spans[1]?.begin).toBe(0);
    expect(spans[1]?.end).toBe(spans[2]?.begin);
    expect(at).toBe(spans[2]?.begin);
  });
});

describe('a directory file', () => {
  it('is read as spreadsheets write it', () => {
    expect(parseCsv('a, b ,"c,""d""\ne"\r\n,,\n1,2\n')).toEqual([
      { line: 1, cells: ['a', 'b', 'c,"d"\ne'] },
      { line: 4, cells: ['1', '2'] },
    ]);
    expect(parseCsv('')).toEqual([]);
    expect(splitList('甲、乙；丙; 丁')).toEqual(['甲', '乙', '丙', '丁']);
    expect(decoded(new Uint8Array([0xc3, 0xfb, 0xb3, 0xc6]))).toBe('名称');
    expect(decoded(new TextEncoder().encode('\ufeff名称'))).toBe('名称');
  });

  const group = create(UnitGroupSchema, {
    name: 'groups/all', displayName: '各街道', selections: [{ superior: 'units/gov', kinds: [Unit_Kind.STREET] }],
  });
  const known = new Known(UNITS, [group]);
  const changes = (text: string) => differenceOf(parseCsv(text), known).map((one) => [one.line, one.kind, one.cells]);

  it('changes nothing where it says the same in other words', () => {
    expect(changes('编号,名称,类别,别名,上级,停用日期\nhealth,区卫生健康局,部门,,区政府,2025-01-01\n')).toEqual([[2, 'same', []]]);
    expect(changes('名称,类别,按类别\n各街道,集合,区政府:街道\n')).toEqual([[2, 'same', []]]);
  });

  it('shows each cell beside what it was; columns that it has not stay', () => {
    expect(changes('编号,名称,类别,上级\nhealth,区卫健局,部门,\nnew,区数据局,机构,区政府\n')).toEqual([
      [2, 'updated', [{ column: '名称', before: '区卫生健康局', after: '区卫健局' }, { column: '上级', before: '青禾区政府', after: '' }]],
      [3, 'created', [{ column: '类别', before: '', after: '机构' }, { column: '上级', before: '', after: '区政府' }]],
    ]);
  });
});

describe('importing', () => {
  it('is looked at first, and taken in once', async () => {
    const asked: ImportDirectoryRequest[] = [];
    const { container } = open('/directory/import', {
      access: signedIn('孟瑶', '', Role.REGISTRAR),
      directory: {
        listUnits: () => ({ units: UNITS }),
        listUnitGroups: () => ({}),
        importDirectory: (request) => {
          asked.push(request);
          return { unitsCreated: 1, unitsUpdated: 0 };
        },
      },
    });
    await screen.findByText('把名录文件拖到这里，或点击选择');
    const file = new File(['名称,类别\n区数据局,机构\n'], 'new.csv', { type: 'text/csv' });
    const bytes = new TextEncoder().encode('名称,类别\n区数据局,机构\n');
    Object.defineProperty(file, 'arrayBuffer', { value: () => Promise.resolve(bytes.buffer) });
    fireEvent.change(container.ownerDocument.querySelector('input[type=file]') as HTMLElement, { target: { files: [file] } });
    expect(await screen.findByText('区数据局')).toBeTruthy();
    expect(asked.map((one) => one.validateOnly)).toEqual([true]);
    fireEvent.click(screen.getByRole('button', { name: /导.?入/ }));
    await waitFor(() => { expect(asked.map((one) => one.validateOnly)).toContain(false); });
    expect(new TextDecoder().decode(asked.find((one) => !one.validateOnly)?.content)).toContain('区数据局');
  });

  it('is registrars’ alone', async () => {
    open('/directory/import', { access: signedIn('王敏', 'units/housing', Role.CLERK) });
    expect(await screen.findByText('没有此页面')).toBeTruthy();
    expect(screen.queryByRole('tab', { name: '导入' })).toBeNull();
  });
});
