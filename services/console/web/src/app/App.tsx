import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { Navigate, Route, Routes } from 'react-router-dom';

import { type Clients, ClientsContext } from '../api/clients';
import { newQueryClient } from '../api/queries';
import { Nothing } from '../components/Nothing';
import { useWords } from '../words';
import { ErrorBoundary } from './ErrorBoundary';
import { Frame } from './Frame';
import { LanguageProvider } from './language';
import { MessagesProvider } from './Messages';
import { pagesFor } from './pages';
import { SessionGate, useWho } from './session';

function NoPage() {
  const words = useWords();
  return <Nothing what={words.app.noPage} hint={words.app.noPageHint} />;
}

/** A page that is not for this person does not exist for them. */
function Pages() {
  const pages = pagesFor(useWho());
  return (
    <Routes>
      <Route element={<Frame />}>
        <Route index element={<Navigate to={`/${pages[0]?.path ?? 'account'}`} replace />} />
        {pages.map((page) => (
          <Route key={page.path} path={`${page.path}/*`} element={<page.component />} />
        ))}
        <Route path="*" element={<NoPage />} />
      </Route>
    </Routes>
  );
}

interface Props {
  clients: Clients;
  /** What has been asked already; without, nothing has. */
  asked?: QueryClient;
}

/** Everything, over the services that `clients` call. Wants a router around it. */
export function App({ clients, asked }: Props) {
  const [queries] = useState(() => asked ?? newQueryClient());
  return (
    <LanguageProvider>
      <ErrorBoundary>
        <MessagesProvider>
          <QueryClientProvider client={queries}>
            <ClientsContext.Provider value={clients}>
              <SessionGate>
                <Pages />
              </SessionGate>
            </ClientsContext.Provider>
          </QueryClientProvider>
        </MessagesProvider>
      </ErrorBoundary>
    </LanguageProvider>
  );
}
