// Cost bridges between plans, and the long tables of a comparison.
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
  const round = 10 ** Math.floor(Math.log10(span || 1));
  const cut = low > 3 * span ? Math.floor((low - 0.25 * span) / round) * round : 0;
  const rows = [...steps].reverse();
  return {
    legend: [{ fixed: true, label: 'Costs more', colour: tone.more }, { fixed: true, label: 'Costs less', colour: tone.less }],
    height: 46 + 27 * rows.length,
    note: `Each bar is what one cost line adds or saves.${cut ? ' The axis does not start at zero.' : ''}`,
    option: {
      grid: { left: labelRoom(rows.map((step) => step.label)), right: narrow() ? 74 : 120, top: 8, bottom: 24, containLabel: false },
      xAxis: valueAxis('', { min: cut || null, axisLabel: { formatter: (value) => money(value, ''), hideOverlap: true } }),
      yAxis: axis({ type: 'category', data: rows.map((step) => step.label), axisTick: { show: false }, axisLabel: labelled(rows.map((step) => step.label)) }),
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

// What ids are called, from everything that the plans show.
function nameOf(id) {
  for (const of of plans) {
    const found = of.materials.find((one) => one.id === id) || of.ramps.find((one) => one.id === id) || of.stock.find((one) => one.id === id) || of.timeline.find((one) => one.id === id);
    if (found) return found.label;
    for (const parties of Object.values(of.supply)) for (const flows of Object.values(parties)) for (const flow of [...flows.in, ...flows.out]) if (flow.id === id && ['supplier', 'process', 'demand'].includes(flow.kind)) return flow.label;
  }
  return id;
}

function quantity(value, unit) {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'string') return value;
  if (unit === 'share') return percent(value);
  if (unit === data.comparison.currency) return money(value, unit);
  return `${amount(value)} ${unit}`.trim();
}

function changeRows(listing) {
  const text = (value) => (value === null || value === undefined ? '–' : String(value));
  return data.comparison.changes.filter((item) => !listing.chosen('whose') || item.plan === listing.chosen('whose')).map((item) => {
    const place = [...new Set([item.base_place, item.place])].filter(Boolean).join(', ');
    return { header: 1, cells: [item.plan, element('code', { text: item.path }), text(item.base_value), item.kind === 'removed' ? 'removed' : text(item.value), element('span', { className: 'fine', text: place })], text: [item.plan, item.path, item.base_value, item.value, place].join(' ') };
  });
}

function figureRows(listing) {
  const all = listing.chosen('span') === 'all';
  const names = data.comparison.plans.map((one) => one.name);
  return data.comparison.figures.filter((item) => all || item.year === '' || item.year === state.year).map((item) => {
    const label = item.label || item.item;
    return { header: 0, cells: [item.figure, label, item.year, ...names.map((name) => quantity(item.values[name], item.unit))], text: [item.figure, item.item, label, item.year].join(' ') };
  });
}

const KINDS = ['commitment', 'signature', 'shortage', 'demand', 'stock', 'process', 'supply', 'contract', 'transfer'];

function decisionRows(listing) {
  const chosen = data.comparison.decisions.filter((item) => (!listing.chosen('whose') || item.plan === listing.chosen('whose')) && (!listing.chosen('kind') || item.kind === listing.chosen('kind')));
  return chosen.sort((one, two) => KINDS.indexOf(one.kind) - KINDS.indexOf(two.kind)).map((item) => {
    const label = item.label || nameOf(item.item);
    const keep = item.tie ? 'a tie: costs the same' : item.keep_cost === null || item.keep_cost === undefined ? item.keep || '–' : signed(item.keep_cost, data.comparison.currency);
    return { header: 2, cells: [item.plan, item.kind, element('span', { text: label, title: item.item }), item.material ? nameOf(item.material) : '', item.period, quantity(item.base_value, item.unit), quantity(item.value, item.unit), keep], text: [item.plan, item.kind, label, item.item, item.period, keep].join(' ') };
  });
}

function setUpComparison() {
  const compared = data.comparison;
  if (!compared) return;
  compared.bridges.forEach((bridge, index) => new Figure(`bridge-${index}`, () => drawBridge(bridge)));
  new Listing('changed', () => [['Plan', '11%'], ['Key', '30%'], [`in ${compared.base}`, ''], ['in the plan', ''], ['set in', '16%']], changeRows, 30);
  new Listing('keyfigures', () => [['Figure', ''], ['of', ''], ['Year', ''], ...compared.plans.map((one) => [one.name, '', true])], figureRows, 40);
  new Listing('decisions', () => [['Plan', ''], ['Kind', ''], ['What', ''], ['Material', ''], ['When', ''], [`in ${compared.base}`, '', true], ['in the plan', '', true], [`as in ${compared.base} would cost`, '', true]], decisionRows, 40);
}
