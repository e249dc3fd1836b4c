// The pages, in the order of the navigation: their address, for whom they are, and where their code is. A page that
// comes to be has its row here and a folder in src/pages, and nothing else has to know of it.
import {
  ApartmentOutlined,
  AuditOutlined,
  BellOutlined,
  CalendarOutlined,
  CheckSquareOutlined,
  ContactsOutlined,
  DashboardOutlined,
  ImportOutlined,
  PartitionOutlined,
  SettingOutlined,
  UserOutlined,
} from '@ant-design/icons';
import type { ComponentType } from 'react';

import { Role } from '../gen/duban/v1/access_pb';
import type { Words } from '../words';
import { loaded } from './loaded';
import { KEEPING_ROLES, type Who, WORKING_ROLES } from './who';

export interface Page {
  name: keyof Words['nav'];
  /** Behind `/`; what is under it is the page's own. */
  path: string;
  icon: typeof UserOutlined;
  /** Whoever holds one of these; empty: everybody. */
  roles: readonly Role[];
  load: () => Promise<{ default: ComponentType }>;
  component: ComponentType;
}

const ROWS: readonly Omit<Page, 'component'>[] = [
  {
    name: 'desk',
    path: 'desk',
    icon: CheckSquareOutlined,
    roles: WORKING_ROLES,
    load: () => import('../pages/desk/DeskPage'),
  },
  {
    name: 'assignments',
    path: 'assignments',
    icon: AuditOutlined,
    roles: WORKING_ROLES,
    load: () => import('../pages/assignments/AssignmentsPage'),
  },
  {
    name: 'board',
    path: 'board',
    icon: DashboardOutlined,
    roles: WORKING_ROLES,
    load: () => import('../pages/board/BoardPage'),
  },
  {
    name: 'plans',
    path: 'plans',
    icon: ApartmentOutlined,
    roles: WORKING_ROLES,
    load: () => import('../pages/plans/PlansPage'),
  },
  {
    name: 'import',
    path: 'import',
    icon: ImportOutlined,
    roles: [Role.PLANNER],
    load: () => import('../pages/import/ImportPage'),
  },
  {
    name: 'takeOn',
    path: 'take-on',
    icon: PartitionOutlined,
    roles: [Role.PLANNER, Role.REVIEWER, Role.LEADER],
    load: () => import('../pages/takeOn/TakeOnPage'),
  },
  {
    name: 'calendar',
    path: 'calendar',
    icon: CalendarOutlined,
    roles: [...WORKING_ROLES, Role.REGISTRAR, Role.OPERATOR],
    load: () => import('../pages/calendar/CalendarPage'),
  },
  {
    name: 'reminders',
    path: 'reminders',
    icon: BellOutlined,
    roles: [Role.CLERK, Role.LEADER, Role.REGISTRAR, Role.OPERATOR],
    load: () => import('../pages/reminders/RemindersPage'),
  },
  {
    name: 'directory',
    path: 'directory',
    icon: ContactsOutlined,
    roles: [...WORKING_ROLES, Role.REGISTRAR, Role.OPERATOR, Role.SECURITY_OFFICER],
    load: () => import('../pages/directory/DirectoryPage'),
  },
  {
    name: 'system',
    path: 'system',
    icon: SettingOutlined,
    roles: KEEPING_ROLES,
    load: () => import('../pages/system/SystemPage'),
  },
  {
    name: 'account',
    path: 'account',
    icon: UserOutlined,
    roles: [],
    load: () => import('../pages/account/AccountPage'),
  },
];

export const PAGES: readonly Page[] = ROWS.map((row) => ({ ...row, ...loaded(row.load) }));

/** What a page is offered by. */
export function isFor(page: Page, who: Who): boolean {
  return page.roles.length === 0 || [...who.posts.values()].some((held) => page.roles.some((role) => held.has(role)));
}

export function pagesFor(who: Who): Page[] {
  return PAGES.filter((page) => isFor(page, who));
}
