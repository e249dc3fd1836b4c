import { useQueryClient } from '@tanstack/react-query';
import { Button, Grid } from 'antd';
import { useCallback, useLayoutEffect, useRef, useState } from 'react';
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

interface Standing {
  place: Place;
  /** In pixels, by page; written as pages go, read as they come to lie afar. */
  heights: number[];
  /** Where the pages are on the screen. */
  boxes: Map<number, HTMLElement>;
  onPage: (index: number, count: number, next: string) => void;
}

/** Where the list stands, and stood when the browser goes back to it. */
function usePlace(): Standing {
  const entry = useLocation().key;
  const queries = useQueryClient();
  const [place, setPlace] = useState<Place>(() => queries.getQueryData<Place>([...KEPT_AS, entry]) ?? newPlace());
  const [heights] = useState(() => [...place.heights]);
  const [boxes] = useState(() => new Map<number, HTMLElement>());
  const latest = useRef(place);
  latest.current = place;
  const top = useRef(place.top);
  useLayoutEffect(() => {
    window.scrollTo(0, top.current);
    return () => {
      boxes.forEach((box, index) => { heights[index] = box.getBoundingClientRect().height; });
      queries.setQueryDefaults(KEPT_AS, { gcTime: KEPT });
      queries.setQueryData<Place>([...KEPT_AS, entry], { ...latest.current, heights, top: window.scrollY });
    };
  }, [boxes, entry, heights, queries]);
  const onPage = useCallback((index: number, count: number, next: string) => {
    setPlace((before) => withPage(before, index, count, next));
  }, []);
  return { place, heights, boxes, onPage };
}

/**
 * All that a query asks for, however long: pages are fetched as one scrolls towards them, and only those that are near
 * are there.
 */
export function LongList({ scope }: { scope: Scope }) {
  const words = useWords();
  const wide = Grid.useBreakpoint().lg !== false;
  const { place, heights, boxes, onPage } = usePlace();
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
      heights={heights}
      boxes={boxes}
      onPage={onPage}
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
