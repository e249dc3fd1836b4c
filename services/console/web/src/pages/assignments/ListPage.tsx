import { Alert, Button, Grid } from 'antd';
import { useLocation, useNavigate } from 'react-router-dom';

import { useAssignments } from '../../api/assignments';
import { paramsOf } from '../../api/filter';
import { Answered } from '../../components/Answered';
import { AssignmentCard } from '../../components/AssignmentCard';
import { FaultView } from '../../components/FaultView';
import { Loading } from '../../components/Loading';
import { Nothing } from '../../components/Nothing';
import { type Scope, useScope } from '../../components/useScope';
import { useWords } from '../../words';
import { AssignmentTable } from './AssignmentTable';
import { Filters } from './Filters';

const PAGE = 50;

/** Where a page of the list begins: the tokens of the pages before it, the first page's being empty. */
interface Place {
  tokens: string[];
}

function placeOf(state: unknown): Place {
  const tokens = (state as Partial<Place> | null)?.tokens;
  return { tokens: Array.isArray(tokens) ? tokens : [''] };
}

function Rows({ scope }: { scope: Scope }) {
  const words = useWords();
  const wide = Grid.useBreakpoint().md !== false;
  const navigate = useNavigate();
  const { tokens } = placeOf(useLocation().state);
  const { query } = scope;
  const asked = useAssignments(query, PAGE, tokens.at(-1) ?? '');
  // The address names the list; the place in it lives with the browser's own back and forth.
  const go = (to: string[]): void => {
    void navigate({ search: paramsOf(query).toString() }, { state: { tokens: to } });
  };
  return (
    <Answered asked={asked}>
      {({ assignments, nextPageToken }) => (
        <>
          {assignments.length === 0 && (
            <Nothing what={words.list.empty} hint={words.list.emptyHint}>
              <Button onClick={scope.clear}>{words.list.clear}</Button>
            </Nothing>
          )}
          {assignments.length > 0 && wide && (
            <AssignmentTable items={assignments} withPlan={query.plan === ''} withUnit={query.unit === ''} />
          )}
          {assignments.length > 0 && !wide && (
            <ul className="cards">
              {assignments.map((one) => <AssignmentCard key={one.name} assignment={one} withUnit={query.unit === ''} />)}
            </ul>
          )}
          {(tokens.length > 1 || nextPageToken !== '') && (
            <div className="row pager">
              <Button disabled={tokens.length === 1} onClick={() => { go(tokens.slice(0, -1)); }}>{words.list.previous}</Button>
              <span>{words.list.pageNumber(tokens.length)}</span>
              <Button disabled={nextPageToken === ''} onClick={() => { go([...tokens, nextPageToken]); }}>{words.list.next}</Button>
            </div>
          )}
        </>
      )}
    </Answered>
  );
}

/** Assignments by whatever the address asks for. */
export function ListPage() {
  const words = useWords();
  const scope = useScope();
  return (
    <div className="column">
      <h1>{words.nav.assignments}</h1>
      <Filters scope={scope} />
      {scope.ownPlans.error !== null && <FaultView error={scope.ownPlans.error} onRetry={scope.ownPlans.refetch} />}
      {scope.isSet && <Rows scope={scope} />}
      {!scope.isSet && scope.ownPlans.isPending && <Loading />}
      {!scope.isSet && !scope.ownPlans.isPending && <Alert type="info" showIcon message={words.list.noPlansYet} />}
    </div>
  );
}
