// Resource names, as the contracts write them and as addresses of pages have them.

/** `x` of `units/x`. */
export function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** `/assignments/p/t/u` of `plans/p/tasks/t/assignments/u`. */
export function assignmentPath(name: string): string {
  const [, plan = '', , task = '', , unit = ''] = name.split('/');
  return `/assignments/${plan}/${task}/${unit}`;
}

export function assignmentName(plan: string, task: string, unit: string): string {
  return `plans/${plan}/tasks/${task}/assignments/${unit}`;
}

/** `plans/p` of anything in it. */
export function planOf(name: string): string {
  return name.split('/').slice(0, 2).join('/');
}
