import { type ComponentType, lazy } from 'react';

import { useWho } from '../../app/session';
import { holdsAny } from '../../app/who';
import { TabbedPage } from '../../components/TabbedPage';
import { Role } from '../../gen/duban/v1/access_pb';
import { useWords } from '../../words';

const { CLERK, LEADER, OPERATOR, REGISTRAR } = Role;

const SECTIONS: readonly { name: 'list' | 'deliveries' | 'contacts' | 'policy'; roles: readonly Role[]; component: ComponentType }[] = [
  { name: 'list', roles: [CLERK, LEADER, OPERATOR], component: lazy(() => import('./list/ListSection')) },
  { name: 'deliveries', roles: [OPERATOR], component: lazy(() => import('./deliveries/DeliveriesSection')) },
  { name: 'policy', roles: [CLERK, LEADER, OPERATOR, REGISTRAR], component: lazy(() => import('./policy/PolicySection')) },
  { name: 'contacts', roles: [OPERATOR, REGISTRAR], component: lazy(() => import('./contacts/ContactsSection')) },
];

/** What is said to whom and when, how it got there, and by what policy. */
export default function RemindersPage() {
  const words = useWords();
  const who = useWho();
  const sections = SECTIONS.filter((one) => holdsAny(who, ...one.roles))
    .map((one) => ({ ...one, label: words.reminders[one.name] }));
  return <TabbedPage path="reminders" title={words.nav.reminders} sections={sections} />;
}
