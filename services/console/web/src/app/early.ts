// What is fetched before anything is drawn: who is signed in, and meanwhile the code of the page that the address names,
// or of signing in, as whoever opens it was signed in the last time or not.
import type { QueryClient } from '@tanstack/react-query';

import type { Clients } from '../api/clients';
import { pause } from '../api/pause';
import { wasSignedIn } from './kept';
import { PAGES } from './pages';
import { signInPage, whoQuery } from './session';

async function fetchPage(address: string): Promise<void> {
  const place = address.split('/')[1] ?? '';
  const page = PAGES.find((one) => one.path === place) ?? PAGES[0];
  // Where it fails, it is asked for again by the page, which says so.
  await (wasSignedIn() ? page?.load() : signInPage.load())?.catch(() => undefined);
}

/** After so many milliseconds it is said that something is being fetched. */
const SILENT = 400;

/** Done when the page can be drawn as it will be, or when that takes longer than one waits before an empty window. */
export async function fetchEarly(address: string, clients: Clients, queries: QueryClient): Promise<void> {
  const waiting = new AbortController();
  await Promise.race([
    Promise.all([queries.prefetchQuery(whoQuery(clients)), fetchPage(address)]),
    pause(SILENT, waiting.signal),
  ]);
  waiting.abort();
}
