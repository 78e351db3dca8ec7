// Charts over time: stocks, ramps, marginal values; and the cost lines.
const mine = (item) => !state.party || item.party === state.party;

// A dotted line on each day on which stores open.
const openings = (piles) => [...new Set(piles.map((pile) => pile.release).filter((day) => day && day > plan().span[0] && day < plan().span[1]))].sort();

function releases(piles) {
  const c = colours();
  const days = openings(piles);
  return { type: 'line', data: [], markLine: { silent: true, symbol: 'none', lineStyle: { color: c.ink, type: 'dotted', width: 1.5 }, label: { show: false }, data: days.map((day) => ({ xAxis: utc(day) })) } };
}

function drawRunway(hidden) {
  const shown = plan();
  const piles = shown.stock.filter((pile) => pile.material === state.material && mine(pile));
  if (!piles.length) return { empty: `No store of this plan ever holds any ${labelOf(state.material)}.`, of: '' };
  const c = colours();
  const inDays = piles.every((pile) => pile.days);
  const per = inDays ? 'days of demand at the start' : unitOf(state.material);
  const scale = (pile) => (inDays ? pile.days : 1);
  const parts = piles.map((pile, index) => ({ pile, key: pile.id, label: pile.owner ? `${pile.label} (${pile.owner})` : pile.label, colour: c.palette[index % c.palette.length] }));
  const ends = [utc(shown.span[0]), ...shown.periods.map((period) => utc(period.end))];
  const series = [];
  for (const { pile, key, colour, label } of parts.filter((part) => !hidden.has(part.key))) {
    const levels = [pile.initial, ...pile.levels].map((level) => level * scale(pile));
    series.push({
      name: key, type: 'line', data: levels.map((level, index) => [ends[index], level]), symbol: 'none', lineStyle: { color: colour, width: 2.5 }, itemStyle: { color: colour }, areaStyle: { color: colour, opacity: 0.1 },
    });
    if (pile.floors) {
      const floors = shown.periods.map((_, index) => pile.floors[Math.min(index, pile.floors.length - 1)] * scale(pile));
      series.push({ name: `${label} floor`, type: 'line', step: 'end', silent: true, symbol: 'none', data: [...floors.map((floor, index) => [ends[index], floor]), [ends[ends.length - 1], floors[floors.length - 1]]], lineStyle: { color: colour, type: 'dashed', width: 1.5 }, tooltip: { show: false } });
    }
  }
  series.push(releases(parts.map((part) => part.pile)));
  const unit = unitOf(state.material);
  const rows = parts.map(({ pile, label }) => [`${label}, ${unit}`, amount(pile.initial), ...pile.levels.map(amount)]);
  const lowest = parts.map(({ pile, label }) => {
    const at = pile.levels.reduce((best, level, index) => (level < pile.levels[best] ? index : best), 0);
    return `${label}: lowest ${amount(pile.levels[at])} ${unit} at the end of ${shown.periods[at].label}`;
  });
  return {
    of: `· ${labelOf(state.material)}`,
    legend: [
      ...parts.map((part) => ({ key: part.key, label: part.label, colour: part.colour, title: part.pile.id })),
      ...openings(piles).map((day) => ({ fixed: true, label: `Opens ${day.slice(0, 7)}: ${piles.filter((pile) => pile.release === day).map((pile) => pile.label).join(', ')}`, colour: c.ink, shape: 'line dot' })),
    ],
    option: {
      xAxis: timeAxis(), yAxis: valueAxis(per), series,
      tooltip: {
        ...baseOption().tooltip, trigger: 'axis',
        formatter: (items) => {
          const at = ends.indexOf(items[0].value[0]);
          const level = (pile) => (at ? pile.levels[at - 1] : pile.initial);
          return tip(at ? `end of ${shown.periods[at - 1].label}` : 'at the start', parts.map(({ pile, label, colour }) => [colour, label, `${amount(level(pile))} ${unit}${pile.days ? `, ${Math.round(level(pile) * pile.days)} days` : ''}`]));
        },
      },
    },
    summary: `Stocks of ${labelOf(state.material)}. ${lowest.join('. ')}.`,
    table: { head: ['Level at the end of', 'start', ...shown.periods.map((period) => period.label)], rows },
  };
}

