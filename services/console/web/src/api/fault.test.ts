import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';

import { faultWords } from '../components/faultWords';
import { clientsOf, refusal, refusedResult } from '../test/world';
import { wordsOf } from '../words';
import { faultOf, faultOfStatus, isOutcomeOpen } from './fault';

// Errors as clients get them: from the wire, not as they were made.
async function received(error: ConnectError): Promise<unknown> {
  const clients = clientsOf({
    access: {
      whoAmI: () => {
        throw error;
      },
    },
  });
  return clients.access.whoAmI({}).catch((caught: unknown) => caught);
}

describe('a fault', () => {
  it('has the reason, the words in both languages, the fields and the pause', async () => {
    const error = await received(
      refusal(Code.InvalidArgument, 'report.text has to be set', {
        reason: 'INVALID_FIELD',
        chinese: '请填写进展',
        field: { field: 'report.text', chinese: '进展：必填' },
        retrySeconds: 7,
      }),
    );
    expect(faultOf(error)).toEqual({
      kind: 'invalid',
      reason: 'INVALID_FIELD',
      metadata: {},
      english: 'report.text has to be set',
      chinese: '请填写进展',
      fields: [{ field: 'report.text', english: 'wrong', chinese: '进展：必填' }],
      retrySeconds: 7,
    });
  });

  it.each([
    [Code.Unauthenticated, 'signedOut', true],
    [Code.PermissionDenied, 'notAllowed', false],
    [Code.NotFound, 'notFound', false],
    [Code.Unavailable, 'later', true],
    [Code.DeadlineExceeded, 'later', true],
    [Code.Aborted, 'changed', false],
    [Code.FailedPrecondition, 'refused', false],
    [Code.Internal, 'broken', false],
  ] as const)('of code %i is %s', (code, kind, open) => {
    const fault = faultOf(new ConnectError('x', code));
    expect(fault.kind).toBe(kind);
    expect(isOutcomeOpen(fault)).toBe(open);
  });

  it('is the network where no answer came', () => {
    const fault = faultOf(ConnectError.from(new TypeError('Failed to fetch')));
    expect(fault.kind).toBe('offline');
    expect(isOutcomeOpen(fault)).toBe(true);
  });

  it('within a result reads like one of a call', () => {
    const fault = faultOfStatus(refusedResult(Code.FailedPrecondition, '已签收'));
    expect(fault).toMatchObject({ kind: 'refused', chinese: '已签收', english: 'refused' });
  });
});

describe('the words for a fault', () => {
  it('are the server’s own in the language, and what to do next', () => {
    const fault = faultOf(refusal(Code.Unavailable, 'busy', { chinese: '繁忙', retrySeconds: 3 }));
    const later = { ...fault, chinese: '繁忙', retrySeconds: 3 };
    expect(faultWords(later, wordsOf('zh'), 'zh')).toEqual({
      title: '服务暂时繁忙',
      what: '繁忙',
      next: '请在 3 秒后重试；重复提交不会重复生效。',
    });
    expect(faultWords(later, wordsOf('en'), 'en').what).toBe('busy');
  });

  it('say nothing of what a browser says of a lost connection', () => {
    const fault = faultOf(ConnectError.from(new TypeError('Failed to fetch')));
    expect(faultWords(fault, wordsOf('zh'), 'zh')).toMatchObject({ title: '网络不通', what: '' });
  });
});
