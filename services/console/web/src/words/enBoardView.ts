// What boards say beside their tables, in English.
import type { BoardViewWords } from './zhBoardView';

export const enBoardView: BoardViewWords = {
  boardView: {
    charts: 'Charts',
    lightsBy: (of) => `Lights by ${of}`,
    states: 'States',
    openList: 'A bar or a sector opens its list',
    wall: 'Wall screen',
    wallTitle: 'Board',
    leave: 'Leave',
    fullScreen: 'Full screen',
    print: 'Print',
    picture: 'Save as a picture',
    level: 'Level',
    thisLevel: 'this level',
    levelBelow: (depth) => `${String(depth)} below`,
    levelName: 'Level',
    levelHint: 'What the levels below made of these assignments, as it came up; a task below that takes on several counts once for each.',
    noLevels: 'Nothing came up from below yet.',
    unitsAt: (level) => `Units, ${level}`,
    node: 'Node',
    from: 'Part of',
    opensOf: (name) => `${name}: opens the list it is part of`,
    page: (n, all) => `${String(n)} / ${String(all)}`,
    offline: 'Not updated: these are earlier figures',
  },
};
