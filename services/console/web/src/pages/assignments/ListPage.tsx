import { Alert } from 'antd';

import { paramsOf } from '../../api/filter';
import { FaultView } from '../../components/FaultView';
import { Loading } from '../../components/Loading';
import { useScope } from '../../components/useScope';
import { useWords } from '../../words';
import { Filters } from './Filters';
import { LongList } from './LongList';

/** Assignments by whatever the address asks for. */
export function ListPage() {
  const words = useWords();
  const scope = useScope();
  return (
    <div className="column">
      <h1>{words.nav.assignments}</h1>
      <Filters scope={scope} />
      {scope.ownPlans.error !== null && <FaultView error={scope.ownPlans.error} onRetry={scope.ownPlans.refetch} />}
      {scope.isSet && <LongList key={paramsOf(scope.query).toString()} scope={scope} />}
      {!scope.isSet && scope.ownPlans.isPending && <Loading />}
      {!scope.isSet && !scope.ownPlans.isPending && <Alert type="info" showIcon message={words.list.noPlansYet} />}
    </div>
  );
}
