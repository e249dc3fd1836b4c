// The headings of a plan as a tree, with their tasks, in the order of the document.
import type { Task } from '../../gen/duban/v1/plan_pb';

/** As the document numbers it. */
export function taskNumber(task: Pick<Task, 'number' | 'printedNumber'>): string {
  return task.printedNumber === '' ? String(task.number) : task.printedNumber;
}

export interface Branch {
  /** Unique within the plan. */
  key: string;
  title: string;
  branches: Branch[];
  tasks: Task[];
}

/** Tables that are not the main part stand above their headings. */
function pathOf(task: Task): string[] {
  const table = task.table === '' || task.table === 'body' ? [] : [task.table];
  return [...table, ...task.headings];
}

/**
 * Tasks without a heading hang on the root. A heading that comes again later, with others between, is another branch:
 * it stands so in the document.
 */
export function treeOf(tasks: readonly Task[]): Branch {
  const root: Branch = { key: '', title: '', branches: [], tasks: [] };
  for (const task of tasks) {
    let at = root;
    for (const title of pathOf(task)) {
      const last = at.branches.at(-1);
      if (last?.title === title) {
        at = last;
      } else {
        const next: Branch = { key: `${at.key}/${String(at.branches.length)}`, title, branches: [], tasks: [] };
        at.branches.push(next);
        at = next;
      }
    }
    at.tasks.push(task);
  }
  return root;
}

export function countOf(branch: Branch): number {
  return branch.tasks.length + branch.branches.reduce((sum, one) => sum + countOf(one), 0);
}

/** Whether it says what is looked for: in its words, its number or its units. */
export function matches(task: Task, text: string): boolean {
  const wanted = text.trim();
  if (wanted === '') return true;
  return [task.text, task.title, task.printedNumber, String(task.number), ...task.responsibilities.map((one) => one.unit)].some(
    (words) => words.includes(wanted),
  );
}
