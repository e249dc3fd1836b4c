// Documents being read, one after the other: each is a draft, or a reason why not, and none stops the others.
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';

import { useClients } from '../../api/clients';
import { faultOf, isOutcomeOpen } from '../../api/fault';
import { OpenChanges } from '../../api/requestId';
import type { Plan } from '../../gen/duban/v1/plan_pb';
import { bytesOf, type Hints, hintsOf, isSaid, MOST_BYTES } from './documents';

export type Outcome =
  | { state: 'waiting' | 'reading' | 'tooLarge' | 'unreadable' }
  | { state: 'read'; plan: Plan }
  /** `canKeep`: it can be read, and only has no task in it. */
  | { state: 'refused'; error: unknown; canKeep: boolean };

export interface Imported {
  key: number;
  file: File;
  outcome: Outcome;
}

interface Asked {
  unit: string;
  hints: Hints;
  keepEmpty: boolean;
}

export interface Imports {
  imports: Imported[];
  busy: boolean;
  add: (files: File[], unit: string, hints: Hints) => void;
  again: (imported: Imported, unit: string, hints: Hints, keepEmpty: boolean) => void;
  remove: (key: number) => void;
}

/** `onAlone`: a single document was read, and there is nothing else to look at here. */
export function useImports(onAlone: (plan: Plan) => void): Imports {
  const { plans } = useClients();
  const queries = useQueryClient();
  const [imports, setImports] = useState<Imported[]>([]);
  const changes = useRef(new Map<number, OpenChanges<unknown>>());
  const lastKey = useRef(0);
  const queue = useRef<Promise<unknown>>(Promise.resolve());

  const tell = (key: number, outcome: Outcome): void => {
    setImports((all) => all.map((one) => (one.key === key ? { ...one, outcome } : one)));
  };

  const read = async (key: number, file: File, asked: Asked): Promise<Outcome> => {
    if (file.size > MOST_BYTES) return { state: 'tooLarge' };
    tell(key, { state: 'reading' });
    const content = await bytesOf(file).catch(() => null);
    if (content === null) return { state: 'unreadable' };
    const own = changes.current.get(key) ?? new OpenChanges();
    changes.current.set(key, own);
    // The bytes are no plain data; the size and the time of the file stand for them.
    const change = [asked, file.size, file.lastModified];
    const { unit, hints, keepEmpty } = asked;
    try {
      const plan = await plans.importPlan({
        requestId: own.sending(change).requestId,
        content,
        sourceName: file.name,
        unit,
        ...hintsOf(hints),
        rememberHints: hints.remember && isSaid(hints),
        keepWithoutTasks: keepEmpty,
      });
      own.done();
      return { state: 'read', plan };
    } catch (error) {
      const fault = faultOf(error);
      if (!isOutcomeOpen(fault)) own.refused(change);
      const canKeep = fault.reason === 'UNREADABLE_DOCUMENT' && (await isReadable(content, file.name));
      return { state: 'refused', error, canKeep };
    }
  };

  /** Whether a document that was refused can be read at all. */
  const isReadable = (content: Uint8Array, sourceName: string): Promise<boolean> =>
    plans.parsePlan({ content, sourceName }).then(() => true, () => false);

  const enqueue = (key: number, file: File, asked: Asked, isAlone: boolean): void => {
    tell(key, { state: 'waiting' });
    queue.current = queue.current.then(async () => {
      const outcome = await read(key, file, asked);
      tell(key, outcome);
      if (outcome.state !== 'read') return;
      await queries.invalidateQueries({ queryKey: ['plans'] });
      if (isAlone) onAlone(outcome.plan);
    });
  };

  return {
    imports,
    busy: imports.some((one) => one.outcome.state === 'waiting' || one.outcome.state === 'reading'),
    add: (files, unit, hints) => {
      const fresh = files.map((file): Imported => ({ key: ++lastKey.current, file, outcome: { state: 'waiting' } }));
      setImports((all) => [...all, ...fresh]);
      const isAlone = fresh.length === 1 && imports.length === 0;
      for (const { key, file } of fresh) enqueue(key, file, { unit, hints, keepEmpty: false }, isAlone);
    },
    again: ({ key, file }, unit, hints, keepEmpty) => { enqueue(key, file, { unit, hints, keepEmpty }, imports.length === 1); },
    remove: (key) => { setImports((all) => all.filter((one) => one.key !== key)); },
  };
}
