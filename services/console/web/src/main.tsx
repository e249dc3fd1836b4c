import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router-dom';

import { gatewayClients } from './api/clients';
import { App } from './app/App';
import { fetchEarly } from './app/early';
import './app/frame.css';
import './app/plans.css';
import './app/office.css';

fetchEarly(window.location.pathname);
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <BrowserRouter>
    <App clients={gatewayClients()} />
  </BrowserRouter>,
);
