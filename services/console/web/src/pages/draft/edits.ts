// What people do to the tasks of a draft, as edits of the contract.
import type { MessageInitShape } from '@bufbuild/protobuf';

import type { Plan, Task } from '../../gen/duban/v1/plan_pb';
import type { EditPlanRequest_EditSchema } from '../../gen/duban/v1/plan_service_pb';
import type { TaskInit } from './taskForm';

export type Edit = MessageInitShape<typeof EditPlanRequest_EditSchema>;

function placeOf(plan: Plan, taskId: string): number {
  return plan.tasks.findIndex((task) => task.taskId === taskId);
}

function idAt(plan: Plan, place: number): string {
  return plan.tasks[place]?.taskId ?? '';
}

/** Past the neighbour above (-1) or below (1), under that one's headings; nothing where there is none. */
export function moved(plan: Plan, taskId: string, by: -1 | 1): Edit | undefined {
  const place = placeOf(plan, taskId);
  const neighbour = plan.tasks[place + by];
  if (place < 0 || neighbour === undefined) return undefined;
  const before = idAt(plan, by < 0 ? place - 1 : place + 2);
  return { edit: { case: 'moveTask', value: { taskId, before, headings: neighbour.headings } } };
}

export function pathKey(headings: readonly string[]): string {
  return JSON.stringify(headings);
}

/** Behind the last other task under `headings`; at the end where there is none. */
export function movedUnder(plan: Plan, taskId: string, headings: string[]): Edit | undefined {
  if (placeOf(plan, taskId) < 0) return undefined;
  const key = pathKey(headings);
  const others = plan.tasks.filter((task) => task.taskId !== taskId);
  const last = others.map((task) => pathKey(task.headings)).lastIndexOf(key);
  const before = last < 0 ? '' : (others[last + 1]?.taskId ?? '');
  return { edit: { case: 'moveTask', value: { taskId, before, headings } } };
}

/** Into the task before it; nothing for the first one. */
export function joinedUp(plan: Plan, taskId: string): Edit | undefined {
  const place = placeOf(plan, taskId);
  if (place <= 0) return undefined;
  return { edit: { case: 'joinTasks', value: { taskId: idAt(plan, place - 1), others: [taskId] } } };
}

/** Behind `after`, under its headings unless the task has its own; empty: at the end. */
export function added(plan: Plan, after: string, task: TaskInit): Edit {
  const place = placeOf(plan, after);
  const neighbour: Task | undefined = plan.tasks[place];
  const before = place < 0 ? '' : idAt(plan, place + 1);
  const headings = task.headings === undefined || task.headings.length === 0 ? (neighbour?.headings ?? []) : task.headings;
  return { edit: { case: 'addTask', value: { before, task: { ...task, headings } } } };
}

/** Nothing where it is gone already. */
export function removed(plan: Plan, taskId: string): Edit | undefined {
  return placeOf(plan, taskId) < 0 ? undefined : { edit: { case: 'removeTask', value: { taskId } } };
}

export function split(taskId: string, texts: string[]): Edit {
  return { edit: { case: 'splitTask', value: { taskId, texts } } };
}

/** An empty name takes the heading away. */
export function renamed(plan: Plan, headings: string[], heading: string): Edit | undefined {
  const isThere = plan.tasks.some((task) => headings.every((one, i) => task.headings[i] === one));
  return !isThere ? undefined : { edit: { case: 'renameHeading', value: { headings, heading } } };
}

/** All headings under which tasks stand, in the order of the document. */
export function headingPaths(plan: Plan): string[][] {
  const seen = new Set<string>();
  return plan.tasks.map((task) => task.headings).filter((path) => {
    const key = pathKey(path);
    return path.length > 0 && !seen.has(key) && seen.add(key);
  });
}

/** Where a text falls apart by itself: at its line breaks, else between sentences, else between clauses. */
const SEAMS = [/\n/, /(?<=[。；;])/, /(?<=[，,])/];

export function partsOf(text: string): string[] {
  for (const seam of SEAMS) {
    const parts = text.split(seam).map((part) => part.trim()).filter((part) => part !== '');
    if (parts.length > 1) return parts;
  }
  return [text.trim()];
}
