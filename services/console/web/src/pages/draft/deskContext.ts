// What only the task that is looked at has to know of the desk; the others are not drawn anew when it changes.
import { create } from '@bufbuild/protobuf';
import { createContext } from 'react';

import { type Plan, PlanSchema } from '../../gen/duban/v1/plan_pb';

export interface DeskAround {
  plan: Plan;
  onMoveUnder: (task: string) => void;
}

export const DeskContext = createContext<DeskAround>({ plan: create(PlanSchema), onMoveUnder: () => undefined });
