import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';

import { isConcerned, live, liveOf, NEVER, type News } from './kinds';

function concerned(meta: Record<string, unknown> | undefined, news: Partial<News>, key = 'x'): boolean {
  const queries = new QueryClient();
  const query = queries.getQueryCache().build<unknown, Error, unknown, readonly unknown[]>(queries, {
    queryKey: [key],
    ...(meta === undefined ? {} : { meta }),
  });
  return isConcerned(query, { names: [], everything: false, ...news });
}

const ASSIGNMENT = 'plans/p/tasks/t/assignments/housing';

describe('what a change is for', () => {
  it.each([
    ['a query that says nothing, at any change', undefined, ['units/u'], true],
    ['no query, where nothing changed', undefined, [], false],
    ['those of its kind', live('assignments'), [ASSIGNMENT], true],
    ['not those of another kind', live('plans'), [ASSIGNMENT], false],
    ['any of several kinds', live('plans', 'assignments'), [ASSIGNMENT], true],
    ['nothing that is of no kind', NEVER, [ASSIGNMENT, 'plans/p', 'plans/-'], false],
    ['that thing', liveOf(ASSIGNMENT), [ASSIGNMENT], true],
    ['what is in it', liveOf('plans/p'), [ASSIGNMENT], true],
    ['what it is in', liveOf(ASSIGNMENT), ['plans/p'], true],
    ['not its neighbour', liveOf('plans/p'), ['plans/p2'], false],
    ['one of its kind that is gone', liveOf('plans/p'), ['plans/-'], true],
    ['lists of which one is gone', live('plans'), ['plans/-'], true],
  ])('%s', (_, meta, names, expected) => {
    expect(concerned(meta, { names })).toBe(expected);
  });

  it('is everybody, where it is not known what changed, but not who is signed in', () => {
    expect(concerned(live('people'), { everything: true })).toBe(true);
    expect(concerned(undefined, { everything: true, names: ['plans/p'] }, 'who')).toBe(false);
  });
});
