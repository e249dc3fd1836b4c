import { Fragment } from 'react';
import { Link } from 'react-router-dom';

import type { AssignmentQuery } from '../../api/filter';
import { Light } from '../../components/Light';
import { Assignment_State, type StateCounts } from '../../gen/duban/v1/assignment_pb';
import { GetBoardRequest_GroupBy, type GetBoardResponse_Row } from '../../gen/duban/v1/assignment_service_pb';
import { useWords, type Words, wordOf } from '../../words';
import {
  boardPath,
  type Column,
  columnPath,
  drillGroup,
  type GroupBy,
  LIGHT_COLUMNS,
  rateOf,
  rowName,
  rowQuery,
  STATE_COLUMNS,
  totalOf,
  totalPath,
} from './boardQuery';

interface Props {
  rows: GetBoardResponse_Row[];
  total: GetBoardResponse_Row;
  query: AssignmentQuery;
  group: GroupBy;
}

const COLUMNS: readonly Column[] = [...LIGHT_COLUMNS, ...STATE_COLUMNS];

function columnWords(column: Column, words: Words): string {
  if (column.state !== undefined) return wordOf(words.Assignment_State, Assignment_State, column.state);
  return column.light === undefined ? '' : words.light.label(words.Assignment_Light[column.key.toUpperCase() as 'RED']);
}

function Figure({ to, count, label }: { to: string; count: number; label: string }) {
  if (count === 0) return <span className="zero">0</span>;
  return <Link to={to} aria-label={label}>{count}</Link>;
}

function Cells({ row, query, name }: { row: GetBoardResponse_Row; query: AssignmentQuery; name: string }) {
  const words = useWords();
  const total = totalOf(row);
  return (
    <>
      <td><Figure to={totalPath(query)} count={total} label={words.board.opens(name, words.board.total, total)} /></td>
      {COLUMNS.map((column) => {
        const count = column.count(row);
        return (
          <td key={column.key}>
            <Figure to={columnPath(query, column)} count={count} label={words.board.opens(name, columnWords(column, words), count)} />
          </td>
        );
      })}
      <td>{rateOf(row)}</td>
    </>
  );
}

/** What the levels below made of a row: counts, as they came up; there is no list of theirs here. */
function Below({ row }: { row: GetBoardResponse_Row }) {
  const words = useWords();
  const figures = (counts: StateCounts | undefined): bigint[] => [
    counts?.issued ?? 0n,
    counts?.received ?? 0n,
    counts?.inProgress ?? 0n,
    counts?.underReview ?? 0n,
    counts?.declined ?? 0n,
    counts?.done ?? 0n,
  ];
  return row.below.map((one) => (
    <tr className="below" key={`${String(one.depth)}/${one.node}/${one.unit}`}>
      <th scope="row">{one.unitDisplayName} <span>{words.board.level(one.depth, one.node)}</span></th>
      <td>{String(one.counts?.total ?? 0n)}</td>
      <td /><td /><td />
      {figures(one.counts).map((count, i) => <td key={i}>{String(count)}</td>)}
      <td />
    </tr>
  ));
}

/** Rows by plan, unit or heading. A name leads beneath it, a figure to its list. */
export function BoardTable({ rows, total, query, group }: Props) {
  const words = useWords();
  const beneath = drillGroup(query, group);
  return (
    <div className="board" tabIndex={0} role="region" aria-label={words.nav.board}>
      <table>
        <thead>
          <tr>
            <th scope="col">{wordOf(words.GetBoardRequest_GroupBy, GetBoardRequest_GroupBy, group)}</th>
            <th scope="col">{words.board.total}</th>
            {LIGHT_COLUMNS.map((column) => (
              <th scope="col" key={column.key}>{column.light !== undefined && <Light light={column.light} />}</th>
            ))}
            {STATE_COLUMNS.map((column) => <th scope="col" key={column.key}>{columnWords(column, words)}</th>)}
            <th scope="col">{words.board.rate}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const of = rowQuery(query, group, row.key);
            const name = rowName(row, group, words);
            return (
              <Fragment key={row.key}>
                <tr>
                  <th scope="row">
                    {beneath === undefined ? name : <Link to={boardPath(of, beneath)} title={words.board.drill(name)}>{name}</Link>}
                  </th>
                  <Cells row={row} query={of} name={name} />
                </tr>
                <Below row={row} />
              </Fragment>
            );
          })}
        </tbody>
        <tfoot>
          <tr><th scope="row">{words.board.total}</th><Cells row={total} query={query} name={words.board.total} /></tr>
        </tfoot>
      </table>
    </div>
  );
}
