// Reminders by the months in which they go out. Pure.
import { type Reminder, Reminder_Reason } from '../../gen/duban/v1/reminder_pb';
import { timeWords } from '../../words';

export const REASONS = [
  Reminder_Reason.UNSIGNED, Reminder_Reason.BEFORE_DUE, Reminder_Reason.DUE, Reminder_Reason.OVERDUE,
  Reminder_Reason.ESCALATION, Reminder_Reason.PERIODIC_REPORT, Reminder_Reason.URGE,
] as const;

export interface Month {
  /** `2026-09`. */
  month: string;
  total: number;
  /** How many for each reason, as REASONS has them. */
  byReason: number[];
}

/** `2026-09`, in Shanghai. */
export function monthOf(reminder: Reminder): string {
  return timeWords(reminder.remindTime).slice(0, 7);
}

function next(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return number === 12 ? `${String(year + 1)}-01` : `${String(year)}-${String(number + 1).padStart(2, '0')}`;
}

const MOST_MONTHS = 36;

/** Every month from the first with a reminder to the last, and at least twelve; those without any, too. */
export function monthsOf(reminders: readonly Reminder[]): Month[] {
  const known = new Map<string, number[]>();
  for (const one of reminders) {
    const month = monthOf(one);
    if (month === '') continue;
    const counts = known.get(month) ?? REASONS.map(() => 0);
    const place = REASONS.findIndex((reason) => reason === one.reason);
    if (place >= 0) counts[place] = (counts[place] ?? 0) + 1;
    known.set(month, counts);
  }
  const sorted = [...known.keys()].sort();
  const [first] = sorted;
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return [];
  const months: Month[] = [];
  for (let month = first; (month <= last || months.length < 12) && months.length < MOST_MONTHS; month = next(month)) {
    const byReason = known.get(month) ?? REASONS.map(() => 0);
    months.push({ month, total: byReason.reduce((sum, count) => sum + count, 0), byReason });
  }
  return months;
}
