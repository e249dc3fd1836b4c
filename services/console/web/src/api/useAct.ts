// A change, sent as often as it takes and taking effect once: a repeat of the same input is what was sent first, with its
// request id, until the outcome is known.
import { useMutation, type UseMutationResult, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';

import { faultOf, isOutcomeOpen } from './fault';
import { OpenChanges } from './requestId';

interface ActOptions<Input, Result> {
  call: (input: Input, requestId: string) => Promise<Result>;
  onDone?: (result: Result, input: Input) => void;
}

/** `input` has to be plain data: what is the same as JSON, but for the etags in it, is the same change. */
export function useAct<Input, Result>(
  options: ActOptions<Input, Result>,
): UseMutationResult<Result, Error, Input> {
  const queries = useQueryClient();
  const changes = useRef(new OpenChanges<Input>());
  // Nobody waits for it: what comes behind the change goes on at once.
  const askAgain = (): void => void queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'who' });
  return useMutation({
    mutationFn: (input: Input) => {
      const sent = changes.current.sending(input);
      return options.call(sent.input, sent.requestId);
    },
    onSuccess: (result, input) => {
      changes.current.done();
      options.onDone?.(result, input);
      askAgain();
    },
    onError: (error, input) => {
      const fault = faultOf(error);
      if (!isOutcomeOpen(fault)) changes.current.refused(input);
      // Whoever decides again has to see what it is now.
      if (fault.kind === 'changed' || fault.kind === 'refused') askAgain();
    },
  });
}
