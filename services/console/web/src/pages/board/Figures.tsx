import { Link } from 'react-router-dom';

import type { AssignmentQuery } from '../../api/filter';
import { Light } from '../../components/Light';
import type { GetBoardResponse_Row } from '../../gen/duban/v1/assignment_service_pb';
import { useWords } from '../../words';
import { columnPath, LIGHT_COLUMNS, rateOf, totalOf, totalPath } from './boardQuery';

/** The few figures that a leader looks at first. */
export function Figures({ total, query }: { total: GetBoardResponse_Row; query: AssignmentQuery }) {
  const words = useWords();
  return (
    <div className="figures">
      <Link className="figure" to={totalPath(query)}>{words.board.total}<b>{totalOf(total)}</b></Link>
      {LIGHT_COLUMNS.map((column) => (
        <Link className="figure" key={column.key} to={columnPath(query, column)}>
          {column.light !== undefined && <Light light={column.light} />}
          <b>{column.count(total)}</b>
        </Link>
      ))}
      <div className="figure">{words.board.rate}<b>{rateOf(total)}</b></div>
    </div>
  );
}
