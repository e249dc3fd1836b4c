import { describe, expect, it } from 'vitest';

import { newRequestId, RequestIds } from './requestId';

describe('request ids', () => {
  it('are random UUIDs of version 4', () => {
    expect(newRequestId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(newRequestId()).not.toBe(newRequestId());
  });

  it('stay while the same change is repeated', () => {
    const ids = new RequestIds();
    const first = ids.idFor('report 1');
    expect(ids.idFor('report 1')).toBe(first);
  });

  it('are others for another change, and for the same one after it was settled', () => {
    const ids = new RequestIds();
    const first = ids.idFor('report 1');
    const second = ids.idFor('report 2');
    expect(second).not.toBe(first);
    ids.settled();
    expect(ids.idFor('report 2')).not.toBe(second);
  });
});
