// Supply by source against what is needed; origins by year; shortage of several plans.
const TOP = 8;
const flowKey = (flow) => `${flow.kind}.${flow.id}`;
const ranked = ['supplier', 'process', 'substitute', 'transit', 'returned'];

const flowsOf = (of) => (of.supply[state.material] || {})[state.party] || null;

function columns(of) {
  if (state.grain === 'year') {
    return of.years.map((year) => {
      const parts = of.periods.map((period, index) => (period.start.slice(0, 4) === year ? index : -1)).filter((index) => index >= 0);
      const months = Math.round(12 * sum(parts.map((index) => of.periods[index].years)));
      return { label: months < 12 ? `${year} (${months} mo)` : year, parts, divide: 1 };
    });
  }
  return of.periods.map((period, index) => ({ label: period.label, parts: [index], divide: period.years }));
}

const perColumn = (values, cols) => cols.map((col) => sum(col.parts.map((index) => values[index])) / col.divide);

// The sources that matter most in any year, of all plans together: each keeps its colour in every chart of the material.
function leaders() {
  const peaks = new Map();
  for (const of of plans) {
    const flows = flowsOf(of);
    if (!flows) continue;
    const cols = columns(of);
    const need = cols.map((col) => sum(flows.out.map((flow) => sum(col.parts.map((index) => flow.values[index])))) / col.divide || 1);
    for (const flow of flows.in) {
      if (!ranked.includes(flow.kind)) continue;
      const peak = Math.max(...perColumn(flow.values, cols).map((value, index) => value / need[index]));
      peaks.set(flowKey(flow), Math.max(peak, peaks.get(flowKey(flow)) || 0));
    }
  }
  return [...peaks].sort((one, two) => two[1] - one[1]).map(([key]) => key);
}

function sourceColour(key) {
  const place = leaders().indexOf(key);
  return place >= 0 && place < TOP ? colours().palette[place] : colours().others;
}

function supplyParts(of) {
  const flows = flowsOf(of);
  const cols = columns(of);
  const c = colours();
  const order = leaders();
  const parts = [];
  const add = (key, label, colour, values, extra = {}) => {
    const found = parts.find((part) => part.key === key);
    if (found) found.values = found.values.map((value, index) => value + values[index]);
    else parts.push({ key, label, colour, values, ...extra });
  };
  const sorted = [...flows.in].sort((one, two) => order.indexOf(flowKey(one)) - order.indexOf(flowKey(two)));
  const rest = sorted.filter((flow) => ranked.includes(flow.kind) && order.indexOf(flowKey(flow)) >= TOP);
  for (const flow of sorted) {
    const place = order.indexOf(flowKey(flow));
    if (ranked.includes(flow.kind) && (place < TOP || rest.length === 1)) add(flowKey(flow), flow.label, place < TOP ? c.palette[place] : c.others, perColumn(flow.values, cols), { title: flow.id });
  }
  if (rest.length > 1) for (const flow of rest) add('others', `${rest.length} others`, c.others, perColumn(flow.values, cols), { title: rest.map((one) => one.label).join('; ') });
  for (const flow of flows.in.filter((one) => one.kind === 'stock')) add('stock', 'From stock', c.stock, perColumn(flow.values, cols));
  for (const flow of flows.in.filter((one) => one.kind === 'short')) add('short', 'Short', c.short, perColumn(flow.values, cols), { hatched: true });
  const need = cols.map((_, index) => sum(flows.out.map((flow) => perColumn(flow.values, cols)[index])));
  const wanted = cols.map((_, index) => sum(flows.out.filter((flow) => flow.kind === 'demand').map((flow) => perColumn(flow.values, cols)[index])));
  return { cols, parts, need, wanted, out: flows.out.map((flow) => ({ label: flow.label, kind: flow.kind, values: perColumn(flow.values, cols) })) };
}

