// Events, commitments, contracts and releases as bars over time.
function upstream(material) {
  // what a material is made of, as the diagrams of the plan tell
  const found = new Set([material]);
  const years = (plan().sankey.links[material] || {})[state.party] || {};
  const suppliers = new Set();
  for (const links of Object.values(years)) for (const link of links) for (const index of link.slice(0, 2)) suppliers.add(plan().sankey.nodes[index].id);
  for (const [other, parties] of Object.entries(plan().supply)) {
    const flows = parties[state.party];
    if (flows && flows.in.some((flow) => flow.kind === 'supplier' && suppliers.has(`source.supplier.${flow.id}`))) found.add(other);
  }
  const own = plan().supply[material][state.party];
  for (const flow of own ? own.in : []) if (flow.kind === 'substitute') found.add(flow.id);
  return found;
}

function timelineRows() {
  const rows = plan().timeline;
  if (state.scope === 'all') return rows;
  const wanted = upstream(state.material);
  return rows.filter((row) => (!row.materials || row.materials.some((material) => wanted.has(material))) && (!state.party || !row.parties || row.parties.includes(state.party)));
}

function barColour(kind) {
  const c = colours();
  return { event: c.event, cut: c.cut, contract: c.contract, ended: c.ended, building: c.building, ramping: c.palette[3], running: c.running, closed: c.building, release: c.stock }[kind];
}

const BARS = { cut: 'Sales, contracts or capacity cut', event: 'Other event', building: 'Building, or not yet open', ramping: 'Ramping up', running: 'At full capacity', contract: 'Contract runs', ended: 'Ended by an event', release: 'Stock may be drawn' };

function drawTimeline() {
  const shown = plan();
  const rows = timelineRows();
  if (!rows.length) return { empty: 'Nothing of this kind in the plan.', of: '' };
  const c = colours();
  const lines = [];
  for (const row of rows) {
    if (!lines.length || lines[lines.length - 1].group !== row.group) lines.push({ heading: row.group, group: row.group });
    lines.push(row);
  }
  const bars = lines.flatMap((row, index) => (row.bars || []).map(([from, to, kind, words]) => ({ value: [index, utc(from), utc(to)], kind, words, row })));
  const marks = lines.flatMap((row, index) => (row.marks || []).map(([day, size]) => ({ value: [utc(day), index], row, size, day })));
  const kinds = new Set(bars.map((bar) => (bar.kind === 'closed' ? 'building' : bar.kind)));
  return {
    of: state.scope === 'all' ? '' : `· ${labelOf(state.material)} and what it is made of`,
    height: 40 + 23 * lines.length,
    legend: [...Object.keys(BARS).filter((kind) => kinds.has(kind)).map((kind) => ({ fixed: true, label: BARS[kind], colour: barColour(kind) })), ...(marks.length ? [{ fixed: true, label: '◆ Decision of the plan', colour: 'transparent', shape: 'none' }] : [])],
    option: {
      grid: { left: labelRoom(lines.map((row) => row.heading || row.label)), right: 18, top: 4, bottom: 24, containLabel: false },
      xAxis: { ...timeAxis(), position: 'bottom', splitLine: { show: true, lineStyle: { color: c.soft } } },
      yAxis: axis({
        type: 'category', inverse: true, data: lines.map((row) => (row.heading ? { value: row.heading, textStyle: { fontWeight: 700 } } : row.label)), axisTick: { show: false }, axisLine: { show: false }, splitLine: { show: false },
        axisLabel: labelled(lines.map((row) => row.heading || row.label)),
      }),
      series: [
        {
          type: 'custom', encode: { x: [1, 2], y: 0 }, data: bars,
          renderItem: (params, api) => {
            const from = api.coord([api.value(1), api.value(0)]);
            const to = api.coord([api.value(2), api.value(0)]);
            const left = Math.max(from[0], params.coordSys.x);
            const width = Math.max(2, Math.min(to[0], params.coordSys.x + params.coordSys.width) - left);
            return { type: 'rect', shape: { x: left, y: from[1] - 6, width, height: 12, r: 2 }, style: { fill: barColour(bars[params.dataIndex].kind) } };
          },
        },
        { type: 'scatter', data: marks, symbol: 'diamond', symbolSize: 11, itemStyle: { color: c.ink, borderColor: c.panel, borderWidth: 1 }, z: 5 },
      ],
      tooltip: {
        ...baseOption().tooltip,
        formatter: (item) => {
          const one = item.data;
          if (one.kind) return tip(one.row.label, [[barColour(one.kind), one.words, ''], ['', `${dateWords(one.value[1])} to ${dateWords(one.value[2])}`, '']]);
          return tip(one.row.label, [['', `decided ${one.day.slice(0, 7)}`, amount(one.size)], ['', one.row.text, '']]);
        },
      },
    },
    summary: `Timeline: ${rows.map((row) => `${row.label}, ${row.bars[0][0].slice(0, 7)} to ${row.bars[row.bars.length - 1][1].slice(0, 7)}`).join('; ')}.`,
    table: { head: ['What', 'Group', 'From', 'Until', 'Words'], rows: rows.flatMap((row) => row.bars.map(([from, to, , words]) => [row.label, row.group, from.slice(0, 7), to.slice(0, 7), words || row.text])) },
  };
}
