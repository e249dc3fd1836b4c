import { Link } from 'react-router-dom';

import type { AssignmentQuery } from '../../api/filter';
import { FactTable } from '../../components/FactTable';
import { Assignment_State } from '../../gen/duban/v1/assignment_pb';
import type { GetBoardResponse_Row } from '../../gen/duban/v1/assignment_service_pb';
import { useWords, type Words, wordOf } from '../../words';
import { columnPath, type GroupBy, levelPath, rowQuery, STATE_COLUMNS, totalPath } from './boardQuery';
import { COUNTS, type Counts, countsOf, doneRate, type Level, levelsOf } from './levels';

interface Props {
  rows: readonly GetBoardResponse_Row[];
  total: GetBoardResponse_Row;
  query: AssignmentQuery;
  group: GroupBy;
  /** The level whose units are shown; 0: none. */
  depth: number;
}

function figureWords(words: Words): string[] {
  const states = STATE_COLUMNS.map((column) => wordOf(words.Assignment_State, Assignment_State, column.state ?? 0));
  return [words.board.total, ...states, words.board.rate];
}

/** Figures of a level below: their lists are there, so each opens what it was made of here. */
function Figures({ counts, to, label }: { counts: Counts; to: string; label: string }) {
  const words = useWords();
  const rate = doneRate(counts);
  return (
    <>
      {[counts.total, ...COUNTS.map((key) => counts[key])].map((count, i) => (
        <td key={i} className="number">{count === 0 ? <span className="zero">0</span> : <Link to={to} aria-label={`${String(count)}, ${words.boardView.opensOf(label)}`}>{count}</Link>}</td>
      ))}
      <td className="number">{rate === undefined ? '—' : `${String(rate)}%`}</td>
    </>
  );
}

/** This level's own figures: each opens its list. */
function Own({ total, query }: { total: GetBoardResponse_Row; query: AssignmentQuery }) {
  const words = useWords();
  const counts = countsOf(total.counts);
  const rate = doneRate(counts);
  return (
    <tr>
      <th scope="row">{words.boardView.thisLevel}</th>
      <td className="number"><Link to={totalPath(query)}>{counts.total}</Link></td>
      {STATE_COLUMNS.map((column) => (
        <td key={column.key} className="number">
          {column.count(total) === 0 ? <span className="zero">0</span> : <Link to={columnPath(query, column)}>{column.count(total)}</Link>}
        </td>
      ))}
      <td className="number">{rate === undefined ? '—' : `${String(rate)}%`}</td>
    </tr>
  );
}

function UnitsOf({ level, query, group }: { level: Level; query: AssignmentQuery; group: GroupBy }) {
  const words = useWords();
  const title = words.boardView.unitsAt(words.boardView.levelBelow(level.depth));
  const figures = figureWords(words);
  return (
    <section className="column">
      <h2>{title}</h2>
      <FactTable label={title} columns={[words.list.unit, words.boardView.node, words.boardView.from, ...figures]} numbers={figures}>
        {level.units.map(({ row, below }) => {
          const name = row.displayName === '' ? row.key : row.displayName;
          const to = totalPath(rowQuery(query, group, row.key));
          return (
            <tr key={`${row.key}/${below.node}/${below.unit}`}>
              <th scope="row">{below.unitDisplayName}</th>
              <td>{below.node}</td>
              <td className="wide-words"><Link to={to}>{name}</Link></td>
              <Figures counts={countsOf(below.counts)} to={to} label={name} />
            </tr>
          );
        })}
      </FactTable>
    </section>
  );
}

/** A board by level: this one, and those below as their counts came up; a level leads to its units. */
export function LevelTable({ rows, total, query, group, depth }: Props) {
  const words = useWords();
  const levels = levelsOf(rows);
  const chosen = levels.find((level) => level.depth === depth);
  const figures = figureWords(words);
  return (
    <>
      <FactTable label={words.boardView.levelName} columns={[words.boardView.levelName, ...figures]} numbers={figures}>
        <Own total={total} query={query} />
        {levels.map((level) => (
          <tr key={level.depth} aria-current={level === chosen}>
            <th scope="row"><Link to={levelPath(query, level.depth)}>{words.boardView.levelBelow(level.depth)}</Link></th>
            <Figures counts={level.counts} to={levelPath(query, level.depth)} label={words.boardView.levelBelow(level.depth)} />
          </tr>
        ))}
      </FactTable>
      <p className="quiet">{levels.length === 0 ? words.boardView.noLevels : words.boardView.levelHint}</p>
      {chosen !== undefined && <UnitsOf level={chosen} query={query} group={group} />}
    </>
  );
}
