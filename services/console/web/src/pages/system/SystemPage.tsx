import { type ComponentType, lazy } from 'react';

import { useWho } from '../../app/session';
import { holdsAny } from '../../app/who';
import { TabbedPage } from '../../components/TabbedPage';
import { Role } from '../../gen/duban/v1/access_pb';
import { useWords, type Words } from '../../words';

const SECTIONS: readonly { name: keyof Words['system']; role: Role; component: ComponentType }[] = [
  { name: 'nodes', role: Role.OPERATOR, component: lazy(() => import('./nodes/NodesSection')) },
  { name: 'jobs', role: Role.OPERATOR, component: lazy(() => import('./jobs/JobsSection')) },
  { name: 'people', role: Role.SECURITY_OFFICER, component: lazy(() => import('./people/PeopleSection')) },
  { name: 'why', role: Role.SECURITY_OFFICER, component: lazy(() => import('./why/WhySection')) },
  { name: 'audit', role: Role.AUDITOR, component: lazy(() => import('./audit/AuditSection')) },
];

/** What operators, security officers and auditors see of the system: each what is theirs. */
export default function SystemPage() {
  const words = useWords();
  const who = useWho();
  const sections = SECTIONS.filter((one) => holdsAny(who, one.role)).map((one) => ({ ...one, label: words.system[one.name] }));
  return <TabbedPage path="system" title={words.nav.system} sections={sections} />;
}
