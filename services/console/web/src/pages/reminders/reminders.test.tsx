import { create } from '@bufbuild/protobuf';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Role } from '../../gen/duban/v1/access_pb';
import { ReminderDelivery_State } from '../../gen/duban/v1/digest_pb';
import type { ListRemindersRequest } from '../../gen/duban/v1/notification_service_pb';
import { type Reminder, Reminder_Reason, Reminder_State, ReminderSchema } from '../../gen/duban/v1/reminder_pb';
import { HOUSING, open, type Services, signedIn } from '../../test/world';
import { monthsOf } from './months';
import { columnsOf, dueMarks, periodMarks, unsignedMarks } from './policy/ladder';

function reminderOf(id: string, time: string, state: Reminder_State, reason = Reminder_Reason.BEFORE_DUE): Reminder {
  return create(ReminderSchema, {
    name: `reminders/${id}`,
    assignment: 'plans/laojiu/tasks/body-1/assignments/housing',
    recipientDisplayName: '区住房城乡建设局',
    remindTime: { seconds: BigInt(Date.parse(time) / 1000) },
    state,
    reason,
    textZh: `提醒${id}`,
    lastError: state === Reminder_State.DEAD ? 'mail server refused' : '',
    attempts: 8,
  });
}

const ALL = [
  reminderOf('a', '2026-09-23T01:00:00Z', Reminder_State.SCHEDULED),
  reminderOf('b', '2026-09-30T01:00:00Z', Reminder_State.SCHEDULED, Reminder_Reason.DUE),
  // Still September in Shanghai's October.
  reminderOf('c', '2026-09-30T17:00:00Z', Reminder_State.SCHEDULED, Reminder_Reason.OVERDUE),
  reminderOf('d', '2026-03-09T01:00:00Z', Reminder_State.DEAD),
];

function world(access: NonNullable<Services['access']>, more: NonNullable<Services['notifications']> = {}, asked: ListRemindersRequest[] = []): Services {
  return {
    access,
    notifications: {
      listReminders: (request) => {
        asked.push(request);
        return { reminders: ALL.filter((one) => request.state === 0 || one.state === request.state) };
      },
      ...more,
    },
  };
}

describe('months', () => {
  it('are Shanghai’s, without gaps, a year at least', () => {
    const months = monthsOf(ALL.slice(0, 3));
    expect(months).toHaveLength(12);
    expect(months.slice(0, 3).map((one) => [one.month, one.total])).toEqual([['2026-09', 2], ['2026-10', 1], ['2026-11', 0]]);
    expect(months.at(-1)?.month).toBe('2027-08');
  });

  it('are none of nothing', () => {
    expect(monthsOf([])).toEqual([]);
  });
});

describe('a policy', () => {
  const policy = { beforeDue: [5, 1], onDue: true, overdue: [1, 3], escalation: [3], unsigned: [3, 1], periodic: 5 };

  it('is drawn in the order of days, the issuer’s apart from the unit’s', () => {
    expect(dueMarks(policy).map((mark) => [mark.days, mark.to])).toEqual([
      [-5, 'unit'], [-1, 'unit'], [0, 'unit'], [1, 'unit'], [3, 'issuer'], [3, 'unit'],
    ]);
    expect(columnsOf(dueMarks(policy))).toEqual([-5, -1, 0, 1, 3]);
    expect(unsignedMarks(policy).map((mark) => mark.days)).toEqual([1, 3]);
    expect(periodMarks(policy)).toEqual([{ days: -5, to: 'unit' }]);
    expect(periodMarks({ ...policy, periodic: 0 })).toEqual([]);
  });
});

