// The table of sources and assumptions: searched as one types, and grown page by page.
const PAGE = 100;
const sourceState = { shown: PAGE };

function sourceRows() {
  const { texts, rows } = plan().sources;
  const words = document.getElementById('find-source').value.toLowerCase().split(/\s+/).filter(Boolean);
  const kind = document.getElementById('pick-kind').value;
  return rows.map(([path, value, ...at]) => [path, value, ...at.map((index) => texts[index])]).filter(([path, value, place, source, assumption, confidence, note]) => {
    const fits = { '': true, source: source, assumption: assumption, low: /^low/i.test(confidence), bare: !source && !assumption && !note }[kind];
    const text = `${path} ${value} ${place} ${source} ${assumption} ${confidence} ${note}`.toLowerCase();
    return fits && words.every((word) => text.includes(word));
  });
}

function showSources() {
  const found = sourceRows();
  const placed = found.some((row) => row[2]);
  const head = [['Key', '26%'], ['Value', '14%'], ['Source, or assumption', ''], ['Confidence', '9%'], ...(placed ? [['Set in', '15%']] : [])];
  const top = element('thead', {}, element('tr', {}, ...head.map(([text, width]) => {
    const cell = element('th', { scope: 'col', text });
    if (width) cell.style.width = width;
    return cell;
  })));
  const body = found.slice(0, sourceState.shown).map(([path, value, place, source, assumption, confidence, note]) => element('tr', {},
    element('th', { scope: 'row' }, element('code', { text: path })),
    element('td', { text: value }),
    element('td', {}, ...[['Source: ', source], ['Assumption: ', assumption], ['Note: ', note]].filter((pair) => pair[1]).map(([lead, text]) => element('div', {}, element('strong', { text: lead }), document.createTextNode(text)))),
    element('td', { text: confidence }),
    ...(placed ? [element('td', { className: 'fine', text: place })] : [])));
  document.getElementById('source-table').replaceChildren(top, element('tbody', {}, ...body));
  document.getElementById('found').textContent = `${whole.format(Math.min(found.length, sourceState.shown))} of ${whole.format(found.length)} rows`;
  document.getElementById('more-sources').hidden = found.length <= sourceState.shown;
}

function setUpSources() {
  const again = () => { sourceState.shown = PAGE; showSources(); };
  document.getElementById('find-source').addEventListener('input', again);
  document.getElementById('pick-kind').addEventListener('change', again);
  document.getElementById('more-sources').addEventListener('click', () => { sourceState.shown += 5 * PAGE; showSources(); });
}
