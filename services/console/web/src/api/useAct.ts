// A change, sent as often as it takes and taking effect once: a repeat of the same input keeps its request id until the
// outcome is known.
import { useMutation, type UseMutationResult, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';

import { faultOf, isOpen } from './fault';
import { RequestIds } from './requestId';

interface ActOptions<Input, Result> {
  call: (input: Input, requestId: string) => Promise<Result>;
  onDone?: (result: Result, input: Input) => void;
}

/** `input` has to be plain data: what is the same as JSON is the same change. */
export function useAct<Input, Result>(
  options: ActOptions<Input, Result>,
): UseMutationResult<Result, Error, Input> {
  const queries = useQueryClient();
  const ids = useRef(new RequestIds());
  return useMutation({
    mutationFn: (input: Input) => options.call(input, ids.current.idFor(JSON.stringify(input))),
    onSuccess: async (result, input) => {
      ids.current.settled();
      options.onDone?.(result, input);
      await queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'who' });
    },
    onError: async (error) => {
      const fault = faultOf(error);
      if (!isOpen(fault)) ids.current.settled();
      // Whoever decides again has to see what it is now.
      if (fault.kind === 'changed' || fault.kind === 'refused') {
        await queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'who' });
      }
    },
  });
}