function drawRamps(hidden) {
  const shown = plan();
  const projects = shown.ramps.filter((ramp) => ramp.feeds[state.material] && (ramp.values.some((value) => value > 0) || ramp.decisions.length));
  if (!projects.length) return { empty: `No project of this plan adds capacity for ${labelOf(state.material)}.`, of: '' };
  const c = colours();
  const unit = `${unitOf(state.material)}/yr`;
  const peak = (ramp) => ramp.feeds[state.material] * Math.max(...ramp.values, sum(ramp.decisions.map((step) => step[1])) / 1e6);
  const order = [...projects].sort((one, two) => peak(two) - peak(one));
  const starts = [...shown.periods.map((period) => utc(period.start)), utc(shown.span[1])];
  const held = (values) => [...values, values[values.length - 1]];
  const parts = order.slice(0, 7).map((ramp, index) => ({ key: ramp.id, label: `${ramp.label}${ramp.status === 'committed' ? ' (committed)' : ''}`, title: `${ramp.id} adds to ${ramp.to}`, colour: c.palette[index], values: ramp.values.map((value) => value * ramp.feeds[state.material]), ramps: [ramp] }));
  const rest = order.slice(7);
  if (rest.length) parts.push({ key: 'others', label: `${rest.length} others`, title: rest.map((ramp) => ramp.label).join('; '), colour: c.others, values: shown.periods.map((_, index) => sum(rest.map((ramp) => ramp.values[index] * ramp.feeds[state.material]))), ramps: rest });
  const seen = parts.filter((part) => !hidden.has(part.key));
  const announced = starts.map((time) => sum(seen.flatMap((part) => part.ramps).flatMap((ramp) => ramp.decisions.filter((step) => utc(step[0]) <= time).map((step) => step[1] * ramp.feeds[state.material]))));
  const total = shown.periods.map((_, index) => sum(seen.map((part) => part.values[index])));
  const last = shown.periods.length - 1;
  return {
    of: `· feeding ${labelOf(state.material)}, ${unit}`,
    legend: [...parts.map((part) => ({ key: part.key, label: part.label, colour: part.colour, title: part.title })), { fixed: true, label: 'Announced or decided', colour: c.ink, shape: 'line' }],
    option: {
      xAxis: timeAxis(), yAxis: valueAxis(unit),
      series: [
        ...seen.map((part) => ({ name: part.key, type: 'line', stack: 'all', step: 'end', symbol: 'none', data: held(part.values).map((value, index) => [starts[index], value]), lineStyle: { width: 0 }, itemStyle: { color: part.colour }, areaStyle: { color: part.colour, opacity: 0.85 } })),
        { name: 'announced', type: 'line', step: 'end', symbol: 'none', data: announced.map((value, index) => [starts[index], value]), lineStyle: { color: c.ink, width: 2 }, itemStyle: { color: c.ink } },
      ],
      tooltip: {
        ...baseOption().tooltip, trigger: 'axis',
        formatter: (items) => {
          const at = Math.min(starts.indexOf(items[0].value[0]), last);
          return tip(shown.periods[at].label, [...[...seen].reverse().filter((part) => part.values[at] > 0).map((part) => [part.colour, part.label, `${amount(part.values[at])} ${unit}`]), ['', 'Available in all', `${amount(total[at])} ${unit}`], [c.ink, 'Announced or decided', `${amount(announced[at])} ${unit}`]]);
        },
      },
    },
    summary: `New capacity for ${labelOf(state.material)}: of ${amount(announced[last])} ${unit} announced or decided, ${amount(total[last])} stand in ${shown.periods[last].label}.`,
    table: { head: [unit, ...shown.periods.map((period) => period.label)], rows: [...parts.map((part) => [part.label, ...part.values.map(amount)]), ['Announced or decided', ...announced.slice(0, -1).map(amount)]] },
  };
}

