import { Tree } from 'antd';
import { useMemo, useState } from 'react';

import { Unit_Kind, type Unit } from '../../../gen/duban/v1/unit_pb';
import { useWords, wordOf, type Words } from '../../../words';
import { type Branch, superiorsOn, treeOn } from '../unitsOnDay';

interface Props {
  units: readonly Unit[];
  day: string;
  /** What is looked for; empty: nothing. */
  text: string;
  /** `units/{unit}`; empty: none. */
  chosen: string;
  onChoose: (name: string) => void;
}

interface Node {
  key: string;
  title: JSX.Element;
  children: Node[];
  unit: string;
}

function fits(unit: Unit, text: string): boolean {
  return unit.displayName.includes(text) || unit.aliases.some((alias) => alias.includes(text)) || unit.name.includes(text);
}

/** Keeps what fits, and whatever leads to it. */
function narrowed(branches: readonly Branch[], text: string): Branch[] {
  if (text === '') return [...branches];
  return branches.flatMap((one) => {
    const below = narrowed(one.below, text);
    return fits(one.unit, text) || below.length > 0 ? [{ ...one, below }] : [];
  });
}

function nodeOf({ unit, path, below }: Branch, day: string, words: Words): Node {
  return {
    key: path,
    unit: unit.name,
    title: (
      <span className="unit-node">
        {unit.displayName} <span className="quiet">{wordOf(words.Unit_Kind, Unit_Kind, unit.kind)}</span>
        {superiorsOn(unit, day).length > 1 && <span className="chip">{words.directory.twoSuperiors}</span>}
      </span>
    ),
    children: below.map((one) => nodeOf(one, day, words)),
  };
}

function pathsOf(branches: readonly Branch[], depth: number): string[] {
  return depth === 0 ? [] : branches.flatMap((one) => [one.path, ...pathsOf(one.below, depth - 1)]);
}

const OPEN_AT_FIRST = 2;
const ALL = 100;
/** Beyond so many only those in sight are drawn. */
const HEIGHT = 620;

export function UnitTree({ units, day, text, chosen, onChoose }: Props) {
  const words = useWords();
  const tree = useMemo(() => narrowed(treeOn(units, day), text), [units, day, text]);
  const nodes = useMemo(() => tree.map((one) => nodeOf(one, day, words)), [tree, day, words]);
  const [opened, setOpened] = useState<{ of: string; paths: React.Key[] }>();
  const of = `${day}/${text}`;
  const expanded = opened?.of === of ? opened.paths : pathsOf(tree, text === '' ? OPEN_AT_FIRST : ALL);
  return (
    <Tree<Node>
      aria-label={words.directory.units}
      blockNode
      height={HEIGHT}
      treeData={nodes}
      expandedKeys={expanded}
      selectedKeys={pathsOf(tree, ALL).filter((path) => path.endsWith(`/${chosen}`) && chosen !== '')}
      onExpand={(paths) => { setOpened({ of, paths }); }}
      onSelect={(_, { node }) => { onChoose(node.unit); }}
    />
  );
}