describe('the list of reminders', () => {
  it('is of one’s own unit for a clerk, who cannot try anything again', async () => {
    const asked: ListRemindersRequest[] = [];
    open('/reminders/list?state=dead&unit=civil', world(signedIn('王敏', HOUSING, Role.CLERK), {}, asked));
    expect(await screen.findByText(/mail server refused/)).toBeTruthy();
    expect(new Set(asked.map((one) => one.recipient))).toEqual(new Set([HOUSING]));
    expect(screen.queryByRole('button', { name: /重.?投/ })).toBeNull();
    expect(screen.queryByRole('tab', { name: '投递' })).toBeNull();
  });

  it('tells an operator what failed and why, and tries it again', async () => {
    const redriven: string[] = [];
    open('/reminders/list?state=dead', world(signedIn('卢军', '', Role.OPERATOR), {
      redriveReminder: ({ name }) => {
        redriven.push(name);
        return {};
      },
    }));
    expect(await screen.findByText('有 1 条提醒投递失败，须处理后重投。')).toBeTruthy();
    fireEvent.click(await screen.findByRole('button', { name: /重.?投/ }));
    await waitFor(() => { expect(redriven).toEqual(['reminders/d']); });
  });

  it('opens a month of the time line', async () => {
    open('/reminders/list', world(signedIn('卢军', '', Role.OPERATOR)));
    fireEvent.click(await screen.findByRole('link', { name: '2026-10，1 条' }));
    await waitFor(() => { expect(within(screen.getByRole('region', { name: '提醒' })).getAllByRole('row')).toHaveLength(2); });
    expect(screen.getByText('提醒c')).toBeTruthy();
  });
});

describe('the policy', () => {
  const services = (access: NonNullable<Services['access']>, saved: unknown[] = []): Services => world(access, {
    getReminderPolicy: () => ({
      name: 'policies/default', etag: 'e1', beforeDueWorkingDays: [5, 1], onDue: true, minuteOfDay: 540, maxAttempts: 8,
      firstBackoff: { seconds: 60n }, catchUpWindow: { seconds: 345_600n },
    }),
    updateReminderPolicy: ({ policy }) => {
      saved.push({ etag: policy?.etag, before: policy?.beforeDueWorkingDays, minute: policy?.minuteOfDay, window: policy?.catchUpWindow?.seconds });
      return {};
    },
  });

  it('is changed by operators, with the etag of what was seen', async () => {
    const saved: unknown[] = [];
    open('/reminders/policy', services(signedIn('卢军', '', Role.OPERATOR), saved));
    fireEvent.click(await screen.findByRole('button', { name: '保存策略' }));
    await waitFor(() => { expect(saved).toEqual([{ etag: 'e1', before: [1, 5], minute: 540, window: 345_600n }]); });
  });

  it('is read by the others', async () => {
    open('/reminders/policy', services(signedIn('王敏', HOUSING, Role.CLERK)));
    expect(await screen.findByText('策略由系统管理员修改。')).toBeTruthy();
    expect(screen.queryByRole('button', { name: '保存策略' })).toBeNull();
  });
});

describe('deliveries', () => {
  it('that are dead come first, with their cause', async () => {
    const delivery = (name: string, state: ReminderDelivery_State) => ({
      name: `digests/${name}/deliveries/1`, channel: 'channels/mail', address: `${name}@x.cn`, state, lastError: 'no such box', attempts: 2,
    });
    open('/reminders/deliveries', world(signedIn('卢军', '', Role.OPERATOR), {
      listChannels: () => ({}),
      listDigests: () => ({}),
      listDeliveries: () => ({ deliveries: [delivery('a', ReminderDelivery_State.WAITING), delivery('b', ReminderDelivery_State.DEAD)] }),
    }));
    const rows = within(await screen.findByRole('region', { name: '未了的投递' })).getAllByRole('row').slice(1);
    expect(rows.map((row) => row.textContent.includes('b@x.cn'))).toEqual([true, false]);
    expect(within(rows[0] as HTMLElement).getByRole('button', { name: /重.?投/ })).toBeTruthy();
    expect(within(rows[1] as HTMLElement).queryByRole('button')).toBeNull();
  });
});