function drawValue(hidden) {
  const c = colours();
  const unit = `${plan().currency}/${unitOf(state.material)}`;
  const lines = [];
  for (const [index, of] of plans.entries()) {
    for (const [party, values] of Object.entries(of.values[state.material] || {})) {
      if (state.party && party !== state.party) continue;
      const words = [several ? of.name : '', of.parties.length > 1 ? (of.parties.find((one) => one.id === party) || { label: party }).label : ''].filter(Boolean);
      lines.push({ key: `${index}.${party}`, of, values, label: words.join(', ') || labelOf(state.material) });
    }
  }
  if (!lines.length) return { empty: 'The plan has no price of this material.', of: '' };
  lines.forEach((line, index) => { line.colour = c.palette[index % c.palette.length]; });
  const times = (of) => of.periods.map((period) => utc(period.start));
  const at = (line, time) => line.values[times(line.of).filter((start) => start <= time).length - 1];
  const shown = plan();
  return {
    of: `· ${labelOf(state.material)}, ${unit}`,
    legend: lines.length > 1 ? lines.map((line) => ({ key: line.key, label: line.label, colour: line.colour })) : [],
    option: {
      xAxis: timeAxis(), yAxis: valueAxis(unit, { axisLabel: { formatter: (value) => (Math.abs(value) >= 1e4 ? money(value, '').trim() : amount(value)) } }),
      series: lines.filter((line) => !hidden.has(line.key)).map((line) => ({
        name: line.key, type: 'line', step: 'end', symbol: 'none', connectNulls: false, lineStyle: { color: line.colour, width: 2.5 }, itemStyle: { color: line.colour },
        data: [...line.values.map((value, index) => [times(line.of)[index], value]), [utc(line.of.span[1]), line.values[line.values.length - 1]]],
      })),
      tooltip: { ...baseOption().tooltip, trigger: 'axis', formatter: (items) => tip(dateWords(items[0].value[0]), lines.map((line) => [line.colour, line.label, `${amount(at(line, items[0].value[0]))} ${unit}`])) },
    },
    summary: `Worth of one more unit of ${labelOf(state.material)} in ${unit}. ${lines.map((line) => `${line.label}: ${amount(line.values[0])} at the start, at most ${amount(Math.max(...line.values))}`).join('. ')}.`,
    table: { head: [unit, ...shown.periods.map((period) => period.label)], rows: lines.map((line) => [line.label, ...shown.periods.map((period) => amount(at(line, utc(period.start))))]) },
  };
}

function drawCosts() {
  const c = colours();
  const lines = plan().costs;
  if (!lines.length) return { empty: 'Nothing of this plan costs anything.' };
  const rows = [...lines].reverse();
  const total = sum(lines.map((line) => line.value));
  return {
    of: `· ${money(plan().cost)} in all`, legend: [], height: 44 + 27 * rows.length,
    option: {
      grid: { left: labelRoom(rows.map((line) => line.label)), right: narrow() ? 70 : 110, top: 8, bottom: 24, containLabel: false },
      xAxis: valueAxis('', { axisLabel: { formatter: (value) => money(value, ''), hideOverlap: true } }),
      yAxis: axis({ type: 'category', data: rows.map((line) => line.label), axisTick: { show: false }, axisLabel: labelled(rows.map((line) => line.label)) }),
      series: [{
        type: 'bar', barWidth: 15, data: rows.map((line) => ({ value: line.value, itemStyle: { color: line.id === 'shortage' ? c.short : line.value < 0 ? c.palette[2] : c.palette[0] } })),
        label: { show: true, position: 'right', color: c.ink, formatter: (item) => money(item.value, '').trim() },
      }],
      tooltip: { ...baseOption().tooltip, formatter: (item) => tip(rows[item.dataIndex].label, [['', 'discounted', money(rows[item.dataIndex].value)], ['', 'of the total', percent(rows[item.dataIndex].value / total)]]) },
    },
    summary: `Cost lines: ${lines.map((line) => `${line.label} ${money(line.value)}`).join(', ')}.`,
    table: { head: ['Cost line', plan().currency, ''], rows: [...lines.map((line) => [line.label, whole.format(line.value), money(line.value)]), ['Total', whole.format(total), money(total)]] },
  };
}
