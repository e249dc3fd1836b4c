import { Answered } from '../../components/Answered';
import { AssignmentCard } from '../../components/AssignmentCard';
import { Nothing } from '../../components/Nothing';
import type { Assignment } from '../../gen/duban/v1/assignment_pb';
import { useWords } from '../../words';
import { ActButton } from '../assignment/ActButton';
import { type Section, type UnitDesk, useUnitDesk } from './deskData';
import { DeskSection } from './DeskSection';
import { SigningSection } from './SigningSection';

function Plain({ title, hint, section }: { title: string; hint?: string; section: Section }) {
  const { items, total } = section;
  if (items.length === 0) return null;
  const more = total === undefined || total > items.length;
  return (
    <DeskSection title={title} {...(hint !== undefined && { hint })} count={total ?? items.length} all={more ? section.all : undefined}>
      {items.map((one) => <WorkCard key={one.name} assignment={one} />)}
    </DeskSection>
  );
}

function WorkCard({ assignment, note }: { assignment: Assignment; note?: string | undefined }) {
  return (
    <AssignmentCard
      assignment={assignment}
      note={note}
      acts={
        <>
          <ActButton assignment={assignment} act="report" />
          <ActButton assignment={assignment} act="submit" />
        </>
      }
    />
  );
}

function Sections({ unit, desk }: { unit: string; desk: UnitDesk }) {
  const words = useWords();
  const { toSign, returned, late, soon } = desk;
  if (toSign.items.length + returned.length + late.items.length + soon.items.length === 0) {
    return <Nothing what={words.desk.clear} hint={words.desk.clearHint} />;
  }
  return (
    <>
      <SigningSection unit={unit} section={toSign} />
      {returned.length > 0 && (
        <DeskSection title={words.desk.returned} hint={words.desk.returnedHint} count={returned.length}>
          {returned.map((one) => <WorkCard key={one.name} assignment={one} note={one.oversight?.reviews.at(-1)?.comment} />)}
        </DeskSection>
      )}
      <Plain title={words.desk.late} section={late} />
      <Plain title={words.desk.soon} hint={words.desk.soonHint} section={soon} />
    </>
  );
}

/** What one unit owes. */
export function UnitSections({ unit, title }: { unit: string; title: string }) {
  const asked = useUnitDesk(unit);
  return (
    <>
      <h2 className="desk-unit">{title}</h2>
      <Answered asked={asked}>{(desk) => <Sections unit={unit} desk={desk} />}</Answered>
    </>
  );
}
