// The states a page that asks something can be in, told the same way everywhere.
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { FaultView } from './FaultView';
import { Loading } from './Loading';

interface Props<T> {
  asked: UseQueryResult<T>;
  children: (answer: T) => ReactNode;
}

/** The answer, once it is there. One that is there stays while a later one fails; then both are shown. */
export function Answered<T>({ asked, children }: Props<T>) {
  const retry = () => void asked.refetch();
  if (asked.data === undefined) {
    return asked.isError ? <FaultView error={asked.error} onRetry={retry} /> : <Loading />;
  }
  return (
    <>
      {asked.isError && <FaultView error={asked.error} onRetry={retry} />}
      {children(asked.data)}
    </>
  );
}
