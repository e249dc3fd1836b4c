import type { UseMutationResult } from '@tanstack/react-query';

import { useClients } from '../../api/clients';
import { useAct } from '../../api/useAct';
import { useMessage } from '../../app/Messages';
import { useWords } from '../../words';
import { type ActInput, callFor } from './actCalls';

/** One act on one assignment, said when it is done. */
export function useAssignmentAct(onDone?: () => void): UseMutationResult<void, Error, ActInput> {
  const words = useWords();
  const clients = useClients();
  const message = useMessage();
  return useAct({
    call: (input: ActInput, requestId) => callFor(clients, input, requestId),
    onDone: (_, input) => {
      void message.success(words.actDone[input.act]);
      onDone?.();
    },
  });
}
