import { Button, Radio } from 'antd';
import { Link, useNavigate, useSearchParams } from 'react-router-dom';

import type { AssignmentQuery } from '../../api/filter';
import { Answered } from '../../components/Answered';
import { Nothing } from '../../components/Nothing';
import { ScopeFields } from '../../components/ScopeFields';
import type { Scope } from '../../components/useScope';
import type { GetBoardResponse } from '../../gen/duban/v1/assignment_service_pb';
import { GetBoardRequest_GroupBy } from '../../gen/duban/v1/assignment_service_pb';
import { useWords, wordOf } from '../../words';
import { BoardTable } from './BoardTable';
import { BoardTools } from './BoardTools';
import { boardPath, boardQuery, depthOf, type GroupBy, groupOf, GROUPS, levelPath, totalOf } from './boardQuery';
import { Charts } from './Charts';
import { Figures } from './Figures';
import { LevelTable } from './LevelTable';
import { updatedWords, useBoard, useBoardTitle } from './useBoard';

interface CountedProps {
  answer: GetBoardResponse;
  query: AssignmentQuery;
  group: GroupBy;
  /** Of the levels below; undefined: the board is not by level. */
  depth: number | undefined;
}

function Counted({ answer, query, group, depth }: CountedProps) {
  const words = useWords();
  const total = answer.total;
  if (total === undefined || totalOf(total) + Number(total.counts?.cancelled ?? 0n) === 0) {
    return <Nothing what={words.board.empty} />;
  }
  return (
    <>
      <Figures total={total} query={query} />
      {depth === undefined ? (
        <>
          <Charts answer={answer} query={query} group={group} />
          <BoardTable rows={answer.rows} total={total} query={query} group={group} />
        </>
      ) : <LevelTable rows={answer.rows} total={total} query={query} group={group} depth={depth} />}
      <p className="quiet">{words.board.asOf(answer.asOf)}</p>
    </>
  );
}

const LEVEL = 'level';

/** A board of what the address asks for; asks again by itself. */
export function Board({ scope }: { scope: Scope }) {
  const words = useWords();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const query = boardQuery(scope.query);
  const group = groupOf(params, query);
  const depth = depthOf(params);
  const asked = useBoard(query, group);
  const title = useBoardTitle(scope);
  const narrowed = query.heading !== '' || query.withoutHeading;
  const options = GROUPS.map((one) => ({ value: one as GroupBy | typeof LEVEL, label: wordOf(words.GetBoardRequest_GroupBy, GetBoardRequest_GroupBy, one) }));
  const go = (by: GroupBy | typeof LEVEL): void => { void navigate(by === LEVEL ? levelPath(query, 0) : boardPath(query, by)); };
  return (
    <>
      <p className="print-title">{title}</p>
      <div className="row filters">
        <ScopeFields scope={scope} />
        <Radio.Group
          optionType="button"
          value={depth === undefined ? group : LEVEL}
          aria-label={words.board.by}
          options={[...options, { value: LEVEL, label: words.boardView.level }]}
          onChange={(event) => { go(event.target.value as GroupBy | typeof LEVEL); }}
        />
        {narrowed && (
          <span className="chip">
            {words.list.heading}{words.app.colon}{query.heading === '' ? words.list.withoutHeading : query.heading}{' '}
            <Link to={boardPath({ ...query, heading: '', withoutHeading: false }, group)}>{words.board.up}</Link>
          </span>
        )}
        <span className="push" />
        <BoardTools title={title} answer={asked.data} query={query} group={group} />
        <span className="quiet">{asked.dataUpdatedAt > 0 && words.app.updated(updatedWords(asked.dataUpdatedAt))} · {words.board.everyHalfMinute}</span>
        <Button size="small" loading={asked.isFetching} onClick={() => void asked.refetch()}>{words.app.refresh}</Button>
      </div>
      <Answered asked={asked}>{(answer) => <Counted answer={answer} query={query} group={group} depth={depth} />}</Answered>
    </>
  );
}
