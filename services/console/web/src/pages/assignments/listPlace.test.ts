import { describe, expect, it } from 'vitest';

import { newPlace, withPage } from './listPlace';

describe('the place in a list', () => {
  it('grows by a page at a time, and ends', () => {
    const one = withPage(newPlace(), 0, 100, 'a');
    expect(one).toMatchObject({ tokens: ['', 'a'], counts: [100], ended: false });
    const two = withPage(one, 1, 7, '');
    expect(two).toMatchObject({ tokens: ['', 'a'], counts: [100, 7], ended: true });
  });

  it('is the same object where a page says nothing new', () => {
    const place = withPage(withPage(newPlace(), 0, 100, 'a'), 1, 7, '');
    expect(withPage(place, 0, 100, 'a')).toBe(place);
    expect(withPage(place, 1, 7, '')).toBe(place);
  });

  it('keeps the end where an earlier page ends elsewhere, and cuts off what is there no more', () => {
    const place = withPage(withPage(newPlace(), 0, 100, 'a'), 1, 7, '');
    expect(withPage(place, 0, 100, 'b')).toMatchObject({ tokens: ['', 'b'], counts: [100, 7], ended: true });
    expect(withPage(place, 0, 90, '')).toMatchObject({ tokens: [''], counts: [90], ended: true });
  });

  it('goes on where the last page turns out to have a next one', () => {
    const place = withPage(newPlace(), 0, 7, '');
    expect(withPage(place, 0, 100, 'a')).toMatchObject({ tokens: ['', 'a'], counts: [100], ended: false });
  });
});
