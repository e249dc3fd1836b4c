import { useInfiniteQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useSearchParams } from 'react-router-dom';

import { useClient } from '../../../api/clients';
import { AuditService } from '../../../gen/duban/v1/audit_service_pb';
import { atProcess } from '../../../api/processes';
import { FaultView } from '../../../components/FaultView';
import { Loading } from '../../../components/Loading';
import { NEVER } from '../../../live/kinds';
import { useWords } from '../../../words';
import { AuditFilters } from './AuditFilters';
import { auditFilter, auditParams, type AuditQuery, auditQueryOf } from './auditQuery';
import { AuditTable } from './AuditTable';
import { Proof } from './Proof';

function useEntries(query: AuditQuery) {
  const audit = useClient(AuditService);
  return useInfiniteQuery({
    queryKey: ['audit', query],
    meta: NEVER,
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      audit.listAuditEntries({ service: query.service, filter: auditFilter(query), pageToken: pageParam }, atProcess(query.service)),
    getNextPageParam: (last) => (last.nextPageToken === '' ? undefined : last.nextPageToken),
  });
}

/** Who did what, what was refused, and the proof that nothing in it was altered. */
export default function AuditSection() {
  const words = useWords();
  const [params, setParams] = useSearchParams();
  const query = auditQueryOf(params);
  const asked = useEntries(query);
  const entries = asked.data?.pages.flatMap((page) => page.entries);
  return (
    <div className="column">
      <AuditFilters
        query={query}
        onChange={(change) => { setParams(auditParams({ ...query, ...change })); }}
        onClear={() => { setParams(new URLSearchParams()); }}
      />
      {asked.isError && <FaultView error={asked.error} onRetry={() => void asked.refetch()} />}
      {asked.isPending && <Loading />}
      {entries !== undefined && (entries.length > 0 || !asked.hasNextPage) && <AuditTable entries={entries} />}
      {asked.hasNextPage && (
        <div className="row pager">
          <Button loading={asked.isFetchingNextPage} onClick={() => void asked.fetchNextPage()}>{words.list.next}</Button>
        </div>
      )}
      <Proof key={query.service} service={query.service} />
    </div>
  );
}
