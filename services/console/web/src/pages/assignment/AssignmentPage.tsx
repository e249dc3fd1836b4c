import { ArrowLeftOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useNavigate, useParams } from 'react-router-dom';

import { ASK_AGAIN } from '../../api/assignments';
import { useClients } from '../../api/clients';
import { assignmentName } from '../../api/names';
import { useWho } from '../../app/session';
import { Answered } from '../../components/Answered';
import type { Assignment } from '../../gen/duban/v1/assignment_pb';
import { liveOf } from '../../live/kinds';
import { useWords } from '../../words';
import { ActButton } from './ActButton';
import { actsFor } from './acts';
import { Facts } from './Facts';
import { Papers } from './Papers';
import { TimelinePaper } from './TimelinePaper';

function Whole({ assignment }: { assignment: Assignment }) {
  const acts = actsFor(useWho(), assignment);
  return (
    <>
      <Facts assignment={assignment} />
      {acts.length > 0 && (
        <div className="act-bar">
          {acts.map((act, i) => (
            <ActButton key={act} assignment={assignment} act={act} type={i === 0 ? 'primary' : 'default'} />
          ))}
        </div>
      )}
      <div className="split">
        <Papers assignment={assignment} />
        <TimelinePaper name={assignment.name} />
      </div>
    </>
  );
}

/** One assignment: what is asked, what became of it, and what can be done about it. */
export default function AssignmentPage() {
  const words = useWords();
  const { assignments } = useClients();
  const navigate = useNavigate();
  const { plan = '', task = '', unit = '' } = useParams();
  const name = assignmentName(plan, task, unit);
  const asked = useQuery({
    queryKey: ['assignment', name],
    meta: liveOf(name),
    refetchInterval: ASK_AGAIN,
    queryFn: () => assignments.getAssignment({ name }),
  });
  return (
    <div className="column">
      <div>
        <Button type="link" size="small" icon={<ArrowLeftOutlined />} onClick={() => { void navigate(-1); }}>{words.app.back}</Button>
      </div>
      <Answered asked={asked}>{(assignment) => <Whole assignment={assignment} />}</Answered>
    </div>
  );
}
