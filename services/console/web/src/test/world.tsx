// The whole console over services in memory: a test says what they answer, and looks at what the pages make of it.
import { create } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createRouterTransport, type ServiceImpl } from '@connectrpc/connect';
import { render, type RenderResult } from '@testing-library/react';
import { MemoryRouter } from 'react-router-dom';

import { clientsOver } from '../api/clients';
import { App } from '../app/App';
import { Role } from '../gen/duban/v1/access_pb';
import { AccessService } from '../gen/duban/v1/access_service_pb';
import { type Assignment, Assignment_Light, Assignment_State, AssignmentSchema } from '../gen/duban/v1/assignment_pb';
import { AssignmentService } from '../gen/duban/v1/assignment_service_pb';
import { AuditService } from '../gen/duban/v1/audit_service_pb';
import { DirectoryService } from '../gen/duban/v1/directory_service_pb';
import { NodeService } from '../gen/duban/v1/node_service_pb';
import { NotificationService } from '../gen/duban/v1/notification_service_pb';
import { Deadline_Kind } from '../gen/duban/v1/deadline_pb';
import { EvidenceService } from '../gen/duban/v1/evidence_service_pb';
import { Responsibility_Role } from '../gen/duban/v1/plan_pb';
import { IssuerService } from '../gen/duban/v1/issuer_service_pb';
import { PlanService } from '../gen/duban/v1/plan_service_pb';
import { PlanSourceService } from '../gen/duban/v1/plan_source_service_pb';
import { WatchService } from '../gen/duban/v1/watch_service_pb';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  LocalizedMessageSchema,
  RetryInfoSchema,
} from '../gen/google/rpc/error_details_pb';
import { type Status, StatusSchema } from '../gen/google/rpc/status_pb';

export interface Services {
  access?: Partial<ServiceImpl<typeof AccessService>>;
  assignments?: Partial<ServiceImpl<typeof AssignmentService>>;
  audit?: Partial<ServiceImpl<typeof AuditService>>;
  directory?: Partial<ServiceImpl<typeof DirectoryService>>;
  evidence?: Partial<ServiceImpl<typeof EvidenceService>>;
  issuers?: Partial<ServiceImpl<typeof IssuerService>>;
  node?: Partial<ServiceImpl<typeof NodeService>>;
  notifications?: Partial<ServiceImpl<typeof NotificationService>>;
  plans?: Partial<ServiceImpl<typeof PlanService>>;
  planSources?: Partial<ServiceImpl<typeof PlanSourceService>>;
  /** Without it nothing is told, as by a node that tells no changes. */
  watch?: Partial<ServiceImpl<typeof WatchService>>;
}

export const HOUSING = 'units/housing';
export const GOVERNMENT = 'units/qinghe-gov';

/** Somebody who holds `roles` for `unit`. */
export function signedIn(displayName: string, unit: string, ...roles: Role[]): NonNullable<Services['access']> {
  return signedInFor(displayName, [unit], ...roles);
}

/** The same for each of several. */
export function signedInFor(displayName: string, units: readonly string[], ...roles: Role[]): NonNullable<Services['access']> {
  return {
    whoAmI: () => ({
      caller: 'people/wang',
      displayName,
      posts: [{ unit: '', roles: [Role.PERSON] }, ...units.map((unit) => ({ unit, roles }))],
    }),
  };
}

interface Said {
  reason?: string;
  metadata?: Record<string, string>;
  chinese?: string;
  field?: { field: string; chinese: string };
  retrySeconds?: number;
}

/** An error as the services make it. */
export function refusal(code: Code, english: string, said: Said = {}): ConnectError {
  const { reason = '', metadata = {}, chinese = '', field, retrySeconds } = said;
  const error = new ConnectError(english, code);
  error.details.push({ desc: ErrorInfoSchema, value: { reason, domain: 'duban', metadata } });
  error.details.push({ desc: LocalizedMessageSchema, value: { locale: 'zh-CN', message: chinese } });
  if (field !== undefined) {
    const violation = { field: field.field, description: 'wrong', localizedMessage: { message: field.chinese } };
    error.details.push({ desc: BadRequestSchema, value: { fieldViolations: [violation] } });
  }
  if (retrySeconds !== undefined) {
    error.details.push({ desc: RetryInfoSchema, value: { retryDelay: { seconds: BigInt(retrySeconds) } } });
  }
  return error;
}

/** The same within a result. */
export function refusedResult(code: Code, chinese: string): Status {
  const local = create(LocalizedMessageSchema, { locale: 'zh-CN', message: chinese });
  return create(StatusSchema, { code, message: 'refused', details: [anyPack(LocalizedMessageSchema, local)] });
}

export function assignmentOf(task: string, init: Partial<Assignment> = {}): Assignment {
  const assignment = create(AssignmentSchema, {
    name: `plans/laojiu/tasks/${task}/assignments/housing`,
    planTitle: '老旧小区改造方案',
    table: 'body',
    number: Number(task.slice(task.lastIndexOf('-') + 1)),
    text: `任务${task}`,
    unit: HOUSING,
    unitDisplayName: '区住房城乡建设局',
    issuer: GOVERNMENT,
    issuerDisplayName: '青禾区政府',
    role: Responsibility_Role.LEAD,
    deadline: { kind: Deadline_Kind.BY_DATE, printed: '9月底前', due: '2026-09-30' },
    year: 2026,
    state: Assignment_State.ISSUED,
    light: Assignment_Light.GREEN,
    etag: `etag-${task}`,
  });
  return Object.assign(assignment, init);
}

const NO_UNITS: NonNullable<Services['directory']> = {
  getUnit: ({ name }) => ({ name, displayName: name === GOVERNMENT ? '青禾区政府' : '区住房城乡建设局' }),
  listUnits: () => ({ units: [] }),
  listUnitGroups: () => ({ groups: [] }),
};
const NO_PLANS: NonNullable<Services['plans']> = { listPlans: () => ({ plans: [] }) };

export function clientsOf(services: Services) {
  return clientsOver(
    createRouterTransport(({ service }) => {
      service(AccessService, services.access ?? {});
      service(AssignmentService, services.assignments ?? {});
      service(AuditService, services.audit ?? {});
      service(NodeService, services.node ?? {});
      service(NotificationService, services.notifications ?? {});
      service(DirectoryService, { ...NO_UNITS, ...services.directory });
      service(EvidenceService, services.evidence ?? {});
      service(IssuerService, services.issuers ?? { listIssuerItems: () => ({ items: [] }) });
      service(PlanService, { ...NO_PLANS, ...services.plans });
      service(PlanSourceService, { getPlanSource: ({ name }) => ({ name }), ...services.planSources });
      service(WatchService, services.watch ?? {});
    }),
  );
}

/** Opens the console at an address. */
export function open(path: string, services: Services): RenderResult {
  return render(
    <MemoryRouter initialEntries={[path]}>
      <App clients={clientsOf(services)} />
    </MemoryRouter>,
  );
}
