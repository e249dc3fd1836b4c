import { Link, useParams } from 'react-router-dom';

import { Answered } from '../../../components/Answered';
import { type Job, Job_Kind } from '../../../gen/duban/v1/job_pb';
import { timeWords, useWords, wordOf } from '../../../words';
import { sizeWords } from '../../../words/amounts';
import { CancelButton } from './CancelButton';
import { CheckTable } from './CheckTable';
import { JobProgress, JobState } from './JobProgress';
import { isRunning, useJob } from './jobs';

function Result({ job }: { job: Job }) {
  const words = useWords();
  if (job.result.case === 'verification') return <CheckTable checks={job.result.value.checks} />;
  if (job.result.case !== 'backup') return null;
  const backup = job.result.value;
  return (
    <p>
      {words.job.folder}{words.app.colon}{backup.folder}{' · '}
      {sizeWords(backup.stores.reduce((sum, store) => sum + store.sizeBytes, 0n))}
    </p>
  );
}

/** One job: its address finds it again for as long as the process runs. */
export function JobPage() {
  const words = useWords();
  const { service = '', job = '' } = useParams();
  const asked = useJob(service, `jobs/${job}`);
  return (
    <div className="column">
      <div><Link to="/system/jobs">{words.job.all}</Link></div>
      <Answered asked={asked}>
        {(one) => (
          <section className="paper column">
            <div className="row">
              <h2>{wordOf(words.Job_Kind, Job_Kind, one.kind)}</h2>
              <JobState job={one} />
              <span className="push" />
              {isRunning(one) && <CancelButton service={service} job={one} />}
            </div>
            <JobProgress job={one} />
            <p className="quiet">
              {words.job.begun} {timeWords(one.startTime)}
              {one.endTime !== undefined && ` · ${words.job.ended} ${timeWords(one.endTime)}`}
            </p>
            {isRunning(one) && <p className="quiet">{words.job.follow}</p>}
            <Result job={one} />
          </section>
        )}
      </Answered>
    </div>
  );
}
