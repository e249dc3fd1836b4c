// Who is signed in: asked of the node when the page is opened, after signing in, and when a call says that the session
// has ended. While somebody has to sign in again, their page stays as it is beneath.
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, lazy, type ReactNode, Suspense, useCallback, useContext, useEffect, useMemo, useState } from 'react';

import { type Clients, useClients } from '../api/clients';
import { faultOf } from '../api/fault';
import { onSignedOut } from '../api/queries';
import { Loading } from '../components/Loading';
import { FaultView } from '../components/FaultView';
import { NEVER } from '../live/kinds';
import { LiveUpdates } from '../live/LiveUpdates';
import { keepSignedIn } from './kept';
import { loaded } from './loaded';
import { whenShown } from './whenShown';
import { type Who, whoOf } from './who';

// Whoever is signed in sees none of it; it is here before a session can end.
const signInDialog = () => import('./SignInDialog');
const SignInDialog = lazy(async () => ({ default: (await signInDialog()).SignInDialog }));
export const signInPage = loaded(async () => ({ default: (await import('./SignInPage')).SignInPage }));

interface Session {
  who: Who;
  /** Asks again what the person holds. */
  refresh: () => Promise<void>;
  signOut: () => Promise<void>;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('nobody is signed in here');
  return session;
}

export function useWho(): Who {
  return useSession().who;
}

const WHO = ['who'];

export function whoQuery({ access }: Pick<Clients, 'access'>) {
  return queryOptions({
    queryKey: WHO,
    queryFn: async () => whoOf(await access.whoAmI({})),
    staleTime: Infinity,
    // That nobody is signed in may be known before anything is drawn.
    retryOnMount: false,
    meta: { ...NEVER, quiet: true },
  });
}

export function SessionGate({ children }: { children: ReactNode }) {
  const { access } = useClients();
  const queries = useQueryClient();
  const [expired, setExpired] = useState(false);
  const [signIns, setSignIns] = useState(0);
  const asked = useQuery(whoQuery({ access }));
  const who = asked.data;

  useEffect(() => onSignedOut(() => { setExpired(true); }), []);
  const isSignedIn = who !== undefined;
  useEffect(() => (isSignedIn ? whenShown(queries, () => void signInDialog()) : undefined), [queries, isSignedIn]);
  useEffect(() => {
    if (!asked.isPending) keepSignedIn(isSignedIn);
  }, [asked.isPending, isSignedIn]);

  const refresh = useCallback(async () => {
    await queries.invalidateQueries({ queryKey: WHO });
  }, [queries]);

  const signedIn = useCallback(async () => {
    const next = whoOf(await access.whoAmI({}));
    // Somebody else at the same screen sees nothing of what was there.
    if (next.person !== who?.person) queries.removeQueries({ predicate: (query) => query.queryKey[0] !== WHO[0] });
    queries.setQueryData(WHO, next);
    setExpired(false);
    setSignIns((before) => before + 1);
    await queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== WHO[0] });
  }, [access, queries, who?.person]);

  const signOut = useCallback(async () => {
    await access.signOut({}).catch((error: unknown) => {
      // A session that has ended already is what was wanted.
      if (faultOf(error).kind !== 'signedOut') throw error;
    });
    queries.clear();
    keepSignedIn(false);
    window.location.assign('/');
  }, [access, queries]);

  const session = useMemo(
    () => (who === undefined ? null : { who, refresh, signOut }),
    [who, refresh, signOut],
  );

  if (session !== null) {
    return (
      <SessionContext.Provider value={session}>
        <LiveUpdates signedIn={signIns} />
        {children}
        {expired && <Suspense><SignInDialog person={session.who.person} onSignedIn={signedIn} /></Suspense>}
      </SessionContext.Provider>
    );
  }
  if (asked.isPending) return <Loading />;
  const fault = faultOf(asked.error);
  if (fault.kind !== 'signedOut') return <FaultView error={asked.error} onRetry={() => void asked.refetch()} />;
  return <Suspense fallback={<Loading />}><signInPage.component onSignedIn={signedIn} /></Suspense>;
}
