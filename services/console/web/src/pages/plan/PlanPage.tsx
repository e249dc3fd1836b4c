import { useQuery } from '@tanstack/react-query';
import { Tabs } from 'antd';
import { useParams, useSearchParams } from 'react-router-dom';

import { useClients } from '../../api/clients';
import { useWho } from '../../app/session';
import { holdsFor, unitsWith } from '../../app/who';
import { Answered } from '../../components/Answered';
import { Role } from '../../gen/duban/v1/access_pb';
import { type Plan, Plan_State } from '../../gen/duban/v1/plan_pb';
import { liveOf } from '../../live/kinds';
import { useWords } from '../../words';
import { DraftActions } from '../draft/DraftActions';
import { DraftDesk } from '../draft/DraftDesk';
import { isOpen } from '../draft/findings';
import { Differences } from './Differences';
import { FindingsTab } from './FindingsTab';
import { PlanFacts } from './PlanFacts';
import { PreviewTab } from './PreviewTab';
import { PublishedActions } from './PublishedActions';
import { RevisionsTab } from './RevisionsTab';
import { TasksTab } from './TasksTab';

/** Whether a person works on it: drafts of their unit's, drafts of nobody's, and what their unit published. */
function useMayPlan(plan: Plan): boolean {
  const who = useWho();
  const owner = plan.issuer === '' ? plan.drafter : plan.issuer;
  return owner === '' ? unitsWith(who, Role.PLANNER).length > 0 : holdsFor(who, owner, Role.PLANNER);
}

function Whole({ plan }: { plan: Plan }) {
  const words = useWords();
  const mayPlan = useMayPlan(plan);
  const [params, setParams] = useSearchParams();
  const isDraft = plan.state === Plan_State.DRAFT;
  const onDesk = mayPlan && isDraft;
  const open = plan.findings.filter(isOpen).length;
  const tabs = onDesk
    ? [{ key: 'check', label: words.draft.tab, children: <DraftDesk plan={plan} /> }]
    : [{ key: 'tasks', label: words.plan.tasks(plan.tasks.length), children: <TasksTab plan={plan} /> }];
  if (mayPlan && !isDraft && plan.findings.length > 0) {
    tabs.push({ key: 'findings', label: words.plan.findings(open), children: <FindingsTab plan={plan} /> });
  }
  if (onDesk) {
    tabs.push({ key: 'preview', label: words.plan.preview, children: <PreviewTab plan={plan} /> });
  }
  if (isDraft && plan.revises !== '') {
    tabs.push({
      key: 'differences',
      label: words.plan.differences,
      children: <div className="paper"><Differences name={plan.name} from={0} to={0} /></div>,
    });
  }
  if (!isDraft) tabs.push({ key: 'revisions', label: words.plan.revisions, children: <RevisionsTab plan={plan} /> });
  const asked = params.get('tab');
  return (
    <>
      <PlanFacts plan={plan}>
        {onDesk && <DraftActions plan={plan} />}
        {mayPlan && plan.state === Plan_State.PUBLISHED && <PublishedActions plan={plan} />}
      </PlanFacts>
      <Tabs
        destroyOnHidden
        activeKey={(tabs.find((tab) => tab.key === asked) ?? tabs[0])?.key ?? ''}
        items={tabs}
        onChange={(tab) => { setParams({ tab }, { replace: true }); }}
      />
    </>
  );
}

/** One plan: what it asks of whom, what is doubtful in it, and what publishing it would do. */
export default function PlanPage() {
  const { plans } = useClients();
  const { plan = '' } = useParams();
  const name = `plans/${plan}`;
  const asked = useQuery({ queryKey: ['plan', name], meta: liveOf(name), queryFn: () => plans.getPlan({ name }) });
  return <div className="column"><Answered asked={asked}>{(one) => <Whole plan={one} />}</Answered></div>;
}
