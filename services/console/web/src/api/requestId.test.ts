import { describe, expect, it } from 'vitest';

import { newRequestId, OpenChanges } from './requestId';

describe('request ids', () => {
  it('are random UUIDs of version 4', () => {
    expect(newRequestId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(newRequestId()).not.toBe(newRequestId());
  });

  it('stay while the same change is repeated', () => {
    const changes = new OpenChanges<string>();
    const first = changes.sending('report 1').requestId;
    expect(changes.sending('report 1').requestId).toBe(first);
  });

  it('are others for another change, and for the same one after it went through', () => {
    const changes = new OpenChanges<string>();
    const first = changes.sending('report 1').requestId;
    const second = changes.sending('report 2').requestId;
    expect(second).not.toBe(first);
    changes.done();
    expect(changes.sending('report 2').requestId).not.toBe(second);
  });

  it('stay with what was sent first, whatever was seen since', () => {
    const changes = new OpenChanges<{ text: string; etag: string; items: { etag: string }[] }>();
    const first = changes.sending({ text: '立项', etag: 'e1', items: [{ etag: 'a' }] });
    const again = changes.sending({ text: '立项', etag: 'e2', items: [{ etag: 'b' }] });
    expect(again).toEqual(first);
    expect(again.input.etag).toBe('e1');
    expect(changes.sending({ text: '结项', etag: 'e2', items: [] }).requestId).not.toBe(first.requestId);
    expect(changes.sending({ text: '立项', etag: 'e3', items: [{ etag: 'c' }] })).toEqual(first);
  });

  it('are new for what was refused, and stay for what else is open', () => {
    const changes = new OpenChanges<{ text: string; etag: string }>();
    const open = changes.sending({ text: '立项', etag: 'e1' });
    const refused = { text: '结项', etag: 'e1' };
    const before = changes.sending(refused).requestId;
    changes.refused(refused);
    expect(changes.sending({ text: '结项', etag: 'e2' })).toMatchObject({ input: { etag: 'e2' } });
    expect(changes.sending(refused).requestId).not.toBe(before);
    expect(changes.sending({ text: '立项', etag: 'e2' })).toEqual(open);
  });
});
