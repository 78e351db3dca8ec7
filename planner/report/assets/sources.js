// Long tables: searched as one types, and grown page by page.
const PAGE = 50;
const listings = [];

class Listing {
  // head: [text, width, numeric]; rows() gives { cells, text }; a cell is a text or a node
  constructor(id, head, rows, page = PAGE) {
    this.box = document.getElementById(id);
    if (!this.box) return;
    Object.assign(this, { head, rows, page, shown: page });
    this.input = this.box.querySelector('input');
    const again = () => { this.shown = this.page; this.show(); };
    this.input.addEventListener('input', again);
    for (const select of this.box.querySelectorAll('select')) select.addEventListener('change', again);
    this.box.querySelector('.more').addEventListener('click', () => { this.shown += 5 * this.page; this.show(); });
    listings.push(this);
  }

  chosen(name = '') {
    return this.box.querySelector(`select${name && `.${name}`}`).value;
  }

  show() {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.rows(this).filter((row) => words.every((word) => row.text.toLowerCase().includes(word)));
    const head = this.head();
    const top = head.map(([text, width, numeric]) => {
      const cell = element('th', { scope: 'col', text, className: numeric ? 'n' : '' });
      if (width) cell.style.width = width;
      return cell;
    });
    const body = found.slice(0, this.shown).map((row) => element('tr', {}, ...row.cells.map((content, index) => {
      const cell = element(index === row.header ? 'th' : 'td', { className: head[index][2] ? 'n' : '', ...(index === row.header ? { scope: 'row' } : {}) });
      cell.append(content);
      return cell;
    })));
    this.box.querySelector('table').replaceChildren(element('thead', {}, element('tr', {}, ...top)), element('tbody', {}, ...body));
    this.box.querySelector('.found').textContent = `${whole.format(Math.min(found.length, this.shown))} of ${whole.format(found.length)} rows`;
    this.box.querySelector('.more').hidden = found.length <= this.shown;
  }
}

function sourceRows(listing) {
  const { texts, rows } = plan().sources;
  const kind = listing.chosen();
  const placed = rows.some((row) => row[2]);
  const found = [];
  for (const [path, value, ...at] of rows) {
    const [place, source, assumption, confidence, note] = at.map((index) => texts[index]);
    if (!{ '': true, source, assumption, low: /^low/i.test(confidence), bare: !source && !assumption && !note }[kind]) continue;
    const said = element('div', {}, ...[['Source: ', source], ['Assumption: ', assumption], ['Note: ', note]].filter((pair) => pair[1]).map(([lead, text]) => element('div', {}, element('strong', { text: lead }), text)));
    found.push({ header: 0, cells: [element('code', { text: path }), value, said, confidence, ...(placed ? [element('span', { className: 'fine', text: place })] : [])], text: [path, value, place, source, assumption, confidence, note].join(' ') });
  }
  return found;
}

function sourceHead() {
  const placed = plan().sources.rows.some((row) => row[2]);
  return [['Key', '26%'], ['Value', '13%'], ['Source, or assumption', ''], ['Confidence', '11%'], ...(placed ? [['Set in', '15%']] : [])];
}
