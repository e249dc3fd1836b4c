// Days as civil dates, `YYYY-MM-DD`, without times and zones; and what a calendar makes of them. Pure.
import { type Calendar, Calendar_Day_Kind } from '../../gen/duban/v1/calendar_pb';

export interface Month {
  year: number;
  /** From 1. */
  month: number;
}

export interface DayKind {
  /** Nobody works: a day off by the notice, or a weekend that is not worked. */
  isOff: boolean;
  /** A weekend that is worked instead. */
  isMadeUp: boolean;
  /** What the notice names it for; empty on ordinary days. */
  holiday: string;
  /** The notice says something about it. */
  isNamed: boolean;
}

export function dayText(year: number, month: number, day: number): string {
  return `${String(year)}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}

const SHANGHAI_DAY = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short' });

/** Today in Shanghai. */
export function today(): string {
  return SHANGHAI_DAY.format(new Date());
}

export function monthText({ year, month }: Month): string {
  return dayText(year, month, 1).slice(0, 7);
}

/** Of `2026-09` or `2026-09-30`; undefined where it is none. */
export function monthOf(text: string): Month | undefined {
  const found = /^(\d{4})-(\d{2})(-\d{2})?$/.exec(text);
  const month = Number(found?.[2]);
  return found !== null && month >= 1 && month <= 12 ? { year: Number(found[1]), month } : undefined;
}

export function later({ year, month }: Month, months: number): Month {
  const count = year * 12 + month - 1 + months;
  return { year: Math.floor(count / 12), month: (count % 12) + 1 };
}

/** The weeks of a month, from Monday; days of its neighbours are empty. */
export function weeksOf({ year, month }: Month): string[][] {
  const count = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const before = (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 6) % 7;
  const days = [...Array<string>(before).fill(''), ...Array.from({ length: count }, (_, i) => dayText(year, month, i + 1))];
  while (days.length % 7 !== 0) days.push('');
  return Array.from({ length: days.length / 7 }, (_, week) => days.slice(week * 7, week * 7 + 7));
}

export function isWeekend(day: string): boolean {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return weekday === 0 || weekday === 6;
}

/** Days that the notices name, by date. */
export function namedDays(calendars: readonly Calendar[]): Map<string, DayKind> {
  return new Map(calendars.flatMap((calendar) => calendar.days).map((day) => [day.date, {
    isOff: day.kind === Calendar_Day_Kind.OFF,
    isMadeUp: day.kind === Calendar_Day_Kind.WORK,
    holiday: day.holiday,
    isNamed: true,
  }]));
}

export function kindOf(day: string, named: ReadonlyMap<string, DayKind>): DayKind {
  return named.get(day) ?? { isOff: isWeekend(day), isMadeUp: false, holiday: '', isNamed: false };
}
