import { useQueryClient } from '@tanstack/react-query';
import { Button, Grid } from 'antd';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useLocation } from 'react-router-dom';

import { Nothing } from '../../components/Nothing';
import type { Scope } from '../../components/useScope';
import { useWords } from '../../words';
import { AssignmentTable } from './AssignmentTable';
import { newPlace, type Place, withPage } from './listPlace';
import { ListPart } from './ListPart';

/** Beside the answers, by the entry of the browser's history, and gone with them when somebody else signs in. */
const KEPT_AS = ['place in a list'];
/** In milliseconds. */
const KEPT = 3_600_000;

/** Where the list stands, and stood when the browser goes back to it. */
function usePlace(): { place: Place; onPage: (index: number, count: number, next: string) => void; onHeight: (index: number, height: number) => void } {
  const entry = useLocation().key;
  const queries = useQueryClient();
  const [place, setPlace] = useState<Place>(() => queries.getQueryData<Place>([...KEPT_AS, entry]) ?? newPlace());
  const latest = useRef(place);
  const top = useRef(place.top);
  latest.current = place;
  useLayoutEffect(() => { window.scrollTo(0, top.current); }, []);
  useEffect(() => {
    const note = (): void => { top.current = window.scrollY; };
    window.addEventListener('scroll', note, { passive: true });
    return () => {
      window.removeEventListener('scroll', note);
      queries.setQueryDefaults(KEPT_AS, { gcTime: KEPT });
      queries.setQueryData<Place>([...KEPT_AS, entry], { ...latest.current, top: top.current });
    };
  }, [entry, queries]);
  const onPage = useCallback((index: number, count: number, next: string) => {
    setPlace((before) => withPage(before, index, count, next));
  }, []);
  const onHeight = useCallback((index: number, height: number) => {
    setPlace((before) => {
      if (before.heights[index] === height) return before;
      const heights = [...before.heights];
      heights[index] = height;
      return { ...before, heights };
    });
  }, []);
  return { place, onPage, onHeight };
}

/**
 * All that a query asks for, however long: pages are fetched as one scrolls towards them, and only those that are near
 * are there.
 */
export function LongList({ scope }: { scope: Scope }) {
  const words = useWords();
  const wide = Grid.useBreakpoint().lg !== false;
  const { place, onPage, onHeight } = usePlace();
  const { query } = scope;
  const columns = { withPlan: query.plan === '', withUnit: query.unit === '' };
  const known = place.counts.reduce((sum, count) => sum + count, 0);
  const parts = place.tokens.map((token, index) => (
    <ListPart
      key={index}
      query={query}
      token={token}
      index={index}
      wide={wide}
      height={place.heights[index]}
      onPage={onPage}
      onHeight={onHeight}
      {...columns}
    />
  ));
  if (place.ended && known === 0) {
    return (
      <Nothing what={words.list.empty} hint={words.list.emptyHint}>
        <Button onClick={scope.clear}>{words.list.clear}</Button>
      </Nothing>
    );
  }
  return (
    <>
      {wide ? <AssignmentTable {...columns}>{parts}</AssignmentTable> : <div>{parts}</div>}
      {known > 0 && <p className="quiet" role="status">{place.ended ? words.list.all(known) : words.list.shown(known)}</p>}
    </>
  );
}
