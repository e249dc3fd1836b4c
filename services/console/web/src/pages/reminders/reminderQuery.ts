// Which reminders are meant, as the address has it; and how they are asked for.
import type { Client } from '@connectrpc/connect';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';

import { ASK_AGAIN } from '../../api/assignments';
import { useClient } from '../../api/clients';
import { useWho } from '../../app/session';
import { holdsAny, unitsWith } from '../../app/who';
import { Role } from '../../gen/duban/v1/access_pb';
import { NotificationService } from '../../gen/duban/v1/notification_service_pb';
import { type Reminder, Reminder_State } from '../../gen/duban/v1/reminder_pb';
import { live } from '../../live/kinds';

export interface ReminderQuery {
  /** The id; empty: any, for operators alone. */
  unit: string;
  state: Reminder_State;
  /** `2026-09`; empty: all. */
  month: string;
}

export const STATES = [
  Reminder_State.SCHEDULED, Reminder_State.CONFIRMED, Reminder_State.LEASED, Reminder_State.DEAD, Reminder_State.MISSED,
  Reminder_State.CANCELLED,
] as const;

/** What the address asks for; without a state what is still to be sent, `state=any` is any. */
export function reminderQueryOf(params: URLSearchParams): ReminderQuery {
  const said = params.get('state') ?? '';
  const found = STATES.find((one) => Reminder_State[one].toLowerCase() === said);
  const month = params.get('month') ?? '';
  return {
    unit: params.get('unit') ?? '',
    state: said === 'any' ? Reminder_State.STATE_UNSPECIFIED : (found ?? Reminder_State.SCHEDULED),
    month: /^\d{4}-\d{2}$/.test(month) ? month : '',
  };
}

export function reminderParams(query: ReminderQuery): URLSearchParams {
  const params = new URLSearchParams();
  if (query.unit !== '') params.set('unit', query.unit);
  if (query.state === Reminder_State.STATE_UNSPECIFIED) params.set('state', 'any');
  else if (query.state !== Reminder_State.SCHEDULED) params.set('state', Reminder_State[query.state].toLowerCase());
  if (query.month !== '') params.set('month', query.month);
  return params;
}

/** Whose reminders a person sees: everybody's, or those to units of theirs. */
export function useReach(): { everybody: boolean; units: string[] } {
  const who = useWho();
  return { everybody: holdsAny(who, Role.OPERATOR), units: unitsWith(who, Role.CLERK, Role.LEADER) };
}

const PAGE = 500;
const MOST = 5_000;

export interface Reminders {
  /** By time. */
  reminders: Reminder[];
  /** There are more than were fetched. */
  more: boolean;
}

async function listReminders(
  notifications: Client<typeof NotificationService>,
  recipient: string,
  state: Reminder_State,
): Promise<Reminders> {
  const reminders: Reminder[] = [];
  let pageToken = '';
  do {
    const page = await notifications.listReminders({ recipient, state, pageSize: PAGE, pageToken });
    reminders.push(...page.reminders);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && reminders.length < MOST);
  return { reminders, more: pageToken !== '' };
}

/** `recipient`: `units/{unit}`; empty: to anybody. */
export function useReminders(recipient: string, state: Reminder_State, enabled = true): UseQueryResult<Reminders> {
  const notifications = useClient(NotificationService);
  return useQuery({
    queryKey: ['reminders', recipient, state],
    meta: live('assignments', 'plans', 'policies', 'calendars'),
    enabled,
    refetchInterval: ASK_AGAIN,
    queryFn: () => listReminders(notifications, recipient, state),
  });
}
