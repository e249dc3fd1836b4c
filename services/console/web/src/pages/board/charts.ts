// Charts of a board, by ECharts: loaded when one is to be drawn, and only the parts that are drawn with.
import { BarChart, PieChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { type EChartsType, init, use as register } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

import type { BarsData, ChartClick, PieData } from './chartData';

register([AriaComponent, BarChart, CanvasRenderer, GridComponent, LegendComponent, PieChart, TooltipComponent]);

const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", system-ui, sans-serif';

// Words of a tooltip are drawn like the rest: made of HTML it would bring styles of its own along, which are kept out.
const COMMON = {
  animationDuration: 300,
  textStyle: { fontFamily: FONT },
  tooltip: { renderMode: 'richText' as const, confine: true },
  aria: { enabled: true },
};

// Shapes in the bars, as lights have them: nobody needs the colours to tell them apart.
const DECAL = { symbolSize: 0.6, color: 'rgba(255,255,255,0.75)', dashArrayX: [[8, 8]], dashArrayY: [10, 4] };

/** Bars, one over the other, each opening its list. */
export function drawBars(into: HTMLElement, data: BarsData, onClick: (click: ChartClick) => void): EChartsType {
  const chart = init(into);
  chart.setOption({
    ...COMMON,
    grid: { left: 8, right: 24, top: 36, bottom: 8, containLabel: true },
    legend: { top: 0, textStyle: { fontSize: data.fontSize } },
    xAxis: { type: 'value', minInterval: 1, axisLabel: { fontSize: data.fontSize } },
    yAxis: {
      type: 'category', inverse: true, data: data.names,
      axisLabel: { fontSize: data.fontSize, width: data.nameWidth, overflow: 'truncate' },
    },
    series: data.series.map((one) => ({
      type: 'bar', stack: 'all', name: one.name, data: one.counts, color: one.colour, barMaxWidth: 28, cursor: 'pointer',
      ...(one.shape !== undefined && { itemStyle: { decal: { ...DECAL, symbol: one.shape } } }),
    })),
  });
  chart.on('click', ({ dataIndex, seriesIndex }) => { onClick({ row: dataIndex, series: seriesIndex ?? 0 }); });
  return chart;
}

/** A ring of sectors, each opening its list. */
export function drawPie(into: HTMLElement, data: PieData, onClick: (click: ChartClick) => void): EChartsType {
  const chart = init(into);
  chart.setOption({
    ...COMMON,
    legend: { type: 'scroll', bottom: 0, textStyle: { fontSize: data.fontSize } },
    series: [{
      type: 'pie',
      radius: ['42%', '68%'],
      center: ['50%', '44%'],
      data: data.sectors.map((one) => ({ name: one.name, value: one.count, itemStyle: { color: one.colour } })),
      label: { formatter: '{b} {c}', fontSize: data.fontSize },
      cursor: 'pointer',
    }],
  });
  chart.on('click', ({ dataIndex }) => { onClick({ row: dataIndex, series: 0 }); });
  return chart;
}
