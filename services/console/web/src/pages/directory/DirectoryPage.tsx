import { type ComponentType, lazy } from 'react';

import { useWho } from '../../app/session';
import { holdsAny, WORKING_ROLES } from '../../app/who';
import { TabbedPage } from '../../components/TabbedPage';
import { Role } from '../../gen/duban/v1/access_pb';
import { useWords } from '../../words';

const { OPERATOR, REGISTRAR, SECURITY_OFFICER } = Role;

const SECTIONS: readonly { name: 'units' | 'groups' | 'import'; roles: readonly Role[]; component: ComponentType }[] = [
  { name: 'units', roles: [...WORKING_ROLES, REGISTRAR, OPERATOR, SECURITY_OFFICER], component: lazy(() => import('./units/UnitsSection')) },
  { name: 'groups', roles: [...WORKING_ROLES, REGISTRAR, OPERATOR], component: lazy(() => import('./groups/GroupsSection')) },
  { name: 'import', roles: [REGISTRAR], component: lazy(() => import('./import/ImportSection')) },
];

/** Who can be addressed, and who was what on a day. */
export default function DirectoryPage() {
  const words = useWords();
  const who = useWho();
  const sections = SECTIONS.filter((one) => holdsAny(who, ...one.roles))
    .map((one) => ({ ...one, label: words.directory[one.name] }));
  return <TabbedPage path="directory" title={words.nav.directory} sections={sections} />;
}
