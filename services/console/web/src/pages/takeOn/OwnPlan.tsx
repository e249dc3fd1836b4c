import { useQueries, useQuery } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { type KeyboardEvent, useRef, useState } from 'react';
import { Link } from 'react-router-dom';

import { useClients } from '../../api/clients';
import { lastOf, planOf } from '../../api/names';
import { useMessage } from '../../app/Messages';
import { Answered } from '../../components/Answered';
import { FaultView } from '../../components/FaultView';
import { KeyTable } from '../../components/KeyTable';
import { Nothing } from '../../components/Nothing';
import { type Plan, Plan_State, type Task } from '../../gen/duban/v1/plan_pb';
import type { ProposeAlignmentsResponse } from '../../gen/duban/v1/plan_service_pb';
import { live, liveOf } from '../../live/kinds';
import { useWords } from '../../words';
import { Overtaken } from '../draft/TheirChanges';
import { type DraftActs, type DraftChange, useDraftActs } from '../draft/useDraftActs';
import { ALIKE, type AlignmentChange, clearOnes, confirmed, type Proposal, takingOn, undone, type Upstream } from './upstream';
import { rowId, type RowActs, UpstreamRow } from './UpstreamRow';

/** The plans that tasks are of, by name, as they come. */
function useAbove(names: readonly string[]): ReadonlyMap<string, Plan> {
  const { plans } = useClients();
  const wanted = [...new Set(names.map(planOf))];
  const asked = useQueries({
    queries: wanted.map((name) => ({
      queryKey: ['plan', name],
      meta: liveOf(name),
      queryFn: () => plans.getPlan({ name }),
      staleTime: 60_000,
    })),
  });
  return new Map(wanted.flatMap((name, i) => (asked[i]?.data === undefined ? [] : [[name, asked[i].data] as const])));
}

function focusRow(upstream: Upstream | undefined): void {
  if (upstream === undefined) return;
  const row = document.getElementById(rowId(upstream.name));
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: 'center' });
}

/** Nothing, where nothing would be another than it is. */
function aligning(alignments: AlignmentChange[]): DraftChange | undefined {
  return alignments.length === 0 ? undefined : { kind: 'align', alignments };
}

interface Adding {
  isRunning: boolean;
  /** The tasks there were before; undefined while none was asked for. */
  before?: ReadonlySet<string>;
  /** The one that came of it. */
  task?: string;
}

/**
 * Adds a task in the words of an upstream one, and takes that on by it: two changes, of which the second may fail. A
 * repeat goes on where it stopped, so that there is one such task however often it is asked for.
 */
function useAdding(acts: DraftActs): (upstream: string, text: string) => Promise<boolean> {
  const all = useRef(new Map<string, Adding>());
  const addTask = async (adding: Adding, text: string): Promise<void> => {
    const after = await acts.run((latest) => {
      adding.before ??= new Set(latest.tasks.map((task) => task.taskId));
      return { kind: 'edit', edits: [{ edit: { case: 'addTask', value: { before: '', task: { text } } } }] };
    });
    const fresh = after?.tasks.filter((task) => adding.before?.has(task.taskId) === false).at(-1);
    if (fresh !== undefined) adding.task = fresh.taskId;
    else if (!acts.isLastOpen()) delete adding.before;
  };
  return async (upstream, text) => {
    const adding = all.current.get(upstream) ?? { isRunning: false };
    if (adding.isRunning) return false;
    all.current.set(upstream, adding);
    adding.isRunning = true;
    if (adding.task === undefined) await addTask(adding, text);
    const aligned = adding.task === undefined ? undefined : await acts.run((latest) => {
      const task = latest.tasks.find((one) => one.taskId === adding.task);
      if (task === undefined) all.current.delete(upstream);
      return task && aligning(confirmed(latest, [{ upstream, task }]));
    });
    adding.isRunning = false;
    if (aligned !== undefined) all.current.delete(upstream);
    return aligned !== undefined;
  };
}

