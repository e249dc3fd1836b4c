// The line by which a page hears of changes: that of the browser where its pages can share one, else its own.
import type { Clients } from '../api/clients';
import type { ToPage, ToWorker } from './messages';
import { type Position, Watch, type WatchEvents } from './watch';

export interface Line {
  wake: () => void;
  close: () => void;
}

const STORED = 'duban-live';

function stored(): Position[] {
  try {
    const found: unknown = JSON.parse(window.sessionStorage.getItem(STORED) ?? '[]');
    return Array.isArray(found) ? (found as Position[]) : [];
  } catch {
    return [];
  }
}

/** What was read after these is not older: a page that is loaded anew need not read everything twice. */
function store(positions: Position[]): void {
  try {
    window.sessionStorage.setItem(STORED, JSON.stringify(positions));
  } catch {
    // Browsers that keep nothing ask once more.
  }
}

/** Only while somebody looks: a browser has few connections, and who comes back hears what they missed. */
function ownLine(clients: Clients, events: WatchEvents): Line {
  let watch: Watch | null = null;
  const follow = (): void => {
    if (document.visibilityState === 'hidden') {
      watch?.stop();
      watch = null;
    } else if (watch === null) {
      watch = new Watch(clients.watch, events, stored());
      void watch.run();
    }
  };
  document.addEventListener('visibilitychange', follow);
  follow();
  return {
    wake: () => watch?.wake(),
    close: () => {
      document.removeEventListener('visibilitychange', follow);
      watch?.stop();
    },
  };
}

function sharedLine(worker: SharedWorker, events: WatchEvents): Line {
  const say = (message: ToWorker): void => { worker.port.postMessage(message); };
  worker.port.onmessage = (said: MessageEvent<ToPage>) => {
    const message = said.data;
    if (message.type === 'news') events.onNews(message.news);
    else if (message.type === 'state') events.onState(message.state);
    else events.onPositions(message.positions);
  };
  const leave = (): void => { say({ type: 'close' }); };
  const come = (event: PageTransitionEvent): void => {
    if (event.persisted) say({ type: 'open', positions: [] });
  };
  window.addEventListener('pagehide', leave);
  window.addEventListener('pageshow', come);
  say({ type: 'open', positions: stored() });
  return {
    wake: () => { say({ type: 'wake' }); },
    close: () => {
      window.removeEventListener('pagehide', leave);
      window.removeEventListener('pageshow', come);
      leave();
      worker.port.close();
    },
  };
}

export function openLine(clients: Clients, events: WatchEvents): Line {
  const storing = { ...events, onPositions: (positions: Position[]) => { store(positions); events.onPositions(positions); } };
  if (typeof SharedWorker === 'undefined') return ownLine(clients, storing);
  let line: Line | null = null;
  // Browsers whose shared workers take no modules say so here.
  const worker = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'duban-live' });
  worker.onerror = () => {
    line?.close();
    line = ownLine(clients, storing);
  };
  line = sharedLine(worker, storing);
  return { wake: () => line?.wake(), close: () => line?.close() };
}
