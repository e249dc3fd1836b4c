import { Route, Routes } from 'react-router-dom';

import { useProcesses } from '../../../api/processes';
import { FaultView } from '../../../components/FaultView';
import { Loading } from '../../../components/Loading';
import { JobPage } from './JobPage';
import { ProcessJobs } from './ProcessJobs';

function EveryProcess() {
  const { processes, failures, isPending, refetch } = useProcesses();
  if (isPending) return <Loading />;
  return (
    <div className="column">
      {failures.map(({ service, error }) => <FaultView key={service} error={error} onRetry={refetch} />)}
      {processes.map((one) => <ProcessJobs key={one.service} process={one} named={processes.length > 1} />)}
    </div>
  );
}

/** Backups and verifications: begun, followed, left and found again, stopped. */
export default function JobsSection() {
  return (
    <Routes>
      <Route index element={<EveryProcess />} />
      <Route path=":service/:job" element={<JobPage />} />
    </Routes>
  );
}
