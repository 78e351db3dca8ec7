// Cost bridges between plans.
const CAUSES = ['price', 'discounting', 'volume', 'mix', 'timing', 'given'];

function drawBridge(bridge) {
  const c = colours();
  const currency = data.comparison.currency;
  const base = data.comparison.plans[0];
  const other = data.comparison.plans.find((one) => one.name === bridge.plan);
  const lines = bridge.lines.filter((line) => Math.abs(line.total) > 1e-4 * Math.max(...bridge.lines.map((one) => Math.abs(one.total)), 1e-12));
  if (!lines.length) return { empty: 'Both plans cost the same, line by line.' };
  const names = (id) => (plans.flatMap((of) => of.costs).find((line) => line.id === id) || { label: id }).label;
  const steps = [{ label: base.name, low: Math.min(0, base.total_cost), high: Math.max(0, base.total_cost), kind: 'end', value: base.total_cost }];
  let level = base.total_cost;
  for (const line of lines) {
    steps.push({ label: names(line.line), low: Math.min(level, level + line.total), high: Math.max(level, level + line.total), kind: line.total > 0 ? 'more' : 'less', value: line.total, line });
    level += line.total;
  }
  steps.push({ label: bridge.plan, low: Math.min(0, other.total_cost), high: Math.max(0, other.total_cost), kind: 'end', value: other.total_cost });
  const tone = { end: c.stock, more: c.short, less: c.palette[2] };
  // the axis starts below the lowest step, and says so, where the steps would else be slivers
  const inner = steps.filter((step) => step.kind !== 'end');
  const low = Math.min(...inner.map((step) => step.low));
  const span = Math.max(...steps.map((step) => step.high)) - low;
  const cut = low > 3 * span ? low - 0.25 * span : 0;
  const rows = [...steps].reverse();
  return {
    legend: [{ fixed: true, label: 'Costs more', colour: tone.more }, { fixed: true, label: 'Costs less', colour: tone.less }],
    height: 46 + 27 * rows.length,
    note: `Each bar is what one cost line adds or saves.${cut ? ' The axis does not start at zero.' : ''}`,
    option: {
      grid: { left: 8, right: narrow() ? 74 : 120, top: 8, bottom: 22, containLabel: true },
      xAxis: valueAxis('', { min: cut || null, axisLabel: { formatter: (value) => money(value, ''), hideOverlap: true } }),
      yAxis: axis({ type: 'category', data: rows.map((step) => step.label), axisTick: { show: false }, axisLabel: { color: c.ink, width: narrow() ? 118 : 230, overflow: 'truncate', hideOverlap: false, interval: 0 } }),
      series: [{
        type: 'custom', encode: { x: [1, 2], y: 0 }, data: rows.map((step, index) => [index, Math.max(step.low, cut), step.high]),
        renderItem: (params, api) => {
          const from = api.coord([api.value(1), api.value(0)]);
          const to = api.coord([api.value(2), api.value(0)]);
          const step = rows[params.dataIndex];
          return {
            type: 'group',
            children: [
              { type: 'rect', shape: { x: from[0], y: from[1] - 8, width: Math.max(1, to[0] - from[0]), height: 16 }, style: { fill: tone[step.kind] } },
              { type: 'text', style: { text: step.kind === 'end' ? money(step.value, '').trim() : signed(step.value, '').trim(), x: to[0] + 6, y: to[1], verticalAlign: 'middle', fill: c.ink, fontSize: 12 } },
            ],
          };
        },
      }],
      tooltip: {
        ...baseOption().tooltip,
        formatter: (item) => {
          const step = rows[item.dataIndex];
          return tip(step.label, step.line ? [...CAUSES.filter((cause) => step.line[cause]).map((cause) => ['', cause, signed(step.line[cause], currency)]), ['', 'together', signed(step.value, currency)]] : [['', 'total cost', money(step.value, currency)]]);
        },
      },
    },
    summary: `Cost bridge from ${base.name}, ${money(base.total_cost, currency)}, to ${bridge.plan}, ${money(other.total_cost, currency)}: ${lines.map((line) => `${names(line.line)} ${signed(line.total, currency)}`).join(', ')}.`,
    table: { head: [`Cost line, ${currency}`, ...CAUSES, 'total'], rows: [...bridge.lines, ...(bridge.materials || [])].map((line) => [line.material ? `${names(line.line)}: ${labelOf(line.material)}` : names(line.line), ...CAUSES.map((cause) => signed(line[cause] || 0, '').trim()), signed(line.total, '').trim()]) },
  };
}
