// What was typed at the desk of a draft and not sent yet. It outlives the places it is typed in: an editor that was
// closed, a tab that was left. It is gone with the page, and with whoever typed it.
import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useState } from 'react';

import type { Plan, Task } from '../../gen/duban/v1/plan_pb';
import type { TaskForm } from './taskForm';

/** Something that is being typed. */
export interface Work {
  kind: 'edit' | 'split' | 'add';
  /** The task it is about; of a new one, the task it comes behind, or empty. */
  taskId: string;
  /** The task as it was when this was begun; undefined: a new one. */
  opened: Task | undefined;
  /** What was typed so far. It outlives the place on the page, which goes when somebody else deletes the task. */
  typed: { form?: TaskForm; text?: string };
  /** Left once before and opened again. */
  isRestored: boolean;
  /** Another one for each that is begun. */
  id: number;
}

export function hasTyped(work: Work): boolean {
  return work.typed.form !== undefined || work.typed.text !== undefined;
}

export class Typed {
  /** Answers that are not sent, by what they are about. */
  readonly answers = new Map<string, string>();
  /** What is open. */
  work: Work | null = null;
  private readonly works = new Map<string, Work>();
  private begun = 0;

  /** What was typed of it before, or a new beginning. */
  begin(plan: Plan, kind: Work['kind'], taskId: string): Work {
    if (this.work?.kind === kind && this.work.taskId === taskId) return this.work;
    const key = `${kind}/${taskId}`;
    const left = this.works.get(key);
    const opened = kind === 'add' ? undefined : plan.tasks.find((task) => task.taskId === taskId);
    this.work = left !== undefined && hasTyped(left)
      ? { ...left, isRestored: true }
      : { kind, taskId, opened, typed: {}, isRestored: false, id: ++this.begun };
    this.works.set(key, this.work);
    return this.work;
  }

  /** It went through, or is not wanted. */
  drop({ kind, taskId }: Work): void {
    this.works.delete(`${kind}/${taskId}`);
    this.work = null;
  }
}

const TYPED = 'typed';
/** Where answers are kept it goes when somebody else signs in, as they do. */
export function useTyped(plan: string): Typed {
  const queries = useQueryClient();
  const [typed] = useState(() => {
    const there = queries.getQueryData<Typed>([TYPED, plan]) ?? new Typed();
    queries.setQueryDefaults([TYPED], { gcTime: Infinity });
    queries.setQueryData([TYPED, plan], there);
    return there;
  });
  return typed;
}

export const TypedContext = createContext(new Typed());

/** A text that is still there where its place was gone for a while. */
export function useTypedText(about: string): [string, (text: string) => void] {
  const { answers } = useContext(TypedContext);
  const [text, setText] = useState(answers.get(about) ?? '');
  const type = (next: string): void => {
    setText(next);
    if (next === '') answers.delete(about);
    else answers.set(about, next);
  };
  return [text, type];
}
