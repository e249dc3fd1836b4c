// A task as a form has it, and what of it was changed.
import type { MessageInitShape } from '@bufbuild/protobuf';

import { Deadline_Frequency, Deadline_Kind } from '../../gen/duban/v1/deadline_pb';
import { type Responsibility, Responsibility_Role, type Task, type TaskSchema } from '../../gen/duban/v1/plan_pb';

export type TaskInit = MessageInitShape<typeof TaskSchema>;

export interface TaskForm {
  text: string;
  title: string;
  /** One a line, from the outermost. */
  headings: string;
  lead: string[];
  responsible: string[];
  cooperate: string[];
  kind: Deadline_Kind;
  due: string;
  frequency: Deadline_Frequency;
  workingDays: number;
  remark: string;
}

const { LEAD, RESPONSIBLE, COOPERATE } = Responsibility_Role;

export function formOf(task: Task | undefined): TaskForm {
  const units = (role: Responsibility_Role): string[] =>
    (task?.responsibilities ?? []).filter((one) => one.role === role).map((one) => one.unit);
  const deadline = task?.deadline;
  return {
    text: task?.text ?? '',
    title: task?.title ?? '',
    headings: (task?.headings ?? []).join('\n'),
    lead: units(LEAD),
    responsible: units(RESPONSIBLE),
    cooperate: units(COOPERATE),
    kind: deadline?.kind ?? Deadline_Kind.KIND_UNSPECIFIED,
    due: deadline?.due ?? '',
    frequency: deadline?.frequency ?? Deadline_Frequency.FREQUENCY_UNSPECIFIED,
    workingDays: deadline?.workingDays ?? 0,
    remark: task?.remark ?? '',
  };
}

/** Lines that a text takes in a form, within reason. Ant Design's own measuring needs inline styles. */
export function rowsFor(text: string): number {
  const lines = text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 38)), 0);
  return Math.min(Math.max(lines + 1, 3), 18);
}

export function needsDay(kind: Deadline_Kind): boolean {
  return kind === Deadline_Kind.BY_DATE || kind === Deadline_Kind.WHOLE_PERIOD;
}

/** Entries that were there keep what the reader found out about them. */
function responsibilitiesOf(form: TaskForm, before: readonly Responsibility[]): NonNullable<TaskInit['responsibilities']> {
  const entries = (units: string[], role: Responsibility_Role) =>
    units.map((unit) => {
      const known = before.find((one) => one.unit === unit);
      return known === undefined ? { unit, role } : { ...known, role };
    });
  return [...entries(form.lead, LEAD), ...entries(form.responsible, RESPONSIBLE), ...entries(form.cooperate, COOPERATE)];
}

function deadlineOf(form: TaskForm): NonNullable<TaskInit['deadline']> {
  const isPeriodic = form.kind === Deadline_Kind.PERIODIC;
  return {
    kind: form.kind,
    due: needsDay(form.kind) ? form.due : '',
    frequency: isPeriodic ? form.frequency : Deadline_Frequency.FREQUENCY_UNSPECIFIED,
    times: isPeriodic ? 1 : 0,
    workingDays: form.kind === Deadline_Kind.WORKING_DAYS ? form.workingDays : 0,
  };
}

function headingsOf(form: TaskForm): string[] {
  return form.headings.split('\n').map((one) => one.trim()).filter((one) => one !== '');
}

export function newTask(form: TaskForm): TaskInit {
  return {
    text: form.text.trim(),
    title: form.title.trim(),
    headings: headingsOf(form),
    responsibilities: responsibilitiesOf(form, []),
    deadline: deadlineOf(form),
    remark: form.remark.trim(),
  };
}

export interface TaskChange {
  task: TaskInit;
  /** Fields of Task; none: nothing was changed. */
  paths: string[];
}

/** What a form says that `base` does not: nothing else is sent, so that nobody's other change is overwritten. */
export function changeOf(base: Task, form: TaskForm): TaskChange {
  const before = formOf(base);
  const differs = (...fields: (keyof TaskForm)[]): boolean =>
    fields.some((field) => JSON.stringify(before[field]) !== JSON.stringify(form[field]));
  const task: TaskInit = { name: base.name };
  const paths: string[] = [];
  const say = (path: string, set: () => void): void => {
    set();
    paths.push(path);
  };
  if (differs('text')) say('text', () => { task.text = form.text.trim(); });
  if (differs('title')) say('title', () => { task.title = form.title.trim(); });
  if (differs('remark')) say('remark', () => { task.remark = form.remark.trim(); });
  if (differs('headings')) say('headings', () => { task.headings = headingsOf(form); });
  if (differs('lead', 'responsible', 'cooperate')) {
    say('responsibilities', () => { task.responsibilities = responsibilitiesOf(form, base.responsibilities); });
  }
  if (differs('kind', 'due', 'frequency', 'workingDays')) say('deadline', () => { task.deadline = deadlineOf(form); });
  return { task, paths };
}
