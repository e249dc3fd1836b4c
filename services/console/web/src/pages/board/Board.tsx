import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Button, Radio } from 'antd';
import { Link, useNavigate, useSearchParams } from 'react-router-dom';

import { ASK_AGAIN } from '../../api/assignments';
import { useClients } from '../../api/clients';
import { type AssignmentQuery, filterOf } from '../../api/filter';
import { Answered } from '../../components/Answered';
import { Nothing } from '../../components/Nothing';
import { ScopeFields } from '../../components/ScopeFields';
import type { Scope } from '../../components/useScope';
import type { GetBoardResponse } from '../../gen/duban/v1/assignment_service_pb';
import { GetBoardRequest_GroupBy } from '../../gen/duban/v1/assignment_service_pb';
import { live } from '../../live/kinds';
import { useWords, wordOf } from '../../words';
import { BoardTable } from './BoardTable';
import { boardPath, boardQuery, type GroupBy, groupOf, GROUPS, totalOf } from './boardQuery';
import { Figures } from './Figures';

function Counted({ answer, query, group }: { answer: GetBoardResponse; query: AssignmentQuery; group: GroupBy }) {
  const words = useWords();
  const total = answer.total;
  if (total === undefined || totalOf(total) + Number(total.counts?.cancelled ?? 0n) === 0) {
    return <Nothing what={words.board.empty} />;
  }
  return (
    <>
      <Figures total={total} query={query} />
      <BoardTable rows={answer.rows} total={total} query={query} group={group} />
      <p className="quiet">{words.board.asOf(answer.asOf)}</p>
    </>
  );
}

/** A board of what the address asks for; asks again by itself. */
export function Board({ scope }: { scope: Scope }) {
  const words = useWords();
  const { assignments } = useClients();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const query = boardQuery(scope.query);
  const group = groupOf(params, query);
  const asked = useQuery({
    queryKey: ['board', query, group],
    meta: live('assignments', 'plans'),
    refetchInterval: ASK_AGAIN,
    placeholderData: keepPreviousData,
    queryFn: () => assignments.getBoard({ groupBy: group, filter: filterOf(query) }),
  });
  const go = (to: AssignmentQuery, by: GroupBy): void => { void navigate(boardPath(to, by)); };
  const narrowed = query.heading !== '' || query.withoutHeading;
  const updated = new Date(asked.dataUpdatedAt).toLocaleTimeString('zh-CN', { hour12: false });
  return (
    <>
      <div className="row filters">
        <ScopeFields scope={scope} />
        <Radio.Group
          optionType="button"
          value={group}
          aria-label={words.board.by}
          options={GROUPS.map((one) => ({ value: one, label: wordOf(words.GetBoardRequest_GroupBy, GetBoardRequest_GroupBy, one) }))}
          onChange={(event) => { go(query, event.target.value as GroupBy); }}
        />
        {narrowed && (
          <span className="chip">
            {words.list.heading}{words.app.colon}{query.heading === '' ? words.list.withoutHeading : query.heading}{' '}
            <Link to={boardPath({ ...query, heading: '', withoutHeading: false }, group)}>{words.board.up}</Link>
          </span>
        )}
        <span className="push" />
        <span className="quiet">{asked.dataUpdatedAt > 0 && words.app.updated(updated)} · {words.board.everyHalfMinute}</span>
        <Button size="small" loading={asked.isFetching} onClick={() => void asked.refetch()}>{words.app.refresh}</Button>
      </div>
      <Answered asked={asked}>{(answer) => <Counted answer={answer} query={query} group={group} />}</Answered>
    </>
  );
}
