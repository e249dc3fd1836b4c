// Long work of a process, as the pages ask for it: followed while it runs, found again by its name.
import { useQuery, type UseQueryResult } from '@tanstack/react-query';

import { ASK_AGAIN } from '../../../api/assignments';
import { useClient } from '../../../api/clients';
import { NodeService } from '../../../gen/duban/v1/node_service_pb';
import { lastOf } from '../../../api/names';
import { atProcess } from '../../../api/processes';
import { type Job, Job_Progress_Unit, Job_State } from '../../../gen/duban/v1/job_pb';
import { NEVER } from '../../../live/kinds';
import type { Words } from '../../../words';
import { countWords } from '../../../words/amounts';

/** How often work that runs is looked at, in milliseconds. */
const FOLLOW = 1_000;

export function isRunning(job: Job): boolean {
  return job.state === Job_State.RUNNING;
}

export function jobPath(service: string, job: Job): string {
  return `/system/jobs/${service}/${lastOf(job.name)}`;
}

export function useJobs(service: string): UseQueryResult<Job[]> {
  const node = useClient(NodeService);
  return useQuery({
    queryKey: ['jobs', service],
    meta: NEVER,
    refetchInterval: ({ state }) => (state.data?.some(isRunning) === true ? FOLLOW : ASK_AGAIN),
    queryFn: async () => (await node.listJobs({}, atProcess(service))).jobs,
  });
}

export function useJob(service: string, name: string): UseQueryResult<Job> {
  const node = useClient(NodeService);
  return useQuery({
    queryKey: ['job', service, name],
    meta: NEVER,
    refetchInterval: ({ state }) => (state.data !== undefined && isRunning(state.data) ? FOLLOW : false),
    queryFn: () => node.getJob({ name }, atProcess(service)),
  });
}

/** In percent; undefined while nobody knows. What was estimated may be passed, and is then nearly done. */
export function percentOf(job: Job): number | undefined {
  if (job.state === Job_State.DONE) return 100;
  const { done = 0n, total = 0n } = job.progress ?? {};
  if (total === 0n) return undefined;
  return Math.min(isRunning(job) ? 99 : 100, Math.floor((Number(done) * 100) / Number(total)));
}

export function progressWords(job: Job, words: Words): string {
  const progress = job.progress;
  if (progress === undefined || progress.unit === Job_Progress_Unit.UNIT_UNSPECIFIED) return '';
  const done = countWords(progress.done);
  if (progress.unit === Job_Progress_Unit.CHECKS) return words.job.checks(done, countWords(progress.total));
  return progress.total === 0n ? words.job.rowsSoFar(done) : words.job.rows(done, countWords(progress.total));
}
