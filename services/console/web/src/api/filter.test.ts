import { describe, expect, it } from 'vitest';

import { Assignment_Light, Assignment_State } from '../gen/duban/v1/assignment_pb';
import { ANY, type AssignmentQuery, filterOf, listPath, paramsOf, queryOf } from './filter';

const FULL: AssignmentQuery = {
  plan: 'work-2026',
  unit: 'tax-bureau',
  states: [Assignment_State.ISSUED, Assignment_State.UNDER_REVIEW],
  light: Assignment_Light.RED,
  heading: '（一）强化统筹 & 落实',
  withoutHeading: false,
  extensionOpen: true,
  order: 'due desc',
};

describe('a query in the address', () => {
  it('comes back as it was', () => {
    expect(queryOf(paramsOf(FULL))).toEqual(FULL);
    expect(queryOf(new URL(listPath(FULL), 'http://x').searchParams)).toEqual(FULL);
    expect(queryOf(paramsOf(ANY))).toEqual(ANY);
  });

  it('tells no heading from any heading', () => {
    const none = { ...ANY, withoutHeading: true };
    expect(queryOf(paramsOf(none))).toEqual(none);
    expect(queryOf(paramsOf(ANY)).withoutHeading).toBe(false);
  });

  it('asks nothing where it is not understood', () => {
    expect(queryOf(new URLSearchParams('state=issued,gone,0,state_unspecified&light=blue&order=name'))).toEqual({
      ...ANY,
      states: [Assignment_State.ISSUED],
    });
  });

  it('becomes the filter of the contract', () => {
    expect(filterOf(FULL)).toEqual({
      plan: 'plans/work-2026',
      unit: 'units/tax-bureau',
      states: [Assignment_State.ISSUED, Assignment_State.UNDER_REVIEW],
      light: Assignment_Light.RED,
      heading: '（一）强化统筹 & 落实',
      withoutHeading: false,
      extensionOpen: true,
    });
    expect(filterOf(ANY).plan).toBe('');
  });
});
