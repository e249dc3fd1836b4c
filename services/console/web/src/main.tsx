import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router-dom';

import { gatewayClients } from './api/clients';
import { newQueryClient } from './api/queries';
import { App } from './app/App';
import { fetchEarly } from './app/early';
// Before those of ours, which are to win.
import './gen/first.css';
import './app/frame.css';
import './app/plans.css';
import './app/office.css';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
const clients = gatewayClients();
const asked = newQueryClient();
void fetchEarly(window.location.pathname, clients, asked).then(() => {
  createRoot(root).render(
    <BrowserRouter>
      <App clients={clients} asked={asked} />
    </BrowserRouter>,
  );
});
