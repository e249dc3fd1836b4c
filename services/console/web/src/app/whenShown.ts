// What a page needs later waits until what it shows is there.
import type { QueryClient } from '@tanstack/react-query';

/** A page that asks for nothing, or whose answers do not come, is shown by then, in milliseconds. */
const LATEST = 4_000;

/** Whether all that was asked for has come, and something was. */
function isShown(queries: QueryClient): boolean {
  const all = queries.getQueryCache().findAll().filter((query) => query.queryKey[0] !== 'who');
  return queries.isFetching() === 0 && all.some((query) => query.state.status !== 'pending');
}

/** Does it once the page shows what it was opened for; returns what calls it off. */
export function whenShown(queries: QueryClient, work: () => void): () => void {
  let timer = setTimeout(end, LATEST);
  const unsubscribe = queries.getQueryCache().subscribe(look);
  function end(): void {
    unsubscribe();
    work();
  }
  function look(): void {
    if (!isShown(queries)) return;
    unsubscribe();
    clearTimeout(timer);
    // It is drawn first.
    timer = setTimeout(work, 100);
  }
  look();
  return () => {
    unsubscribe();
    clearTimeout(timer);
  };
}
