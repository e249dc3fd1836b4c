// What a policy would say about one task, as marks on a line of working days. Pure.
export interface PolicyDays {
  beforeDue: readonly number[];
  onDue: boolean;
  overdue: readonly number[];
  escalation: readonly number[];
  unsigned: readonly number[];
  /** 0: none. */
  periodic: number;
}

export interface Mark {
  /** Working days from the day in question; negative: before it. */
  days: number;
  to: 'unit' | 'issuer';
}

function byDay(marks: Mark[]): Mark[] {
  return marks.sort((a, b) => a.days - b.days || a.to.localeCompare(b.to));
}

/** Around the due day. */
export function dueMarks(policy: PolicyDays): Mark[] {
  return byDay([
    ...policy.beforeDue.map((days): Mark => ({ days: -days, to: 'unit' })),
    ...(policy.onDue ? [{ days: 0, to: 'unit' } as const] : []),
    ...policy.overdue.map((days): Mark => ({ days, to: 'unit' })),
    ...policy.escalation.map((days): Mark => ({ days, to: 'issuer' })),
  ]);
}

/** After it was issued, while nobody signs for it. */
export function unsignedMarks(policy: PolicyDays): Mark[] {
  return byDay(policy.unsigned.map((days): Mark => ({ days, to: 'unit' })));
}

/** Around the end of each period. */
export function periodMarks(policy: PolicyDays): Mark[] {
  return policy.periodic === 0 ? [] : [{ days: -policy.periodic, to: 'unit' }];
}

/** The days that have a mark, and the day in question itself, in order: the columns of the picture. */
export function columnsOf(marks: readonly Mark[]): number[] {
  return [...new Set([0, ...marks.map((mark) => mark.days)])].sort((a, b) => a - b);
}
