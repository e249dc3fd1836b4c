import { useQueries, useQuery } from '@tanstack/react-query';
import { Alert, App as AntApp, Button } from 'antd';
import { type KeyboardEvent, useState } from 'react';
import { Link } from 'react-router-dom';

import { useClients } from '../../api/clients';
import { lastOf, planOf } from '../../api/names';
import { Answered } from '../../components/Answered';
import { FaultView } from '../../components/FaultView';
import { KeyTable } from '../../components/KeyTable';
import { Nothing } from '../../components/Nothing';
import { type Plan, Plan_State, type Task } from '../../gen/duban/v1/plan_pb';
import type { ProposeAlignmentsResponse } from '../../gen/duban/v1/plan_service_pb';
import { useWords } from '../../words';
import { Overtaken } from '../draft/TheirChanges';
import { useDraftActs } from '../draft/useDraftActs';
import { ALIKE, clearOnes, confirmed, type Proposal, takingOn, undone, type Upstream } from './upstream';
import { rowId, type RowActs, UpstreamRow } from './UpstreamRow';

/** The plans that tasks are of, by name, as they come. */
function useAbove(names: readonly string[]): ReadonlyMap<string, Plan> {
  const { plans } = useClients();
  const wanted = [...new Set(names.map(planOf))];
  const asked = useQueries({
    queries: wanted.map((name) => ({ queryKey: ['plan', name], queryFn: () => plans.getPlan({ name }), staleTime: 60_000 })),
  });
  return new Map(wanted.flatMap((name, i) => (asked[i]?.data === undefined ? [] : [[name, asked[i].data] as const])));
}

function focusRow(upstream: Upstream | undefined): void {
  if (upstream === undefined) return;
  const row = document.getElementById(rowId(upstream.name));
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: 'center' });
}

function Shown({ plan, response }: { plan: Plan; response: ProposeAlignmentsResponse }) {
  const words = useWords();
  const { message } = AntApp.useApp();
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
  const add = async (upstream: Upstream): Promise<void> => {
    const text = aboveTask(upstream)?.text ?? upstream.text;
    if (text === '') return;
    const before = new Set(plan.tasks.map((task) => task.taskId));
    const after = await acts.run({ kind: 'edit', edits: [{ edit: { case: 'addTask', value: { before: '', task: { text } } } }] });
    const fresh = after?.tasks.find((task) => !before.has(task.taskId));
    if (after === undefined || fresh === undefined) return;
    const aligned = await acts.run({ kind: 'align', alignments: confirmed(after, [{ upstream: upstream.name, task: fresh }]) });
    if (aligned !== undefined) void message.success(words.takeOn.added);
  };
  const rowActs: RowActs = {
    confirm: (upstream, task) => {
      void acts.run({ kind: 'align', alignments: confirmed(plan, [{ upstream: upstream.name, task }]) });
      onward(upstream);
    },
    undo: (upstream) => void acts.run({ kind: 'align', alignments: undone(plan, upstream) }),
    dismiss: (upstream, task) => { setDismissed((was) => new Set(was).add(keyOf(upstream, task))); },
    add: (upstream) => void add(upstream),
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
    const step = steps[event.key] ?? changes[event.key];
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
            onClick={() => void acts.run({ kind: 'align', alignments: confirmed(plan, clear.map(({ upstream, task }) => ({ upstream: upstream.name, task }))) })}
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
  const plan = useQuery({ queryKey: ['plan', name], queryFn: () => plans.getPlan({ name }) });
  const proposed = useQuery({ queryKey: ['alignments', name], queryFn: () => plans.proposeAlignments({ name }) });
  return (
    <Answered asked={plan}>
      {(one) => <Answered asked={proposed}>{(response) => <Shown plan={one} response={response} />}</Answered>}
    </Answered>
  );
}
