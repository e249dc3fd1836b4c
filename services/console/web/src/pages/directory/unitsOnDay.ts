// The directory as it is on a day. Dates are half-open: from the first day to the day before the last. Pure.
import type { Unit } from '../../gen/duban/v1/unit_pb';

interface Period {
  validFrom: string;
  validTo: string;
}

export function holdsOn({ validFrom, validTo }: Period, day: string): boolean {
  return (validFrom === '' || validFrom <= day) && (validTo === '' || day < validTo);
}

/** `units/{unit}` of those it is under on the day. */
export function superiorsOn(unit: Unit, day: string): string[] {
  return unit.superiors.filter((one) => holdsOn(one, day)).map((one) => one.unit);
}

export interface Branch {
  unit: Unit;
  /** Where it stands in the tree, one name behind the other: under two superiors it stands twice. */
  path: string;
  below: Branch[];
}

function byName(a: Unit, b: Unit): number {
  return a.displayName.localeCompare(b.displayName, 'zh-CN');
}

/** Units that exist on the day, under those they are under on it; at the top those under nobody who is there. */
export function treeOn(units: readonly Unit[], day: string): Branch[] {
  const there = units.filter((unit) => holdsOn(unit, day));
  const names = new Set(there.map((unit) => unit.name));
  const under = new Map<string, Unit[]>();
  const tops: Unit[] = [];
  for (const unit of there) {
    const superiors = superiorsOn(unit, day).filter((name) => names.has(name));
    if (superiors.length === 0) tops.push(unit);
    for (const name of superiors) under.set(name, [...(under.get(name) ?? []), unit]);
  }
  const branch = (unit: Unit, above: string): Branch => {
    const path = `${above}/${unit.name}`;
    return { unit, path, below: [...(under.get(unit.name) ?? [])].sort(byName).map((one) => branch(one, path)) };
  };
  return tops.sort(byName).map((unit) => branch(unit, ''));
}

export interface Change {
  day: string;
  kind: 'began' | 'ended' | 'joined' | 'left';
  unit: Unit;
  /** `units/{unit}`, of those that joined or left. */
  superior: string;
}

/** All that the directory says of days on which something changed, the latest first. */
export function changesOf(units: readonly Unit[]): Change[] {
  const changes: Change[] = [];
  for (const unit of units) {
    if (unit.validFrom !== '') changes.push({ day: unit.validFrom, kind: 'began', unit, superior: '' });
    if (unit.validTo !== '') changes.push({ day: unit.validTo, kind: 'ended', unit, superior: '' });
    for (const one of unit.superiors) {
      if (one.validFrom !== '') changes.push({ day: one.validFrom, kind: 'joined', unit, superior: one.unit });
      if (one.validTo !== '') changes.push({ day: one.validTo, kind: 'left', unit, superior: one.unit });
    }
  }
  return changes.sort((a, b) => b.day.localeCompare(a.day) || byName(a.unit, b.unit));
}
