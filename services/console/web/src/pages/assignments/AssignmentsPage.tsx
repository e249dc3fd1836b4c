import { lazy } from 'react';
import { Route, Routes } from 'react-router-dom';

import { ListPage } from './ListPage';

const AssignmentPage = lazy(() => import('../assignment/AssignmentPage'));

/** The list, and what it opens. */
export default function AssignmentsPage() {
  return (
    <Routes>
      <Route index element={<ListPage />} />
      <Route path=":plan/:task/:unit" element={<AssignmentPage />} />
    </Routes>
  );
}
