// The desk at which a draft is checked: which task and question is looked at, and what is being typed.
import { useMemo, useRef, useState } from 'react';

import { type Finding, Finding_Settlement, type Plan } from '../../gen/duban/v1/plan_pb';
import type { Edit } from './edits';
import { canBeRemembered, isOpen, neighbourOf, openInOrder } from './findings';
import { focusLater, isTypingElsewhere } from './focus';
import { hasTyped, type Typed, useTyped, type Work } from './typed';
import { type Answer, type DraftActs, type DraftChange, useDraftActs } from './useDraftActs';

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
  settle: (findings: readonly Finding[], settlement: Finding_Settlement, answer: string, onward: boolean) => Promise<boolean>;
  reopen: (finding: Finding) => void;
  setRemember: (finding: string, on: boolean) => void;
  /** `editOf`: made of the draft as the change before left it; nothing where there is nothing to do any more. */
  edit: (editOf: (latest: Plan) => Edit | undefined, then?: string) => void;
  /** Goes on with what was typed before, where there is something. */
  start: (kind: Work['kind'], taskId: string) => void;
  /** Forgets what was typed, and begins anew. */
  startOver: () => void;
  /** Closes it; what was typed is still there when it is opened again. */
  stop: () => void;
  /** It went through. `from`: where the person was when they sent it. */
  finish: (work: Work, from: Element | null) => void;
  /** Asks whether to delete it. */
  askRemove: (task: string) => void;
}

export interface Desk {
  plan: Plan;
  acts: DraftActs;
  place: Place | null;
  hovered: string | null;
  work: Work | null;
  typed: Typed;
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

/** What is said about those of `findings` that are still open. */
function answersTo(findings: readonly Finding[], latest: Plan, settlement: Finding_Settlement, answer: string, kept: ReadonlySet<string>): Answer[] {
  const open = new Set(latest.findings.filter(isOpen).map((finding) => finding.findingId));
  return findings.filter((finding) => open.has(finding.findingId)).map((finding): Answer => ({
    findingId: finding.findingId,
    settlement,
    answer,
    remember: kept.has(finding.findingId) && canBeRemembered(finding, meantBy(finding, settlement, answer)),
  }));
}

export function useDesk(plan: Plan): Desk {
  const acts = useDraftActs(plan);
  const typed = useTyped(plan.name);
  const [place, setPlace] = useState<Place | null>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const [work, setWork] = useState<Work | null>(typed.work);
  const [remembered, setRemembered] = useState<ReadonlySet<string>>(new Set());
  const [removing, setRemoving] = useState<string | null>(null);
  const now = useRef({ plan, acts, place, remembered });
  now.current = { plan, acts, place, remembered };

  const actions = useMemo((): DeskActions => {
    const look = (task: string, finding?: string): void => {
      setPlace((was) => (was?.task === task && finding === undefined ? was : { task, finding: finding ?? '' }));
    };
    const go = (task: string, finding?: string, from: Element | null = document.activeElement): void => {
      if (isTypingElsewhere(from)) return;
      look(task, finding);
      focusLater(cardId(task), from);
    };
    const begin = (kind: Work['kind'], taskId: string): void => {
      now.current.acts.forget();
      setWork(typed.begin(now.current.plan, kind, taskId));
    };
    const settle: DeskActions['settle'] = async (findings, settlement, answer, onward) => {
      const { remembered: kept } = now.current;
      const before = openInOrder(now.current.plan);
      const from = document.activeElement;
      const after = await now.current.acts.run((latest) => {
        const answers = answersTo(findings, latest, settlement, answer, kept);
        return answers.length === 0 ? undefined : { kind: 'settle', answers };
      });
      if (after === undefined) return false;
      for (const { findingId } of findings) typed.answers.delete(findingId);
      const next = onward ? onwardFrom(before, findings, after) : undefined;
      if (next !== undefined) go(next.task, next.findingId, from);
      return true;
    };
    return {
      look,
      go: (task, finding) => { go(task, finding); },
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
      reopen: ({ findingId }) => void now.current.acts.run(({ findings }) => (
        findings.some((one) => one.findingId === findingId && !isOpen(one)) ? { kind: 'reopen', findingIds: [findingId] } : undefined
      )),
      setRemember: (finding, on) => {
        setRemembered((was) => {
          const next = new Set(was);
          if (on) next.add(finding);
          else next.delete(finding);
          return next;
        });
      },
      edit: (editOf, then) => {
        const from = document.activeElement;
        const made = (latest: Plan): DraftChange | undefined => {
          const edit = editOf(latest);
          return edit && { kind: 'edit', edits: [edit] };
        };
        void now.current.acts.run(made).then((after) => {
          if (after !== undefined && then !== undefined) go(then, undefined, from);
        });
      },
      start: begin,
      startOver: () => {
        const { work: was } = typed;
        if (was === null) return;
        typed.drop(was);
        begin(was.kind, was.taskId);
      },
      stop: () => {
        const was = typed.work;
        if (was === null) return;
        if (hasTyped(was)) typed.work = null;
        else typed.drop(was);
        setWork(null);
        focusLater(cardId(was.taskId));
      },
      finish: (was, from) => {
        typed.drop(was);
        setWork(null);
        focusLater(cardId(was.taskId), from);
      },
      askRemove: (task) => { setRemoving(task === '' ? null : task); },
    };
  }, [typed]);
  return { plan, acts, place, hovered, work, typed, remembered, removing, actions };
}

/** The question that keys answer: the one that is looked at, or the first open one of the task. */
export function currentFinding(plan: Plan, place: Place | null): Finding | undefined {
  if (place === null) return undefined;
  const open = openInOrder(plan);
  return open.find((one) => one.findingId === place.finding) ?? open.find((one) => one.task === place.task);
}
