// Whether somebody is there: what a page asks by itself, because something has changed or some time has passed, keeps no
// session going that nobody acts in. The gateway is told by a header, which it heeds for that alone.
import type { Interceptor } from '@connectrpc/connect';

export const AUTOMATIC_HEADER = 'duban-automatic';

/** What somebody did so long ago, in milliseconds, a call may still come of. */
export const PRESENCE = 60_000;
const SIGNS = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const;

// Whoever opens a page is there.
let seen = Date.now();
for (const sign of SIGNS) {
  window.addEventListener(sign, () => { seen = Date.now(); }, { capture: true, passive: true });
}

/** A board on the wall was put there to stay, with nobody before it; its session lasts as long as any does at most. */
function isOnTheWall(): boolean {
  return window.location.pathname.startsWith('/board/wall');
}

export const markAutomatic: Interceptor = (next) => (request) => {
  if (Date.now() - seen > PRESENCE && !isOnTheWall()) request.header.set(AUTOMATIC_HEADER, '1');
  return next(request);
};