function drawSupply(hidden) {
  const unit = unitOf(state.material);
  if (!flowsOf(plan())) return { empty: 'Nothing of this material moves in the plan.', of: '' };
  const { cols, parts, need, wanted, out } = supplyParts(plan());
  const c = colours();
  const more = need.some((value, index) => value > 1.005 * wanted[index]) && wanted.some((value) => value > 0);
  const shown = parts.filter((part) => !hidden.has(part.key));
  const series = shown.map((part) => ({
    name: part.key, type: 'bar', stack: 'all', data: part.values.map((value) => (value > 0 ? value : 0)), barCategoryGap: cols.length > 20 ? '4%' : '24%',
    itemStyle: { color: part.colour, ...(part.hatched ? { decal: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: -Math.PI / 4, color: dark() ? 'rgba(0,0,0,.55)' : 'rgba(255,255,255,.75)' } } : {}) },
  }));
  series.push(tick('need', need, c.ink, false));
  if (more) series.push(tick('demand', wanted, c.ink, true));
  const per = state.grain === 'year' ? unit : `${unit}/yr`;
  const words = (index) => [
    ...[...parts].reverse().filter((part) => part.values[index] > 1e-6 * need[index]).map((part) => [part.colour, part.label, `${amount(part.values[index])} ${per}`]),
    ['', 'Needed in all', `${amount(need[index])} ${per}`],
    ...(more ? out.filter((use) => use.values[index] > 1e-4 * need[index]).map((use) => ['', `– ${use.kind === 'stock' ? 'into ' : ''}${use.label}`, amount(use.values[index])]) : []),
  ];
  const missing = parts.find((part) => part.key === 'short');
  const most = missing ? missing.values.reduce((best, value, index) => (value > missing.values[best] ? index : best), 0) : -1;
  const shortage = missing ? `Most is short in ${cols[most].label}: ${amount(missing.values[most])} ${per}.` : 'Nothing runs short.';
  const uneven = state.grain === 'period' && new Set(cols.map((col) => col.divide)).size > 1;
  return {
    note: `Bars add up to the solid line: everything that is needed. Red hatching is what is missing.${state.grain === 'period' ? ' Rates per year.' : ''}${uneven ? ' Periods are not equally long: later ones are whole years.' : ''}`,
    of: `· ${labelOf(state.material)}, ${per}`,
    height: narrow() ? 300 : 370,
    legend: [
      ...parts.map((part) => ({ key: part.key, label: part.label, colour: part.colour, shape: part.hatched ? 'hatch' : '', title: part.title })),
      { fixed: true, label: more ? 'Needed in all' : 'Needed', colour: c.ink, shape: 'line' },
      ...(more ? [{ fixed: true, label: 'Demand alone', colour: c.ink, shape: 'line dash' }] : []),
    ],
    option: {
      xAxis: axis({ type: 'category', data: cols.map((col) => col.label), splitLine: { show: false } }),
      yAxis: valueAxis(per),
      series,
      tooltip: { ...baseOption().tooltip, trigger: 'axis', axisPointer: { type: 'shadow' }, formatter: (items) => tip(cols[items[0].dataIndex].label, words(items[0].dataIndex)) },
    },
    summary: `${labelOf(state.material)}: supply by source, ${cols[0].label} to ${cols[cols.length - 1].label}, in ${per}. ${shortage}`,
    table: {
      head: ['', ...cols.map((col) => col.label)],
      rows: [
        ...parts.map((part) => [part.label, ...part.values.map(amount)]),
        [`Needed in all, ${per}`, ...need.map(amount)],
        ...out.map((use) => [`of it ${use.kind === 'stock' ? 'into ' : ''}${use.label}`, ...use.values.map(amount)]),
      ],
    },
  };
}

function countryOrder() {
  const totals = new Map();
  for (const of of plans) for (const years of Object.values(of.origins.shares)) for (const parts of Object.values(years)) for (const [code, share] of Object.entries(parts)) totals.set(code, (totals.get(code) || 0) + share);
  return [...totals].sort((one, two) => two[1] - one[1] || (one[0] < two[0] ? -1 : 1)).map(([code]) => code);
}

function countryColour(code) {
  const c = colours();
  const focus = plans[0].origins.focus.code;
  if (code === focus) return c.focus;
  // orange is the country to watch
  const palette = c.palette.filter((_, index) => index !== 1);
  const place = countryOrder().filter((one) => one !== focus).indexOf(code);
  return place >= 0 && place < palette.length ? palette[place] : c.others;
}

const capFor = (cap, of, year) => cap.from.slice(0, 4) <= year && year < (cap.until.slice(5) === '01-01' ? cap.until.slice(0, 4) : String(Number(cap.until.slice(0, 4)) + 1));
const capsOn = (of, material) => of.origins.caps.filter((cap) => !cap.materials || cap.materials.includes(material));

