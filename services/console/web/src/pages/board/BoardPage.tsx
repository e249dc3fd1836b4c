import { Alert } from 'antd';
import { Route, Routes } from 'react-router-dom';

import { FaultView } from '../../components/FaultView';
import { Loading } from '../../components/Loading';
import { useScope } from '../../components/useScope';
import { useWords } from '../../words';
import { Board } from './Board';
import { WallPage } from './WallPage';

/** Figures of what was assigned; each opens the list that it counts. */
function Boards() {
  const words = useWords();
  const scope = useScope();
  return (
    <div className="column">
      <h1>{words.nav.board}</h1>
      {scope.ownPlans.error !== null && <FaultView error={scope.ownPlans.error} onRetry={scope.ownPlans.refetch} />}
      {scope.isSet && <Board scope={scope} />}
      {!scope.isSet && scope.ownPlans.isPending && <Loading />}
      {!scope.isSet && !scope.ownPlans.isPending && <Alert type="info" showIcon message={words.list.noPlansYet} />}
    </div>
  );
}

export default function BoardPage() {
  return (
    <Routes>
      <Route index element={<Boards />} />
      <Route path="wall" element={<WallPage />} />
    </Routes>
  );
}
