import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';

import { numberOf } from '../../api/assignments';
import { assignmentPath } from '../../api/names';
import { DeadlineCell } from '../../components/DeadlineCell';
import { Light } from '../../components/Light';
import { State } from '../../components/State';
import type { Assignment } from '../../gen/duban/v1/assignment_pb';
import { Responsibility_Role } from '../../gen/duban/v1/plan_pb';
import { useWords, wordOf } from '../../words';

export interface Columns {
  /** The columns that would say the same in every row are left out. */
  withPlan: boolean;
  withUnit: boolean;
}

export function columnCount({ withPlan, withUnit }: Columns): number {
  return 6 + Number(withPlan) + Number(withUnit);
}

/** The list on a screen that is wide enough; `children` are its bodies, a page each. */
export function AssignmentTable({ withPlan, withUnit, children }: Columns & { children: ReactNode }) {
  const { list } = useWords();
  return (
    <table className="list">
      <thead>
        <tr>
          <th scope="col" className="list-number number">{list.number}</th>
          <th scope="col">{list.task}</th>
          {withPlan && <th scope="col" className="list-plan">{list.plan}</th>}
          {withUnit && <th scope="col" className="list-unit">{list.unit}</th>}
          <th scope="col" className="list-role">{list.role}</th>
          <th scope="col" className="list-deadline">{list.deadline}</th>
          <th scope="col" className="list-state">{list.state}</th>
          <th scope="col" className="list-light">{list.light}</th>
        </tr>
      </thead>
      {children}
    </table>
  );
}

export function AssignmentRow({ assignment, withPlan, withUnit }: Columns & { assignment: Assignment }) {
  const words = useWords();
  return (
    <tr className="list-row">
      <td className="number">{numberOf(assignment)}</td>
      <td><Link className="card-text" to={assignmentPath(assignment.name)}>{assignment.text}</Link></td>
      {withPlan && <td><span className="two-lines">{assignment.planTitle}</span></td>}
      {withUnit && <td>{assignment.unitDisplayName}</td>}
      <td>{wordOf(words.Responsibility_Role, Responsibility_Role, assignment.role)}</td>
      <td><DeadlineCell deadline={assignment.deadline} /></td>
      <td><State assignment={assignment} /></td>
      <td><Light light={assignment.light} /></td>
    </tr>
  );
}
