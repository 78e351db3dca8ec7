// A figure: title, legend with buttons, chart, text for screen readers, and the same numbers as a table.
const figures = [];

class Figure {
  constructor(id, draw) {
    this.box = document.getElementById(id);
    if (!this.box) return;
    this.draw = draw;
    this.hidden = new Set();
    this.legend = this.box.querySelector('.legend');
    this.place = this.box.querySelector('.chart');
    this.empty = this.box.querySelector('.empty');
    this.numbers = this.box.querySelector('details.numbers');
    this.numbers.addEventListener('toggle', () => this.tabulate());
    figures.push(this);
  }

  show() {
    const made = this.draw(this.hidden);
    const nothing = Boolean(made.empty);
    this.made = made;
    this.place.parentElement.hidden = nothing;
    this.legend.hidden = nothing || !(made.legend || []).length;
    this.numbers.hidden = nothing;
    this.empty.hidden = !nothing;
    this.empty.textContent = made.empty || '';
    const of = this.box.querySelector('.of');
    if (of && made.of !== undefined) of.textContent = made.of;
    if (made.note !== undefined) this.box.querySelector('.note').textContent = made.note;
    if (nothing) return;
    this.place.style.height = `${made.height || 330}px`;
    this.place.style.minWidth = !state.printing && made.minWidth ? `${made.minWidth}px` : '';
    if (!this.chart) this.chart = echarts.init(this.place, null, { renderer: 'svg' });
    this.chart.resize({ width: 'auto', height: 'auto' });
    this.chart.setOption({ ...baseOption(), ...made.option }, { notMerge: true });
    this.chart.getZr().flush();
    this.place.setAttribute('aria-label', made.summary);
    this.keys(made.legend || []);
    this.tabulate();
  }

  keys(items) {
    const focused = this.legend.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.legend.replaceChildren(...items.map((item) => this.key(item)));
    if (focused !== null) [...this.legend.children].find((child) => child.dataset.key === focused)?.focus();
  }

  key(item) {
    const swatch = element('span', { className: `swatch ${item.shape || ''}` });
    swatch.style.background = item.colour;
    swatch.style.borderTopColor = item.colour;
    if (item.fixed) return element('span', { className: 'key' }, swatch, element('span', { text: item.label }));
    const button = element('button', { type: 'button', 'aria-pressed': String(!this.hidden.has(item.key)) }, swatch, element('span', { text: item.label }));
    button.dataset.key = item.key;
    if (item.title) button.title = item.title;
    button.addEventListener('click', () => {
      if (!this.hidden.delete(item.key)) this.hidden.add(item.key);
      this.show();
    });
    return button;
  }

  tabulate() {
    if (!this.numbers.open || !this.made || this.made.empty) return;
    const { head, rows } = this.made.table;
    const cell = (tag, text, index, scope) => element(tag, { text, className: index ? 'n' : '', ...(scope ? { scope } : {}) });
    const body = rows.map((row) => element('tr', {}, ...row.map((text, index) => cell(index ? 'td' : 'th', text, index, index ? '' : 'row'))));
    const top = element('thead', {}, element('tr', {}, ...head.map((text, index) => cell('th', text, index, 'col'))));
    this.numbers.querySelector('table').replaceChildren(top, element('tbody', {}, ...body));
  }

  resize() {
    if (this.chart && this.made && !this.made.empty) this.chart.resize();
  }
}

function showAll() {
  for (const figure of figures) figure.show();
}

// Charts follow the width of the window.
function setUpResizing() {
  let waiting = 0;
  let width = window.innerWidth;
  window.addEventListener('resize', () => {
    if (window.innerWidth === width || state.printing) return;
    width = window.innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(showAll, 120);
  });
}

// On paper: light colours, and charts as wide as the sheet.
function setUpPrinting() {
  const theme = () => document.documentElement.dataset;
  let before = 'auto';
  const start = () => {
    if (state.printing) return;
    before = theme().theme;
    state.printing = true;
    theme().theme = 'light';
    for (const figure of figures) figure.box.style.width = '700px';
    showAll();
    for (const figure of figures) figure.box.style.width = '';
  };
  const end = () => {
    if (!state.printing) return;
    state.printing = false;
    theme().theme = before;
    showAll();
  };
  window.addEventListener('beforeprint', start);
  window.addEventListener('afterprint', end);
}

// A short line across the whole band of a category, such as a need or a cap.
function tick(name, values, colour, dash) {
  return {
    type: 'custom', name, z: 6, silent: true, encode: { x: 0, y: 1 },
    data: values.map((value, index) => [index, value]).filter((pair) => pair[1] !== null),
    renderItem: (params, api) => {
      const [x, y] = api.coord([api.value(0), api.value(1)]);
      const half = api.size([1, 0])[0] / 2;
      return { type: 'line', shape: { x1: x - half, y1: y, x2: x + half, y2: y }, style: { stroke: colour, lineWidth: 2, lineDash: dash ? [5, 4] : null } };
    },
  };
}
