// Whether somebody was signed in here the last time.
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

export function wasSignedIn(): boolean {
  try {
    return window.localStorage.getItem(KEPT_AS) !== null;
  } catch {
    return false;
  }
}
