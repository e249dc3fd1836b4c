import { Alert } from 'antd';

import { type ServerProcess, useProcesses } from '../../../api/processes';
import { FaultView } from '../../../components/FaultView';
import { Loading } from '../../../components/Loading';
import { useLanguage, useWords } from '../../../words';
import { HopTable } from './HopTable';
import { MachineFacts } from './MachineFacts';
import { FollowerTable } from './FollowerTable';
import { neighboursOf, noticesOf } from './neighbours';
import { NodePicture } from './NodePicture';

/** What two nodes told each other that does not fit: above everything else. */
function Notices({ processes }: { processes: readonly ServerProcess[] }) {
  const words = useWords();
  const language = useLanguage();
  const notices = noticesOf(processes);
  if (notices.length === 0) return null;
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      message={words.node.noticesTitle}
      description={
        <ul>
          {notices.map(({ subject, notice }) => (
            <li key={`${subject}/${notice.reason}/${notice.message}`}>
              {language === 'zh' && notice.messageZh !== '' ? notice.messageZh : notice.message}
            </li>
          ))}
        </ul>
      }
    />
  );
}

/** How the processes of this node are, and how far it is with those above and below. */
export default function NodesSection() {
  const words = useWords();
  const { processes, failures, isPending, refetch } = useProcesses();
  if (isPending) return <Loading />;
  const neighbours = neighboursOf(processes);
  return (
    <div className="column">
      {failures.map(({ service, error }) => (
        <section key={service} aria-label={words.node.unreachable(words.node.services[service] ?? service)}>
          <h2>{words.node.unreachable(words.node.services[service] ?? service)}</h2>
          <FaultView error={error} onRetry={refetch} />
        </section>
      ))}
      {processes.some((one) => one.status.pretendedTime) && <Alert type="warning" showIcon message={words.node.pretended} />}
      {processes.some((one) => one.status.machine?.insecure === true) && <Alert type="warning" showIcon message={words.node.insecure} />}
      <Notices processes={processes} />
      {processes.length > 0 && <NodePicture processes={processes} neighbours={neighbours} />}
      <FollowerTable processes={processes} />
      <HopTable processes={processes} />
      {processes.map((one) => <MachineFacts key={one.service} process={one} />)}
    </div>
  );
}
