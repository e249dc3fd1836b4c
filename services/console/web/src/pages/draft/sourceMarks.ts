// Which words of the original belong to which task: the spans of a reading laid over the lines of the document.
import { equals } from '@bufbuild/protobuf';

import { type Plan, type SourceSpan, SourceSpanSchema } from '../../gen/duban/v1/plan_pb';
import type { PlanSource_Line } from '../../gen/duban/v1/plan_source_service_pb';
import { isOpen } from './findings';

type Kind = 'task' | 'unit' | 'doubt';

/** A part of one line; columns count code points, from 1, the last one exclusive. */
export interface Mark {
  from: number;
  to: number;
  /** The `task_id`; empty: of the document. */
  task: string;
  kind: Kind;
}

/** By line, from 1. */
export type Marks = ReadonlyMap<number, readonly Mark[]>;

/** A run of characters that is marked alike. */
export interface Segment {
  text: string;
  /** Several where tasks share a cell. */
  tasks: string[];
  isUnit: boolean;
  /** An open finding is about it. */
  isDoubt: boolean;
}

function addSpan(marks: Map<number, Mark[]>, span: SourceSpan | undefined, task: string, kind: Kind): void {
  if (span === undefined || span.line === 0) return;
  for (let line = span.line; line <= span.endLine; ++line) {
    const from = line === span.line ? span.column : 1;
    const to = line === span.endLine ? span.endColumn : Infinity;
    const there = marks.get(line);
    if (there === undefined) marks.set(line, [{ from, to, task, kind }]);
    else there.push({ from, to, task, kind });
  }
}

function isSame(a: SourceSpan | undefined, b: SourceSpan | undefined): boolean {
  return a !== undefined && b !== undefined && equals(SourceSpanSchema, a, b);
}

export function marksOf(plan: Plan): Marks {
  const marks = new Map<number, Mark[]>();
  for (const task of plan.tasks) {
    addSpan(marks, task.span, task.taskId, 'task');
    for (const one of task.responsibilities) addSpan(marks, one.span, task.taskId, 'unit');
  }
  const spans = new Map(plan.tasks.map((task) => [task.taskId, task.span]));
  for (const finding of plan.findings) {
    // A doubt about all of a task is told beside it; every word underlined would say nothing.
    if (isOpen(finding) && !isSame(finding.span, spans.get(finding.task))) addSpan(marks, finding.span, finding.task, 'doubt');
  }
  return marks;
}

/** The line cut where marks begin and end. */
export function segmentsOf(line: PlanSource_Line, marks: readonly Mark[]): Segment[] {
  const characters = [...line.text];
  const end = line.column + characters.length;
  const here = marks.filter((mark) => mark.from < end && mark.to > line.column);
  const cuts = new Set([line.column, end]);
  for (const mark of here) {
    cuts.add(Math.max(mark.from, line.column));
    cuts.add(Math.min(mark.to, end));
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  const segments: Segment[] = [];
  for (let i = 0; i + 1 < sorted.length; ++i) {
    const [from, to] = [sorted[i] ?? 0, sorted[i + 1] ?? 0];
    const over = here.filter((mark) => mark.from <= from && mark.to >= to);
    segments.push({
      text: characters.slice(from - line.column, to - line.column).join(''),
      tasks: [...new Set(over.map((mark) => mark.task).filter((task) => task !== ''))],
      isUnit: over.some((mark) => mark.kind === 'unit'),
      isDoubt: over.some((mark) => mark.kind === 'doubt'),
    });
  }
  return segments;
}
