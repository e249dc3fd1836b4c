// Which assignments are meant, as the address of a page has it and as the contract has it: a link that is kept or sent
// to a colleague opens the same list.
import type { MessageInitShape } from '@bufbuild/protobuf';

import { Assignment_Light, Assignment_State } from '../gen/duban/v1/assignment_pb';
import type { AssignmentFilterSchema } from '../gen/duban/v1/assignment_service_pb';

export type Order = '' | 'due' | 'due desc';

export interface AssignmentQuery {
  /** The id; empty: any. */
  plan: string;
  unit: string;
  states: Assignment_State[];
  light: Assignment_Light;
  heading: string;
  withoutHeading: boolean;
  extensionOpen: boolean;
  order: Order;
}

export const ANY: AssignmentQuery = {
  plan: '',
  unit: '',
  states: [],
  light: Assignment_Light.LIGHT_UNSPECIFIED,
  heading: '',
  withoutHeading: false,
  extensionOpen: false,
  order: '',
};

const ORDERS: Record<string, Order> = { due: 'due', '-due': 'due desc' };

function valueOf(names: Record<string, string | number>, text: string): number | undefined {
  const value = names[text.toUpperCase()];
  return typeof value === 'number' && value !== 0 ? value : undefined;
}

/** What is not understood asks nothing. */
export function queryOf(params: URLSearchParams): AssignmentQuery {
  const states = (params.get('state') ?? '')
    .split(',')
    .map((name) => valueOf(Assignment_State, name))
    .filter((state) => state !== undefined);
  return {
    plan: params.get('plan') ?? '',
    unit: params.get('unit') ?? '',
    states,
    light: valueOf(Assignment_Light, params.get('light') ?? '') ?? Assignment_Light.LIGHT_UNSPECIFIED,
    heading: params.get('heading') ?? '',
    withoutHeading: params.get('heading') === '',
    extensionOpen: params.get('extension') === 'open',
    order: ORDERS[params.get('order') ?? ''] ?? '',
  };
}

export function paramsOf(query: AssignmentQuery): URLSearchParams {
  const params = new URLSearchParams();
  if (query.plan !== '') params.set('plan', query.plan);
  if (query.unit !== '') params.set('unit', query.unit);
  const states = query.states.map((state) => Assignment_State[state].toLowerCase());
  if (states.length > 0) params.set('state', states.join(','));
  if (query.light !== Assignment_Light.LIGHT_UNSPECIFIED) {
    params.set('light', Assignment_Light[query.light].toLowerCase());
  }
  if (query.heading !== '' || query.withoutHeading) params.set('heading', query.heading);
  if (query.extensionOpen) params.set('extension', 'open');
  if (query.order !== '') params.set('order', query.order === 'due' ? 'due' : '-due');
  return params;
}

export function filterOf(query: AssignmentQuery): MessageInitShape<typeof AssignmentFilterSchema> {
  return {
    plan: query.plan === '' ? '' : `plans/${query.plan}`,
    unit: query.unit === '' ? '' : `units/${query.unit}`,
    states: query.states,
    light: query.light,
    heading: query.heading,
    withoutHeading: query.withoutHeading,
    extensionOpen: query.extensionOpen,
  };
}

/** The address of the list. */
export function listPath(query: AssignmentQuery): string {
  return `/assignments?${paramsOf(query).toString()}`;
}
