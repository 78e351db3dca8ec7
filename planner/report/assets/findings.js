// Charts of an analysis: bars, ranges, points, and lines over whatever stands in its first column.
const numeric = (value) => typeof value === 'number';
const cells = (chart, key) => chart.values[key];

// Large numbers in words, as an axis has no room for their zeros.
function brief(value) {
  const size = Math.abs(value);
  return size >= 1e9 ? `${amount(value / 1e9)} bn` : size >= 1e6 ? `${amount(value / 1e6)} M` : amount(value);
}

// The same, with as many digits as tell numbers between two ends apart.
function briefBetween(values) {
  const shown = values.filter(numeric);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const size = Math.max(Math.abs(low), Math.abs(high));
  const digits = Math.min(12, Math.ceil(Math.log10(size / (high - low || size))) + 2);
  if (!Number.isFinite(digits) || digits < 4) return brief;
  const [divisor, word] = size >= 1e9 ? [1e9, ' bn'] : size >= 1e6 ? [1e6, ' M'] : [1, ''];
  const format = new Intl.NumberFormat('en-US', { maximumSignificantDigits: digits });
  return (value) => `${format.format(value / divisor)}${word}`;
}

function drawFinding(chart, hidden) {
  const rows = cells(chart, chart.x).map((_, index) => index).filter((index) => chart.y.some((key) => numeric(cells(chart, key)[index])));
  if (!rows.length) return { empty: 'There is nothing to draw.' };
  const made = ['bar', 'range'].includes(chart.kind) ? drawBars(chart, rows) : drawPoints(chart, rows, hidden);
  const head = [chart.heads[chart.x], ...chart.y.map((key) => chart.heads[key])];
  const text = (value) => (numeric(value) ? brief(value) : String(value ?? '–'));
  return { ...made, summary: chart.title, table: { head, rows: rows.map((index) => [chart.x, ...chart.y].map((key) => text(cells(chart, key)[index]))) } };
}

// One bar a row; a range begins where its first number ends.
function drawBars(chart, rows) {
  const c = colours();
  const labels = rows.map((index) => String(cells(chart, chart.x)[index]));
  const range = chart.kind === 'range';
  const values = (key) => rows.map((index) => cells(chart, key)[index]);
  const bar = (key, place) => ({ name: chart.heads[key], type: 'bar', data: values(key), itemStyle: { color: c.palette[place] }, barMaxWidth: 18 });
  const [low, high] = chart.y;
  const series = range
    ? [
      { type: 'bar', stack: 'range', data: values(low), itemStyle: { color: 'transparent' }, silent: true, barMaxWidth: 18 },
      { name: chart.title, type: 'bar', stack: 'range', data: values(high).map((value, index) => value - values(low)[index]), itemStyle: { color: c.palette[0] }, barMaxWidth: 18, barMinWidth: 2 },
    ]
    : chart.y.map(bar);
  const shown = range ? [low, high] : chart.y;
  // ranges far from nothing are told apart only without the way to it
  const [least, most] = [Math.min(...values(low)), range ? Math.max(...values(high)) : 0];
  const begin = range && least > 0.5 * most ? { min: least - 0.1 * (most - least), axisLabel: { formatter: brief, showMinLabel: false } } : { axisLabel: { formatter: brief } };
  return {
    height: Math.max(160, 70 + rows.length * (range ? 24 : 8 + 18 * chart.y.length)),
    legend: range ? [] : chart.y.map((key, place) => ({ fixed: true, label: chart.heads[key], colour: c.palette[place] })),
    option: {
      grid: { left: labelRoom(labels), right: 24, top: 12, bottom: 34 },
      xAxis: valueAxis(chart.y_title, { nameLocation: 'middle', nameGap: 24, ...begin }),
      yAxis: axis({ type: 'category', inverse: true, data: labels, axisLabel: labelled(labels) }),
      series,
      tooltip: {
        ...baseOption().tooltip, trigger: 'axis', axisPointer: { type: 'shadow' },
        formatter: (items) => tip(labels[items[0].dataIndex], shown.map((key, place) => [range ? '' : c.palette[place], chart.heads[key], brief(values(key)[items[0].dataIndex])])),
      },
    },
  };
}

// Lines and points, one series for each value of `by`, or for each column.
function drawPoints(chart, rows, hidden) {
  const c = colours();
  const xs = cells(chart, chart.x);
  const names = chart.by ? [...new Set(rows.map((index) => String(cells(chart, chart.by)[index])))] : chart.y.map((key) => chart.heads[key]);
  const points = (name, place) => (chart.by
    ? rows.filter((index) => String(cells(chart, chart.by)[index]) === name).map((index) => [xs[index], cells(chart, chart.y[0])[index]])
    : rows.map((index) => [xs[index], cells(chart, chart.y[place])[index]]));
  const counted = rows.every((index) => numeric(xs[index]));
  const dated = !counted && rows.every((index) => /^\d{4}-\d{2}(-\d{2})?$/.test(String(xs[index])));
  const colour = (place) => c.palette[place % c.palette.length];
  const time = (day) => utc(day.length === 7 ? `${day}-01` : day);
  const series = names.map((name, place) => ({
    name, type: chart.kind === 'scatter' ? 'scatter' : 'line', step: chart.kind === 'step' ? 'end' : false, symbolSize: 6,
    data: points(name, place).map(([x, y]) => [dated ? time(x) : x, y]), itemStyle: { color: colour(place), opacity: chart.kind === 'scatter' ? 0.7 : 1 }, lineStyle: { color: colour(place), width: 2 },
  })).filter((one) => !hidden.has(one.name));
  const type = counted ? 'value' : dated ? 'time' : 'category';
  const across = briefBetween(xs);
  const up = briefBetween(rows.flatMap((index) => (chart.by ? [chart.y[0]] : chart.y).map((key) => cells(chart, key)[index])));
  return {
    legend: names.length > 1 ? names.map((name, place) => ({ key: name, label: name, colour: colour(place) })) : [],
    option: {
      grid: { left: 12, right: 24, top: 34, bottom: 34, containLabel: true },
      xAxis: axis({ type, name: chart.x_title, nameLocation: 'middle', nameGap: 26, scale: true, ...(counted ? { axisLabel: { formatter: across } } : {}) }),
      yAxis: valueAxis(chart.y_title, { scale: true, axisLabel: { formatter: up } }),
      series,
      tooltip: {
        ...baseOption().tooltip, trigger: 'item',
        formatter: (item) => tip(dated ? dateWords(item.value[0]) : counted ? across(item.value[0]) : String(item.value[0]), [[item.color, item.seriesName, up(item.value[1])]]),
      },
    },
  };
}

data.charts.forEach((chart, index) => { if (chart) new Figure(`chart-${index}`, (hidden) => drawFinding(chart, hidden)); });
window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', showAll);
setUpResizing();
setUpPrinting();
showAll();
document.documentElement.dataset.ready = 'yes';
