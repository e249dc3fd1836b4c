import { Link } from 'react-router-dom';

import type { ServerProcess } from '../../../api/processes';
import { Answered } from '../../../components/Answered';
import { FactTable } from '../../../components/FactTable';
import { Nothing } from '../../../components/Nothing';
import { type Job, Job_Kind } from '../../../gen/duban/v1/job_pb';
import { timeWords, useLanguage, useWords, wordOf } from '../../../words';
import { BackupTable } from './BackupTable';
import { CancelButton } from './CancelButton';
import { JobProgress, JobState } from './JobProgress';
import { isRunning, jobPath, useJobs } from './jobs';
import { StartButtons } from './StartButtons';

function JobTable({ jobs, service }: { jobs: Job[]; service: string }) {
  const words = useWords();
  if (jobs.length === 0) return <Nothing what={words.job.empty} hint={words.job.emptyHint} />;
  const columns = [words.job.kind, words.job.state, words.job.progress, words.job.begun, words.job.ended, ''];
  return (
    <FactTable label={words.system.jobs} columns={columns}>
      {jobs.map((job) => (
        <tr key={job.name}>
          <th scope="row"><Link to={jobPath(service, job)}>{wordOf(words.Job_Kind, Job_Kind, job.kind)}</Link></th>
          <td><JobState job={job} /></td>
          <td><JobProgress job={job} /></td>
          <td>{timeWords(job.startTime)}</td>
          <td>{timeWords(job.endTime)}</td>
          <td>{isRunning(job) && <CancelButton service={service} job={job} />}</td>
        </tr>
      ))}
    </FactTable>
  );
}

/** The long work of one process, and its backups. */
export function ProcessJobs({ process, named }: { process: ServerProcess; named: boolean }) {
  const words = useWords();
  const language = useLanguage();
  const jobs = useJobs(process.service);
  const services = process.services.map((one) => words.node.services[one] ?? one).join(language === 'zh' ? '、' : ', ');
  const makesBackups = process.status.machine?.makesBackups === true;
  return (
    <section className="column">
      {named && <h2>{words.node.process(services)}</h2>}
      <StartButtons service={process.service} makesBackups={makesBackups} />
      <Answered asked={jobs}>{(all) => <JobTable jobs={all} service={process.service} />}</Answered>
      <p className="quiet">{words.job.follow}</p>
      <h2>{words.job.backups}</h2>
      {makesBackups ? <BackupTable service={process.service} /> : <p className="quiet">{words.job.noBackupFolder}</p>}
    </section>
  );
}
