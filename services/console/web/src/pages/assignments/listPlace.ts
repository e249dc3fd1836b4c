// How far a list has been scrolled: where its pages begin and how high they are.

export interface Place {
  /** Where each page that is known begins, as the server says; the first begins at ''. */
  tokens: string[];
  /** In pixels, of each page that was shown, when it was kept. */
  heights: number[];
  /** How many rows each page had. */
  counts: number[];
  /** Whether the last page is the list's last. */
  ended: boolean;
  /** How far the window was scrolled, in pixels. */
  top: number;
}

export function newPlace(): Place {
  return { tokens: [''], heights: [], counts: [], ended: false, top: 0 };
}

/** `place` once page `index` is known to have `count` rows and to end before `next`; the same object where that is no news. */
export function withPage(place: Place, index: number, count: number, next: string): Place {
  const ended = next === '';
  const tokens = ended ? place.tokens.slice(0, index + 1) : [...place.tokens];
  if (!ended) tokens[index + 1] = next;
  const isLast = index === place.tokens.length - 1;
  const same = place.counts[index] === count && (ended ? isLast && place.ended : place.tokens[index + 1] === next);
  if (same) return place;
  const counts = [...place.counts.slice(0, tokens.length)];
  counts[index] = count;
  return { ...place, tokens, counts, ended: ended || (place.ended && !isLast) };
}
