import { create } from '@bufbuild/protobuf';
import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { ANY, filterOf, queryOf } from '../../api/filter';
import { Role } from '../../gen/duban/v1/access_pb';
import { Assignment_Light, Assignment_State, Decomposition_RowSchema } from '../../gen/duban/v1/assignment_pb';
import { type GetBoardRequest, GetBoardRequest_GroupBy, GetBoardResponse_RowSchema, GetBoardResponseSchema } from '../../gen/duban/v1/assignment_service_pb';
import { wordsOf } from '../../words';
import { GOVERNMENT, HOUSING, open, type Services, signedIn } from '../../test/world';
import { columnPath, drillGroup, HEADING, LIGHT_COLUMNS, PLAN, rateOf, rowQuery, STATE_COLUMNS, UNIT } from './boardQuery';
import { chartRows, lightBars, statePie } from './chartData';
import { countsOf, doneRate, levelsOf } from './levels';
import { sheetOf } from './sheet';

const COUNTS = { issued: 1n, received: 2n, inProgress: 3n, underReview: 4n, done: 5n, declined: 6n, cancelled: 7n, total: 21n };
const ROW = create(GetBoardResponse_RowSchema, { key: HOUSING, displayName: '区住房城乡建设局', counts: COUNTS, red: 8n, yellow: 9n, green: 4n });

function board(asked: GetBoardRequest[]): Services {
  return {
    access: signedIn('李强', GOVERNMENT, Role.LEADER),
    plans: { listPlans: () => ({ plans: [{ name: 'plans/laojiu', title: '老旧小区改造方案', issuer: GOVERNMENT }] }) },
    assignments: {
      getBoard: (request) => {
        asked.push(request);
        return { rows: [ROW], total: { ...ROW, key: '', displayName: '' }, asOf: '2026-03-09' };
      },
    },
  };
}

function addressOf(link: HTMLElement): URL {
  return new URL(link.getAttribute('href') ?? '', 'http://x');
}

describe('a board', () => {
  it('is of the latest plan of one’s own unit, by unit', async () => {
    const asked: GetBoardRequest[] = [];
    open('/board', board(asked));
    await screen.findByText('灯按 2026-03-09 计算');
    expect(asked[0]).toMatchObject({ groupBy: GetBoardRequest_GroupBy.UNIT, filter: { plan: 'plans/laojiu', unit: '' } });
  });

  it('has a list behind every figure, with the filter that it was counted by', async () => {
    open('/board?plan=laojiu', board([]));
    const row = within((await screen.findByRole('link', { name: '区住房城乡建设局' })).closest('tr') as HTMLElement);
    const expected: [string, object][] = [
      ['合计，21 项', { states: [1, 2, 3, 4, 6, 5] }],
      ['红灯，8 项', { light: Assignment_Light.RED }],
      ['黄灯，9 项', { light: Assignment_Light.YELLOW }],
      ['绿灯，4 项', { light: Assignment_Light.GREEN }],
      ['待签收，1 项', { states: [Assignment_State.ISSUED] }],
      ['待审核，4 项', { states: [Assignment_State.UNDER_REVIEW] }],
      ['办结，5 项', { states: [Assignment_State.DONE] }],
    ];
    for (const [label, narrowed] of expected) {
      const address = addressOf(row.getByRole('link', { name: new RegExp(label) }));
      expect(address.pathname).toBe('/assignments');
      expect(filterOf(queryOf(address.searchParams))).toMatchObject({ plan: 'plans/laojiu', unit: HOUSING, ...narrowed });
    }
  });

  it('leads beneath a row', async () => {
    open('/board?plan=laojiu', board([]));
    const address = addressOf(await screen.findByRole('link', { name: '区住房城乡建设局' }));
    expect(address.pathname).toBe('/board');
    expect(Object.fromEntries(address.searchParams)).toEqual({ plan: 'laojiu', unit: 'housing', by: 'heading' });
  });

  it('says what the levels below made of a row', async () => {
    const below = create(Decomposition_RowSchema, {
      unit: 'units/x', unitDisplayName: '房管科', node: 'zhujian', depth: 1, counts: { total: 3n, done: 2n },
    });
    const row = create(GetBoardResponse_RowSchema, { key: HOUSING, displayName: '区住房城乡建设局', counts: COUNTS, below: [below] });
    open('/board?plan=laojiu', {
      ...board([]),
      assignments: { getBoard: () => ({ rows: [row], total: ROW, asOf: '2026-03-09' }) },
    });
    expect(await screen.findByText('下 1 级 · zhujian')).toBeTruthy();
  });
});

