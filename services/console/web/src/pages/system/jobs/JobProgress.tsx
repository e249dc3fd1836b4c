import { Progress } from 'antd';

import { type Job, Job_Kind, Job_State } from '../../../gen/duban/v1/job_pb';
import { useLanguage, useWords, wordOf } from '../../../words';
import { Health } from '../../../components/Health';
import { isRunning, percentOf, progressWords } from './jobs';

const KINDS: Partial<Record<Job_State, 'good' | 'slow' | 'bad' | 'quiet'>> = {
  [Job_State.RUNNING]: 'slow',
  [Job_State.DONE]: 'good',
  [Job_State.FAILED]: 'bad',
  [Job_State.INTERRUPTED]: 'bad',
};

export function JobState({ job }: { job: Job }) {
  const words = useWords();
  return <Health kind={KINDS[job.state] ?? 'quiet'}>{wordOf(words.Job_State, Job_State, job.state)}</Health>;
}

/** How far a job has come, and what it is at; why it failed, where it did. */
export function JobProgress({ job }: { job: Job }) {
  const words = useWords();
  const language = useLanguage();
  if (job.error !== undefined) {
    return <div className="why">{language === 'zh' && job.error.messageZh !== '' ? job.error.messageZh : job.error.message}</div>;
  }
  const percent = percentOf(job);
  const running = isRunning(job);
  return (
    <div className="job-progress">
      {(running || percent !== undefined) && (
        <Progress
          aria-label={wordOf(words.Job_Kind, Job_Kind, job.kind)}
          percent={percent ?? 0}
          size="small"
          status={running ? 'active' : job.state === Job_State.DONE ? 'success' : 'exception'}
        />
      )}
      <span className="quiet">
        {progressWords(job, words)}
        {running && job.progress !== undefined && job.progress.subject !== '' && ` · ${words.job.at(job.progress.subject)}`}
      </span>
    </div>
  );
}
