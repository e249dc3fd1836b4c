// The desk at which a draft is checked: which task and question is looked at, and what is being typed.
import { useMemo, useRef, useState } from 'react';

import { type Finding, Finding_Settlement, type Plan, type Task } from '../../gen/duban/v1/plan_pb';
import type { Edit } from './edits';
import { canBeRemembered, isOpen, neighbourOf, openInOrder } from './findings';
import type { TaskForm } from './taskForm';
import { type Answer, type DraftActs, useDraftActs } from './useDraftActs';

/** Something that is being typed. */
export interface Work {
  kind: 'edit' | 'split' | 'add';
  /** The task it is about; of a new one, the task it comes behind, or empty. */
  taskId: string;
  /** The task as it was when this was begun; undefined: a new one. */
  opened: Task | undefined;
  /** What was typed so far. It outlives the place on the page, which goes when somebody else deletes the task. */
  typed: { form?: TaskForm; text?: string };
}

export interface Place {
  /** Empty: the document's own questions. */
  task: string;
  /** The question that keys answer; empty: none. */
  finding: string;
}

export interface DeskActions {
  /** Looks at a task; `finding`: at this question of it. */
  look: (task: string, finding?: string) => void;
  /** The same, and moves the focus there. */
  go: (task: string, finding?: string) => void;
  hover: (task: string | null) => void;
  next: (by: -1 | 1) => void;
  step: (by: -1 | 1) => void;
  settle: (findings: readonly Finding[], settlement: Finding_Settlement, answer: string, onward: boolean) => Promise<void>;
  reopen: (finding: Finding) => void;
  setRemember: (finding: string, on: boolean) => void;
  edit: (edit: Edit | undefined, then?: string) => void;
  start: (kind: Work['kind'], taskId: string) => void;
  stop: () => void;
  /** Asks whether to delete it. */
  askRemove: (task: string) => void;
}

export interface Desk {
  plan: Plan;
  acts: DraftActs;
  place: Place | null;
  hovered: string | null;
  work: Work | null;
  /** Answers to these are to be remembered for later documents. */
  remembered: ReadonlySet<string>;
  removing: string | null;
  actions: DeskActions;
}

export function cardId(task: string): string {
  return `task-${task}`;
}

export function answerId(finding: string): string {
  return `answer-${finding}`;
}

/** Moves the focus there once it is drawn. */
export function focusLater(id: string): void {
  requestAnimationFrame(() => {
    const element = document.getElementById(id);
    element?.focus({ preventScroll: true });
    element?.scrollIntoView({ block: 'nearest' });
  });
}

/** Where to go on after answers: to the next question in the order it was. */
function onwardFrom(before: readonly Finding[], settled: readonly Finding[], after: Plan): Finding | undefined {
  const left = new Set(after.findings.filter(isOpen).map((finding) => finding.findingId));
  const place = before.findIndex((finding) => finding.findingId === settled[0]?.findingId);
  const order = [...before.slice(place + 1), ...before.slice(0, Math.max(place, 0))];
  return order.find((finding) => left.has(finding.findingId)) ?? openInOrder(after)[0];
}

/** What the name is taken for; empty where it is left as printed. */
function meantBy(finding: Finding, settlement: Finding_Settlement, answer: string): string {
  if (settlement === Finding_Settlement.DISMISSED) return '';
  return settlement === Finding_Settlement.ACCEPTED ? finding.proposal : answer;
}

export function useDesk(plan: Plan): Desk {
  const acts = useDraftActs(plan);
  const [place, setPlace] = useState<Place | null>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const [work, setWork] = useState<Work | null>(null);
  const [remembered, setRemembered] = useState<ReadonlySet<string>>(new Set());
  const [removing, setRemoving] = useState<string | null>(null);
  const now = useRef({ plan, acts, place, work, remembered });
  now.current = { plan, acts, place, work, remembered };

  const actions = useMemo((): DeskActions => {
    const look = (task: string, finding?: string): void => {
      setPlace((was) => (was?.task === task && finding === undefined ? was : { task, finding: finding ?? '' }));
    };
    const go = (task: string, finding?: string): void => {
      look(task, finding);
      focusLater(cardId(task));
    };
    const settle: DeskActions['settle'] = async (findings, settlement, answer, onward) => {
      const { remembered: kept } = now.current;
      const before = openInOrder(now.current.plan);
      const answers = findings.map((finding): Answer => ({
        findingId: finding.findingId,
        settlement,
        answer,
        remember: kept.has(finding.findingId) && canBeRemembered(finding, meantBy(finding, settlement, answer)),
      }));
      const after = await now.current.acts.run({ kind: 'settle', answers });
      const next = after === undefined || !onward ? undefined : onwardFrom(before, findings, after);
      if (next !== undefined) go(next.task, next.findingId);
    };
    return {
      look,
      go,
      settle,
      hover: setHovered,
      next: (by) => {
        const finding = neighbourOf(openInOrder(now.current.plan), currentFinding(now.current.plan, now.current.place)?.findingId ?? '', by);
        if (finding !== undefined) go(finding.task, finding.findingId);
      },
      step: (by) => {
        const { tasks } = now.current.plan;
        const at = tasks.findIndex((task) => task.taskId === now.current.place?.task);
        const task = tasks[at < 0 ? 0 : at + by];
        if (task !== undefined) go(task.taskId);
      },
      reopen: (finding) => void now.current.acts.run({ kind: 'reopen', findingIds: [finding.findingId] }),
      setRemember: (finding, on) => {
        setRemembered((was) => {
          const next = new Set(was);
          if (on) next.add(finding);
          else next.delete(finding);
          return next;
        });
      },
      edit: (edit, then) => {
        if (edit === undefined) return;
        void now.current.acts.run({ kind: 'edit', edits: [edit] }).then((after) => {
          if (after !== undefined && then !== undefined) go(then);
        });
      },
      start: (kind, taskId) => {
        now.current.acts.forget();
        const opened = kind === 'add' ? undefined : now.current.plan.tasks.find((task) => task.taskId === taskId);
        setWork({ kind, taskId, opened, typed: {} });
      },
      stop: () => {
        const was = now.current.work;
        setWork(null);
        if (was !== null) focusLater(cardId(was.taskId));
      },
      askRemove: (task) => { setRemoving(task === '' ? null : task); },
    };
  }, []);
  return { plan, acts, place, hovered, work, remembered, removing, actions };
}

/** The question that keys answer: the one that is looked at, or the first open one of the task. */
export function currentFinding(plan: Plan, place: Place | null): Finding | undefined {
  if (place === null) return undefined;
  const open = openInOrder(plan);
  return open.find((one) => one.findingId === place.finding) ?? open.find((one) => one.task === place.task);
}