describe('rows', () => {
  const query = { ...ANY, plan: 'laojiu' };

  it('narrow by what they are about; one without a heading by having none', () => {
    expect(rowQuery(ANY, PLAN, 'plans/laojiu')).toMatchObject({ plan: 'laojiu' });
    expect(rowQuery(query, HEADING, '一、摸清底数')).toMatchObject({ heading: '一、摸清底数', withoutHeading: false });
    expect(rowQuery(query, HEADING, '')).toMatchObject({ heading: '', withoutHeading: true });
  });

  it('lead nowhere once plan, unit and heading are named', () => {
    expect(drillGroup(query, UNIT)).toBe(HEADING);
    expect(drillGroup({ ...query, heading: '一' }, UNIT)).toBeUndefined();
    expect(drillGroup({ ...query, unit: 'housing' }, HEADING)).toBeUndefined();
    expect(drillGroup({ ...ANY, unit: 'housing' }, PLAN)).toBe(HEADING);
  });

  it('count each light and each state once', () => {
    expect(LIGHT_COLUMNS.map((column) => column.count(ROW))).toEqual([8, 9, 4]);
    expect(STATE_COLUMNS.map((column) => column.count(ROW))).toEqual([1, 2, 3, 4, 6, 5]);
    expect(STATE_COLUMNS.map((column) => columnPath(ANY, column))).toContain('/assignments?state=under_review');
    expect(rateOf(ROW)).toBe('23%');
    expect(rateOf(create(GetBoardResponse_RowSchema))).toBe('—');
  });
});

describe('a board by level', () => {
  const below = (unit: string, depth: number, total: bigint, done: bigint) =>
    create(Decomposition_RowSchema, { unit: `units/${unit}`, unitDisplayName: unit, node: 'zhujian', depth, counts: { total, done, issued: total - done } });
  const rows = [
    create(GetBoardResponse_RowSchema, { key: HOUSING, displayName: '区住房城乡建设局', counts: COUNTS, below: [below('房管科', 1, 3n, 2n), below('维修组', 2, 4n, 1n)] }),
    create(GetBoardResponse_RowSchema, { key: 'units/civil', displayName: '区民政局', counts: COUNTS, below: [below('救助科', 1, 5n, 1n)] }),
  ];

  it('sums what came up, level by level', () => {
    expect(levelsOf(rows).map((level) => [level.depth, level.counts.total, level.counts.done, level.units.length])).toEqual([[1, 8, 3, 2], [2, 4, 1, 1]]);
    expect(levelsOf([])).toEqual([]);
    expect(doneRate(countsOf(undefined))).toBeUndefined();
  });

  it('leads to the units of a level, whose figures open what they are part of here', async () => {
    open('/board?plan=laojiu&by=level&depth=1', { ...board([]), assignments: { getBoard: () => ({ rows, total: ROW, asOf: '2026-03-09' }) } });
    const levels = within(await screen.findByRole('region', { name: '级次' }));
    expect(addressOf(levels.getByRole('link', { name: '下 2 级' })).search).toBe('?plan=laojiu&by=level&depth=2');
    const row = within(screen.getByRole('row', { name: /救助科/ }));
    const address = addressOf(row.getByRole('link', { name: '区民政局' }));
    expect(filterOf(queryOf(address.searchParams))).toMatchObject({ plan: 'plans/laojiu', unit: 'units/civil' });
    expect(addressOf(row.getAllByRole('link', { name: /打开其承办的事项清单/ })[0] as HTMLElement).href).toBe(address.href);
  });
});

describe('charts', () => {
  const words = wordsOf('zh');
  const query = { ...ANY, plan: 'laojiu' };

  it('open the list that a bar or a sector counts', () => {
    const bars = lightBars([ROW], query, UNIT, words);
    expect(bars.series.map((one) => [one.name, one.counts])).toEqual([['红灯', [8]], ['黄灯', [9]], ['绿灯', [4]]]);
    expect(bars.pathOf({ row: 0, series: 1 })).toBe('/assignments?plan=laojiu&unit=housing&light=yellow');
    const pie = statePie(create(GetBoardResponse_RowSchema, { counts: { issued: 2n, done: 3n } }), query, words);
    expect(pie.sectors.map((one) => [one.name, one.count])).toEqual([['待签收', 2], ['办结', 3]]);
    expect(pie.pathOf({ row: 1, series: 0 })).toBe('/assignments?plan=laojiu&state=done');
  });

  it('show the worst rows where there are too many, in the order of the table', () => {
    const rows = Array.from({ length: 30 }, (_, i) => create(GetBoardResponse_RowSchema, { key: String(i), counts: { total: 1n }, red: BigInt(i % 15) }));
    const shown = chartRows(rows, 4).map((row) => row.key);
    expect(shown).toEqual(['13', '14', '28', '29']);
  });
});

describe('the picture of a board', () => {
  it('has the cells of its table', () => {
    const answer = create(GetBoardResponseSchema, { rows: [ROW], total: ROW, asOf: '2026-03-09' });
    const sheet = sheetOf('方案', answer, UNIT, wordsOf('zh'));
    expect(sheet.columns).toHaveLength(12);
    expect(sheet.rows[0]).toEqual(['区住房城乡建设局', '21', '8', '9', '4', '1', '2', '3', '4', '6', '5', '23%']);
    expect(sheet.rows[1]?.[0]).toBe('合计');
  });
});

describe('the wall', () => {
  it('has the plan’s name, its figures, and a way back', async () => {
    open('/board/wall?plan=laojiu&by=unit', board([]));
    expect(await screen.findByRole('heading', { name: '老旧小区改造方案' })).toBeTruthy();
    expect((await screen.findByText('办结率')).textContent).toContain('23%');
    expect(addressOf(screen.getByRole('link', { name: '退出大屏' })).search).toBe('?plan=laojiu&by=unit');
  });
});
