import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';

import { numberOf } from '../api/assignments';
import { assignmentPath } from '../api/names';
import type { Assignment } from '../gen/duban/v1/assignment_pb';
import { Responsibility_Role } from '../gen/duban/v1/plan_pb';
import { deadlineWords, useLanguage, useWords, wordOf } from '../words';
import { Light } from './Light';
import { State } from './State';

interface Props {
  assignment: Assignment;
  /** Before it: a box to tick. */
  lead?: ReactNode;
  /** Behind it: what can be done at once. */
  acts?: ReactNode;
  /** Whose it is, where that is not plain from the list. */
  withUnit?: boolean;
  /** What somebody said that has to be read first. */
  note?: string | undefined;
}

/** One assignment in a list, as `li`: its words, its facts in a line, and what to do. */
export function AssignmentCard({ assignment, lead, acts, withUnit = false, note = '' }: Props) {
  const words = useWords();
  const language = useLanguage();
  return (
    <li>
      {lead}
      <div className="card-body">
        <Link className="card-text" to={assignmentPath(assignment.name)}>{assignment.text}</Link>
        <div className="card-facts">
          <Light light={assignment.light} />
          <State assignment={assignment} />
          <span>{words.list.deadline} {deadlineWords(assignment.deadline, words, language)}</span>
          {withUnit && <span>{assignment.unitDisplayName}</span>}
          <span>{wordOf(words.Responsibility_Role, Responsibility_Role, assignment.role)}</span>
          <span>{words.one.title(assignment.planTitle, numberOf(assignment))}</span>
        </div>
        {note !== '' && <div className="card-note two-lines">{note}</div>}
      </div>
      {acts !== undefined && <div className="card-acts">{acts}</div>}
    </li>
  );
}
