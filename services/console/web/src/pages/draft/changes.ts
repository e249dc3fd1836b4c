// What somebody else changed in a draft since it was seen.
import { equals, toJson } from '@bufbuild/protobuf';

import { Finding_Settlement, type Finding, type Plan, type Task, TaskSchema } from '../../gen/duban/v1/plan_pb';

export interface TaskDifference {
  /** Undefined where it was added. */
  before: Task | undefined;
  /** Undefined where it was removed. */
  after: Task | undefined;
  /** Fields of Task, as the contract calls them; of one that was changed. */
  fields: string[];
}

export interface Changes {
  tasks: TaskDifference[];
  /** Findings that were settled or reopened. */
  findings: Finding[];
}

// Follow from where it stands, or say what was read from where.
const NOT_SAID = new Set(['name', 'task_id', 'span', 'printed_number', 'shared_units', 'printed_units', 'text_deadlines', 'targets']);

function fieldsOf(task: Task): Map<string, string> {
  const json = toJson(TaskSchema, task, { useProtoFieldName: true }) as Record<string, unknown>;
  return new Map(Object.entries(json).map(([field, value]) => [field, JSON.stringify(value)]));
}

export function changedFields(before: Task, after: Task): string[] {
  if (equals(TaskSchema, before, after)) return [];
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...was.keys(), ...is.keys()])].filter((field) => !NOT_SAID.has(field) && was.get(field) !== is.get(field));
}

export function changesBetween(before: Plan, after: Plan): Changes {
  const was = new Map(before.tasks.map((task) => [task.taskId, task]));
  const is = new Map(after.tasks.map((task) => [task.taskId, task]));
  const tasks: TaskDifference[] = [];
  for (const task of after.tasks) {
    const old = was.get(task.taskId);
    if (old === undefined) {
      tasks.push({ before: undefined, after: task, fields: [] });
      continue;
    }
    const fields = changedFields(old, task);
    if (fields.length > 0) tasks.push({ before: old, after: task, fields });
  }
  for (const task of before.tasks) {
    if (!is.has(task.taskId)) tasks.push({ before: task, after: undefined, fields: [] });
  }
  const settled = new Map(before.findings.map((finding) => [finding.findingId, finding.settlement]));
  const findings = after.findings.filter((finding) => {
    const old = settled.get(finding.findingId) ?? Finding_Settlement.SETTLEMENT_UNSPECIFIED;
    return old !== finding.settlement;
  });
  return { tasks, findings };
}
