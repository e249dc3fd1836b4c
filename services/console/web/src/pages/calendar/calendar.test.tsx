import { create } from '@bufbuild/protobuf';
import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Role } from '../../gen/duban/v1/access_pb';
import { Assignment_Light, AssignmentSchema } from '../../gen/duban/v1/assignment_pb';
import { Calendar_Day_Kind, CalendarSchema } from '../../gen/duban/v1/calendar_pb';
import type { ListAssignmentsRequest } from '../../gen/duban/v1/assignment_service_pb';
import { assignmentOf, HOUSING, open, type Services, signedIn } from '../../test/world';
import { isDay, kindOf, later, monthOf, namedDays, weeksOf } from './days';
import { duesOf, lightsOf } from './dues';

const CALENDAR = create(CalendarSchema, {
  year: 2026,
  notice: '国办发明电〔2025〕7号',
  days: [
    { date: '2026-09-20', kind: Calendar_Day_Kind.WORK, holiday: '国庆节' },
    { date: '2026-09-25', kind: Calendar_Day_Kind.OFF, holiday: '中秋节' },
  ],
});

describe('days', () => {
  it('stand in weeks from Monday', () => {
    const weeks = weeksOf({ year: 2026, month: 9 });
    expect(weeks).toHaveLength(5);
    expect(weeks[0]).toEqual(['', '2026-09-01', '2026-09-02', '2026-09-03', '2026-09-04', '2026-09-05', '2026-09-06']);
    expect(weeks[4]).toEqual(['2026-09-28', '2026-09-29', '2026-09-30', '', '', '', '']);
    expect(weeksOf({ year: 2024, month: 2 }).flat().filter((day) => day !== '')).toHaveLength(29);
  });

  it('are off at weekends and by the notice, and worked where it says so', () => {
    const named = namedDays([CALENDAR]);
    const off = (day: string) => kindOf(day, named).isOff;
    expect([off('2026-09-19'), off('2026-09-20'), off('2026-09-24'), off('2026-09-25')]).toEqual([true, false, false, true]);
    expect(kindOf('2026-09-20', named).isMadeUp).toBe(true);
  });

  it('go on over the end of a year', () => {
    expect(later({ year: 2026, month: 12 }, 1)).toEqual({ year: 2027, month: 1 });
    expect(later({ year: 2026, month: 1 }, -1)).toEqual({ year: 2025, month: 12 });
    expect(monthOf('2026-13')).toBeUndefined();
    expect(isDay('2026-02-31x')).toBe(false);
  });
});

describe('what is due', () => {
  it('stands under its day, the worst light first', () => {
    const dues = duesOf([
      assignmentOf('body-1', { light: Assignment_Light.GREEN }),
      assignmentOf('body-2', { light: Assignment_Light.RED }),
      create(AssignmentSchema, { light: Assignment_Light.RED }),
    ], false);
    expect([...dues.byDay.keys()]).toEqual(['2026-09-30']);
    expect(lightsOf(dues.byDay.get('2026-09-30') ?? [])).toEqual([
      { light: Assignment_Light.RED, count: 1 }, { light: Assignment_Light.GREEN, count: 1 },
    ]);
  });
});

function world(asked: ListAssignmentsRequest[] = []): Services {
  return {
    access: signedIn('王敏', HOUSING, Role.CLERK),
    directory: { listCalendars: () => ({ calendars: [CALENDAR] }) },
    assignments: {
      listAssignments: (request) => {
        asked.push(request);
        return { assignments: [assignmentOf('body-1'), assignmentOf('body-2')] };
      },
    },
  };
}

describe('the calendar', () => {
  it('names days off and worked weekends, and opens the list of a day', async () => {
    const asked: ListAssignmentsRequest[] = [];
    open('/calendar?month=2026-09', world(asked));
    const grid = within(await screen.findByRole('table', { name: '2026年9月' }));
    const due = await grid.findByRole('link', { name: '2026-09-30：2 项到期' });
    expect(due.getAttribute('href')).toBe('/calendar/2026-09-30?unit=housing');
    expect(grid.getByText('25').closest('td')?.textContent).toBe('25中秋节休');
    expect(grid.getByText('20').closest('td')?.textContent).toContain('班');
    expect(asked[0]).toMatchObject({ orderBy: 'due', filter: { unit: HOUSING } });
  });

  it('has a list for every day', async () => {
    open('/calendar/2026-09-30?unit=housing', world());
    expect(await screen.findByText('任务body-1')).toBeTruthy();
    expect(screen.getAllByRole('listitem')).toHaveLength(2);
  });

  it('says where a year’s holidays are not known, and which day is none', async () => {
    const first = open('/calendar?month=2028-01&view=year', world());
    expect(await screen.findByText(/2028 年的放假安排还没有公布/)).toBeTruthy();
    expect(screen.getAllByRole('table')).toHaveLength(12);
    first.unmount();
    open('/calendar/2026-02-xx', world());
    expect(await screen.findByText('没有此页面')).toBeTruthy();
  });

  it('is days alone for whoever has no assignments', async () => {
    const asked: ListAssignmentsRequest[] = [];
    open('/calendar?month=2026-09', { ...world(asked), access: signedIn('孟瑶', '', Role.REGISTRAR) });
    expect(await screen.findByText('中秋节')).toBeTruthy();
    expect(asked).toEqual([]);
  });
});
