// The way of a material: origin, supplier, process, demand.

// Letters that fit between two columns: as many columns as the longest way has nodes.
function lettersPerColumn(links, place) {
  const depth = new Map();
  const reach = (node) => {
    if (!depth.has(node)) depth.set(node, 1 + Math.max(0, ...links.filter((link) => link[0] === node).map((link) => reach(link[1]))));
    return depth.get(node);
  };
  const columns = Math.max(...links.map((link) => reach(link[0])));
  return Math.floor((Math.max(state.printing ? 0 : 760, place.clientWidth) / Math.max(1, columns - 1) - 24) / (state.printing ? 5.2 : 6.4));
}

function drawSankey() {
  const shown = plan();
  const links = (((shown.sankey.links[state.material] || {})[state.party] || {})[state.year]) || [];
  if (!links.length) return { empty: `Nothing of ${labelOf(state.material)} moves in ${state.year}.`, of: '' };
  const c = colours();
  const unit = unitOf(state.material);
  const used = [...new Set(links.flatMap(([one, two]) => [one, two]))];
  const nodes = used.map((index) => shown.sankey.nodes[index]);
  const name = (node) => (node.kind === 'origin' ? shown.origins.names[node.label] || node.label : node.label);
  const colour = (node) => {
    if (node.kind === 'origin') return countryColour(node.label);
    if (node.kind === 'short') return c.short;
    if (node.kind === 'stock') return c.stock;
    if (node.kind === 'material') return c.muted;
    if (node.kind === 'use') return c.palette[4];
    return sourceColour(node.id.replace(/^(source|again)\./, ''));
  };
  const flow = (index, side) => sum(links.filter((link) => link[side] === index).map((link) => link[2]));
  const size = (index) => Math.max(flow(index, 0), flow(index, 1));
  const last = (index) => !links.some((link) => link[0] === index);
  const beforeLast = new Set(links.filter((link) => last(link[1]) && shown.sankey.nodes[link[0]].kind === 'material').map((link) => link[0]));
  const room = lettersPerColumn(links, document.querySelector('#sankey .chart'));
  const words = (index) => {
    const [text, number] = [name(shown.sankey.nodes[index]), amount(size(index))];
    // beside the last column two labels share the room
    if (beforeLast.has(index)) return `${number} ${unit}`;
    const most = Math.max(8, room - number.length - (last(index) ? 9 : 2));
    return `${text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text}  ${number}`;
  };
  const label = (index) => ({ position: last(index) ? 'left' : 'right', color: c.ink, fontSize: state.printing ? 10 : 12, formatter: () => words(index) });
  return {
    of: `· ${labelOf(state.material)} in ${state.year}, ${unit}`, legend: [], minWidth: 760,
    height: Math.max(300, Math.min(640, 34 * Math.max(used.filter((index) => last(index)).length, nodes.filter((node) => ['supplier', 'process', 'stock', 'substitute', 'other', 'transit', 'returned'].includes(node.kind)).length))),
    option: {
      series: [{
        type: 'sankey', left: 4, right: 4, top: 8, bottom: 8, nodeGap: 12, nodeWidth: 14, draggable: false, emphasis: { focus: 'adjacency' }, nodeAlign: 'justify', layoutIterations: 64,
        data: used.map((index) => ({ name: shown.sankey.nodes[index].id, itemStyle: { color: colour(shown.sankey.nodes[index]), borderWidth: 0 }, label: label(index), index })),
        links: links.map(([one, two, value]) => ({ source: shown.sankey.nodes[one].id, target: shown.sankey.nodes[two].id, value, one, two, lineStyle: { color: colour(shown.sankey.nodes[shown.sankey.nodes[two].kind === 'material' || shown.sankey.nodes[one].kind !== 'material' ? one : two]), opacity: 0.3, curveness: 0.5 } })),
      }],
      tooltip: {
        ...baseOption().tooltip,
        formatter: (item) => (item.dataType === 'edge'
          ? tip(`${name(shown.sankey.nodes[item.data.one])} → ${name(shown.sankey.nodes[item.data.two])}`, [['', `in ${state.year}`, `${amount(item.data.value)} ${unit}`]])
          : tip(name(shown.sankey.nodes[item.data.index]), [['', `in ${state.year}`, `${amount(size(item.data.index))} ${unit}`]])),
      },
    },
    summary: `${labelOf(state.material)} in ${state.year}, from origin to demand. ${links.filter((link) => shown.sankey.nodes[link[0]].kind === 'origin').map((link) => `${name(shown.sankey.nodes[link[0]])} ${amount(link[2])} ${unit}`).join(', ')}.`,
    table: { head: ['From', 'To', unit], rows: links.map(([one, two, value]) => [name(shown.sankey.nodes[one]), name(shown.sankey.nodes[two]), amount(value)]) },
  };
}
