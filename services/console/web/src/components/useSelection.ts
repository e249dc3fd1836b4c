import { useState } from 'react';

export interface Selection {
  /** Those that are ticked and still there. */
  names: string[];
  has: (name: string) => boolean;
  toggle: (name: string) => void;
  setAll: (on: boolean) => void;
  clear: () => void;
}

/** What is ticked in a list that changes beneath: what has gone from it is ticked no more. */
export function useSelection(all: readonly string[]): Selection {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const names = all.filter((name) => ticked.has(name));
  return {
    names,
    has: (name) => ticked.has(name),
    toggle: (name) => {
      const next = new Set(ticked);
      if (!next.delete(name)) next.add(name);
      setTicked(next);
    },
    setAll: (on) => { setTicked(new Set(on ? all : [])); },
    clear: () => { setTicked(new Set()); },
  };
}
