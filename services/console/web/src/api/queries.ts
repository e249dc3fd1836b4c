// How answers are kept and asked for again, the same for all pages.
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

import { faultOf } from './fault';

const listeners = new Set<() => void>();

/** Calls `listener` whenever a call says that nobody is signed in any more; returns what ends it. */
export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Says that nobody is signed in any more. */
export function tellSignedOut(): void {
  listeners.forEach((listener) => { listener(); });
}

function noticeSignedOut(error: unknown): void {
  if (faultOf(error).kind === 'signedOut') tellSignedOut();
}

const MOST_REPEATS = 2;

export function newQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (query.meta?.['quiet'] !== true) noticeSignedOut(error);
      },
    }),
    mutationCache: new MutationCache({ onError: noticeSignedOut }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // Only what may be different the next time is asked again, and as late as the server wants it.
        retry: (failures, error) => failures < MOST_REPEATS && faultOf(error).kind === 'later',
        retryDelay: (failures, error) => Math.max(faultOf(error).retrySeconds * 1000, 500 * 2 ** failures),
      },
      mutations: { retry: false },
    },
  });
}
