import { useCallback, useEffect, useRef, useState } from 'react';

import { useClients } from '../../api/clients';
import { uploadFile } from '../../api/evidence';
import { useWords } from '../../words';
import { type FileItem, refusalOf } from './fileItems';

export interface Files {
  items: FileItem[];
  /** Why the last ones that were chosen are not among them. */
  refused: string[];
  /** What went wrong with those that failed. */
  errors: ReadonlyMap<number, unknown>;
  add: (files: Iterable<File>) => void;
  retry: (key: number) => void;
  remove: (key: number) => void;
}

/** Files of a unit, put in one after another as soon as they are chosen; stops when the form goes. */
export function useFiles(unit: string, onChange: (items: FileItem[]) => void): Files {
  const words = useWords();
  const clients = useClients();
  const [items, setItems] = useState<FileItem[]>([]);
  const [refused, setRefused] = useState<string[]>([]);
  const [errors, setErrors] = useState<ReadonlyMap<number, unknown>>(new Map());
  const latest = useRef<FileItem[]>([]);
  const files = useRef(new Map<number, File>());
  const stops = useRef(new Map<number, AbortController>());
  const queue = useRef(Promise.resolve());
  const told = useRef(onChange);
  told.current = onChange;

  const set = useCallback((next: FileItem[]) => {
    latest.current = next;
    setItems(next);
    told.current(next);
  }, []);
  const patch = useCallback((key: number, change: Partial<FileItem>) => {
    set(latest.current.map((item) => (item.key === key ? { ...item, ...change } : item)));
  }, [set]);

  const send = useCallback((key: number) => {
    const file = files.current.get(key);
    if (file === undefined) return;
    const stop = new AbortController();
    stops.current.set(key, stop);
    queue.current = queue.current.then(async () => {
      if (stop.signal.aborted) return;
      try {
        const onProgress = (sent: number, again: boolean): void => { patch(key, { state: again ? 'again' : 'sending', sent }); };
        onProgress(0, false);
        const sha256 = await uploadFile(clients, unit, file, { signal: stop.signal, onProgress });
        patch(key, { state: 'done', sent: file.size, sha256 });
      } catch (error) {
        if (stop.signal.aborted) return;
        setErrors((before) => new Map(before).set(key, error));
        patch(key, { state: 'failed' });
      }
    });
  }, [clients, patch, unit]);

  useEffect(() => {
    const all = stops.current;
    return () => { all.forEach((stop) => { stop.abort(); }); };
  }, []);

  const add = (chosen: Iterable<File>): void => {
    const why: string[] = [];
    for (const file of chosen) {
      const refusal = refusalOf(file, latest.current.length, words);
      if (refusal !== '') {
        why.push(refusal);
        continue;
      }
      const key = files.current.size + 1;
      files.current.set(key, file);
      set([...latest.current, { key, name: file.name, size: file.size, state: 'waiting', sent: 0, sha256: '' }]);
      send(key);
    }
    setRefused([...new Set(why)]);
  };
  const retry = (key: number): void => {
    patch(key, { state: 'waiting' });
    send(key);
  };
  const remove = (key: number): void => {
    stops.current.get(key)?.abort();
    set(latest.current.filter((item) => item.key !== key));
  };
  return { items, refused, errors, add, retry, remove };
}
