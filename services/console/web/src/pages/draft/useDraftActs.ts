// Changes of a draft, one after the other: whoever works fast by keyboard never has to wait, and each change is made on
// what the one before it left.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef, useState } from 'react';

import { type Clients, useClients } from '../../api/clients';
import { faultOf, isOutcomeOpen } from '../../api/fault';
import { useAct } from '../../api/useAct';
import type { Finding_Settlement, Plan } from '../../gen/duban/v1/plan_pb';
import { liveOf } from '../../live/kinds';
import { type Changes, changesBetween } from './changes';
import type { Edit } from './edits';
import type { TaskInit } from './taskForm';

export interface Answer {
  findingId: string;
  settlement: Finding_Settlement;
  answer: string;
  remember: boolean;
}

/** Plain data, as useAct wants it. */
export type DraftChange =
  | { kind: 'settle'; answers: Answer[] }
  | { kind: 'reopen'; findingIds: string[] }
  | { kind: 'edit'; edits: Edit[] }
  | { kind: 'task'; task: TaskInit; paths: string[] }
  | { kind: 'align'; alignments: { task: string; upstreamTasks: string[] }[] };

// As the contract takes at once.
const MOST_ANSWERS = 500;

function send(clients: Clients, name: string, change: DraftChange & { etag: string }, requestId: string): Promise<Plan> {
  const { etag } = change;
  switch (change.kind) {
    case 'settle':
      return clients.plans.settleFindings({ requestId, name, etag, answers: change.answers.slice(0, MOST_ANSWERS) });
    case 'reopen':
      return clients.plans.reopenFindings({ requestId, name, etag, findingIds: change.findingIds.slice(0, MOST_ANSWERS) });
    case 'edit':
      return clients.plans.editPlan({ requestId, name, etag, edits: change.edits });
    case 'task':
      return clients.plans.updateTask({ requestId, etag, task: change.task, updateMask: { paths: change.paths } });
    case 'align':
      return clients.plans.alignTasks({ requestId, name, etag, alignments: change.alignments });
  }
}

/** A change, made of the draft as the one before left it; undefined: there is nothing to change any more. */
export type ChangeOf = (latest: Plan) => DraftChange | undefined;

export interface DraftActs {
  /** Resolves to the draft as it is then; to nothing where it was refused, which `error` tells. */
  run: (change: ChangeOf) => Promise<Plan | undefined>;
  /** Whether it is unknown what became of the last one. */
  isLastOpen: () => boolean;
  busy: boolean;
  error: Error | null;
  /** Where the last change came too late: what somebody else had changed meanwhile. */
  overtaken: Changes | null;
  forget: () => void;
}

export function useDraftActs(plan: Plan): DraftActs {
  const clients = useClients();
  const queries = useQueryClient();
  const key = ['plan', plan.name];
  const latest = useRef(plan);
  // What is drawn once more is not read once more, and may be older than what the last change left.
  const shown = useRef(plan);
  if (shown.current !== plan) shown.current = latest.current = plan;
  const lastOpen = useRef(false);
  const queue = useRef<Promise<unknown>>(Promise.resolve());
  const [overtaken, setOvertaken] = useState<Changes | null>(null);
  const act = useAct({
    call: (input: DraftChange & { etag: string }, requestId) => send(clients, plan.name, input, requestId),
    onDone: (changed) => {
      latest.current = changed;
      // What was asked before this change must not come behind it.
      void queries.cancelQueries({ queryKey: key });
      queries.setQueryData(key, changed);
    },
  });
  const { mutateAsync, reset } = act;

  const attempt = async (changeOf: ChangeOf): Promise<Plan | undefined> => {
    const seen = latest.current;
    const change = changeOf(seen);
    lastOpen.current = false;
    if (change === undefined) return undefined;
    setOvertaken(null);
    try {
      return await mutateAsync({ ...change, etag: seen.etag });
    } catch (error) {
      const fault = faultOf(error);
      lastOpen.current = isOutcomeOpen(fault);
      if (fault.kind === 'changed') {
        const now = await queries.fetchQuery<Plan>({
          queryKey: key,
          staleTime: 0,
          meta: liveOf(plan.name),
          queryFn: () => clients.plans.getPlan({ name: plan.name }),
        });
        latest.current = now;
        setOvertaken(changesBetween(seen, now));
      }
      return undefined;
    }
  };
  const run = (change: ChangeOf): Promise<Plan | undefined> => {
    const done = queue.current.then(() => attempt(change));
    queue.current = done.catch(() => undefined);
    return done;
  };
  const forget = useCallback(() => {
    reset();
    setOvertaken(null);
  }, [reset]);
  const isLastOpen = useCallback(() => lastOpen.current, []);
  return { run, isLastOpen, busy: act.isPending, error: act.error, overtaken, forget };
}
