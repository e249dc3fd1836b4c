// Has every page ask again for what has changed, and says calmly where it cannot.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';

import { useClients } from '../api/clients';
import { tellSignedOut } from '../api/queries';
import { whenShown } from '../app/whenShown';
import { useWords } from '../words';
import { isConcerned, type News } from './kinds';
import { type Line, openLine } from './line';
import type { LineState } from './watch';

/** Changes that come so soon behind each other are asked for together, in milliseconds; and pages not all at once. */
const GATHER = 200;
const SPREAD = 600;
/** A line that is back so soon was never missed. */
const PATIENCE = 2_500;

/** Gathers what has changed, and has it asked for a little later. */
function useAskAgain(): (news: News) => void {
  const queries = useQueryClient();
  const gathered = useRef<{ names: Set<string>; everything: boolean; timer: number } | null>(null);
  useEffect(() => () => { window.clearTimeout(gathered.current?.timer); }, []);
  return (news) => {
    const now = gathered.current ?? { names: new Set<string>(), everything: false, timer: 0 };
    news.names.forEach((name) => now.names.add(name));
    now.everything ||= news.everything;
    if (gathered.current !== null) return;
    gathered.current = now;
    now.timer = window.setTimeout(() => {
      gathered.current = null;
      const all = { names: [...now.names], everything: now.everything };
      // A page that nobody looks at asks when somebody does.
      const refetchType = document.visibilityState === 'visible' ? 'active' : 'none';
      void queries.invalidateQueries({ predicate: (query) => isConcerned(query, all), refetchType });
    }, GATHER + Math.random() * SPREAD);
  };
}

/** What went wrong for want of an answer is asked for again once there is one. */
function useHeal(): () => void {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ predicate: (query) => query.state.status === 'error' && query.queryKey[0] !== 'who' });
  };
}

/** `signedIn`: changes with whoever signs in, or signs in again. */
export function LiveUpdates({ signedIn }: { signedIn: unknown }) {
  const words = useWords();
  const clients = useClients();
  const queries = useQueryClient();
  const [state, setState] = useState<LineState>('opening');
  const askAgain = useRef(useAskAgain());
  const heal = useRef(useHeal());
  useEffect(() => {
    let shown: LineState = 'opening';
    let timer = 0;
    let line: Line | undefined;
    // What the page shows comes first.
    const calledOff = whenShown(queries, () => {
      line = openLine(clients, {
        onNews: (news) => { askAgain.current(news); },
        onState: (next) => {
          if (next === shown) return;
          if (next === 'open' && (shown === 'lost' || shown === 'pausing')) heal.current();
          if (next === 'signedOut') tellSignedOut();
          shown = next;
          window.clearTimeout(timer);
          const calm = next === 'lost' || next === 'pausing' ? PATIENCE : 0;
          timer = window.setTimeout(() => { setState(next); }, calm);
        },
        onPositions: () => undefined,
      });
    });
    const wake = (): void => { line?.wake(); };
    window.addEventListener('online', wake);
    return () => {
      window.clearTimeout(timer);
      window.removeEventListener('online', wake);
      calledOff();
      line?.close();
    };
  }, [clients, queries, signedIn]);
  const said = state === 'lost' ? words.live.lost : state === 'pausing' ? words.live.pausing : '';
  return <div role="status" className="live-state">{said}</div>;
}
