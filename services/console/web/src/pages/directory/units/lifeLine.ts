// Since when and until when a unit was what, as bars on a line of time. Pure.
import type { Unit } from '../../../gen/duban/v1/unit_pb';

export interface Span {
  /** `units/{unit}` of the superior; empty: the unit itself. */
  superior: string;
  /** First day; empty: since ever. */
  from: string;
  /** The day after the last; empty: without end. */
  to: string;
  /** Where the bar begins and ends, from 0 to 1. */
  begin: number;
  end: number;
}

export interface Life {
  spans: Span[];
  /** Where the day in question stands, from 0 to 1. */
  at: number;
}

const YEAR = 365 * 86_400_000;

/** On a scale from a year before the first day that is named to a year behind the last, the day in question included. */
export function lifeOf(unit: Unit, day: string): Life {
  const periods = [
    { superior: '', from: unit.validFrom, to: unit.validTo },
    ...unit.superiors.map((one) => ({ superior: one.unit, from: one.validFrom, to: one.validTo })),
  ];
  const times = [day, ...periods.flatMap((one) => [one.from, one.to])].filter((text) => text !== '').map((text) => Date.parse(text));
  const begin = Math.min(...times) - YEAR;
  const end = Math.max(...times) + YEAR;
  const placeOf = (text: string, open: number): number => (text === '' ? open : (Date.parse(text) - begin) / (end - begin));
  return {
    spans: periods.map((one) => ({ ...one, begin: placeOf(one.from, 0), end: placeOf(one.to, 1) })),
    at: placeOf(day, 1),
  };
}