function drawOrigins(hidden) {
  const shown = plan();
  const shares = shown.origins.shares[state.material];
  if (!shares) return { empty: 'The plan knows no origin of this material.', of: '' };
  const c = colours();
  const focus = shown.origins.focus.code;
  const totals = {};
  for (const parts of Object.values(shares)) for (const [code, share] of Object.entries(parts)) totals[code] = (totals[code] || 0) + share;
  const codes = Object.keys(totals).sort((one, two) => (two === focus) - (one === focus) || totals[two] - totals[one]);
  const major = codes.slice(0, 8);
  const minor = codes.slice(8);
  const at = (code, year) => (shares[year] || {})[code] || 0;
  const parts = major.map((code) => ({ key: code, label: shown.origins.names[code] || code, colour: countryColour(code), values: shown.years.map((year) => at(code, year)) }));
  if (minor.length) parts.push({ key: 'minor', label: `${minor.length} others`, colour: c.others, values: shown.years.map((year) => sum(minor.map((code) => at(code, year)))) });
  const rules = capsOn(shown, state.material);
  const capNames = rules.map((cap) => `${cap.of ? `${cap.of.map((code) => shown.origins.names[code] || code).join(', ')}` : 'any country'} at most ${percent(cap.share)}`);
  return {
    of: `· ${labelOf(state.material)}`,
    legend: [
      ...parts.map((part) => ({ key: part.key, label: part.label, colour: part.colour })),
      ...rules.map((cap, index) => ({ fixed: true, label: `Policy: ${capNames[index]}${cap.soft ? ' (soft)' : ''}`, colour: c.ink, shape: 'line dash' })),
    ],
    option: {
      xAxis: axis({ type: 'category', data: shown.years, splitLine: { show: false } }),
      yAxis: valueAxis('share of supply', { max: 1, axisLabel: { formatter: (value) => `${Math.round(100 * value)} %` } }),
      series: [
        ...parts.filter((part) => !hidden.has(part.key)).map((part) => ({ name: part.key, type: 'bar', stack: 'all', barCategoryGap: '12%', data: part.values, itemStyle: { color: part.colour } })),
        ...rules.map((cap) => tick('cap', shown.years.map((year) => (capFor(cap, shown, year) ? cap.share : null)), c.ink, true)),
      ],
      tooltip: {
        ...baseOption().tooltip, trigger: 'axis', axisPointer: { type: 'shadow' },
        formatter: (items) => tip(items[0].axisValue, [...parts].reverse().filter((part) => part.values[items[0].dataIndex] > 0.0005).map((part) => [part.colour, part.label, percent(part.values[items[0].dataIndex])])),
      },
    },
    summary: `${labelOf(state.material)}: share of each country of origin by year. ${focus ? `${shown.origins.focus.name}: ${shown.years.map((year) => `${year} ${percent(at(focus, year))}`).join(', ')}.` : ''} ${capNames.map((name) => `Policy: ${name}.`).join(' ')}`,
    table: { head: ['', ...shown.years], rows: parts.map((part) => [part.label, ...part.values.map(percent)]) },
  };
}

function shortShares(of) {
  const flows = flowsOf(of);
  return of.years.map((year) => {
    const inYear = (values) => sum(values.filter((_, index) => of.periods[index].start.slice(0, 4) === year));
    if (!flows) return null;
    const wanted = sum(flows.out.filter((flow) => flow.kind === 'demand').map((flow) => inYear(flow.values)));
    return wanted ? sum(flows.in.filter((flow) => flow.kind === 'short').map((flow) => inYear(flow.values))) / wanted : 0;
  });
}

function drawAcross(hidden) {
  const c = colours();
  const years = [...new Set(plans.flatMap((of) => of.years))].sort();
  const parts = plans.map((of, index) => {
    const byYear = Object.fromEntries(of.years.map((year, at) => [year, shortShares(of)[at]]));
    return { key: String(index), label: of.name, colour: c.palette[index % c.palette.length], values: years.map((year) => byYear[year] ?? null) };
  });
  if (!parts.some((part) => part.values.some((value) => value > 0))) return { empty: `No plan leaves any ${labelOf(state.material)} short.`, of: `· ${labelOf(state.material)}` };
  return {
    of: `· ${labelOf(state.material)}`, height: 260,
    legend: parts.map((part) => ({ key: part.key, label: part.label, colour: part.colour })),
    option: {
      xAxis: axis({ type: 'category', data: years, splitLine: { show: false } }),
      yAxis: valueAxis('short, share of demand', { axisLabel: { formatter: (value) => `${Number((100 * value).toPrecision(3))} %` } }),
      series: parts.filter((part) => !hidden.has(part.key)).map((part) => ({ name: part.key, type: 'bar', data: part.values, itemStyle: { color: part.colour }, barCategoryGap: '30%' })),
      tooltip: { ...baseOption().tooltip, trigger: 'axis', axisPointer: { type: 'shadow' }, formatter: (items) => tip(items[0].axisValue, parts.map((part) => [part.colour, part.label, percent(part.values[items[0].dataIndex] || 0)])) },
    },
    summary: `${labelOf(state.material)}: share of demand left short by year, for ${plans.map((of) => of.name).join(', ')}.`,
    table: { head: ['', ...years], rows: parts.map((part) => [part.label, ...part.values.map((value) => (value === null ? '–' : percent(value)))]) },
  };
}
