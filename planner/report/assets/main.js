// Controls, the card of shares, themes and printing.
const pick = (id) => document.getElementById(`pick-${id}`);

function fill(select, options, chosen) {
  select.replaceChildren(...options);
  select.value = chosen;
}

const option = (value, text) => element('option', { value, text });

// The material that runs shortest in any of the plans is shown first.
function firstMaterial(shown) {
  const worst = (item) => Math.max(...plans.map((of) => shortest(item, of)));
  const shortest = (item, of) => {
    const flows = (of.supply[item.id] || {})[''];
    if (!flows || !item.demanded) return -1;
    const missing = sum(flows.in.filter((flow) => flow.kind === 'short').flatMap((flow) => flow.values));
    return missing / (sum(flows.out.filter((flow) => flow.kind === 'demand').flatMap((flow) => flow.values)) || 1);
  };
  const items = [...shown.materials];
  return (items.sort((one, two) => worst(two) - worst(one))[0] || { id: '' }).id;
}

function fillControls() {
  const shown = plan();
  if (!materialOf(state.material)) state.material = firstMaterial(shown);
  const group = (label, items) => {
    const box = element('optgroup', { label });
    box.append(...items.map((item) => option(item.id, item.label)));
    return items.length ? [box] : [];
  };
  fill(pick('material'), [...group('In demand', shown.materials.filter((item) => item.demanded)), ...group('In processing', shown.materials.filter((item) => !item.demanded))], state.material);
  if (state.party && !shown.parties.some((party) => party.id === state.party)) state.party = '';
  document.getElementById('party-box').hidden = shown.parties.length < 2;
  fill(pick('party'), [option('', 'All together'), ...shown.parties.map((party) => option(party.id, party.label))], state.party);
  if (!shown.years.includes(state.year)) state.year = shown.origins.year;
  fill(pick('year'), shown.years.map((year) => option(year, year)), state.year);
}

// Of every plan, in the table above all: the share of the country to watch.
function showSharesOfAll() {
  for (const cell of document.querySelectorAll('[data-share-of]')) {
    const of = plans[Number(cell.dataset.shareOf)];
    const code = plans.map((one) => one.origins.focus).find((focus) => focus.why === 'cut off')?.code || of.origins.focus.code;
    const shares = of.materials.filter((item) => item.demanded).map((item) => [(of.origins.shares[item.id] || {})[state.year], item.label]).filter((pair) => pair[0]).map(([parts, label]) => [parts[code] || 0, label]);
    const most = shares.reduce((best, pair) => (pair[0] > best[0] ? pair : best), [-1, '']);
    cell.textContent = shares.length ? `${percent(Math.min(...shares.map((pair) => pair[0])))} to ${percent(most[0])} (${most[1]})` : 'no origins';
    document.querySelector('.plans .whose').textContent = `${of.origins.names[code] || code} share in ${state.year}`;
  }
}

function showShares() {
  const shown = plan();
  const card = document.querySelector(`.headline[data-plan="${state.plan}"] .card.share`);
  const focus = shown.origins.focus;
  const year = state.year;
  card.querySelector('select').value = year;
  card.querySelector('.printyear')?.remove();
  card.querySelector('h2').append(element('span', { className: 'printyear', text: year }));
  const cells = [];
  const seen = [];
  let capped = '';
  for (const item of shown.materials.filter((one) => one.demanded)) {
    const parts = (shown.origins.shares[item.id] || {})[year];
    const share = parts ? parts[focus.code] || 0 : null;
    const rule = capsOn(shown, item.id).find((cap) => (!cap.of || cap.of.includes(focus.code)) && capFor(cap, shown, year));
    if (share !== null) seen.push(share);
    const bar = element('span', { className: 'bar', 'aria-hidden': 'true' });
    const level = element('i');
    level.style.width = `${100 * (share || 0)}%`;
    bar.append(level);
    if (rule) {
      const line = element('b');
      line.style.left = `${100 * rule.share}%`;
      bar.append(line);
      capped = `Line: policy allows ${percent(rule.share)} of shipments${rule.soft ? ', at a price more' : ''}.`;
    }
    cells.push(element('span', { className: 'name', text: item.label, title: item.label }), bar, element('span', { className: `pct${rule && share > rule.share + 0.0005 ? ' over' : ''}`, text: share === null ? 'none' : percent(share) }));
  }
  card.querySelector('.shares').replaceChildren(...cells);
  const glance = document.querySelector(`.glance[data-plan="${state.plan}"]`);
  glance.querySelector('.whose').textContent = `${focus.name || 'Largest'} share in ${year}`;
  glance.querySelector('.range').textContent = seen.length ? `${percent(Math.min(...seen))} to ${percent(Math.max(...seen))}` : 'none';
  const why = focus.code ? (focus.why === 'cut off' ? `${focus.name} is the country that the events cut off. ` : `${focus.name} is the largest origin. `) : 'The scenario names no origins. ';
  card.querySelector('.capnote').textContent = `${why}Share of what arrives and is made, by where it was mined. ${capped}`;
}

function refresh() {
  fillControls();
  for (const box of document.querySelectorAll('[data-plan]')) box.hidden = Number(box.dataset.plan) !== state.plan;
  for (const button of document.querySelectorAll('[data-show-plan]')) button.setAttribute('aria-pressed', String(Number(button.dataset.showPlan) === state.plan));
  showShares();
  showSharesOfAll();
  showAll();
  for (const listing of listings) listing.show();
}

function setUpControls() {
  for (const name of ['material', 'party', 'year', 'grain', 'scope']) pick(name).addEventListener('change', (event) => { state[name] = event.target.value; refresh(); });
  pick('theme').addEventListener('change', (event) => { document.documentElement.dataset.theme = event.target.value; refresh(); });
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', refresh);
  for (const select of document.querySelectorAll('.card select.year')) select.addEventListener('change', (event) => { state.year = event.target.value; refresh(); });
  for (const button of document.querySelectorAll('[data-show-plan]')) button.addEventListener('click', () => { state.plan = Number(button.dataset.showPlan); refresh(); });
}

new Figure('supply', drawSupply);
new Figure('across', drawAcross);
new Figure('runway', drawRunway);
new Figure('ramps', drawRamps);
new Figure('origins', drawOrigins);
new Figure('value', drawValue);
new Figure('sankey', drawSankey);
new Figure('timeline', drawTimeline);
new Figure('costs', drawCosts);
setUpComparison();
new Listing('sources', sourceHead, sourceRows);
setUpControls();
setUpResizing();
setUpPrinting();
refresh();
document.documentElement.dataset.ready = 'yes';
