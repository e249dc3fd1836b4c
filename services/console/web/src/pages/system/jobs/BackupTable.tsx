import { useQuery } from '@tanstack/react-query';

import { ASK_AGAIN } from '../../../api/assignments';
import { useClient } from '../../../api/clients';
import { NodeService } from '../../../gen/duban/v1/node_service_pb';
import { atProcess } from '../../../api/processes';
import { Answered } from '../../../components/Answered';
import { FactTable } from '../../../components/FactTable';
import { Nothing } from '../../../components/Nothing';
import type { Backup } from '../../../gen/duban/v1/backup_pb';
import { NEVER } from '../../../live/kinds';
import { timeWords, useWords } from '../../../words';
import { sizeWords } from '../../../words/amounts';

function sizeOf(backup: Backup): bigint {
  return backup.stores.reduce((sum, store) => sum + store.sizeBytes, 0n);
}

/** Up to when its stores were copied: the oldest of them counts. */
function upTo(backup: Backup): string {
  return backup.stores.map((store) => timeWords(store.copyTime)).sort()[0] ?? '';
}

/** The backups of one process, newest first. */
export function BackupTable({ service }: { service: string }) {
  const words = useWords();
  const node = useClient(NodeService);
  const asked = useQuery({
    queryKey: ['backups', service],
    meta: NEVER,
    refetchInterval: ASK_AGAIN,
    queryFn: async () => (await node.listBackups({}, atProcess(service))).backups,
  });
  return (
    <Answered asked={asked}>
      {(backups) => backups.length === 0 ? <Nothing what={words.job.noBackups} /> : (
        <FactTable label={words.job.backups} columns={[words.job.folder, words.job.made, words.job.upTo, words.job.size]} numbers={[words.job.size]}>
          {backups.map((one) => (
            <tr key={one.folder}>
              <th scope="row">{one.folder}</th>
              <td>{timeWords(one.createTime)}</td>
              <td>{upTo(one)}</td>
              <td className="number">{sizeWords(sizeOf(one))}</td>
            </tr>
          ))}
        </FactTable>
      )}
    </Answered>
  );
}
