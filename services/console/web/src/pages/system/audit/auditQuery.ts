// Which entries of the audit are meant, as the address has it and as the contract has it.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';

import { SERVICES, type ServiceName } from '../../../api/processes';
import { AuditEntry_Outcome } from '../../../gen/duban/v1/audit_pb';
import type { ListAuditEntriesRequest_FilterSchema } from '../../../gen/duban/v1/audit_service_pb';

export interface AuditQuery {
  service: ServiceName;
  caller: string;
  /** `PlanService/PublishPlan`; empty: any. */
  method: string;
  about: string;
  outcome: AuditEntry_Outcome;
  /** Days, both inclusive; empty: any. */
  from: string;
  to: string;
}

const OUTCOMES: Record<string, AuditEntry_Outcome> = { done: AuditEntry_Outcome.DONE, refused: AuditEntry_Outcome.REFUSED };
const DAY = /^\d{4}-\d{2}-\d{2}$/;

function dayOf(text: string | null): string {
  return text !== null && DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : '';
}

/** What is not understood asks nothing. */
export function auditQueryOf(params: URLSearchParams): AuditQuery {
  return {
    service: SERVICES.find((one) => one === params.get('service')) ?? 'plan',
    caller: params.get('caller') ?? '',
    method: params.get('method') ?? '',
    about: params.get('about') ?? '',
    outcome: OUTCOMES[params.get('outcome') ?? ''] ?? AuditEntry_Outcome.OUTCOME_UNSPECIFIED,
    from: dayOf(params.get('from')),
    to: dayOf(params.get('to')),
  };
}

export function auditParams(query: AuditQuery): URLSearchParams {
  const params = new URLSearchParams();
  const outcome = Object.keys(OUTCOMES).find((name) => OUTCOMES[name] === query.outcome);
  for (const [name, value] of Object.entries({ ...query, outcome: outcome ?? '' })) {
    if (value !== '') params.set(name, value);
  }
  return params;
}

/** The moment at which a day begins in Shanghai, which has one offset all year. */
function beginOf(day: string, later = 0): Date {
  return new Date(Date.parse(`${day}T00:00:00+08:00`) + later * 86_400_000);
}

export function auditFilter(query: AuditQuery): MessageInitShape<typeof ListAuditEntriesRequest_FilterSchema> {
  return {
    caller: query.caller,
    method: query.method === '' ? '' : `duban.v1.${query.method}`,
    entity: query.about,
    outcome: query.outcome,
    ...(query.from !== '' && { beginTime: timestampFromDate(beginOf(query.from)) }),
    ...(query.to !== '' && { endTime: timestampFromDate(beginOf(query.to, 1)) }),
  };
}
