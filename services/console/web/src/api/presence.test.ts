import { create } from '@bufbuild/protobuf';
import { createClient, createRouterTransport } from '@connectrpc/connect';
import { fireEvent } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { UnitSchema } from '../gen/duban/v1/unit_pb';
import { DirectoryService } from '../gen/duban/v1/directory_service_pb';
import { AUTOMATIC_HEADER, markAutomatic, PRESENCE } from './presence';

/** What a call says of itself at this moment. */
async function said(): Promise<string | null> {
  let header: string | null = 'not asked';
  const transport = createRouterTransport(({ service }) => {
    service(DirectoryService, {
      getUnit: (_, context) => {
        header = context.requestHeader.get(AUTOMATIC_HEADER);
        return create(UnitSchema);
      },
    });
  }, { transport: { interceptors: [markAutomatic] } });
  await createClient(DirectoryService, transport).getUnit({ name: 'units/a' });
  return header;
}

/** So long after somebody pressed a key. */
function passed(milliseconds: number): void {
  fireEvent.keyDown(document.body, { key: 'a' });
  vi.setSystemTime(Date.now() + milliseconds);
}

describe('a call', () => {
  afterEach(() => {
    vi.useRealTimers();
    window.history.replaceState(null, '', '/');
  });

  it('is of whoever did something a moment ago', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    passed(PRESENCE);
    expect(await said()).toBeNull();
  });

  it('is of the page itself where nobody did anything for a while, until somebody does', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    passed(PRESENCE + 1);
    expect(await said()).toBe('1');
    fireEvent.pointerDown(document.body);
    expect(await said()).toBeNull();
  });

  it('of a board on the wall is meant to go on', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    window.history.replaceState(null, '', '/board/wall?by=unit');
    passed(PRESENCE + 1);
    expect(await said()).toBeNull();
  });
});
