// What boards say beside their tables, in Chinese: charts, the wall screen, levels, print and picture.
export const zhBoardView = {
  boardView: {
    charts: '图表',
    lightsBy: (of: string) => `各${of}红绿灯`,
    states: '办理状态',
    openList: '点击柱或扇形打开清单',
    wall: '大屏',
    wallTitle: '督办看板',
    leave: '退出大屏',
    fullScreen: '全屏',
    print: '打印',
    picture: '导出图片',
    level: '级次',
    thisLevel: '本级',
    levelBelow: (depth: number) => `下 ${String(depth)} 级`,
    levelName: '级次',
    levelHint: '下级把交办事项分解后报上来的办理数；一个下级任务承接多项时各计一次。',
    noLevels: '下级还没有报上分解情况。',
    unitsAt: (level: string) => `${level}各单位`,
    node: '节点',
    from: '承办自',
    opensOf: (name: string) => `${name}：打开其承办的事项清单`,
    page: (n: number, all: number) => `${String(n)} / ${String(all)}`,
    offline: '更新中断，显示的是此前的数字',
  },
};

export type BoardViewWords = typeof zhBoardView;
