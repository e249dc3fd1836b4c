import { Tag } from 'antd';

import { type Assignment, Assignment_State } from '../gen/duban/v1/assignment_pb';
import { type Words, useWords, wordOf } from '../words';

const COLOURS: Partial<Record<Assignment_State, string>> = {
  [Assignment_State.ISSUED]: 'orange',
  [Assignment_State.RECEIVED]: 'blue',
  [Assignment_State.IN_PROGRESS]: 'blue',
  [Assignment_State.UNDER_REVIEW]: 'purple',
  [Assignment_State.DONE]: 'green',
  [Assignment_State.DECLINED]: 'volcano',
};

/** Where it stands; what a revision changed is to be signed again. */
export function stateWords(assignment: Assignment, words: Words): string {
  const again = assignment.state === Assignment_State.ISSUED && assignment.execution?.receipt !== undefined;
  return again ? words.list.signAgain : wordOf(words.Assignment_State, Assignment_State, assignment.state);
}

export function State({ assignment }: { assignment: Assignment }) {
  const words = useWords();
  return <Tag color={COLOURS[assignment.state] ?? 'default'}>{stateWords(assignment, words)}</Tag>;
}
