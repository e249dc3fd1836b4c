import { useMemo } from 'react';

import type { AssignmentQuery } from '../../api/filter';
import { type GetBoardResponse, GetBoardRequest_GroupBy } from '../../gen/duban/v1/assignment_service_pb';
import { useWords, wordOf } from '../../words';
import type { GroupBy } from './boardQuery';
import { Chart } from './Chart';
import { chartRows, lightBars, statePie } from './chartData';

interface Props {
  answer: GetBoardResponse;
  query: AssignmentQuery;
  group: GroupBy;
}

/** Lights by row, and states of the whole; the table beneath has the same figures. */
export function Charts({ answer, query, group }: Props) {
  const words = useWords();
  const key = JSON.stringify(query);
  const rows = useMemo(() => chartRows(answer.rows), [answer]);
  // By what the query says, not by which object says it: a chart is not drawn anew for the same.
  const of = useMemo(() => JSON.parse(key) as AssignmentQuery, [key]);
  const bars = useMemo(() => lightBars(rows, of, group, words), [rows, of, group, words]);
  const pie = useMemo(() => answer.total && statePie(answer.total, of, words), [answer, of, words]);
  const by = wordOf(words.GetBoardRequest_GroupBy, GetBoardRequest_GroupBy, group);
  return (
    <section className="charts" aria-label={words.boardView.charts} title={words.boardView.openList}>
      <Chart className={rows.length > 8 ? 'chart-tall' : ''} label={words.boardView.lightsBy(by)} bars={bars} />
      {pie !== undefined && <Chart className="" label={words.boardView.states} pie={pie} />}
    </section>
  );
}
