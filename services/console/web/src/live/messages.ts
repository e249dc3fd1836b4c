// What pages and the worker that watches for all of them say to each other.
import type { News } from './kinds';
import type { LineState, Position } from './watch';

export type ToWorker =
  /** A page is there; where one stood when it was last heard of. */
  | { type: 'open'; positions: Position[] }
  | { type: 'wake' }
  | { type: 'close' };

export type ToPage =
  | { type: 'news'; news: News }
  | { type: 'state'; state: LineState }
  | { type: 'positions'; positions: Position[] };
