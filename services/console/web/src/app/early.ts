// The code of the page that an address names, fetched while it is asked who is signed in: by whoever was the last time.
import { PAGES } from './pages';

const KEPT_AS = 'duban.signed-in';

/** Only a guess for the next time; the session is a cookie that no script sees. */
export function keepSignedIn(is: boolean): void {
  try {
    if (is) window.localStorage.setItem(KEPT_AS, '1');
    else window.localStorage.removeItem(KEPT_AS);
  } catch {
    // A browser that keeps nothing fetches a little later.
  }
}

function wasSignedIn(): boolean {
  try {
    return window.localStorage.getItem(KEPT_AS) !== null;
  } catch {
    return false;
  }
}

export function fetchEarly(address: string): void {
  if (!wasSignedIn()) return;
  const place = address.split('/')[1] ?? '';
  const page = PAGES.find((one) => one.path === place) ?? PAGES[0];
  // Where it fails, it is asked for again by the page, which says so.
  page?.load().catch(() => undefined);
}
