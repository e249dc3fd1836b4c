// Which fields of a call its access rule looks at: what has to be said to ask "why".
import { getOption } from '@bufbuild/protobuf';
import type { DescMethod, DescService } from '@bufbuild/protobuf';

import { access, type AccessRule } from '../../../gen/duban/v1/access_pb';
import { AccessService } from '../../../gen/duban/v1/access_service_pb';
import { AssignmentService } from '../../../gen/duban/v1/assignment_service_pb';
import { AuditService } from '../../../gen/duban/v1/audit_service_pb';
import { DirectoryService } from '../../../gen/duban/v1/directory_service_pb';
import { NodeService } from '../../../gen/duban/v1/node_service_pb';
import { NotificationService } from '../../../gen/duban/v1/notification_service_pb';
import { PlanService } from '../../../gen/duban/v1/plan_service_pb';

const ASKED: readonly DescService[] = [
  PlanService, AssignmentService, DirectoryService, NotificationService, AccessService, NodeService, AuditService,
];

/** The methods that people call, as `PlanService/GetPlan`, with their rules. */
export const METHODS: ReadonlyMap<string, DescMethod> = new Map(
  ASKED.flatMap((service) => service.methods.map((method) => [`${service.name}/${method.name}`, method] as const)),
);

export function ruleOf(method: DescMethod): AccessRule {
  return getOption(method, access);
}

/** Paths that the rule names, each once. */
export function fieldsOf(method: string): string[] {
  const found = METHODS.get(method);
  if (found === undefined) return [];
  const paths = ruleOf(found).rows.flatMap((row) => [row.field, row.also, row.when, row.unless]);
  return [...new Set(paths)].filter((path) => path !== '');
}
