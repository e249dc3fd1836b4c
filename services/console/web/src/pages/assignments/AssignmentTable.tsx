import { Table, type TableColumnsType } from 'antd';
import { Link } from 'react-router-dom';

import { numberOf } from '../../api/assignments';
import { assignmentPath } from '../../api/names';
import { DeadlineCell } from '../../components/DeadlineCell';
import { Light } from '../../components/Light';
import { State } from '../../components/State';
import type { Assignment } from '../../gen/duban/v1/assignment_pb';
import { Responsibility_Role } from '../../gen/duban/v1/plan_pb';
import { useWords, type Words, wordOf } from '../../words';

interface Props {
  items: Assignment[];
  /** The columns that would say the same in every row are left out. */
  withPlan: boolean;
  withUnit: boolean;
}

function columnsOf({ withPlan, withUnit }: Props, words: Words): TableColumnsType<Assignment> {
  const { list } = words;
  const columns: TableColumnsType<Assignment> = [
    { title: list.number, width: 76, align: 'right', render: (_, one) => numberOf(one) },
    {
      title: list.task,
      render: (_, one) => <Link className="card-text" to={assignmentPath(one.name)}>{one.text}</Link>,
    },
  ];
  if (withPlan) columns.push({ title: list.plan, width: '20%', render: (_, one) => <span className="two-lines">{one.planTitle}</span> });
  if (withUnit) columns.push({ title: list.unit, width: 150, render: (_, one) => one.unitDisplayName });
  columns.push(
    { title: list.role, width: 72, render: (_, one) => wordOf(words.Responsibility_Role, Responsibility_Role, one.role) },
    { title: list.deadline, width: 130, render: (_, one) => <DeadlineCell deadline={one.deadline} /> },
    { title: list.state, width: 120, render: (_, one) => <State assignment={one} /> },
    { title: list.light, width: 80, render: (_, one) => <Light light={one.light} /> },
  );
  return columns;
}

/** The list on a screen that is wide enough. */
export function AssignmentTable(props: Props) {
  const words = useWords();
  return (
    <Table<Assignment>
      rowKey="name"
      size="middle"
      sticky={{ offsetHeader: 48 }}
      pagination={false}
      dataSource={props.items}
      columns={columnsOf(props, words)}
    />
  );
}
