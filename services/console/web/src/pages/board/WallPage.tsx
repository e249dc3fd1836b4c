import { Alert, Button } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router-dom';

import type { AssignmentQuery } from '../../api/filter';
import { Answered } from '../../components/Answered';
import { Nothing } from '../../components/Nothing';
import { useScope } from '../../components/useScope';
import { type GetBoardResponse, GetBoardRequest_GroupBy } from '../../gen/duban/v1/assignment_service_pb';
import { useWords, wordOf } from '../../words';
import { boardPath, boardQuery, type GroupBy, groupOf, totalOf } from './boardQuery';
import { Chart } from './Chart';
import { lightBars, statePie } from './chartData';
import { Figures } from './Figures';
import { updatedWords, useBoard, useBoardTitle } from './useBoard';

/** Rows on the wall at a time; the rest follows by itself. */
const ROWS = 10;
const TURN_MILLISECONDS = 15_000;
const FONT = 18;

/** Goes on to the next page by itself, and from the last to the first. */
function useTurning(pages: number): number {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (pages < 2) return undefined;
    const timer = setInterval(() => { setTurn((was) => was + 1); }, TURN_MILLISECONDS);
    return () => { clearInterval(timer); };
  }, [pages]);
  return pages === 0 ? 0 : turn % pages;
}

function Shown({ answer, query, group }: { answer: GetBoardResponse; query: AssignmentQuery; group: GroupBy }) {
  const words = useWords();
  const rows = useMemo(() => answer.rows.filter((row) => totalOf(row) > 0), [answer]);
  const pages = Math.ceil(rows.length / ROWS);
  const page = useTurning(pages);
  const key = JSON.stringify(query);
  const of = useMemo(() => JSON.parse(key) as AssignmentQuery, [key]);
  const bars = useMemo(() => lightBars(rows.slice(page * ROWS, (page + 1) * ROWS), of, group, words, FONT), [rows, page, of, group, words]);
  const pie = useMemo(() => answer.total && statePie(answer.total, of, words, FONT), [answer, of, words]);
  const by = wordOf(words.GetBoardRequest_GroupBy, GetBoardRequest_GroupBy, group);
  if (answer.total === undefined || pie === undefined) return <Nothing what={words.board.empty} />;
  return (
    <>
      <Figures total={answer.total} query={query} />
      <div className="wall-charts">
        <Chart className="wall-chart" label={`${words.boardView.lightsBy(by)}${pages > 1 ? ` ${words.boardView.page(page + 1, pages)}` : ''}`} bars={bars} />
        <Chart className="wall-chart" label={words.boardView.states} pie={pie} />
      </div>
    </>
  );
}

/** Where a browser does not let it, the wall is as large as its window. */
function fillScreen(): void {
  document.documentElement.requestFullscreen().catch(() => undefined);
}

/** A board for the wall of an office: large, over the whole screen, refreshed and turned by itself. */
export function WallPage() {
  const words = useWords();
  const scope = useScope();
  const [params] = useSearchParams();
  const query = boardQuery(scope.query);
  const group = groupOf(params, query);
  const asked = useBoard(query, group, scope.isSet);
  const title = useBoardTitle(scope);
  return (
    <div className="wall">
      <header className="row">
        <h1>{title}</h1>
        <span className="push" />
        {asked.dataUpdatedAt > 0 && <span>{words.app.updated(updatedWords(asked.dataUpdatedAt))}</span>}
        <Button onClick={fillScreen}>{words.boardView.fullScreen}</Button>
        <Link to={boardPath(query, group)} onClick={() => { if (document.fullscreenElement !== null) void document.exitFullscreen(); }}>
          {words.boardView.leave}
        </Link>
      </header>
      {asked.isError && asked.data !== undefined
        ? <><Alert type="warning" showIcon message={words.boardView.offline} /><Shown answer={asked.data} query={query} group={group} /></>
        : <Answered asked={asked}>{(answer) => <Shown answer={answer} query={query} group={group} />}</Answered>}
    </div>
  );
}
