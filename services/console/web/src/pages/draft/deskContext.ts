// What only few places, such as the task that is looked at, have to know of the desk; the others are not drawn anew when it changes.
import { create } from '@bufbuild/protobuf';
import { createContext } from 'react';

import { type Plan, PlanSchema } from '../../gen/duban/v1/plan_pb';

export interface DeskAround {
  plan: Plan;
  onMoveUnder: (task: string) => void;
  /** Reads the document once more, without what was said of earlier ones. */
  onReadAnew: () => void;
}

export const DeskContext = createContext<DeskAround>({ plan: create(PlanSchema), onMoveUnder: () => undefined, onReadAnew: () => undefined });