function Shown({ plan, response }: { plan: Plan; response: ProposeAlignmentsResponse }) {
  const words = useWords();
  const message = useMessage();
  const acts = useDraftActs(plan);
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  const [place, setPlace] = useState('');
  const { uncovered, taken, elsewhere } = takingOn(plan, response);
  const rows = [...uncovered, ...taken, ...elsewhere];
  const above = useAbove(rows.map((row) => row.name));
  const isDraft = plan.state === Plan_State.DRAFT;
  const keyOf = (upstream: Upstream, task: Task): string => `${upstream.name} ${task.taskId}`;
  const left = (upstream: Upstream): Proposal[] =>
    upstream.proposals.filter((proposal) => !dismissed.has(keyOf(upstream, proposal.task)));
  const clear = clearOnes(uncovered.map((one) => ({ ...one, proposals: left(one) })));
  const aboveTask = (upstream: Upstream): Task | undefined =>
    above.get(planOf(upstream.name))?.tasks.find((task) => task.taskId === lastOf(upstream.name));

  /** The next one that nobody takes on; the one that was just confirmed is leaving. */
  const onward = (upstream: Upstream): void => {
    const at = uncovered.findIndex((one) => one.name === upstream.name);
    const next = uncovered[at + 1] ?? uncovered[at - 1];
    if (next !== undefined) requestAnimationFrame(() => { focusRow(next); });
  };
  const add = useAdding(acts);
  const align = (pairs: readonly { upstream: Upstream; task: Task }[]): void =>
    void acts.run((latest) => aligning(confirmed(latest, pairs.map(({ upstream, task }) => ({ upstream: upstream.name, task })))));
  const rowActs: RowActs = {
    confirm: (upstream, task) => {
      align([{ upstream, task }]);
      onward(upstream);
    },
    undo: (upstream) => void acts.run((latest) => aligning(undone(latest, upstream.name))),
    dismiss: (upstream, task) => { setDismissed((was) => new Set(was).add(keyOf(upstream, task))); },
    add: (upstream) => {
      const text = aboveTask(upstream)?.text ?? upstream.text;
      if (text === '') return;
      void add(upstream.name, text).then((isAdded) => { if (isAdded) void message.success(words.takeOn.added); });
    },
  };
  const confirmAt = (upstream: Upstream, i: number): void => {
    const proposal = left(upstream)[i];
    if (upstream.taken.length === 0 && proposal !== undefined) rowActs.confirm(upstream, proposal.task);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = rows.findIndex((row) => row.name === place);
    const row = rows[at];
    const isTyping = event.target instanceof Element && event.target.closest('input, .ant-select') !== null;
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const first = row && left(row)[0];
    const steps: Record<string, () => void> = {
      j: () => { focusRow(rows[at + 1]); },
      ArrowDown: () => { focusRow(rows[at + 1]); },
      k: () => { focusRow(rows[at - 1]); },
      ArrowUp: () => { focusRow(rows[at - 1]); },
    };
    const changes: Record<string, () => void> = row === undefined || !isDraft ? {} : {
      y: () => { confirmAt(row, 0); },
      1: () => { confirmAt(row, 0); },
      2: () => { confirmAt(row, 1); },
      3: () => { confirmAt(row, 2); },
      x: () => { if (first !== undefined) rowActs.dismiss(row, first.task); },
      u: () => { if (row.taken.length > 0) rowActs.undo(row); },
      a: () => { if (row.taken.length === 0) rowActs.add(row); },
    };
    // A key that is held goes on to the next and the next, and changes nothing twice.
    const step = steps[event.key] ?? (event.repeat ? undefined : changes[event.key]);
    if (step === undefined) return;
    event.preventDefault();
    step();
  };
  const stop = rows.some((row) => row.name === place) ? place : rows[0]?.name;
  const section = (title: string, list: readonly Upstream[]) => list.length > 0 && (
    <section className="column desk-section">
      <h2>{title}</h2>
      <ul className="pairs">
        {list.map((upstream) => (
          <UpstreamRow
            key={upstream.name}
            upstream={upstream}
            above={above.get(planOf(upstream.name))}
            plan={plan}
            proposals={left(upstream)}
            isStop={stop === upstream.name}
            acts={isDraft ? rowActs : undefined}
            onFocus={() => { setPlace(upstream.name); }}
          />
        ))}
      </ul>
    </section>
  );
  if (rows.length === 0) return <Nothing what={words.takeOn.none} hint={words.takeOn.noneHint} />;
  return (
    <div className="column" onKeyDown={onKeyDown}>
      <div className="row">
        <strong role="status">{words.takeOn.counts(uncovered.length, taken.length)}</strong>
        <span className="push" />
        {isDraft && clear.length > 1 && (
          <Button
            size="small"
            onClick={() => { align(clear); }}
          >
            {words.takeOn.confirmAll(clear.length, ALIKE * 100)}
          </Button>
        )}
        <KeyTable rows={words.takeOn.keyRows} />
        <Link to={`/plans/${lastOf(plan.name)}`}>{words.takeOn.toPlan}</Link>
      </div>
      {!isDraft && <Alert type="info" showIcon message={words.takeOn.published} />}
      {acts.overtaken !== null && <Overtaken changes={acts.overtaken} onClose={acts.forget} />}
      {acts.error !== null && acts.overtaken === null && <FaultView error={acts.error} />}
      {section(words.takeOn.uncovered(uncovered.length), uncovered)}
      {section(words.takeOn.taken(taken.length), taken)}
      {section(words.takeOn.elsewhere(elsewhere.length), elsewhere)}
    </div>
  );
}

/** What a plan takes on of what superiors ask, and what nobody takes on yet. */
export function OwnPlan({ name }: { name: string }) {
  const { plans } = useClients();
  const plan = useQuery({ queryKey: ['plan', name], meta: liveOf(name), queryFn: () => plans.getPlan({ name }) });
  const proposed = useQuery({ queryKey: ['alignments', name], meta: live('plans'), queryFn: () => plans.proposeAlignments({ name }) });
  return (
    <Answered asked={plan}>
      {(one) => <Answered asked={proposed}>{(response) => <Shown plan={one} response={response} />}</Answered>}
    </Answered>
  );
}
