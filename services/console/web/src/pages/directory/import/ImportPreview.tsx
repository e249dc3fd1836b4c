import { useQuery } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useMemo } from 'react';

import { useClients } from '../../../api/clients';
import { newRequestId } from '../../../api/requestId';
import { useGroups, useUnits } from '../../../api/units';
import { useAct } from '../../../api/useAct';
import { FaultView } from '../../../components/FaultView';
import { Loading } from '../../../components/Loading';
import type { ImportDirectoryResponse } from '../../../gen/duban/v1/directory_service_pb';
import { live } from '../../../live/kinds';
import { useWords } from '../../../words';
import { decoded, parseCsv } from './csv';
import { differenceOf, Known } from './difference';
import { DifferenceTable } from './DifferenceTable';
import type { DirectoryUpload } from './ImportSection';

function createdIn(counts: ImportDirectoryResponse): number {
  return counts.unitsCreated + counts.groupsCreated;
}

function updatedIn(counts: ImportDirectoryResponse): number {
  return counts.unitsUpdated + counts.groupsUpdated;
}

function TakeButton({ file, onDone }: { file: DirectoryUpload; onDone: (created: number, updated: number) => void }) {
  const words = useWords();
  const { directory } = useClients();
  const take = useAct({
    call: (_: string, requestId) => directory.importDirectory({ requestId, content: file.bytes }),
    onDone: (counts) => { onDone(createdIn(counts), updatedIn(counts)); },
  });
  return (
    <>
      {take.isError && <FaultView error={take.error} />}
      <div><Button type="primary" loading={take.isPending} onClick={() => { take.mutate(file.name); }}>{words.directoryImport.take}</Button></div>
    </>
  );
}

/** What the file would do: the directory's own counts, and line by line beside what is there. */
export function ImportPreview({ file, onDone }: { file: DirectoryUpload; onDone: (created: number, updated: number) => void }) {
  const words = useWords();
  const { directory } = useClients();
  const units = useUnits().data;
  const groups = useGroups().data;
  const checked = useQuery({
    queryKey: ['directory-check', file.name, file.bytes.length, file],
    meta: live('units', 'groups'),
    queryFn: () => directory.importDirectory({ requestId: newRequestId(), content: file.bytes, validateOnly: true }),
    staleTime: 0,
    gcTime: 0,
  });
  const changes = useMemo(
    () => (units === undefined || groups === undefined ? undefined : differenceOf(parseCsv(decoded(file.bytes)), new Known(units, groups))),
    [units, groups, file],
  );
  if (checked.isError) {
    return (
      <>
        <Alert type="error" showIcon message={words.directoryImport.wrong} />
        <FaultView error={checked.error} onRetry={() => void checked.refetch()} />
      </>
    );
  }
  if (checked.data === undefined || changes === undefined) return <Loading />;
  const counts = checked.data;
  const any = createdIn(counts) + updatedIn(counts) > 0;
  return (
    <>
      <Alert
        type="info"
        showIcon
        role="status"
        message={any
          ? words.directoryImport.counts(counts.unitsCreated, counts.unitsUpdated, counts.groupsCreated, counts.groupsUpdated)
          : words.directoryImport.nothing}
      />
      {any && <TakeButton file={file} onDone={onDone} />}
      <DifferenceTable changes={changes} />
    </>
  );
}
