// Data, state, formats and small helpers. Texts from the data only ever become text nodes.
const data = JSON.parse(document.getElementById('data').textContent);
const plans = data.plans;
const several = plans.length > 1;
const narrow = () => window.innerWidth < 620;
const state = { plan: 0, material: '', party: '', year: '', grain: 'year', scope: 'material', printing: false };

function element(tag, options = {}, ...children) {
  const { className, text, ...attributes } = options;
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

function amount(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size < 1e-9) return '0';
  if (size >= 99.5) return whole.format(value);
  if (size >= 9.95) return String(Number(value.toFixed(1)));
  return String(Number(value.toPrecision(2)));
}

function money(value, currency = plans[state.plan].currency) {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  const [divisor, word] = size >= 1e9 ? [1e9, 'bn '] : size >= 1e6 ? [1e6, 'M '] : size >= 1e4 ? [1e3, 'k '] : [1, ''];
  return `${new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 }).format(value / divisor)} ${word}${currency}`;
}

function signed(value, currency) {
  return value > 0 ? `+${money(value, currency)}` : money(value, currency).replace('-', '−');
}

const percent = (share) => `${share > 0 && share < 0.0995 ? Number((100 * share).toPrecision(2)) : Math.round(100 * share)} %`;
const utc = (day) => Date.parse(`${day}T00:00:00Z`);
const plan = () => plans[state.plan];
const materialOf = (id, of = plan()) => of.materials.find((item) => item.id === id);
const labelOf = (id) => (materialOf(id) || { label: id }).label;
const unitOf = (id) => (materialOf(id) || plans.map((one) => materialOf(id, one)).find(Boolean) || { unit: '' }).unit;
const sum = (values) => values.reduce((total, value) => total + value, 0);

// Colours: told apart by people who cannot tell red from green, strong enough against either ground.
const PALETTE = {
  light: ['#0072b2', '#e69f00', '#009e73', '#56b4e9', '#8b5fbf', '#a6761d', '#cc79a7', '#7a8b24'],
  dark: ['#4aa3df', '#f0b429', '#2fbf8f', '#8fd0f5', '#b18be0', '#c99a4b', '#e3a3c6', '#a9bb4f'],
};
const FIXED = {
  light: { others: '#a3acb6', stock: '#4b5a69', short: '#d0312d', focus: '#d55e00', cut: '#b3261e', building: '#c9d6e4', running: '#0072b2', contract: '#009e73', ended: '#d0312d', event: '#8b5fbf' },
  dark: { others: '#77818d', stock: '#c6d0da', short: '#ff6b61', focus: '#f0803c', cut: '#ff8f86', building: '#45566a', running: '#4aa3df', contract: '#2fbf8f', ended: '#ff6b61', event: '#b18be0' },
};

function dark() {
  if (state.printing) return false;
  const chosen = document.documentElement.dataset.theme;
  return chosen === 'dark' || (chosen === 'auto' && window.matchMedia('(prefers-color-scheme: dark)').matches);
}

function colours() {
  const name = dark() ? 'dark' : 'light';
  const base = name === 'dark'
    ? { ink: '#e8ecf1', muted: '#a9b4c0', line: '#343e4a', soft: '#262e38', panel: '#171c23' }
    : { ink: '#18212c', muted: '#51606f', line: '#c6cdd5', soft: '#e6eaee', panel: '#ffffff' };
  return { ...base, ...FIXED[name], palette: PALETTE[name] };
}

// What every chart shares.
function baseOption() {
  const c = colours();
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: c.ink },
    aria: { enabled: true, label: { enabled: false }, decal: { show: false } },
    grid: { left: 8, right: 18, top: 34, bottom: 6, containLabel: true },
    tooltip: { confine: true, backgroundColor: c.panel, borderColor: c.line, textStyle: { color: c.ink }, className: 'tip-box', enterable: false },
  };
}

function axis(extra = {}) {
  const c = colours();
  const { axisLabel, ...rest } = extra;
  return {
    axisLine: { lineStyle: { color: c.line } },
    axisTick: { lineStyle: { color: c.line } },
    splitLine: { lineStyle: { color: c.soft } },
    nameTextStyle: { color: c.muted, align: 'left' },
    axisLabel: { color: c.muted, hideOverlap: true, ...axisLabel },
    ...rest,
  };
}

// Room that the longest label needs at the left of a chart, and no more than there is.
const ruler = document.createElement('canvas').getContext('2d');

function labelRoom(labels) {
  ruler.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const most = state.printing ? 230 : narrow() ? 132 : 300;
  return Math.min(most, Math.ceil(1.06 * Math.max(0, ...labels.map((label) => ruler.measureText(label).width))) + 14);
}

const labelled = (labels) => ({ interval: 0, hideOverlap: false, width: labelRoom(labels) - 12, overflow: 'truncate', color: colours().ink });

function valueAxis(name, extra = {}) {
  return axis({ type: 'value', name, nameLocation: 'end', nameGap: 14, axisLabel: { formatter: (value) => amount(value) }, ...extra });
}

function timeAxis() {
  const shown = plan();
  return axis({ type: 'time', min: utc(shown.span[0]), max: utc(shown.span[1]), splitLine: { show: false }, axisLabel: { formatter: '{yyyy}' }, minInterval: 365 * 86400000 });
}

// A tooltip made of nodes, so that no text of the data is ever read as HTML.
function tip(title, rows) {
  const box = element('div', { className: 'tip' }, element('strong', { text: title }));
  for (const [colour, label, value] of rows) {
    const mark = element('span', { className: 'swatch' });
    mark.style.background = colour || 'transparent';
    box.append(element('div', {}, mark, element('span', { text: label }), element('span', { text: value })));
  }
  return box;
}

const dateWords = (time) => new Date(time).toISOString().slice(0, 7);
