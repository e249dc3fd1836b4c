// Changes of a draft, one after the other: whoever works fast by keyboard never has to wait, and each change is made on
// what the one before it left.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef, useState } from 'react';

import { type Clients, useClients } from '../../api/clients';
import { faultOf } from '../../api/fault';
import { useAct } from '../../api/useAct';
import type { Finding_Settlement, Plan } from '../../gen/duban/v1/plan_pb';
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

export interface DraftActs {
  /** Resolves to the draft as it is then; to nothing where it was refused, which `error` tells. */
  run: (change: DraftChange) => Promise<Plan | undefined>;
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
  latest.current = plan;
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

  const attempt = async (change: DraftChange): Promise<Plan | undefined> => {
    const seen = latest.current;
    setOvertaken(null);
    try {
      return await mutateAsync({ ...change, etag: seen.etag });
    } catch (error) {
      if (faultOf(error).kind === 'changed') {
        const now = await queries.fetchQuery<Plan>({ queryKey: key, queryFn: () => clients.plans.getPlan({ name: plan.name }) });
        latest.current = now;
        setOvertaken(changesBetween(seen, now));
      }
      return undefined;
    }
  };
  const run = (change: DraftChange): Promise<Plan | undefined> => {
    const done = queue.current.then(() => attempt(change));
    queue.current = done.catch(() => undefined);
    return done;
  };
  const forget = useCallback(() => {
    reset();
    setOvertaken(null);
  }, [reset]);
  return { run, busy: act.isPending, error: act.error, overtaken, forget };
}
