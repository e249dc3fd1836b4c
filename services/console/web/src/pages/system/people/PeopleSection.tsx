import { Route, Routes } from 'react-router-dom';

import { PeopleList } from './PeopleList';
import { PersonPage } from './PersonPage';

/** The people of the node, and one of them. */
export default function PeopleSection() {
  return (
    <Routes>
      <Route index element={<PeopleList />} />
      <Route path=":person" element={<PersonPage />} />
    </Routes>
  );
}
