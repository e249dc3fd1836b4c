// What of a superior's tasks is taken on by a plan, and what is proposed for the others.
import type { Plan, Task } from '../../gen/duban/v1/plan_pb';
import type { ProposeAlignmentsResponse } from '../../gen/duban/v1/plan_service_pb';

export interface Proposal {
  task: Task;
  /** From 0 to 1. */
  score: number;
}

export interface Upstream {
  /** `plans/{plan}/tasks/{task}`. */
  name: string;
  /** As the proposals have it; empty where nothing is proposed. */
  text: string;
  /** Best first. */
  proposals: Proposal[];
  /** Tasks of the plan that take it on. */
  taken: Task[];
}

export interface TakingOn {
  /** That no plan takes on yet. */
  uncovered: Upstream[];
  /** That this plan takes on. */
  taken: Upstream[];
  /** That others take on, and for which something is proposed here. */
  elsewhere: Upstream[];
}

export function takingOn(plan: Plan, response: ProposeAlignmentsResponse): TakingOn {
  const all = new Map<string, Upstream>();
  const tasks = new Map(plan.tasks.map((task) => [`${plan.name}/tasks/${task.taskId}`, task]));
  const upstream = (name: string): Upstream => {
    const there = all.get(name) ?? { name, text: '', proposals: [], taken: [] };
    all.set(name, there);
    return there;
  };
  for (const task of plan.tasks) {
    for (const name of task.alignedTasks) upstream(name).taken.push(task);
  }
  for (const name of response.uncoveredTasks) upstream(name);
  for (const one of response.alignments) {
    const task = tasks.get(one.task);
    if (task === undefined) continue;
    const there = upstream(one.upstreamTask);
    there.text = one.upstreamText;
    there.proposals.push({ task, score: one.score });
  }
  const uncovered = new Set(response.uncoveredTasks);
  const sorted = [...all.values()];
  for (const one of sorted) one.proposals.sort((a, b) => b.score - a.score);
  return {
    uncovered: sorted.filter((one) => one.taken.length === 0 && uncovered.has(one.name)),
    taken: sorted.filter((one) => one.taken.length > 0),
    elsewhere: sorted.filter((one) => one.taken.length === 0 && !uncovered.has(one.name)),
  };
}

/** From this likeness on, the best proposals are offered all at once. */
export const ALIKE = 0.5;

/** The best proposals that are clear enough, each task of the plan once. */
export function clearOnes(uncovered: readonly Upstream[]): { upstream: Upstream; task: Task }[] {
  return uncovered.flatMap((upstream) => {
    const best = upstream.proposals[0];
    return best !== undefined && best.score >= ALIKE ? [{ upstream, task: best.task }] : [];
  });
}

export interface AlignmentChange {
  task: string;
  upstreamTasks: string[];
}

/** Several for one task are one change, as the contract replaces what was there; none where all of it is there. */
export function confirmed(plan: Plan, pairs: readonly { upstream: string; task: Task }[]): AlignmentChange[] {
  const wanted = new Map<string, Set<string>>();
  for (const { upstream, task } of pairs) {
    wanted.set(task.taskId, (wanted.get(task.taskId) ?? new Set<string>()).add(upstream));
  }
  return plan.tasks.flatMap((task) => {
    const upstreamTasks = [...new Set([...task.alignedTasks, ...(wanted.get(task.taskId) ?? [])])];
    return upstreamTasks.length === task.alignedTasks.length ? [] : [{ task: `${plan.name}/tasks/${task.taskId}`, upstreamTasks }];
  });
}

/** No task of the plan takes it on any more. */
export function undone(plan: Plan, upstream: string): AlignmentChange[] {
  return plan.tasks.filter((task) => task.alignedTasks.includes(upstream)).map((task) => ({
    task: `${plan.name}/tasks/${task.taskId}`,
    upstreamTasks: task.alignedTasks.filter((name) => name !== upstream),
  }));
}
