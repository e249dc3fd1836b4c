import { Button, Checkbox, Popconfirm } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';

import { useClient } from '../../../api/clients';
import { NodeService } from '../../../gen/duban/v1/node_service_pb';
import { atProcess } from '../../../api/processes';
import { useAct } from '../../../api/useAct';
import { FaultView } from '../../../components/FaultView';
import type { Job } from '../../../gen/duban/v1/job_pb';
import { useWords } from '../../../words';
import { jobPath } from './jobs';

/** Begins long work, and goes where it can be watched. */
export function StartButtons({ service, makesBackups }: { service: string; makesBackups: boolean }) {
  const words = useWords();
  const node = useClient(NodeService);
  const navigate = useNavigate();
  const [alone, setAlone] = useState(false);
  const begun = (job: Job): void => { void navigate(jobPath(service, job)); };
  const backup = useAct({
    call: (at: string, requestId) => node.startBackup({ requestId }, atProcess(at)),
    onDone: begun,
  });
  const verification = useAct({
    call: (input: { at: string; skipNeighbours: boolean }, requestId) =>
      node.startVerification({ requestId, skipNeighbours: input.skipNeighbours }, atProcess(input.at)),
    onDone: begun,
  });
  const error = backup.error ?? verification.error;
  return (
    <>
      <div className="row">
        {makesBackups && (
          <Button type="primary" loading={backup.isPending} onClick={() => { backup.mutate(service); }}>{words.job.startBackup}</Button>
        )}
        <Popconfirm
          title={words.job.startVerification}
          description={(
            <>
              <p>{words.job.startVerificationHint}</p>
              <Checkbox checked={alone} onChange={(event) => { setAlone(event.target.checked); }}>{words.job.skipNeighbours}</Checkbox>
            </>
          )}
          okText={words.job.startVerification}
          cancelText={words.app.cancel}
          onConfirm={() => { verification.mutate({ at: service, skipNeighbours: alone }); }}
        >
          <Button loading={verification.isPending}>{words.job.startVerification}</Button>
        </Popconfirm>
      </div>
      {error !== null && <FaultView error={error} />}
    </>
  );
}
